"""Surface normals as 16-bit RGB PNG, (n + 1) / 2 of 65535, black where nothing is known."""

from __future__ import annotations

import numpy as np

from vtencode.formats.rgb16 import read_rgb16, write_rgb16
from vtencode.png import RGB_TYPE, Header
from vtencode.sphere import LONGEST, SHORTEST
from vtencode.targets import Array

_MOST = 65535


def is_rgb16(header: Header) -> bool:
    """Whether pixels are 16-bit RGB."""
    return (header.bit_depth, header.color_type) == (16, RGB_TYPE)


def read_vectors(data: bytes) -> Array:
    """The unit vectors in a PNG: float32 (H, W, 3), 0 for colors that are no direction.

    Raises `CodeError` for other PNGs, and for those that are not whole.
    """
    vectors = read_rgb16(data).astype(np.float32) * np.float32(2 / _MOST) - np.float32(1)
    length = np.sqrt(np.einsum("hwc,hwc->hw", vectors, vectors))
    direction = (length >= SHORTEST) & (length <= LONGEST)
    vectors /= np.where(direction, length, np.inf)[..., None]
    return vectors


def write_vectors(vectors: Array) -> bytes:
    """A PNG of unit vectors, float (H, W, 3), rounded; those of length 0 are black."""
    levels = np.floor((vectors.astype(np.float64) + 1) * (_MOST / 2) + 0.5).clip(0, _MOST)
    levels[~vectors.any(axis=2)] = 0
    return write_rgb16(levels.astype(np.uint16))
