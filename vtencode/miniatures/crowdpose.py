"""A tiny CrowdPose: rooms and streets with people, in documents of 14 joints.

As in the official documents, 1 and 2 mean nothing beyond that a joint is marked, and heads and
necks have 1; the category's `skeleton` is COCO's; some rows are crowds, without an outline.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.durable import write_whole
from vtencode.miniatures.ground_truth import SKELETON
from vtencode.miniatures.posed import boxes, marks, posed
from vtencode.miniatures.series import Shot, jpeg

HEIGHT, WIDTH = 480, 640
#: In the order of the documents; the head is marked at its top.
JOINTS = (
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "head", "neck",
)  # fmt: skip
#: What these are called in `marks`.
ALIKE = {"head": "head_top", "neck": "upper_neck"}
#: Every so many images, from this one on, there is a crowd.
_CROWD_EVERY, _CROWD_FIRST = 4, 2


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` train images and a quarter as many to validate and test; return `root`.

    Official images are of many sizes. The same arguments give the same bytes.
    """
    (root / "images").mkdir(parents=True, exist_ok=True)
    (root / "json").mkdir(exist_ok=True)
    listed: dict[str, list[Shot]] = {"train": [], "val": [], "test": [], "trainval": []}
    for shot in posed(count, seed, height=HEIGHT, width=WIDTH):
        split = ("val", "test")[shot.number % 2] if shot.test else "train"
        for each in (split, *(["trainval"] if split != "test" else [])):
            listed[each].append(shot)
        write_whole(root / "images" / f"{image_id(shot)}.jpg", jpeg(shot.found.rgb))
    for split, shots in listed.items():
        if not shots:
            continue
        data = json.dumps(_document(shots)).encode()
        write_whole(root / "json" / f"crowdpose_{split}.json", data)
    return root


def image_id(shot: Shot) -> int:
    """The number of an image, which is its name too."""
    return 100_000 + 17 * shot.index


def _document(shots: list[Shot]) -> dict[str, Any]:
    images = [
        {
            "file_name": f"{image_id(shot)}.jpg", "id": image_id(shot), "height": HEIGHT,
            "width": WIDTH, "crowdIndex": 0.25,
        }
        for shot in shots
    ]  # fmt: skip
    category = {
        "supercategory": "person", "id": 1, "name": "person", "keypoints": [*JOINTS],
        "skeleton": [[a + 1, b + 1] for a, b in SKELETON],
    }  # fmt: skip
    people = [person for shot in shots for person in _people(shot)]
    return {"categories": [category], "images": images, "annotations": people}


def _people(shot: Shot) -> list[dict[str, Any]]:
    people = []
    joints = marks(shot.found, [ALIKE.get(name, name) for name in JOINTS])
    for at, (person, box) in enumerate(zip(joints, boxes(shot.found), strict=True)):
        flags = np.where(np.arange(len(JOINTS)) % 3 == at % 3, 2, 1)
        flags[[JOINTS.index(name) for name in ALIKE]] = 1
        person[:, 2] = np.where(person[:, 2] > 0, flags, 0)
        people.append({
            "num_keypoints": int((person[:, 2] > 0).sum()), "iscrowd": 0,
            "keypoints": np.rint(person).astype(int).reshape(-1).tolist(),
            "image_id": image_id(shot), "bbox": box.tolist(), "category_id": 1,
            "id": 100 * image_id(shot) + at,
        })  # fmt: skip
    if people and shot.index % _CROWD_EVERY == _CROWD_FIRST:
        people.append({
            "num_keypoints": 0, "iscrowd": 1, "keypoints": [0] * 3 * len(JOINTS),
            "image_id": image_id(shot), "bbox": [0.0, 0.0, 20.0, 20.0], "category_id": 1,
            "id": 100 * image_id(shot) + 99,
        })  # fmt: skip
    return people
