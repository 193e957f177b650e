"""A tiny AP-10K: rooms and streets with people, whose joints stand for those of apes.

Nothing in our scenes has four legs: wrists are front paws and ankles back paws here, and the root
of the tail is between the hips. As in the official documents every joint that is marked has 2.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.durable import write_whole
from vtencode.miniatures.posed import boxes, marks, posed
from vtencode.miniatures.series import Shot, jpeg

HEIGHT, WIDTH = 480, 640
#: In the order of the documents, by what they are called in `marks`.
JOINTS = {
    "left_eye": "left_eye", "right_eye": "right_eye", "nose": "nose", "neck": "upper_neck",
    "root_of_tail": "pelvis", "left_shoulder": "left_shoulder", "left_elbow": "left_elbow",
    "left_front_paw": "left_wrist", "right_shoulder": "right_shoulder",
    "right_elbow": "right_elbow", "right_front_paw": "right_wrist", "left_hip": "left_hip",
    "left_knee": "left_knee", "left_back_paw": "left_ankle", "right_hip": "right_hip",
    "right_knee": "right_knee", "right_back_paw": "right_ankle",
}  # fmt: skip
#: Of the official 54, those who stand upright.
SPECIES = {35: "chimpanzee", 36: "gorilla", 37: "orangutan"}
SKELETON = (
    (1, 2), (1, 3), (2, 3), (3, 4), (4, 5), (4, 6), (6, 7), (7, 8), (4, 9), (9, 10), (10, 11),
    (5, 12), (12, 13), (13, 14), (5, 15), (15, 16), (16, 17),
)  # fmt: skip
FOLDS = (1, 2, 3)


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` train images and a quarter as many to validate and test; return `root`.

    The three folds take other images for each. Official images are of many sizes. The same
    arguments give the same bytes.
    """
    (root / "data").mkdir(parents=True, exist_ok=True)
    (root / "annotations").mkdir(exist_ok=True)
    shots = list(posed(count, seed, height=HEIGHT, width=WIDTH))
    for shot in shots:
        write_whole(root / "data" / name_of(shot), jpeg(shot.found.rgb))
    for fold in FOLDS:
        for split in ("train", "val", "test"):
            mine = [shot for at, shot in enumerate(shots) if split_of(shots, at, fold) == split]
            if not mine:
                continue
            data = json.dumps(_document(mine)).encode()
            write_whole(root / "annotations" / f"ap10k-{split}-split{fold}.json", data)
    return root


def name_of(shot: Shot) -> str:
    """The file of an image."""
    return f"{shot.index + 1:012d}.jpg"


def split_of(shots: list[Shot], at: int, fold: int) -> str:
    """The split of an image in a fold: those of the first fold, moved on."""
    shot = shots[(at + fold - 1) % len(shots)]
    return ("val", "test")[shot.number % 2] if shot.test else "train"


def _document(shots: list[Shot]) -> dict[str, Any]:
    categories = [
        {
            "id": number, "name": name, "supercategory": "Hominidae", "keypoints": [*JOINTS],
            "skeleton": [[*bone] for bone in SKELETON],
        }
        for number, name in SPECIES.items()
    ]  # fmt: skip
    images = [
        {
            "license": 1, "id": shot.index + 1, "file_name": name_of(shot), "width": WIDTH,
            "height": HEIGHT, "background": 5,
        }
        for shot in shots
    ]  # fmt: skip
    return {
        "info": {"description": "AP-10k", "version": "1.0", "year": 2021},
        "licenses": [{"id": 1, "name": "The MIT License", "url": ""}],
        "images": images,
        "annotations": [animal for shot in shots for animal in _animals(shot)],
        "categories": categories,
    }


def _animals(shot: Shot) -> list[dict[str, Any]]:
    animals = []
    joints = marks(shot.found, [*JOINTS.values()])
    for at, (animal, box) in enumerate(zip(joints, boxes(shot.found), strict=True)):
        animal[:, 2] = np.where(animal[:, 2] > 0, 2, 0)
        animals.append({
            "id": 10 * shot.index + at + 1, "image_id": shot.index + 1,
            "category_id": [*SPECIES][at % len(SPECIES)], "bbox": box.astype(int).tolist(),
            "area": int(box[2] * box[3]), "iscrowd": 0,
            "num_keypoints": int((animal[:, 2] > 0).sum()),
            "keypoints": np.rint(animal).astype(int).reshape(-1).tolist(),
        })  # fmt: skip
    return animals
