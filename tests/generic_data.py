"""Data of one's own, invented: scenes written as files that no reader was made for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.codecs.normals import NormalCodec
from vtencode.miniatures import ground_truth
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import jpeg
from vtencode.png import write_png, write_png_gray
from vtencode.targets import Camera

HEIGHT, WIDTH = 120, 160
CAMERA = Camera(130.0, 130.0, 79.5, 59.5)
NAMES = ground_truth.VOCABULARY


@cache
def room(index: int) -> Scene:
    """Scene `index`: a room, in which every depth is 0.7 to 9.9 m."""
    return scene(5, index, height=HEIGHT, width=WIDTH, camera=CAMERA)


def millimeters(index: int) -> np.ndarray:
    """The depth of a room in whole millimeters: uint16."""
    return np.floor(room(index).depth_z * 1000.0 + 0.5).astype(np.uint16)


def classes(index: int) -> np.ndarray:
    """The ids of a room's classes, as `NAMES` has them: uint8."""
    return np.array(ground_truth.semantic(room(index)).ids).astype(np.uint8)


def normals_png(index: int, frame: str) -> bytes:
    """A picture of a room's normals, with the axes of `frame`."""
    code = NormalCodec(frame=frame).encode(ground_truth.normals(room(index)))
    return write_png(code.rgb)


def write_rooms(root: Path, count: int = 4) -> Path:
    """Rooms in folders by what they hold: `rgb/{scene}/{id}.jpg`, `depth/{scene}/{id}.png`, …."""
    for index in range(count):
        place = f"{'kitchen' if index % 2 else 'hall'}/{index:04d}"
        write(root / f"rgb/{place}.jpg", jpeg(room(index).rgb))
        write(root / f"depth/{place}.png", write_png_gray(millimeters(index)))
        write(root / f"seg/{place}.png", write_png_gray(classes(index)))
        write(root / f"inst/{place}.png", write_png_gray(room(index).instance.astype(np.uint16)))
        write(root / f"nrm/{place}.png", normals_png(index, "opencv"))
    write(root / "classes.txt", "\n".join(NAMES).encode())
    write(root / "K.txt", b"130 0 79.5\n0 130 59.5\n0 0 1\n")
    return root


#: What a recipe says of `write_rooms`.
ROOMS: Mapping[str, Any] = {
    "image": "rgb/{scene}/{id}.jpg",
    "depth": "depth/{scene}/{id}.png",
    "depth_unit": "mm",
    "normals": "nrm/{scene}/{id}.png",
    "normals_frame": "opencv",
    "semantic": "seg/{scene}/{id}.png",
    "semantic_names": "classes.txt",
    "semantic_void": "none",
    "instances": "inst/{scene}/{id}.png",
    "camera": "K.txt",
}


def coco(size: tuple[int, int] = (HEIGHT, WIDTH)) -> dict[str, Any]:
    """A document of one image of two that are there: a square crowd, and a person."""
    height, width = size
    joints = [0] * 6 + [10, 20, 2]
    return {
        "images": [
            {"id": 7, "file_name": "hall/0000.jpg", "height": height, "width": width},
            {"id": 8, "file_name": "0001.jpg", "height": height, "width": width},
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 7,
                "category_id": 1,
                "iscrowd": 0,
                "segmentation": [[10, 10, 20, 10, 20, 20, 10, 20]],
                "bbox": [10, 10, 10, 10],
                "keypoints": joints,
            },
            {
                "id": 900_000_000_001,
                "image_id": 7,
                "category_id": 2,
                "iscrowd": 1,
                "segmentation": {"size": [height, width], "counts": [0, 5, height * width - 5]},
            },
        ],
        "categories": [
            {
                "id": 1,
                "name": "person",
                "keypoints": ["nose", "left_eye", "right_eye"],
                "skeleton": [[1, 2], [3, 4]],
            },
            {"id": 2, "name": "chair"},
        ],
    }


def write(path: Path, data: bytes) -> Path:
    """A file, and the folders it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def recipe(path: Path, source: Mapping[str, Any], *tasks: str, **rest: Any) -> Path:
    """A recipe file: its source, and tasks by name; pictures are kept as they are."""
    asked = [{"task": task} for task in tasks]
    framing = {"framing": {"resize": "none"}}
    told = {"name": path.stem, "source": dict(source), "tasks": asked, **framing, **rest}
    path.write_text(json.dumps(told))
    return path


def copied(root: Path, to: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(root, to))
