"""Float32 planes packed into 8-bit RGBA PNGs, as TartanAir V2 publishes its depth.

The four bytes of a little-endian float32 are blue, green, red and alpha of a pixel: the authors
write with OpenCV, which takes them for BGRA (`write_float_depth` in `tartanair/reader.py`). Taken
in the file's own order, RGBA, the numbers are plausible and wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError
from vtencode.png import read_png_rgba, write_png_rgba

Array = NDArray[Any]

#: From bytes of the float to channels of the pixel, and back.
_SWAPPED = [2, 1, 0, 3]


def read_float_png(data: bytes) -> Array:
    """The floats in a packed PNG: float32 (H, W).

    Raises `CodeError` for PNGs of any other kind, whose alpha or lower bits would be lost, and for
    files that are not whole.
    """
    stored = np.take(read_png_rgba(data), _SWAPPED, axis=2)
    return stored.view("<f4")[..., 0].astype(np.float32)


def write_float_png(values: Array) -> bytes:
    """The bytes of a packed PNG of float32 (H, W), which depend on the array alone."""
    if values.dtype != np.float32 or values.ndim != 2 or not values.size:
        message = f"must be of float32 (H, W), got {values.dtype} {values.shape}"
        raise CodeError(f"a packed PNG {message}.")
    stored = np.ascontiguousarray(values, dtype="<f4").view(np.uint8)
    return write_png_rgba(np.take(stored.reshape(*values.shape, 4), _SWAPPED, axis=2))
