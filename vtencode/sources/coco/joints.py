"""Annotations with joints as keypoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vtencode.errors import SampleFiltered
from vtencode.sources.coco.annotated import Annotated, Entry
from vtencode.sources.files import decoded
from vtencode.targets import Array, Keypoints

#: The joints of COCO's person, in the order of `keypoints` of its category.
BODY = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip

#: x, y and visibility of every joint, one after another.
Triplets = Callable[[Entry], Sequence[float]]


def own_triplets(entry: Entry) -> Sequence[float]:
    """The joints under COCO's own key."""
    found: Sequence[float] = entry.get("keypoints") or ()
    return found


def keypoints_of(
    found: Annotated,
    names: tuple[str, ...],
    *,
    triplets: Triplets = own_triplets,
    complete: bool = False,
) -> Keypoints:
    """The joints of everybody who has some, in the document's order.

    x and y are the indices of pixels from 0, whose centers are at integers here too, so they stay
    as they are; boxes are told by the edges of pixels, half a pixel before. Visibility is 0, 1 or
    2 as in `Visibility`. Crowds, and people whose joints nobody marked, are left out; an image
    that shows some says neither where joints are nor that there are none. So with `complete` it
    is filtered; and so it is if it shows nobody else.
    """
    read = [(entry, _joints(found, entry, names, triplets)) for entry in found.annotations]
    marked = [(entry, joints) for entry, joints in read if joints is not None]
    others = len(read) - len(marked)
    if others and (complete or not marked):
        message = f"shows {others} crowds or people whose joints nobody marked"
        raise SampleFiltered("NOTHING", found.field, found.where, message)
    joints = np.array([joints for _, joints in marked]).reshape(-1, len(names), 3)
    return decoded(
        lambda: Keypoints(
            joints[..., :2],
            joints[..., 2].astype(np.uint8),
            names,
            skeleton=_skeleton(found, names),
            flip_pairs=mirrored(names),
            boxes=_boxes(found, [entry for entry, _ in marked]),
            shape=found.shape,
        ),
        field=found.field,
        where=found.where,
    )


def mirrored(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The pairs of joints whose names differ in left and right.

    >>> mirrored(["nose", "left_eye", "right_eye"])
    ((1, 2),)
    """
    place = {name: at for at, name in enumerate(names)}
    pairs = ((at, place.get(name.replace("left", "right"))) for name, at in place.items())
    return tuple((at, other) for at, other in pairs if other is not None and other != at)


def _joints(
    found: Annotated, entry: Entry, names: Sequence[str], triplets: Triplets
) -> Array | None:
    """Float64 (K, 3); None where nobody marked one, a reject where it is anything else."""
    try:
        values = np.array(triplets(entry), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise found.fault("RANGE", entry, f"joints must be numbers: {error}") from error
    if entry.get("iscrowd") or not values.size:
        return None
    if values.shape != (3 * len(names),):
        message = f"joints must be {len(names)} times x, y, visibility, got {values.shape}"
        raise found.fault("RANGE", entry, message)
    seen = values[2::3]
    if not np.isin(seen, (0, 1, 2)).all():
        strange = seen[~np.isin(seen, (0, 1, 2))][0]
        raise found.fault("RANGE", entry, f"visibility must be 0, 1 or 2, got {strange:g}")
    return values.reshape(-1, 3) if seen.any() else None


def _skeleton(found: Annotated, names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The bones that a document of one category tells, which counts joints from 1."""
    told = [each.get("skeleton") for each in found.categories.values()]
    if len(told) != 1 or not isinstance(told[0], list):
        return ()
    joints = range(1, len(names) + 1)
    bones = [bone for bone in told[0] if isinstance(bone, list) and len(bone) == 2]
    return tuple((a - 1, b - 1) for a, b in bones if a in joints and b in joints)


def _boxes(found: Annotated, marked: Sequence[Entry]) -> Array | None:
    """Float64 (N, 4) of x0, y0, x1, y1; None unless everybody has a box."""
    given: list[Any] = [entry.get("bbox") for entry in marked]
    if not given or None in given:
        return None
    try:
        boxes = np.array(given, dtype=np.float64).reshape(len(marked), 4)
    except (TypeError, ValueError, OverflowError) as error:
        raise found.fault("RANGE", marked[0], f"bbox must be 4 numbers: {error}") from error
    boxes[:, 2:] += boxes[:, :2]
    shifted: Array = boxes - 0.5
    return shifted
