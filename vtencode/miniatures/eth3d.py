"""A tiny ETH3D as its archives extract: rooms and streets, laser-scanned."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.formats.float32 import write_float32
from vtencode.miniatures.putting import put
from vtencode.miniatures.scenes import Scene
from vtencode.miniatures.series import in_turns, jpeg, series
from vtencode.seeds import generator
from vtencode.targets import Array, Camera

#: An eighth of the published 6048x4032, and its angle of view (courtyard: fx is 3411 pixels).
HEIGHT, WIDTH = 504, 756
CAMERA = Camera(fx=426.0, fy=426.0, cx=377.5, cy=251.5)
#: The scanner got no answer from what is farther.
FARTHEST_M = 120.0
#: How many of the other pixels a scan point fell on.
HIT = 0.7

Form = Literal["extracted", "nested"]
#: Scenes of ETH3D, indoors and outdoor in turns.
_PLACES = ("office", "courtyard")


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "extracted") -> Path:
    """Write `count` frames, indoors and outdoor in turns; return `root`.

    All are what the source calls test frames: ETH3D has no others. Differs from the official
    archives in what is shown, in pictures of 756x504 (a depth file of the real size has 98 MB),
    and in a camera without distortion. `nested` puts each archive into a folder of its own, as
    others lay them. The same arguments give the same bytes.
    """
    shots = series(count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=in_turns)
    for shot in islice(shots, count):
        place, name = _PLACES[shot.index % 2], f"dslr_images/DSC_{shot.index + 219:04d}.JPG"
        tops = {"extracted": ("", ""), "nested": ("rgb/", f"depth/{place}_dslr_depth/")}
        color, depth = (root / top / place for top in tops[form])
        measured = scanned(shot.found, seed, shot.index)
        put(color / "images" / name, jpeg(shot.found.rgb))
        put(depth / "ground_truth_depth" / name, write_float32(measured))
    return root


def scanned(found: Scene, seed: int, index: int) -> Array:
    """Depth where a scan point fell, and +inf elsewhere: float32 (H, W)."""
    hit = generator(seed, "eth3d", str(index)).random(found.depth_z.shape) < HIT
    return np.where(hit & (found.depth_z < FARTHEST_M), found.depth_z, np.float32(np.inf))
