"""Planes of little-endian float32 without any header; their size is told elsewhere.

The row-major buffers that `fwrite` leaves: ETH3D keeps depth so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]

_STORED = np.dtype("<f4")


def read_float32(data: bytes, shape: tuple[int, int]) -> Array:
    """The plane (H, W) that these bytes are: a read-only view of them, nothing is copied.

    Raises `CodeError` unless there are exactly 4 bytes for each pixel.
    """
    height, width = shape
    if len(data) != height * width * _STORED.itemsize:
        need = f"{_STORED.itemsize} bytes for each of {width}x{height} pixels"
        raise CodeError(f"must be {need}, {height * width * 4} in all, got {len(data)}.")
    return np.frombuffer(data, _STORED).reshape(shape)


def write_float32(plane: Array) -> bytes:
    """The bytes of a float32 plane (H, W). Raises `CodeError` for other arrays."""
    if plane.dtype.kind != "f" or plane.dtype.itemsize != _STORED.itemsize or plane.ndim != 2:
        raise CodeError(f"must be float32 (H, W), got {plane.dtype} {plane.shape}.")
    return plane.astype(_STORED, order="C").tobytes()
