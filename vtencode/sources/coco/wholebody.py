"""COCO-WholeBody: 133 joints of a person, in the order of the authors' evaluation.

The document (data_format.md) numbers them and a figure of the paper places them; names are ours.
Those of body and feet are usual, of hands as in mmpose, of the face after its 68 points (300-W),
of which the first is on the person's right. Not told in words, but checked on the authors'
examples: which side is which.
"""

from __future__ import annotations

from collections.abc import Iterator

from vtencode.sources.coco.annotated import Entry
from vtencode.sources.coco.joints import BODY

_FEET = tuple(
    f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel")
)
_FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")


def _line(name: str, numbers: range) -> Iterator[str]:
    return (f"{name}_{number}" for number in numbers)


def _face() -> Iterator[str]:
    """68 points: the jaw, brows, nose, lids, outer and inner lips, each from the person's right."""
    yield from _line("right_jaw", range(1, 9))
    yield "chin"
    yield from _line("left_jaw", range(8, 0, -1))
    yield from _line("right_eyebrow", range(1, 6))
    yield from _line("left_eyebrow", range(5, 0, -1))
    yield from _line("nose_bridge", range(1, 5))
    yield from (
        "right_nostril_1",
        "right_nostril_2",
        "nose_base",
        "left_nostril_2",
        "left_nostril_1",
    )
    yield from _line("right_eyelid", range(1, 7))
    yield from (f"left_eyelid_{number}" for number in (4, 3, 2, 1, 6, 5))
    yield from ("right_mouth_corner", "right_upper_lip_1", "right_upper_lip_2", "upper_lip")
    yield from ("left_upper_lip_2", "left_upper_lip_1", "left_mouth_corner")
    yield from ("left_lower_lip_1", "left_lower_lip_2", "lower_lip")
    yield from ("right_lower_lip_2", "right_lower_lip_1")
    yield from ("right_inner_mouth_corner", "right_inner_upper_lip", "inner_upper_lip")
    yield from ("left_inner_upper_lip", "left_inner_mouth_corner")
    yield from ("left_inner_lower_lip", "inner_lower_lip", "right_inner_lower_lip")


def _hand(side: str) -> Iterator[str]:
    """21 joints: the root, then each finger from its base to its tip."""
    yield f"{side}_hand_root"
    for finger in _FINGERS:
        yield from _line(f"{side}_{finger}", range(1, 5))


JOINTS = (*BODY, *_FEET, *_face(), *_hand("left"), *_hand("right"))
#: Keys of the parts beside the body, of what says that they were marked, and how many joints.
_PARTS = (
    ("foot_kpts", "foot_valid", 6),
    ("face_kpts", "face_valid", 68),
    ("lefthand_kpts", "lefthand_valid", 21),
    ("righthand_kpts", "righthand_valid", 21),
)


def all_triplets(entry: Entry) -> list[float]:
    """The joints of a person, absent those of parts that are not valid.

    The third number is a visibility for the body alone; of other parts it is more than 0 where the
    joint is marked (0 or 2 of feet, 0 or 1 of faces, any share of 2 of hands), which is visible
    here.
    """
    joints = list(entry.get("keypoints") or ())
    for key, valid, count in _PARTS:
        given = list(entry.get(key) or ())
        if not entry.get(valid):
            given = [0.0] * (3 * count)
        given[2::3] = [2 if marked > 0 else 0 for marked in given[2::3]]
        joints += given
    return joints
