"""A tiny Mapillary Vistas in the layout that the authors' archives extract to."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.miniatures.enlarged import street
from vtencode.miniatures.scenes import CLASSES, Scene
from vtencode.miniatures.series import jpeg, turns
from vtencode.png import write_png_gray
from vtencode.targets import Array, Camera

#: The least that the authors took (ICCV 2017, section 2.1); most images are larger.
HEIGHT, WIDTH = 1080, 1920
CAMERA = Camera(fx=1400.0, fy=1400.0, cx=959.5, cy=539.5)
#: In v2.0 cars farther than this are a group, whose cars nobody told apart.
GROUPED_M = 40.0
PEOPLE = 3

Version = Literal["v1.2", "v2.0"]
Form = Literal["both", "first"]

_OF_SCENE = {
    "none": "Sky", "ground": "Road", "building": "Building", "tree": "Vegetation", "car": "Car",
    "person": "Person", "box": "Trash Can",
}  # fmt: skip


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "both") -> Path:
    """Write `count` frames of training and a quarter as many of validation; return `root`.

    `form` "both" has the annotations of v1.2 and of v2.0, as the archive of v2.0 does; "first" is
    v1.2 as it was first published. Differs from the official data in what is shown, in that
    pictures are rendered at half their size and enlarged, and in that there are no panoptic maps
    and no polygons. The same arguments give the same bytes.
    """
    first = form == "first"
    versions: tuple[Version, ...] = ("v1.2",) if first else ("v1.2", "v2.0")
    root.mkdir(parents=True, exist_ok=True)
    for version in versions:
        name = "config.json" if first else f"config_{version}.json"
        write_whole(root / name, _config(version))
    for index, test in enumerate(turns(count)):
        found = shot(seed, index)
        folder = root / ("validation" if test else "training")
        files = {"images": {"jpg": jpeg(found.rgb)}}
        for version in versions:
            numbers = instance_numbers(found, version)
            place = "" if first else f"{version}/"
            files[f"{place}labels"] = {"png": _palette_png(numbers // 256, version)}
            files[f"{place}instances"] = {"png": write_png_gray(numbers)}
        for kind, endings in files.items():
            (folder / kind).mkdir(parents=True, exist_ok=True)
            for ending, data in endings.items():
                write_whole(folder / kind / f"{frame_name(seed, index)}.{ending}", data)
    return root


def shot(seed: int, index: int) -> Scene:
    """The scene that a frame shows."""
    return street(seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA, people=PEOPLE)


def frame_name(seed: int, index: int) -> str:
    """A name of 22 letters, digits, "-" and "_", as frames have."""
    return hashlib.sha256(f"{seed} {index}".encode()).hexdigest()[:21] + "_"


def label_list(version: Version) -> list[dict[str, Any]]:
    """The `labels` of a version's configuration.

    Facts of the authors' files, one a line: name, readable name, "i" for instances and "-" for
    what is not evaluated, color.
    """
    lines = Path(__file__).with_name(f"vistas_{version}.txt").read_text(encoding="utf-8")
    listed = []
    for line in lines.splitlines():
        name, readable, flags, color = line.split("|")
        listed.append(
            {
                "name": name,
                "readable": readable,
                "instances": "i" in flags,
                "evaluate": "-" not in flags,
                "color": [int(value) for value in color.split()],
            }
        )
    return listed


def instance_numbers(found: Scene, version: Version) -> Array:
    """256 times the label, plus a number from 0 of each label's objects: uint16 (H, W).

    Balls are unlabeled, the ground beside the road is sidewalk.
    """
    number = {label["readable"]: at for at, label in enumerate(label_list(version))}
    names = [number[_OF_SCENE.get(name, "Unlabeled")] for name in CLASSES]
    ids = np.array(names, dtype=np.uint16)[found.semantic]
    across = (np.arange(WIDTH) - CAMERA.cx) / CAMERA.fx * found.depth_z
    beside = np.abs(across, where=np.isfinite(across), out=np.zeros(ids.shape)) > 4.2
    ids[(ids == number["Road"]) & beside] = number["Sidewalk"]
    numbers = 256 * ids
    for name in ("Car", "Person", "Trash Can"):
        objects = np.unique(found.instance[ids == number[name]]).tolist()
        for at, object_ in enumerate(objects):
            mine = (ids == number[name]) & (found.instance == object_)
            far = name == "Car" and found.depth_z[mine].min() > GROUPED_M
            grouped = far and version == "v2.0"
            numbers[mine] = 256 * number["Vehicle Group"] if grouped else numbers[mine] + at
    return numbers


def _config(version: Version) -> bytes:
    document = {
        "labels": label_list(version),
        "version": version.removeprefix("v"),
        "mapping": "public" if version == "v1.2" else "mvd20",
        "folder_structure": "{split}/{content}/{key:.{22}}.{ext}",
    }
    return json.dumps(document, indent=2).encode()


def _palette_png(ids: Array, version: Version) -> bytes:
    """An 8-bit palette PNG in the colors of the configuration, some of which are the same."""
    from PIL import Image

    image = Image.fromarray(ids.astype(np.uint8))
    image.putpalette([value for label in label_list(version) for value in label["color"]])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
