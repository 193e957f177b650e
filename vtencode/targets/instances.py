"""Object instances of one image: compact masks that may overlap."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets.arrays import Array, ReadOnly
from vtencode.targets.spans import has_overlap, id_spans, mask_spans, pixels

#: Ids are kept as int32.
MAX_ID = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Region(ReadOnly):
    """One instance: an id, the spans of its mask, a label, and whether it is a crowd.

    `spans` is int32 (S, 3) of row, left, right (see `vtencode.targets.spans`), in raster order,
    at least one. A crowd is a group annotated as one (COCO's iscrowd).

    >>> Region.from_mask(np.array([[0, 1], [1, 1]], dtype=bool), id=7).spans.tolist()
    [[0, 1, 2], [1, 0, 2]]
    """

    id: int
    spans: Array
    label: str | None = None
    crowd: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.id <= MAX_ID:
            raise TargetError(f"Region.id must be 1 to {MAX_ID}, got {self.id}.")
        spans = np.array(self.spans, dtype=np.int32, order="C")
        if spans.ndim != 2 or spans.shape[1] != 3 or not len(spans):
            raise TargetError(
                f"Region.spans must be int32 (S, 3) with a span, got {spans.shape} for id "
                f"{self.id}. Leave an instance without pixels out."
            )
        row, left, right = spans.T
        apart = (row[1:] > row[:-1]) | ((row[1:] == row[:-1]) & (left[1:] > right[:-1]))
        if spans.min() < 0 or not ((left < right).all() and apart.all()):
            raise TargetError(
                "Region.spans must be row, left < right, in raster order and never touching; "
                f"those of id {self.id} are not."
            )
        spans.setflags(write=False)
        object.__setattr__(self, "id", int(self.id))
        object.__setattr__(self, "spans", spans)

    @classmethod
    def from_mask(
        cls,
        mask: Array,
        *,
        id: int,  # noqa: A002  # the field's name
        left: int = 0,
        top: int = 0,
        label: str | None = None,
        crowd: bool = False,
    ) -> Region:
        """Make a region of a bool (H, W) mask, or of a crop of one that starts at (left, top)."""
        given = np.asarray(mask)
        if given.dtype != np.bool_ or given.ndim != 2:
            raise TargetError(f"a mask must be bool (H, W), got {given.dtype} {given.shape}.")
        return cls(id, mask_spans(given, left=left, top=top), label, crowd)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the mask, in pixels; right and bottom are outside."""
        top, left, _ = self.spans.min(axis=0).tolist()
        bottom, _, right = self.spans.max(axis=0).tolist()
        return left, top, right, bottom + 1

    @property
    def area(self) -> int:
        """How many pixels the mask has."""
        return int((self.spans[:, 2] - self.spans[:, 1]).sum())

    @property
    def mask(self) -> Array:
        """The mask within its box: bool (bottom - top, right - left)."""
        left, top, right, bottom = self.box
        crop = np.zeros((bottom - top, right - left), dtype=bool)
        crop.reshape(-1)[pixels(self.spans - np.array([top, left, left]), right - left)] = True
        return crop


@dataclass(frozen=True, eq=False)
class InstanceMasks:
    """The instances of one image of `shape` (H, W), back to front: later ones lie on top.

    `vocabulary` names the labels that were looked for everywhere in the image: one that no region
    has is known to be absent. It is empty where nobody says so.

    Raises `TargetError` for two regions of one id, and for a region that leaves the image.

    >>> masks = InstanceMasks.from_ids(np.array([[0, 4], [9, 9]]), labels={4: "cat"})
    >>> [(region.id, region.label, region.area) for region in masks.regions]
    [(4, 'cat', 1), (9, None, 2)]
    """

    shape: tuple[int, int]
    regions: tuple[Region, ...] = ()
    vocabulary: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        height, width = (int(side) for side in self.shape)
        if min(height, width) < 0:
            raise TargetError(f"InstanceMasks.shape must be (H, W) >= 0, got {self.shape}.")
        regions = tuple(self.regions)
        ids = [region.id for region in regions]
        if len(set(ids)) < len(ids):
            twice = next(id_ for id_ in ids if ids.count(id_) > 1)
            raise TargetError(
                f"InstanceMasks.regions must have one region an id, got {twice} twice."
            )
        for region in regions:
            right, bottom = region.box[2:]
            if right > width or bottom > height:
                raise TargetError(
                    f"InstanceMasks.regions must lie within {height} x {width} pixels; the one of "
                    f"id {region.id} ends at row {bottom}, column {right}."
                )
        object.__setattr__(self, "shape", (height, width))
        object.__setattr__(self, "regions", regions)
        object.__setattr__(self, "vocabulary", tuple(self.vocabulary))

    @classmethod
    def from_ids(
        cls,
        id_map: Array,
        *,
        labels: Mapping[int, str] | None = None,
        crowds: Collection[int] = (),
    ) -> InstanceMasks:
        """Make disjoint instances of an integer (H, W) map, ascending by id; 0 is background."""
        given = np.asarray(id_map)
        if given.dtype.kind not in "iu" or given.ndim != 2:
            raise TargetError(f"an id map must be integer (H, W), got {given.dtype} {given.shape}.")
        if given.size and not 0 <= given.min() <= given.max() <= MAX_ID:
            raise TargetError(f"ids must be 0 to {MAX_ID}, got {given.min()} to {given.max()}.")
        names = labels or {}
        regions = (
            Region(id_, spans, names.get(id_), id_ in crowds)
            for id_, spans in zip(*_listed(id_spans(given)), strict=True)
        )
        return cls((given.shape[0], given.shape[1]), tuple(regions))

    @classmethod
    def from_masks(
        cls,
        masks: Iterable[Array],
        *,
        labels: Iterable[str | None] | None = None,
        crowds: Iterable[bool] | None = None,
        shape: tuple[int, int] | None = None,
    ) -> InstanceMasks:
        """Make instances 1, 2, … of bool (H, W) masks, back to front; they may overlap.

        Takes one mask at a time, so a generator needs the room of one. `shape` is needed only
        where there is no mask.
        """
        regions = []
        for index, mask in enumerate(masks):
            regions.append(Region.from_mask(mask, id=index + 1))
            shape = shape or (mask.shape[0], mask.shape[1])
            if mask.shape != shape:
                raise TargetError(f"mask {index} must be bool {shape}, got {mask.shape}.")
        if shape is None:
            raise TargetError("InstanceMasks.from_masks must be told the shape, got no mask.")
        names = [None] * len(regions) if labels is None else list(labels)
        groups = [False] * len(regions) if crowds is None else list(crowds)
        if not len(names) == len(groups) == len(regions):
            raise TargetError(
                f"labels and crowds must be {len(regions)}, one a mask, got {len(names)} and "
                f"{len(groups)}."
            )
        said = zip(regions, names, groups, strict=True)
        return cls(shape, tuple(replace(r, label=name, crowd=group) for r, name, group in said))

    @property
    def overlap(self) -> bool:
        """Whether any pixel belongs to two instances."""
        return has_overlap(self._spans, self.shape[1])

    def id_map(self) -> Array:
        """The id seen at each pixel, of the topmost instance there, else 0: int32 (H, W)."""
        seen = np.zeros(self.shape, dtype=np.int32)
        ids = np.array([region.id for region in self.regions], dtype=np.int32)
        areas = [region.area for region in self.regions]
        # numpy keeps the last of several values written to one index: the topmost.
        seen.reshape(-1)[pixels(self._spans, self.shape[1])] = np.repeat(ids, areas)
        return seen

    @property
    def _spans(self) -> Array:
        empty = np.empty((0, 3), dtype=np.int32)
        return np.concatenate([empty, *(region.spans for region in self.regions)])


def _listed(found: tuple[Array, list[Array]]) -> tuple[list[int], list[Array]]:
    return found[0].tolist(), found[1]
