"""Panoptic segmentation: every pixel a class, and every thing its own segment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets.arrays import Array, ReadOnly
from vtencode.targets.instances import MAX_ID, InstanceMasks
from vtencode.targets.semantic import SemanticMask


@dataclass(frozen=True)
class Segment:
    """One segment: a thing (countable; each its own segment) or stuff (one segment a class).

    A crowd is a group of things annotated as one (COCO's iscrowd).
    """

    id: int
    label: str
    thing: bool
    crowd: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.id <= MAX_ID or not self.label:
            raise TargetError(
                f"a Segment must have an id of 1 to {MAX_ID} and a label, got {self.id} and "
                f"{self.label!r}."
            )


@dataclass(frozen=True, eq=False)
class PanopticMap(ReadOnly):
    """Which segment each pixel of one image belongs to.

    `ids` is integer (H, W), 0 for void (nobody labeled it); it is kept as int32. `segments`
    describes every id that occurs; what occurs nowhere is left out, and the rest sorted by id.
    `vocabulary` names the classes that were looked for everywhere, as in `InstanceMasks`.

    Raises `TargetError` for ids without a segment, two segments of one id, and two stuff
    segments of one class.

    >>> segments = [Segment(3, "sky", thing=False), Segment(8, "cat", thing=True)]
    >>> PanopticMap(np.array([[3, 3, 8], [3, 0, 8]]), segments).instances().id_map()
    array([[0, 0, 8],
           [0, 0, 8]], dtype=int32)
    """

    ids: Array
    segments: tuple[Segment, ...]
    vocabulary: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = np.asarray(self.ids)
        if given.dtype.kind not in "iu" or given.ndim != 2:
            raise TargetError(
                f"PanopticMap.ids must be integer (H, W), got {given.dtype} {given.shape}."
            )
        known = {segment.id: segment for segment in self.segments}
        found = [id_ for id_ in np.unique(given).tolist() if id_ != 0]
        strange = [id_ for id_ in found if id_ not in known]
        if strange or len(known) < len(self.segments):
            raise TargetError(
                "PanopticMap.segments must describe each id once, got "
                + (f"none for {strange[0]}." if strange else "two of one id.")
            )
        segments = tuple(known[id_] for id_ in found)
        stuff = [segment.label for segment in segments if not segment.thing]
        if len(set(stuff)) < len(stuff):
            twice = next(label for label in stuff if stuff.count(label) > 1)
            raise TargetError(
                f"PanopticMap.segments must have one segment a stuff class, got two of {twice!r}."
            )
        ids = np.array(given, dtype=np.int32, order="C")
        ids.setflags(write=False)
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "segments", segments)
        object.__setattr__(self, "vocabulary", tuple(self.vocabulary))

    @classmethod
    def from_parts(
        cls,
        semantic: SemanticMask,
        instances: Array,
        *,
        things: Collection[str] | None = None,
    ) -> PanopticMap:
        """Cross classes with an integer (H, W) map of instances, 0 for none.

        Each pair that occurs is a segment; ids follow classes, then instances. `things` names
        the classes that are things; left out, they are those with an instance. What has none
        of a thing class is a crowd. Pixels without a class are void.
        """
        given = np.asarray(instances)
        if given.dtype.kind not in "iu" or given.shape != semantic.shape:
            raise TargetError(
                f"instances must be integer {semantic.shape}, got {given.dtype} {given.shape}."
            )
        numbers, rank = np.unique(given[semantic.labeled], return_inverse=True)
        pair = semantic.ids[semantic.labeled].astype(np.int64) * len(numbers) + rank.reshape(-1)
        pairs, which = np.unique(pair, return_inverse=True)
        ids = np.zeros(semantic.shape, dtype=np.int32)
        ids[semantic.labeled] = which.reshape(-1) + 1
        named = [
            (semantic.vocabulary[class_], int(numbers[at]))
            for class_, at in (divmod(pair, len(numbers)) for pair in pairs.tolist())
        ]
        countable = {label for label, number in named if number} if things is None else {*things}
        segments = [
            Segment(index, label, label in countable, label in countable and number == 0)
            for index, (label, number) in enumerate(named, start=1)
        ]
        joined = _joined(segments)
        kept = tuple(segments[id_ - 1] for id_ in np.unique(joined[1:]).tolist())
        return cls(joined[ids], kept, semantic.vocabulary)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.ids.shape
        return height, width

    @property
    def labeled(self) -> Array:
        """Where a segment is known: bool (H, W)."""
        mask: Array = self.ids > 0
        return mask

    def ranked(self) -> tuple[Array, tuple[Segment, ...]]:
        """Segments in raster order of their first pixels, and the map of 1, 2, … of them."""
        places = self.places()
        found, first = np.unique(places, return_index=True)
        order = found[np.argsort(first)]
        order = order[order > 0]
        rank = np.zeros(len(self.segments) + 1, dtype=np.int32)
        rank[order] = np.arange(1, len(order) + 1)
        return rank[places], tuple(self.segments[place - 1] for place in order)

    def semantic(self) -> SemanticMask:
        """The classes alone, in the order of their first segments; void is -1."""
        vocabulary = tuple(dict.fromkeys(segment.label for segment in self.segments))
        classes = [vocabulary.index(segment.label) for segment in self.segments]
        number = np.array([-1, *classes])
        return SemanticMask(number[self.places()], vocabulary, void=-1)

    def instances(self) -> InstanceMasks:
        """The things alone, with their ids and labels."""
        things = {segment.id: segment for segment in self.segments if segment.thing}
        return InstanceMasks.from_ids(
            np.where(np.isin(self.ids, [*things]), self.ids, 0),
            labels={id_: segment.label for id_, segment in things.items()},
            crowds={id_ for id_, segment in things.items() if segment.crowd},
        )

    def places(self) -> Array:
        """Where in `segments` each pixel's is, from 1; 0 for void: int64 (H, W)."""
        known = np.array([0, *(segment.id for segment in self.segments)])
        places: Array = np.searchsorted(known, self.ids)
        return places


def _joined(segments: list[Segment]) -> Array:
    """For each id the first of its stuff class, or itself: int32."""
    first: dict[int | str, int] = {}
    for segment in segments:
        key = segment.id if segment.thing else segment.label
        first.setdefault(key, segment.id)
    owners = [first[segment.id if segment.thing else segment.label] for segment in segments]
    return np.array([0, *owners], dtype=np.int32)
