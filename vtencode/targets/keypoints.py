"""Named joints of every person, or animal, in an image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import chain
from typing import Any

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets.arrays import Array, ReadOnly

Pair = tuple[int, int]


class Visibility(IntEnum):
    """What is known of one joint, in COCO's numbers."""

    ABSENT = 0
    OCCLUDED = 1
    VISIBLE = 2


@dataclass(frozen=True, eq=False)
class Keypoints(ReadOnly):
    """The joints of N people: where each is, and whether it is seen.

    `xy_px` is float32 (N, K, 2), in pixels, +x right, +y down, pixel centers at integers; it is
    NaN wherever the joint is absent, and may lie outside the image. `visibility` is uint8 (N, K)
    of `Visibility`. `names` names the K joints; `skeleton` and `flip_pairs` pair their indices:
    bones to draw, and left and right joints that a mirror swaps. `boxes` is float32 (N, 4), x0,
    y0, x1, y1 in pixels, if known. `shape` is the height and width of the image.

    Raises `TargetError` for other shapes, joints that are present but not finite, and indices
    that are no joint's.

    >>> nose = Keypoints([[[3.5, 2.0]]], [[2]], names=("nose",), shape=(8, 8))
    >>> nose.present
    array([[ True]])
    """

    xy_px: Array
    visibility: Array
    names: tuple[str, ...]
    skeleton: tuple[Pair, ...] = ()
    flip_pairs: tuple[Pair, ...] = ()
    boxes: Array | None = None
    shape: tuple[int, int] = field(kw_only=True)

    def __post_init__(self) -> None:
        names = tuple(self.names)
        if not 0 < len(names) == len(set(names)) or not all(isinstance(n, str) for n in names):
            raise TargetError(f"Keypoints.names must be distinct texts, at least one, got {names}.")
        visibility = _visibility(self.visibility, len(names))
        canonical = {
            "xy_px": _positions(self.xy_px, visibility),
            "visibility": visibility,
            "names": names,
            "skeleton": _pairs("skeleton", self.skeleton, len(names)),
            "flip_pairs": _swaps(_pairs("flip_pairs", self.flip_pairs, len(names))),
            "boxes": _boxes(self.boxes, len(visibility)),
            "shape": _shape(self.shape),
        }
        for name, value in canonical.items():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            object.__setattr__(self, name, value)

    @property
    def present(self) -> Array:
        """Where a joint is known, seen or not: bool (N, K)."""
        mask: Array = self.visibility != Visibility.ABSENT
        return mask

    def of(self, people: slice | Array) -> Keypoints:
        """The same image with these people alone, in this order."""
        boxes = None if self.boxes is None else self.boxes[people]
        return replace(
            self, xy_px=self.xy_px[people], visibility=self.visibility[people], boxes=boxes
        )

    @classmethod
    def joined(cls, parts: Iterable[Keypoints]) -> Keypoints:
        """The people of one image, put back together; boxes only if every part has them."""
        first, *more = parts
        every = (first, *more)
        xy, visibility = (
            np.concatenate([getattr(part, name) for part in every])
            for name in ("xy_px", "visibility")
        )
        boxes = [part.boxes for part in every if part.boxes is not None]
        whole = np.concatenate(boxes) if len(boxes) == len(every) else None
        return replace(first, xy_px=xy, visibility=visibility, boxes=whole)


def _visibility(values: Any, joints: int) -> Array:
    given = np.asarray(values)
    if given.size == 0 and given.dtype.kind == "f":
        given = given.astype(np.uint8)  # what numpy makes of an empty list
    if given.dtype.kind not in "iu" or given.ndim != 2 or given.shape[1] != joints:
        raise TargetError(
            f"Keypoints.visibility must be uint8 (N, {joints}), got {given.dtype} {given.shape}."
        )
    if given.size and not Visibility.ABSENT <= given.min() <= given.max() <= Visibility.VISIBLE:
        raise TargetError(
            "Keypoints.visibility must hold 0 absent, 1 occluded, 2 visible, "
            f"got {given.min()} to {given.max()}."
        )
    return np.array(given, dtype=np.uint8, order="C")


def _positions(values: Any, visibility: Array) -> Array:
    given = np.asarray(values)
    if given.dtype.kind not in "fiu" or given.shape != (*visibility.shape, 2):
        raise TargetError(
            f"Keypoints.xy_px must be float32 {(*visibility.shape, 2)}, "
            f"got {given.dtype} {given.shape}."
        )
    with np.errstate(over="ignore"):
        xy = np.array(given, dtype=np.float32, order="C")
    absent = visibility == Visibility.ABSENT
    if not np.isfinite(xy[~absent]).all():
        person, joint = np.argwhere(~np.isfinite(xy).all(axis=2) & ~absent)[0]
        raise TargetError(
            "Keypoints.xy_px must be finite float32 where a joint is present, "
            f"got {xy[person, joint]} for joint {joint} of person {person}."
        )
    xy[absent] = np.nan
    return xy


def _pairs(name: str, values: Any, joints: int) -> tuple[Pair, ...]:
    pairs = tuple((int(a), int(b)) for a, b in values)
    if not all(a != b and 0 <= min(a, b) <= max(a, b) < joints for a, b in pairs):
        raise TargetError(
            f"Keypoints.{name} must be pairs of two joints, 0 to {joints - 1}, got {pairs}."
        )
    return pairs


def _swaps(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    swapped = list(chain.from_iterable(pairs))
    if len(set(swapped)) < len(swapped):
        raise TargetError(f"Keypoints.flip_pairs must name a joint once, got {pairs}.")
    return pairs


def _boxes(values: Any, people: int) -> Array | None:
    if values is None:
        return None
    given = np.asarray(values)
    if given.dtype.kind not in "fiu" or given.shape != (people, 4):
        raise TargetError(
            f"Keypoints.boxes must be float32 ({people}, 4), got {given.dtype} {given.shape}."
        )
    boxes = np.array(given, dtype=np.float32, order="C")
    if not (np.isfinite(boxes).all() and (boxes[:, :2] <= boxes[:, 2:]).all()):
        raise TargetError(f"Keypoints.boxes must be finite x0 <= x1, y0 <= y1, got {boxes}.")
    return boxes


def _shape(values: Any) -> Pair:
    height, width = values
    if not all(isinstance(side, int | np.integer) and side >= 0 for side in (height, width)):
        raise TargetError(f"Keypoints.shape must be the image's height and width, got {values}.")
    return int(height), int(width)
