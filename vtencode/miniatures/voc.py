"""A tiny Pascal VOC 2012 in the layout of its tar, and a tiny SBD beside it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.formats.mat_tree import write_mat_tree
from vtencode.miniatures.putting import put_all
from vtencode.miniatures.scenes import CLASSES, Scene, scene
from vtencode.miniatures.series import in_turns, jpeg, turns
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 375, 500
CAMERA = Camera(fx=450.0, fy=450.0, cx=249.5, cy=187.0)
#: VOC's numbers of the scene's classes; all others are its background.
OF_SCENE = {"car": 7, "chair": 9, "table": 11, "person": 15, "plant": 16, "sofa": 18}
VOID = 255
#: Half the width of the ring of void around objects.
_RING = 2


def write(
    root: Path, *, count: int = 8, seed: int = 0, form: Literal["voc", "sbd"] = "voc"
) -> Path:
    """Write `count` frames to train and a quarter as many to validate; return `root`.

    One more image has no masks. With the form "sbd" the Semantic Boundaries Dataset lies beside
    it: masks without void of that image, and of VOC's own, moved by a pixel. Differs from the
    official data in what is shown, and in that there are no boxes. The same arguments give the
    same bytes.
    """
    top = root / "VOCdevkit" / "VOC2012"
    lists: dict[str, list[str]] = {"train": [], "val": []}
    for index, test in enumerate([*turns(count), None]):
        found = scene(
            seed,
            index,
            height=HEIGHT,
            width=WIDTH,
            camera=CAMERA,
            sky=in_turns(index),
            people=2,
        )
        frame = f"2008_{index + 1:06d}"
        files = {f"JPEGImages/{frame}.jpg": jpeg(found.rgb)}
        if test is not None:
            lists["val" if test else "train"].append(frame)
            files[f"SegmentationClass/{frame}.png"] = _palette_png(classes(found))
            files[f"SegmentationObject/{frame}.png"] = _palette_png(objects(found))
        put_all(top, files)
        if form == "sbd":
            moved = 0 if test is None else 1
            put_all(root / "benchmark_RELEASE" / "dataset", _sbd(found, frame, moved))
    lists["trainval"] = sorted(lists["train"] + lists["val"])
    files = {f"ImageSets/Segmentation/{name}.txt": _lines(frames) for name, frames in lists.items()}
    put_all(top, files)
    return root


def classes(found: Scene) -> Array:
    """VOC's class of each pixel, with the ring of void: uint8 (H, W)."""
    return np.where(_ring(found), VOID, _classes(found)).astype(np.uint8)


def objects(found: Scene) -> Array:
    """The number of the object at each pixel, with the ring of void: uint8 (H, W)."""
    return np.where(_ring(found), VOID, _objects(found)).astype(np.uint8)


def _classes(found: Scene) -> Array:
    table: Array = np.array([OF_SCENE.get(name, 0) for name in CLASSES], dtype=np.uint8)
    kinds: Array = table[found.semantic]
    return kinds


def _objects(found: Scene) -> Array:
    """Numbers from 1 on, 0 for background."""
    known = np.where(_classes(found) > 0, found.instance, 0)
    listed, numbers = np.unique(known, return_inverse=True)
    made: Array = (numbers.reshape(known.shape) + (listed[0] > 0)).astype(np.uint8)
    return made


def _ring(found: Scene) -> Array:
    """Pixels so near another object that annotators could not tell whose they are."""
    padded = np.pad(_objects(found), _RING, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, (2 * _RING + 1, 2 * _RING + 1))
    ring: Array = around.max(axis=(2, 3)) != around.min(axis=(2, 3))
    return ring


def _sbd(found: Scene, frame: str, moved: int) -> dict[str, bytes]:
    kinds, numbers = (np.roll(plane(found), moved, axis=1) for plane in (_classes, _objects))
    present = np.unique(kinds[kinds > 0])
    listed = [[kinds[numbers == at].max()] for at in range(1, int(numbers.max()) + 1)]
    whole = {"Segmentation": kinds, "CategoriesPresent": present[:, None]}
    each = {"Segmentation": numbers, "Categories": np.array(listed, np.uint8).reshape(-1, 1)}
    return {
        f"img/{frame}.jpg": jpeg(found.rgb),
        f"cls/{frame}.mat": write_mat_tree({"GTcls": whole}, compress=True),
        f"inst/{frame}.mat": write_mat_tree({"GTinst": each}, compress=True),
    }


def _palette_png(indices: Array) -> bytes:
    """An 8-bit palette PNG in VOC's colors (VOClabelcolormap.m of the development kit)."""
    from PIL import Image

    image = Image.fromarray(indices)
    bits = np.arange(256)[:, None, None] >> np.arange(24).reshape(8, 3) & 1
    planes = bits << np.arange(7, -1, -1)[:, None]
    image.putpalette(planes.sum(axis=1).reshape(-1).tolist())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _lines(frames: list[str]) -> bytes:
    return "".join(f"{frame}\n" for frame in frames).encode()
