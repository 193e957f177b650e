"""Scenes of ids drawn four times too large, and what a camera makes of them."""

from __future__ import annotations

import cv2
import numpy as np

from vtencode.targets import Array

#: Edges are anti-aliased by so many subpixels a side.
FINE = 4


def seen(fine: Array) -> Array:
    """The id at the middle of every pixel: int32 (H, W) of ids (FINE H, FINE W)."""
    return fine[FINE // 2 :: FINE, FINE // 2 :: FINE].astype(np.int32)


def painted(fine: Array, colors: Array) -> Array:
    """Ids as flat colors with anti-aliased edges: uint8 (H, W, 3) of ids (FINE H, FINE W)."""
    height, width = (side // FINE for side in fine.shape)
    rgb: Array = cv2.resize(colors[fine], (width, height), interpolation=cv2.INTER_AREA)
    return rgb
