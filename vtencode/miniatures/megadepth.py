"""A tiny MegaDepth in the layout of the official archive: streets, to a scale nobody knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.formats.hdf5 import write_hdf5
from vtencode.miniatures.ground_truth import VOCABULARY
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import jpeg
from vtencode.targets import Array, Camera

#: Photographs lie and stand in turns.
SIZES = ((480, 640), (640, 480))
#: Units of length that a meter has.
SCALE = np.float32(0.0625)
#: Where the archive puts everything.
TOP = "phoenix/S6/zl548/MegaDepth_v1"
#: Multi-view stereo gives nothing here.
HOLE = (slice(200, 260), slice(40, 90))


def camera(height: int, width: int) -> Camera:
    """What a photograph was taken with; the archive does not tell."""
    return Camera(fx=520.0, fy=520.0, cx=(width - 1) / 2, cy=(height - 1) / 2)


def write(root: Path, *, count: int = 8, seed: int = 0, ordinal: int = 0) -> Path:
    """Write `count` frames with depth, and `ordinal` frames with labels of order; return `root`.

    Frames are smaller than the official ones, of which the longer side has up to 1600 pixels.
    Every third name ends in .JPG. The same arguments give the same bytes.
    """
    if count < 1:
        raise SpecError(f"count must be >= 1 (train frames), got {count}.")
    for index in range(count + ordinal):
        found = _street(seed, index)
        folder = root / TOP / f"{index % 2:04d}" / "dense0"
        name = f"{index + 17000000}_{index:010x}_o"
        values = _depth(found) if index < count else _order(found)
        suffix = "JPG" if index % 3 == 2 else "jpg"
        files = {
            f"imgs/{name}.{suffix}": jpeg(found.rgb),
            f"depths/{name}.h5": write_hdf5({"depth": values}),
        }
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / path, data)
    return root


def _street(seed: int, index: int) -> Scene:
    height, width = SIZES[index % 2]
    seen_by = camera(height, width)
    return scene(seed, index, height=height, width=width, camera=seen_by, sky=True)


def _depth(found: Scene) -> Array:
    lengths = np.where(np.isinf(found.depth_z), np.float32(0), found.depth_z) * SCALE
    lengths[HOLE] = 0
    return lengths.astype(np.float32)


def _order(found: Scene) -> Array:
    """Labels: 1 in front, 2 behind, -1 where the order is not known, 0 elsewhere."""
    labels = np.where(found.instance > 0, 1, np.where(found.semantic > 0, 2, 0))
    labels[found.semantic == 1 + VOCABULARY.index("tree")] = -1
    labels[HOLE] = -1
    return labels.astype(np.float32)
