"""PFM, the portable float map: 32-bit floats of one channel ("Pf") or three ("PF").

After Debevec's description: three lines of text, then rows from the bottom up; the scale is
below 0 where the floats are little-endian. Its size is a unit that no dataset here uses, and
readers treat it in several ways, so that it must be 1.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]

_HEADER = re.compile(rb"(Pf|PF)\s+(\d{1,7})\s+(\d{1,7})\s+([-+.\deE]{1,32})(?:\r\n|\s)")
_CHANNELS = {b"Pf": 1, b"PF": 3}


def read_pfm(data: bytes) -> Array:
    """The floats of a PFM from the top down: float32 (H, W), or (H, W, 3) of a color one.

    Raises `CodeError` for bytes that are not whole, or not a PFM.
    """
    header = _HEADER.match(data)
    if header is None:
        raise CodeError(f"must be a PFM file, got one that starts with {data[:8]!r}.")
    kind, width, height = header[1], int(header[2]), int(header[3])
    order = _byte_order(header[4])
    shape = (height, width, 3) if kind == b"PF" else (height, width)
    wanted, got = 4 * width * height * _CHANNELS[kind], len(data) - header.end()
    if got != wanted or not wanted:
        raise CodeError(f"a PFM of {width}x{height} must hold {wanted} bytes of floats, got {got}.")
    rows = np.frombuffer(data, f"{order}f4", offset=header.end()).reshape(shape)
    return np.ascontiguousarray(rows[::-1], dtype=np.float32)


def write_pfm(values: Array) -> bytes:
    """The bytes of a little-endian PFM of float32 (H, W) or (H, W, 3), which depend on it alone."""
    color = values.ndim == 3
    if values.dtype != np.float32 or values.shape[2:] != (3,) * color or not values.size:
        raise CodeError(
            f"a PFM must be of float32 (H, W) or (H, W, 3), got {values.dtype} {values.shape}."
        )
    height, width = values.shape[:2]
    header = f"{'PF' if color else 'Pf'}\n{width} {height}\n-1.0\n"
    return header.encode() + values[::-1].astype("<f4").tobytes()


def _byte_order(text: bytes) -> str:
    try:
        scale = float(text)
    except ValueError as error:
        raise CodeError(f"the scale of a PFM must be a number, got {text!r}.") from error
    if abs(scale) != 1:
        raise CodeError(f"the scale of a PFM must be 1 or -1 here, got {scale:g}.")
    return "<" if scale < 0 else ">"
