"""A tiny SceneParse150 in the layout of ADEChallengeData2016.zip."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.ade20k import write_object_info
from vtencode.miniatures.putting import put
from vtencode.miniatures.scenes import CLASSES, Scene
from vtencode.miniatures.series import in_turns, jpeg, series
from vtencode.png import write_png_gray
from vtencode.sources.ade20k.classes import NAMES
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 512, 683
CAMERA = Camera(fx=600.0, fy=600.0, cx=341.0, cy=255.5)
#: What SceneParse150 calls the classes of scenes; "ball" is left to "other", which is 0.
OF_SCENE = {
    "none": "sky", "ground": "earth", "window": "windowpane", "picture": "painting",
    "bookshelf": "bookcase", "ball": "",
}  # fmt: skip
#: Every so manieth image to train is gray, as some are in the official data.
_GRAY = 7


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` frames to train and a quarter as many to validate; return `root`.

    Rooms and streets in turns, with people. Differs from the official data in what is shown. The
    same arguments give the same bytes.
    """
    top = root / "ADEChallengeData2016"
    shots = series(
        count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=in_turns, people=2
    )
    for shot in shots:
        number, found = shot.number + 1, shot.found
        frame = f"ADE_{'val' if shot.test else 'train'}_{number:08d}"
        gray = not shot.test and number % _GRAY == 0
        files = {
            f"images/{{}}/{frame}.jpg": _gray_jpeg(found.rgb) if gray else jpeg(found.rgb),
            f"annotations/{{}}/{frame}.png": write_png_gray(classes(found)),
        }
        for name, data in files.items():
            put(top / name.format("validation" if shot.test else "training"), data)
    write_whole(top / "objectInfo150.txt", write_object_info(NAMES))
    return root


def classes(found: Scene) -> Array:
    """The number of each pixel's class, 0 for other: uint8 (H, W)."""
    called = [OF_SCENE.get(name, name) for name in CLASSES]
    numbers = [NAMES.index(name) + 1 if name else 0 for name in called]
    return np.array(numbers, dtype=np.uint8)[found.semantic]


def _gray_jpeg(rgb: Array) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(rgb).convert("L").save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
