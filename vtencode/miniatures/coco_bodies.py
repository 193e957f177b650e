"""Feet, faces and hands of a tiny COCO-WholeBody, guessed from the joints of the body."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtencode.sources.coco.joints import BODY
from vtencode.targets import Array

Entry = dict[str, Any]

_NOSE, _LEFT_WRIST, _RIGHT_WRIST, _LEFT_ANKLE, _RIGHT_ANKLE = (
    BODY.index(name) for name in ("nose", "left_wrist", "right_wrist", "left_ankle", "right_ankle")
)
#: Pixels from an ankle to big toe, small toe and heel.
_FOOT = np.array([(3, 9), (7, 8), (-2, 5)])
_FACE_RADIUS_PX = 9.0


def with_parts(person: Entry) -> Entry:
    """A person of `person_keypoints` with everything that COCO-WholeBody adds.

    A part is valid where the joint that it is guessed from is marked, of faces seen; others are
    zeros. As in the authors' files the third number of a joint is 0 or 2 of feet, 0 or 1 of
    faces, and of hands anything up to 2.
    """
    joints = np.array(person["keypoints"], dtype=np.float64).reshape(-1, 3)
    parts = {
        "foot": _feet(joints),
        "face": _face(joints[_NOSE]),
        "lefthand": _hand(joints[_LEFT_WRIST], 1),
        "righthand": _hand(joints[_RIGHT_WRIST], -1),
    }
    found = dict(person)
    for name, part in parts.items():
        found[f"{name}_kpts"] = part.reshape(-1).tolist()
        found[f"{name}_valid"] = bool((part[:, 2] > 0).any())
        if name != "foot":
            found[f"{name}_box"] = _box(part)
    return found


def _feet(joints: Array) -> Array:
    found = np.zeros((6, 3))
    for start, ankle in ((0, joints[_LEFT_ANKLE]), (3, joints[_RIGHT_ANKLE])):
        if ankle[2]:
            found[start : start + 3] = np.column_stack([ankle[:2] + _FOOT, [2, 2, 2]])
    return found


def _face(nose: Array) -> Array:
    """68 points around the nose, in a spiral."""
    if nose[2] != 2:
        return np.zeros((68, 3))
    turn = np.arange(68)
    radius = _FACE_RADIUS_PX * (1 + turn / 68)
    xy = nose[:2] + np.column_stack([np.cos(turn), np.sin(turn)]) * radius[:, None]
    return np.column_stack([xy.round(3), np.ones(68)])


def _hand(wrist: Array, side: int) -> Array:
    """The root at the wrist, and of five fingers four joints each."""
    if not wrist[2]:
        return np.zeros((21, 3))
    finger, joint = np.divmod(np.arange(20), 4)
    steps = np.column_stack([side * (3 + 2 * joint), 4 * finger - 8])
    xy = wrist[:2] + np.vstack([[0, 0], steps]) * 0.75
    return np.column_stack([xy, (np.arange(21) + 0.25) / 11])


def _box(part: Array) -> list[float]:
    marked = part[part[:, 2] > 0, :2]
    if not len(marked):
        return [0.0, 0.0, 0.0, 0.0]
    low, high = marked.min(axis=0), marked.max(axis=0)
    box: list[float] = [*low.tolist(), *(high - low).tolist()]
    return box
