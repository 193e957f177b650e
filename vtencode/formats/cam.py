"""MPI Sintel's .cam: the camera of one frame, as `sintel_io.py` of the authors' SDK reads it.

The float32 202021.25, whose bytes spell "PIEH"; 9 float64, the rows of the intrinsic matrix M;
12 float64, the rows of the extrinsic matrix N = [R | t]. Little-endian throughout. A point X of
the world is seen at the pixel M N X (homogeneous).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]

#: TAG_CHAR of `sintel_io.py`.
TAG = b"PIEH"
_SIZE = len(TAG) + 8 * (9 + 12)


def read_cam(data: bytes) -> tuple[Array, Array]:
    """The intrinsic (3, 3) and the extrinsic matrix (3, 4), float64.

    Raises `CodeError` for any other bytes, and for numbers that are not finite.
    """
    if data[:4] != TAG:
        raise CodeError(f"a .cam must start with {TAG!r}, got {data[:4]!r}.")
    if len(data) != _SIZE:
        raise CodeError(f"a .cam must have {_SIZE} bytes, got {len(data)}.")
    values = np.frombuffer(data, dtype="<f8", offset=len(TAG)).astype(np.float64)
    if not np.isfinite(values).all():
        raise CodeError("a .cam must hold finite numbers, got NaN or infinity.")
    return values[:9].reshape(3, 3), values[9:].reshape(3, 4)


def write_cam(intrinsic: Array, extrinsic: Array) -> bytes:
    """The bytes of a .cam of a float64 (3, 3) and a float64 (3, 4)."""
    for name, matrix, shape in (("intrinsic", intrinsic, (3, 3)), ("extrinsic", extrinsic, (3, 4))):
        if matrix.dtype != np.float64 or matrix.shape != shape:
            message = f"must be float64 {shape}, got {matrix.dtype} {matrix.shape}"
            raise CodeError(f"the {name} matrix of a .cam {message}.")
    return TAG + intrinsic.astype("<f8").tobytes() + extrinsic.astype("<f8").tobytes()
