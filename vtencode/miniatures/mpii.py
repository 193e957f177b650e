"""A tiny MPII Human Pose: rooms and streets with people, annotated as the authors' file does.

`mpii_human_pose_v1_u12_1.mat` has what the official one has (README.md of the annotations), and
its oddities: `is_visible` is a number, a text or empty, some images have nobody, some people no
`annopoints`, and images to test have no joints.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.mat_tree import write_mat_tree
from vtencode.miniatures.posed import marks, posed
from vtencode.miniatures.series import Shot, jpeg
from vtencode.targets import Array, Visibility

#: As many of the official images are.
HEIGHT, WIDTH = 480, 854
#: By `id`, as the authors' README lists them.
JOINTS = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis",
    "thorax", "upper_neck", "head_top", "right_wrist", "right_elbow", "right_shoulder",
    "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip
#: Those of which the file does not tell whether they are seen, as the official one for many.
UNTOLD = ("upper_neck", "head_top")
#: In every so many images from this one on, the last person has no joints.
_UNMARKED_EVERY, _UNMARKED_FIRST = 4, 2
#: A head's rectangle is so much of the way from the neck to the top on either side.
_HEAD_SHARE = 0.5

Form = Literal["release", "hrnet", "mmpose"]


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "release") -> Path:
    """Write `count` train images and a quarter as many to validate, at least 1; return `root`.

    `release` is the authors' file and HRNet's list of what to validate, the other forms are lists
    alone. Official images are of many sizes. The same arguments give the same bytes.
    """
    shots = list(posed(count, seed, height=HEIGHT, width=WIDTH))
    (root / "images").mkdir(parents=True, exist_ok=True)
    for shot in shots:
        write_whole(root / "images" / name_of(shot.index), jpeg(shot.found.rgb))
    if form == "release":
        to_test = jpeg(np.ascontiguousarray(shots[0].found.rgb[:, ::-1]))
        write_whole(root / "images" / name_of(len(shots)), to_test)
        write_whole(root / "mpii_human_pose_v1_u12_1.mat", _release(shots))
    places = {
        "release": {"annot/valid.json": [True]},
        "hrnet": {"annot/train.json": [False], "annot/valid.json": [True]},
        "mmpose": {
            "annotations/mpii_train.json": [False],
            "annotations/mpii_val.json": [True],
            "annotations/mpii_trainval.json": [False, True],
        },
    }[form]
    for place, tested in places.items():
        (root / place).parent.mkdir(exist_ok=True)
        people = [each for shot in shots if shot.test in tested for each in _listed(shot)]
        write_whole(root / place, json.dumps(people).encode())
    return root


def name_of(index: int) -> str:
    """The file of an image."""
    return f"{index + 1:09d}.jpg"


def people_of(shot: Shot) -> list[Array | None]:
    """Float64 (16, 3) of everybody, counted from 0; None for one whose joints nobody marked."""
    people: list[Array | None] = [*marks(shot.found, JOINTS)]
    if people and shot.index % _UNMARKED_EVERY == _UNMARKED_FIRST:
        people[-1] = None
    return people


def _release(shots: Iterable[Shot]) -> bytes:
    listed = [_image(shot.index, [_rect(shot, p) for p in people_of(shot)]) for shot in shots]
    count = len(listed)
    listed += [_image(count, []), _image(count + 1, [])]  # one to test, one that shows nobody
    release = {
        "annolist": listed,
        "img_train": np.array([*[1.0] * count, 0.0, 1.0]),
        "version": "12",
        "single_person": tuple(np.ones((1, 1)) for _ in listed),
        "act": [{"cat_name": "", "act_name": np.empty((0, 0)), "act_id": -1} for _ in listed],
        "video_list": ("rooms", "streets"),
    }
    return write_mat_tree({"RELEASE": release})


def _image(index: int, rects: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "image": {"name": name_of(index)},
        "annorect": rects or np.empty((0, 0)),
        "frame_sec": 1.0,
        "vididx": 1.0,
    }


def _rect(shot: Shot, person: Array | None) -> dict[str, Any]:
    if person is None:
        return dict.fromkeys(("x1", "y1", "x2", "y2", "annopoints", "scale", "objpos"), _NONE)
    there = person[person[:, 2] != Visibility.ABSENT]
    tall = np.ptp(there[:, 1]) if len(there) else 1.0
    center = there[:, :2].mean(axis=0) + 1 if len(there) else np.ones(2)
    neck, top = person[JOINTS.index("upper_neck"), :2], person[JOINTS.index("head_top"), :2]
    half = _HEAD_SHARE * np.abs(neck - top).max()
    return {
        "x1": neck[0] + 1 - half,
        "y1": top[1] + 1,
        "x2": neck[0] + 1 + half,
        "y2": neck[1] + 1,
        "annopoints": {"point": _points(person, as_text=shot.index % 2 == 1)},
        "scale": tall / 200,
        "objpos": {"x": center[0], "y": center[1]},
    }


_NONE = np.empty((0, 0))


def _points(person: Array, *, as_text: bool) -> list[dict[str, Any]]:
    """The marks of a person, in pixels that count from 1."""
    points = []
    for number, (x, y, visibility) in enumerate(person):
        if visibility == Visibility.ABSENT:
            continue
        seen: Any = float(visibility == Visibility.VISIBLE)
        if JOINTS[number] in UNTOLD:
            seen = _NONE
        elif as_text:
            seen = str(int(seen))
        points.append({"x": x + 1, "y": y + 1, "id": float(number), "is_visible": seen})
    return points


def _listed(shot: Shot) -> list[dict[str, Any]]:
    """The entries of HRNet's and mmpose's lists; whoever is not marked is left out."""
    return [
        {
            "joints_vis": [int(v > 0) for v in person[:, 2]],
            "joints": [[x + 1, y + 1] if v else [-1.0, -1.0] for x, y, v in person.tolist()],
            "image": name_of(shot.index),
            "scale": float(np.ptp(person[:, 1]) / 200),
            "center": (person[:, :2].mean(axis=0) + 1).tolist(),
        }
        for person in people_of(shot)
        if person is not None
    ]
