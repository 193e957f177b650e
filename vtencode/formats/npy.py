"""NumPy's .npy (NEP 1): one plain numeric array; pickles are never read."""

from __future__ import annotations

import io
import tokenize
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]


def read_npy(data: bytes) -> Array:
    """The array in a .npy. Raises `CodeError` for other bytes, and for arrays of no numbers."""
    try:
        values = np.load(io.BytesIO(data), allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError, tokenize.TokenError) as error:
        raise CodeError(f"must be a whole .npy of numbers: {error}.") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        raise CodeError("must be a .npy of one array of numbers, got something else.")
    return values


def write_npy(values: Array) -> bytes:
    """The bytes of a .npy, which depend on the array alone."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
