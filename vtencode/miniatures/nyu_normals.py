"""A tiny labeled set of NYU Depth V2 with normals, as Eigen and Fergus published them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.frames import to_frame
from vtencode.miniatures import ground_truth, nyu_depth_v2
from vtencode.miniatures.nyu_depth_v2 import CAMERA, HEIGHT, WIDTH
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import turns
from vtencode.png import write_png, write_png_gray
from vtencode.targets import NormalMap

#: All that has normals in the one official file at hand.
INSIDE = (slice(44, 471), slice(40, 601))
#: What a mask leaves out although its normals are there.
MASKED = (slice(100, 140), slice(200, 260))
_GRAY = 127


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write the labeled set of `nyu_depth_v2.write`, and its normals; return `root`.

    The same arguments give the same bytes.
    """
    nyu_depth_v2.write(root, count=count, seed=seed)
    for kind in ("normals", "masks"):
        (root / "normals_gt" / kind).mkdir(parents=True, exist_ok=True)
    for index in range(len(turns(count))):
        found = scene(seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA)
        known = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
        known[INSIDE] = True
        vectors = to_frame(NormalMap(found.normals, known), "nyu-eigen")
        levels = np.floor((vectors.astype(np.float64) + 1) / 2 * 255)
        levels[~known] = _GRAY
        known[MASKED] = False
        files = {
            "normals": write_png(levels.astype(np.uint8)),
            "masks": write_png_gray(np.where(known, 255, 0).astype(np.uint8)),
        }
        for kind, data in files.items():
            write_whole(root / "normals_gt" / kind / f"{index:04d}.png", data)
    return root


def seen(found: Scene) -> NormalMap:
    """The normals of a scene that the files tell."""
    normals = ground_truth.normals(found)
    known = np.zeros_like(normals.valid)
    known[INSIDE] = True
    known[MASKED] = False
    return NormalMap(normals.xyz, known & normals.valid)
