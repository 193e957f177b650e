"""A tiny Virtual KITTI 2 in the layout that its archives extract to."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.vkitti import write_colors, write_intrinsics
from vtencode.miniatures import ground_truth
from vtencode.miniatures.scenes import CLASSES, Scene
from vtencode.miniatures.series import jpeg, outdoors, series
from vtencode.png import write_png, write_png_gray
from vtencode.scaled import ScaledDepth
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 375, 1242
CAMERA = Camera(fx=725.0087, fy=725.0087, cx=620.5, cy=187.0)
DEPTH = ScaledDepth(per_meter=100, unknown=0, far=65535)
#: Every variation has all frames in the official data, and half of them here.
VARIATIONS = ("clone", "sunset")
#: The classes of `colors.txt`; the last is that of pixels that have none.
COLORS = {
    "Terrain": (210, 0, 200), "Sky": (90, 200, 255), "Tree": (0, 199, 0),
    "Vegetation": (90, 240, 0), "Building": (140, 140, 140), "Road": (100, 60, 100),
    "GuardRail": (250, 100, 255), "TrafficSign": (255, 255, 0), "TrafficLight": (200, 200, 0),
    "Pole": (255, 130, 0), "Misc": (80, 80, 80), "Truck": (160, 60, 60), "Car": (255, 127, 80),
    "Van": (0, 139, 139), "Undefined": (0, 0, 0),
}  # fmt: skip
_NAMES = tuple(COLORS)
_OF_SCENE = {"none": "Sky", "ground": "Road", "building": "Building", "tree": "Tree", "car": "Car"}


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` frames of Scene02 and a quarter as many of Scene01; return `root`.

    Frames take turns at the variations and at the cameras. Differs from the official data in what
    is shown, and in that a frame is of one variation and camera alone. The same arguments give
    the same bytes.
    """
    cameras: dict[str, dict[tuple[int, int], Camera]] = {}
    for shot in series(count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=outdoors):
        variation, side = VARIATIONS[shot.number % 2], shot.number // 2 % 2
        place = f"{'Scene01' if shot.test else 'Scene02'}/{variation}"
        for name, data in _files(shot.found, f"{shot.number:05d}").items():
            path = root / place / "frames" / name.format(camera=f"Camera_{side}")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        cameras.setdefault(place, {})[shot.number, side] = CAMERA
    for place, listed in cameras.items():
        write_whole(root / place / "intrinsic.txt", write_intrinsics(listed))
        write_whole(root / place / "colors.txt", write_colors(COLORS))
    return root


def classes(found: Scene) -> Array:
    """Where in `COLORS` each pixel's class is: roads with terrain beside them, and three vehicles.

    Every third car is a van, and every third a truck.
    """
    names = [_NAMES.index(_OF_SCENE.get(name, "Misc")) for name in CLASSES]
    ids = np.array(names)[found.semantic]
    across = (np.arange(WIDTH) - CAMERA.cx) / CAMERA.fx * found.depth_z
    beside = np.abs(across, where=np.isfinite(across), out=np.zeros(ids.shape)) > 4.2
    ids[(ids == _NAMES.index("Road")) & beside] = _NAMES.index("Terrain")
    vehicles = np.array([_NAMES.index(name) for name in ("Car", "Van", "Truck")])
    cars = found.semantic == CLASSES.index("car")
    ids[cars] = vehicles[found.instance[cars] % 3]
    return ids


def tracks(found: Scene) -> Array:
    """The number of the track, plus 1, where a vehicle is, and 0 elsewhere: uint8 (H, W)."""
    cars = found.semantic == CLASSES.index("car")
    return np.where(cars, found.instance, 0).astype(np.uint8)


def _files(found: Scene, frame: str) -> dict[str, bytes]:
    colors = np.array(list(COLORS.values()), dtype=np.uint8)
    steps = DEPTH.write(ground_truth.depth(found))
    return {
        f"rgb/{{camera}}/rgb_{frame}.jpg": jpeg(found.rgb),
        f"depth/{{camera}}/depth_{frame}.png": write_png_gray(steps),
        f"classSegmentation/{{camera}}/classgt_{frame}.png": write_png(colors[classes(found)]),
        f"instanceSegmentation/{{camera}}/instancegt_{frame}.png": _palette_png(tracks(found)),
    }


def _palette_png(indices: Array) -> bytes:
    """An 8-bit palette PNG whose colors are not its indices."""
    from PIL import Image

    image = Image.fromarray(indices)
    image.putpalette([value for k in range(256) for value in (255 - k, 7 * k % 256, k)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
