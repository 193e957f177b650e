"""A tiny OCHuman: rooms and streets with people, in the authors' document and in COCO's form.

As in the official ones, everybody has a box in `ochuman.json`, some have no outline and some no
joints either; the COCO form lists those who have both, and joints that a person's own body hides
are visible there. All images are to validate, as the first 2 500 of the official ones are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.durable import write_whole
from vtencode.miniatures import ground_truth
from vtencode.miniatures.ground_truth import SKELETON
from vtencode.miniatures.outlines import polygons_of
from vtencode.miniatures.posed import boxes, marks, posed
from vtencode.miniatures.series import Shot, jpeg
from vtencode.rle import packed, runs_of_mask
from vtencode.targets import Array, Region, Visibility

HEIGHT, WIDTH = 480, 640
#: In the order of `keypoint_names`; the head is marked at its top.
JOINTS = (
    "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "head", "neck",
    "right_ear", "left_ear", "nose", "right_eye", "left_eye",
)  # fmt: skip
ALIKE = {"head": "head_top", "neck": "upper_neck"}
STATES = {"missing": 0, "vis": 1, "self_occluded": 2, "others_occluded": 3}
#: What of every four images the last person lacks, beside the box.
LACKING = ((), ("segms",), (), ("segms", "keypoints"))

Entry = dict[str, Any]


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` images and a quarter as many more, at least 1; return `root`.

    Of the last image nobody has an outline, so that it is of no split. Official images are of many
    sizes. The same arguments give the same bytes.
    """
    (root / "images").mkdir(parents=True, exist_ok=True)
    shots = list(posed(count, seed, height=HEIGHT, width=WIDTH))
    for shot in shots:
        write_whole(root / "images" / name_of(shot), jpeg(shot.found.rgb))
    images = [_image(shot, outlined=shot is not shots[-1]) for shot in shots]
    native = {"keypoint_names": [*JOINTS], "keypoint_visible": STATES, "images": images}
    write_whole(root / "ochuman.json", json.dumps(native).encode())
    data = json.dumps(_in_cocos_form(images, shots)).encode()
    write_whole(root / "ochuman_coco_format_val_range_0.00_1.00.json", data)
    return root


def name_of(shot: Shot) -> str:
    """The file of an image."""
    return f"{shot.index + 1:06d}.jpg"


def masks(shot: Shot) -> list[Region]:
    """What shows of everybody, in the order of `marks`."""
    regions = {region.id: region for region in ground_truth.instances(shot.found).regions}
    return [regions[number] for number in shot.found.people.tolist() if number in regions]


def _image(shot: Shot, *, outlined: bool) -> Entry:
    joints = marks(shot.found, [ALIKE.get(name, name) for name in JOINTS])
    found = zip(joints, boxes(shot.found), masks(shot), strict=True)
    people = [_person(*each, others=at % 2 == 1) for at, each in enumerate(found)]
    lacking = LACKING[shot.index % len(LACKING)]
    for person in people if not outlined else people[-1:]:
        person.update(dict.fromkeys(("segms",) if not outlined else lacking))
    return {
        "image_id": f"{shot.index + 1:06d}", "file_name": name_of(shot), "width": WIDTH,
        "height": HEIGHT, "annotations": people,
    }  # fmt: skip


def _person(joints: Array, box: Array, region: Region, *, others: bool) -> Entry:
    hidden = STATES["others_occluded" if others else "self_occluded"]
    states = np.select(
        [joints[:, 2] == Visibility.VISIBLE, joints[:, 2] == Visibility.OCCLUDED],
        [STATES["vis"], hidden],
    )
    left, top, width, height = box.astype(int).tolist()
    return {
        "bbox": [left, top, left + width, top + height],
        "keypoints": np.column_stack([joints[:, :2], states]).reshape(-1).tolist(),
        "segms": _segms(region),
        "max_iou": 0.6,
    }


def _segms(region: Region) -> Entry:
    """The outline of a region with its middle filled, and what of that is not the region's."""
    left, top, right, bottom = region.box
    height, width = bottom - top, right - left
    filled, hole = region.mask.copy(), np.zeros(region.mask.shape, dtype=bool)
    middle = (slice(height // 3, 2 * height // 3), slice(width // 3, 2 * width // 3))
    filled[middle], hole[middle] = True, ~region.mask[middle]
    return {
        "outer": _polygons(filled, left, top), "inner": _polygons(hole, left, top),
        "height": HEIGHT, "width": WIDTH,
    }  # fmt: skip


def _polygons(mask: Array, left: int, top: int) -> list[list[float]]:
    return polygons_of(Region.from_mask(mask, id=1, left=left, top=top)) if mask.any() else []


def _in_cocos_form(images: Sequence[Entry], shots: Sequence[Shot]) -> Entry:
    """As `toCocoFormart` of the authors makes it: those who have both joints and outlines."""
    order = [JOINTS.index(name) for name in COCO_JOINTS]
    listed: list[Entry] = []
    people: list[Entry] = []
    for image, shot in zip(images, shots, strict=True):
        regions = masks(shot)
        both = [at for at, each in enumerate(image["annotations"]) if each["segms"]]
        if not both:
            continue
        listed.append({
            "id": len(listed) + 1, "file_name": image["file_name"], "height": HEIGHT,
            "width": WIDTH,
        })  # fmt: skip
        for at in both:
            joints = np.array(image["annotations"][at]["keypoints"]).reshape(-1, 3)[order]
            joints[:, 2] = np.array([0, 2, 2, 1])[joints[:, 2].astype(int)]
            left, top, right, bottom = image["annotations"][at]["bbox"]
            people.append({
                "image_id": len(listed), "area": (right - left) * (bottom - top),
                "num_keypoints": int((joints[:, 2] > 0).sum()), "iscrowd": 0,
                "id": len(people) + 1, "category_id": 1, "keypoints": joints.reshape(-1).tolist(),
                "segmentation": _runs(regions[at]),
                "bbox": [left, top, right - left, bottom - top],
            })  # fmt: skip
    category = {
        "supercategory": "person", "id": 1, "name": "person", "keypoints": [*COCO_JOINTS],
        "skeleton": [[a + 1, b + 1] for a, b in SKELETON],
    }  # fmt: skip
    return {"annotations": people, "categories": [category], "images": listed}


def _runs(region: Region) -> Entry:
    left, top, right, bottom = region.box
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[top:bottom, left:right] = region.mask
    return {"counts": packed(runs_of_mask(mask)), "size": [HEIGHT, WIDTH]}
