"""A tiny MPI Sintel in the layout of the official archives: streets under a sky."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.cam import write_cam
from vtencode.formats.dpt import write_dpt
from vtencode.miniatures.scenes import Scene
from vtencode.miniatures.series import outdoors, series
from vtencode.png import write_png
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 436, 1024
#: In the middle of the image, as in the official .cam files; focal lengths differ by sequence.
CAMERA = Camera(fx=1120.0, fy=1120.0, cx=511.5, cy=217.5)
#: What the official files hold for the sky, about.
SKY = 1e5

_SEQUENCES = ("alley_1", "market_2")
#: What the final pass takes from light, for fog and the like.
_DIMMED = 0.8


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` training frames of both passes and return `root`.

    A quarter as many are in the folder of test frames, which have no depth. Differs from the
    official archives in what is shown: the final pass is the clean one, darker. The same
    arguments give the same bytes.
    """
    shots = series(count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=outdoors)
    for shot in shots:
        sequence = _SEQUENCES[shot.number % len(_SEQUENCES)]
        frame = f"{sequence}/frame_{shot.number // len(_SEQUENCES) + 1:04d}"
        files = _passes(shot.found) if shot.test else _passes(shot.found) | _truth(shot.found)
        for (kind, ending), data in files.items():
            path = root / ("test" if shot.test else "training") / kind / f"{frame}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
    return root


def final(rgb: Array) -> Array:
    """The final pass of a frame, from its clean one."""
    return np.round(rgb * _DIMMED).astype(np.uint8)


def _passes(found: Scene) -> dict[tuple[str, str], bytes]:
    return {
        ("clean", "png"): write_png(found.rgb, kind="photo"),
        ("final", "png"): write_png(final(found.rgb), kind="photo"),
    }


def _truth(found: Scene) -> dict[tuple[str, str], bytes]:
    depth = np.where(np.isinf(found.depth_z), np.float32(SKY), found.depth_z)
    camera = found.camera
    intrinsic = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
    return {
        ("depth", "dpt"): write_dpt(depth),
        ("camdata_left", "cam"): write_cam(intrinsic, np.eye(3, 4)),
    }
