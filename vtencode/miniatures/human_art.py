"""A tiny Human-Art: rooms and streets with people, as if they were of its scenarios.

Fingers are beyond the wrists here, and toes, which our mannequins do not tell, are not marked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.durable import write_whole
from vtencode.miniatures.ground_truth import SKELETON
from vtencode.miniatures.posed import boxes, marks, posed
from vtencode.miniatures.series import Shot, jpeg
from vtencode.targets import Array

HEIGHT, WIDTH = 480, 640
#: Kinds and scenarios that images are of, in turns.
SCENARIOS = ("real_human/dance", "2D_virtual_human/cartoon", "3D_virtual_human/sculpture")
JOINTS_21 = (*COCO_JOINTS, "left_finger", "right_finger", "left_toe", "right_toe")
#: A finger is so far beyond the wrist, as a share of the forearm.
_FINGER_SHARE = 0.3

Entry = dict[str, Any]


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` images to train and a quarter as many to validate; return `root`.

    Official images are of many sizes. The same arguments give the same bytes.
    """
    place = root / "HumanArt"
    splits: dict[str, list[Shot]] = {"training": [], "validation": []}
    for shot in posed(count, seed, height=HEIGHT, width=WIDTH):
        path = place / "images" / path_of(shot)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, jpeg(shot.found.rgb))
        splits["validation" if shot.test else "training"].append(shot)
    (place / "annotations").mkdir(exist_ok=True)
    for split, shots in splits.items():
        documents = {f"{split}_humanart.json": shots}
        for scenario in dict.fromkeys(map(scenario_of, shots)):
            mine = [shot for shot in shots if scenario_of(shot) == scenario]
            documents[f"{split}_humanart_{scenario.rpartition('/')[2]}.json"] = mine
        for name, listed in documents.items():
            write_whole(place / "annotations" / name, json.dumps(_document(listed)).encode())
    return root


def scenario_of(shot: Shot) -> str:
    """The kind and the scenario of an image."""
    return SCENARIOS[shot.index % len(SCENARIOS)]


def path_of(shot: Shot) -> str:
    """The file of an image below `images`; scenarios number their own images."""
    return f"{scenario_of(shot)}/{shot.index // len(SCENARIOS):012d}.jpg"


def joints_of(shot: Shot) -> Array:
    """Float64 (N, 21, 3) of everybody."""
    body = marks(shot.found, COCO_JOINTS)
    more = np.zeros((len(body), 4, 3))
    for at, side in enumerate(("left", "right")):
        elbow, wrist = (body[:, COCO_JOINTS.index(f"{side}_{n}")] for n in ("elbow", "wrist"))
        finger = wrist[:, :2] + _FINGER_SHARE * (wrist[:, :2] - elbow[:, :2])
        inside = ((finger >= 0) & (finger <= (WIDTH - 1, HEIGHT - 1))).all(axis=1)
        there = inside & (elbow[:, 2] > 0) & (wrist[:, 2] > 0)
        more[:, at] = np.column_stack([finger, wrist[:, 2]]) * there[:, None]
    return np.concatenate([body, more], axis=1)


def _document(shots: Sequence[Shot]) -> Entry:
    category = {
        "supercategory": "person", "id": 1, "name": "person", "keypoints": [*COCO_JOINTS],
        "skeleton": [[a + 1, b + 1] for a, b in SKELETON],
    }  # fmt: skip
    return {
        "info": {"description": "Human-Art"},
        "images": [_image(shot) for shot in shots],
        "annotations": [person for shot in shots for person in _people(shot)],
        "categories": [category],
    }


def _image(shot: Shot) -> Entry:
    return {
        "file_name": f"HumanArt/images/{path_of(shot)}", "height": HEIGHT, "width": WIDTH,
        "id": shot.index + 1, "page_url": "", "image_url": "", "picture_name": "", "author": "",
        "description": "people", "category": scenario_of(shot).rpartition("/")[2],
    }  # fmt: skip


def _people(shot: Shot) -> list[Entry]:
    people = []
    for at, (joints, box) in enumerate(zip(joints_of(shot), boxes(shot.found), strict=True)):
        body = joints[: len(COCO_JOINTS)]
        people.append({
            "keypoints": body.reshape(-1).tolist(), "keypoints_21": joints.reshape(-1).tolist(),
            "self_contact": [], "num_keypoints": int((body[:, 2] > 0).sum()),
            "num_keypoints_21": int((joints[:, 2] > 0).sum()), "iscrowd": 0,
            "image_id": shot.index + 1, "area": float(box[2] * box[3]), "bbox": box.tolist(),
            "category_id": 1, "id": 10 * shot.index + at + 1, "annotator": 1,
        })  # fmt: skip
    return people
