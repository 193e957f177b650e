"""A tiny Animal Pose: rooms and streets with people, whose joints stand for those of animals.

Nothing in our scenes has four legs: arms are front legs, shoulders their elbows, and legs back
ones, hips their elbows; the throat is at the neck, withers and tail base between shoulders and
hips.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.miniatures.posed import boxes, marks, posed
from vtencode.miniatures.series import Shot, jpeg

HEIGHT, WIDTH = 375, 500
_LEGS = {
    ("front", "elbow"): "shoulder", ("back", "elbow"): "hip", ("front", "knee"): "elbow",
    ("back", "knee"): "knee", ("front", "paw"): "wrist", ("back", "paw"): "ankle",
}  # fmt: skip
#: In the order of visualize_keypoint.py of the authors, by what they are called in `marks`.
JOINTS = {
    "left_eye": "left_eye", "right_eye": "right_eye", "nose": "nose", "left_ear_base": "left_ear",
    "right_ear_base": "right_ear",
    **{
        f"{side}_{end}_{part}": f"{side}_{_LEGS[end, part]}"
        for part in ("elbow", "knee", "paw") for end in ("front", "back")
        for side in ("left", "right")
    },
    "throat": "upper_neck", "withers": "thorax", "tail_base": "pelvis",
}  # fmt: skip
#: The same joints as mmpose has them, in its order.
OF_MMPOSE = {
    "L_Eye": "left_eye", "R_Eye": "right_eye", "L_EarBase": "left_ear_base",
    "R_EarBase": "right_ear_base", "Nose": "nose", "Throat": "throat", "TailBase": "tail_base",
    "Withers": "withers",
    **{
        f"{side[0].upper()}_{end[0].upper()}_{part.title()}": f"{side}_{end}_{part}"
        for part in ("elbow", "knee", "paw") for end in ("front", "back")
        for side in ("left", "right")
    },
}  # fmt: skip
SPECIES = ("dog", "cat", "sheep", "horse", "cow")
_BONES = (
    (0, 1), (0, 2), (1, 2), (0, 3), (1, 4), (2, 17), (18, 19), (5, 9), (6, 10), (7, 11), (8, 12),
    (9, 13), (10, 14), (11, 15), (12, 16),
)  # fmt: skip

Form = Literal["authors", "mmpose"]
Entry = dict[str, Any]


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "authors") -> Path:
    """Write `count` images of Pascal VOC and a quarter as many others, at least 1; return `root`.

    In mmpose's form the latter are to test, and every other one of the former to validate. Images
    are of many sizes officially. The same arguments give the same bytes.
    """
    shots = list(posed(count, seed, height=HEIGHT, width=WIDTH))
    for shot in shots:
        path = root / path_of(shot, form)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, jpeg(shot.found.rgb))
    if form == "authors":
        write_whole(root / "keypoints.json", json.dumps(_document(shots)).encode())
        return root
    (root / "annotations").mkdir(exist_ok=True)
    splits = {
        "train": [shot for shot in shots if split_of(shot) == "train"],
        "val": [shot for shot in shots if split_of(shot) == "val"],
        "trainval": [shot for shot in shots if not shot.test],
        "test": [shot for shot in shots if shot.test],
    }
    for split, mine in splits.items():
        if mine:
            data = json.dumps(_document_of_mmpose(mine)).encode()
            write_whole(root / "annotations" / f"animalpose_{split}.json", data)
    return root


def name_of(shot: Shot) -> str:
    """The file of an image: as in Pascal VOC, or of the second part."""
    species = SPECIES[shot.index % len(SPECIES)]
    return f"{species[:2]}{shot.number + 1}.jpeg" if shot.test else f"2007_{shot.index + 1:06d}.jpg"


def path_of(shot: Shot, form: Form) -> str:
    """Where that file is."""
    if form == "authors":
        return f"images/{name_of(shot)}"
    part = f"animalpose_image_part2/{SPECIES[shot.index % len(SPECIES)]}"
    return f"{part if shot.test else 'VOC2012/JPEGImages'}/{name_of(shot)}"


def split_of(shot: Shot) -> str:
    """The split of an image in mmpose's form."""
    return "test" if shot.test else ("train", "val")[shot.number % 2]


def _document(shots: Sequence[Shot]) -> Entry:
    """As the authors have it: images by ids, corners, flags 0 and 1, bones from 0."""
    annotations: list[Entry] = []
    for shot in shots:
        joints = marks(shot.found, [*JOINTS.values()])
        for animal, (left, top, width, height) in zip(joints, boxes(shot.found), strict=True):
            animal[:, 2] = animal[:, 2] > 0
            annotations.append({
                "image_id": shot.index + 1,
                "bbox": [int(left), int(top), int(left + width), int(top + height)],
                "keypoints": np.rint(animal).astype(int).tolist(),
                "num_keypoints": int(animal[:, 2].sum()),
                "category_id": shot.index % len(SPECIES) + 1,
            })  # fmt: skip
    categories = [
        {
            "supercategory": "animal", "id": at, "name": name,
            "keypoints": [joint.replace("tail_base", "tailbase") for joint in JOINTS],
            "skeleton": [[*bone] for bone in _BONES],
        }
        for at, name in enumerate(SPECIES, 1)
    ]  # fmt: skip
    images = {str(shot.index + 1): name_of(shot) for shot in shots}
    return {"images": images, "annotations": annotations, "categories": categories}


def _document_of_mmpose(shots: Sequence[Shot]) -> Entry:
    """In COCO's form, in mmpose's order, flags 0 and 2."""
    images = [
        {
            "id": shot.index + 1, "file_name": path_of(shot, "mmpose"), "height": HEIGHT,
            "width": WIDTH,
        }
        for shot in shots
    ]  # fmt: skip
    annotations: list[Entry] = []
    for shot in shots:
        joints = marks(shot.found, [JOINTS[name] for name in OF_MMPOSE.values()])
        for animal, box in zip(joints, boxes(shot.found), strict=True):
            animal[:, 2] = np.where(animal[:, 2] > 0, 2, 0)
            annotations.append({
                "keypoints": np.rint(animal).reshape(-1).tolist(), "image_id": shot.index + 1,
                "id": len(annotations) + 1, "num_keypoints": int((animal[:, 2] > 0).sum()),
                "bbox": box.tolist(), "iscrowd": 0, "area": float(box[2] * box[3]),
                "category_id": 1,
            })  # fmt: skip
    category = {
        "supercategory": "animal", "id": 1, "name": "animal", "keypoints": [*OF_MMPOSE],
        "skeleton": [[1, 2], [1, 3], [2, 4]],
    }  # fmt: skip
    return {"images": images, "annotations": annotations, "categories": [category]}
