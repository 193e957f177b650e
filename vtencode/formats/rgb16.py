"""16-bit RGB PNGs: Pillow would give 8 of the 16 bits, so OpenCV reads and writes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError
from vtencode.png import RGB_TYPE, png_header, png_text

Array = NDArray[Any]


def read_rgb16(data: bytes) -> Array:
    """The numbers of a 16-bit RGB PNG: uint16 (H, W, 3). Raises `CodeError` for anything else."""
    import cv2

    header = png_header(data)
    if (header.bit_depth, header.color_type) != (16, RGB_TYPE):
        raise CodeError(f"must be a 16-bit RGB PNG, got {header}.")
    png_text(data)  # looks at every chunk, which OpenCV does not
    values = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.shape[2:] != (3,):
        raise CodeError(f"a PNG must hold the pixels its header promises ({header}).")
    return np.ascontiguousarray(values[..., ::-1])


def write_rgb16(values: Array) -> bytes:
    """A PNG of uint16 (H, W, 3); the same numbers give the same bytes."""
    import cv2

    if values.dtype != np.uint16 or values.shape[2:] != (3,) or not values.size:
        raise CodeError(
            f"a 16-bit RGB PNG must be of uint16 (H, W, 3), got {values.dtype} {values.shape}."
        )
    _, data = cv2.imencode(".png", values[..., ::-1])
    return bytes(data)
