"""A tiny DIODE in the layout of the official archives: rooms indoors, and streets outdoor."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.npy import write_npy
from vtencode.frames import to_frame
from vtencode.miniatures import ground_truth
from vtencode.miniatures.scenes import Scene
from vtencode.miniatures.series import in_turns, series
from vtencode.png import write_png
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 768, 1024
CAMERA = Camera(fx=886.81, fy=927.06, cx=512.0, cy=384.0)
#: The scanner got no answer from what is farther (its range, section 3 of the paper).
FARTHEST_M = 350.0


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` train frames and a quarter as many validation frames; return `root`.

    Every other frame is outdoors. Differs from the official archives in what is shown, and in
    that there is one scan a scene. The same arguments give the same bytes.
    """
    shots = series(count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=in_turns)
    for shot in shots:
        domain = "outdoor" if in_turns(shot.index) else "indoors"
        place = f"{shot.index:05d}"
        folder = root / ("val" if shot.test else "train") / domain
        folder = folder / f"scene_{place}" / f"scan_{place}"
        folder.mkdir(parents=True, exist_ok=True)
        frame = f"{place}_{place}_{domain}_000_000"
        for ending, data in _files(shot.found).items():
            write_whole(folder / f"{frame}{ending}", data)
    return root


def _files(found: Scene) -> dict[str, bytes]:
    answered = found.depth_z < FARTHEST_M
    depth = np.where(answered, found.depth_z, np.float32(0))
    normals = to_frame(ground_truth.normals(found), "diode")
    return {
        ".png": write_png(found.rgb, kind="photo"),
        "_depth.npy": write_npy(depth[..., None]),
        "_depth_mask.npy": write_npy(answered.astype(np.float32)),
        "_normal.npy": write_npy(_some_turned(normals)),
    }


def _some_turned(normals: Array) -> Array:
    """Normals of which a patch faces away, as in the official files."""
    turned = normals.copy()
    turned[100:140, 200:260] *= -1
    return turned
