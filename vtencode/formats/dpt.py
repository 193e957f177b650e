"""MPI Sintel's .dpt: one plane of depths, as `sintel_io.py` of the authors' SDK reads it.

The float32 202021.25, whose bytes spell "PIEH"; int32 width; int32 height; then float32, row by
row from the top. Little-endian throughout.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]

#: TAG_CHAR of `sintel_io.py`.
TAG = b"PIEH"
#: `depth_read` of `sintel_io.py` refuses as many pixels.
TOO_MANY_PIXELS = 100_000_000
_HEADER = struct.Struct("<4sii")


def read_dpt(data: bytes) -> Array:
    """The depths in a .dpt: float32 (H, W). Raises `CodeError` for any other bytes."""
    if len(data) < _HEADER.size or data[:4] != TAG:
        raise CodeError(f"a .dpt must start with {TAG!r} and its size, got {data[:12]!r}.")
    _, width, height = _HEADER.unpack_from(data)
    if width < 1 or height < 1 or width * height >= TOO_MANY_PIXELS:
        message = f"must have 1 to {TOO_MANY_PIXELS - 1} pixels, got {width}x{height}"
        raise CodeError(f"a .dpt {message}.")
    size = _HEADER.size + 4 * width * height
    if len(data) != size:
        raise CodeError(f"a .dpt of {width}x{height} must have {size} bytes, got {len(data)}.")
    values = np.frombuffer(data, dtype="<f4", offset=_HEADER.size)
    return values.reshape(height, width).astype(np.float32)


def write_dpt(values: Array) -> bytes:
    """The bytes of a .dpt of float32 (H, W)."""
    if values.dtype != np.float32 or values.ndim != 2 or not 0 < values.size < TOO_MANY_PIXELS:
        message = f"must be of float32 (H, W), got {values.dtype} {values.shape}"
        raise CodeError(f"a .dpt {message}.")
    height, width = values.shape
    return _HEADER.pack(TAG, width, height) + values.astype("<f4").tobytes()
