"""Surface normals as 16-bit RGB PNG, (n + 1) / 2 of 65535, black where nothing is known."""

from __future__ import annotations

import numpy as np

from vtencode.errors import CodeError
from vtencode.png import RGB_TYPE, Header, png_header, png_text
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
    import cv2

    header = png_header(data)
    png_text(data)  # looks at every chunk
    values = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if not is_rgb16(header) or values is None or values.shape[2:] != (3,):
        raise CodeError(f"must be a whole 16-bit RGB PNG, got {header}.")
    vectors = values[..., ::-1].astype(np.float32) * np.float32(2 / _MOST) - np.float32(1)
    length = np.sqrt(np.einsum("hwc,hwc->hw", vectors, vectors))
    direction = (length >= SHORTEST) & (length <= LONGEST)
    vectors /= np.where(direction, length, np.inf)[..., None]
    return vectors


def write_vectors(vectors: Array) -> bytes:
    """A PNG of unit vectors, float (H, W, 3), rounded; those of length 0 are black."""
    import cv2

    if not vectors.size:
        raise CodeError(f"a PNG must have at least one pixel, got {vectors.shape}.")
    levels = np.floor((vectors.astype(np.float64) + 1) * (_MOST / 2) + 0.5).clip(0, _MOST)
    levels[~vectors.any(axis=2)] = 0
    _, data = cv2.imencode(".png", levels[..., ::-1].astype(np.uint16))
    return bytes(data)
