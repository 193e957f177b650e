"""The 16 joints of MPII, and marks of them as keypoints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from vtencode.errors import SampleError, SampleFiltered
from vtencode.sources.coco.joints import mirrored
from vtencode.sources.files import decoded
from vtencode.targets import Array, Keypoints, Visibility

#: By `id` from 0, as the authors' README lists them ("0 - r ankle, 1 - r knee, …").
NAMES = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis",
    "thorax", "upper_neck", "head_top", "right_wrist", "right_elbow", "right_shoulder",
    "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip
#: Not told by the authors; after mmpose (configs/_base_/datasets/mpii.py).
SKELETON = (
    (0, 1), (1, 2), (2, 6), (6, 3), (3, 4), (4, 5), (6, 7), (7, 8), (8, 9), (8, 12), (12, 11),
    (11, 10), (8, 13), (13, 14), (14, 15),
)  # fmt: skip
#: The first pixel of MATLAB is 1.
FIRST_PX = 1
#: No joint is farther from its image than the largest image is wide.
_FARTHEST_PX = 1e6

Asked = Literal["complete", "marked"]


def keypoints_of(people: str, shape: tuple[int, int], where: str, asked: Asked) -> Keypoints:
    """The joints of everybody who is marked, from what `people` (a column of the index) says.

    Pixels become counted from 0. A joint is seen where its file says so or does not tell. People
    whose joints nobody marked say neither where these are nor that there are none: an image that
    shows some is filtered where `complete` ones are asked for, or if it shows nobody else.
    """
    told = json.loads(people)
    marked = [person for person in told if person is not None]
    unmarked = len(told) - len(marked)
    if unmarked and (asked == "complete" or not marked):
        message = f"shows people, {unmarked} in all, whose joints nobody marked"
        raise SampleFiltered("NOTHING", "keypoints", where, message)
    joints = np.array([_joints(person, where) for person in marked]).reshape(-1, len(NAMES), 3)
    return decoded(
        lambda: Keypoints(
            joints[..., :2] - FIRST_PX,
            joints[..., 2].astype(np.uint8),
            NAMES,
            skeleton=SKELETON,
            flip_pairs=mirrored(NAMES),
            shape=shape,
        ),
        field="keypoints",
        where=where,
    )


def _joints(marks: Sequence[Any], where: str) -> Array:
    """Float64 (16, 3) of x, y in the file's pixels, and visibility."""
    joints = np.zeros((len(NAMES), 3))
    for mark in marks:
        number, x, y, seen = (*mark, *[None] * 4)[:4]
        fits = isinstance(number, int | float) and number in range(len(NAMES))
        if not fits or not (_is_place(x) and _is_place(y)):
            raise _fault(where, f"a joint must have an id of 0 to 15, x and y, got {mark!r:.80}")
        if seen not in (None, 0, 1):
            raise _fault(where, f"is_visible must be 0, 1 or nothing, got {seen!r:.20}")
        if joints[int(number), 2]:
            raise _fault(where, f"a person must have a joint once, got {NAMES[int(number)]} twice")
        joints[int(number)] = x, y, Visibility.OCCLUDED if seen == 0 else Visibility.VISIBLE
    return joints


def _is_place(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < _FARTHEST_PX


def _fault(where: str, message: str) -> SampleError:
    return SampleError("RANGE", "keypoints", where, message)
