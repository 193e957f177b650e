"""One struct of arrays in a MATLAB level 5 MAT file, read and written by scipy (extra `mat`)."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError, MissingExtraError

Array = NDArray[Any]

#: What a file starts with, so that its bytes do not tell when it was written.
_TEXT_BYTES = 116
_TEXT = b"MATLAB 5.0 MAT-file, Platform: none, Created on: Thu Jan  1 00:00:00 1970"


def read_mat_struct(data: bytes, name: str) -> dict[str, Array]:
    """The numeric fields of the 1 x 1 struct `name`, by name, turned as MATLAB shows them.

    Their dtypes are those that MATLAB says. Raises `CodeError` where there is no such struct, and
    `MissingExtraError` without scipy.
    """
    scipy = _scipy_io()
    broken = (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, NotImplementedError)
    try:
        # mat_dtype: MATLAB stores a matrix of doubles that are whole numbers as whole numbers.
        found = scipy.loadmat(io.BytesIO(data), variable_names=[name], mat_dtype=True).get(name)
    except (*broken, zlib.error, scipy.matlab.MatReadError) as error:
        raise CodeError(f"must be a whole level 5 MAT file with {name!r}: {error}.") from error
    if not isinstance(found, np.ndarray) or found.dtype.names is None or found.shape != (1, 1):
        raise CodeError(f"must hold the 1 x 1 struct {name!r}, and does not.")
    values = {field: found[0, 0][field] for field in found.dtype.names}
    return {field: value for field, value in values.items() if _numeric(value)}


def write_mat_struct(name: str, fields: Mapping[str, Array]) -> bytes:
    """A compressed level 5 MAT file of one struct; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    _scipy_io().savemat(buffer, {name: dict(fields)}, do_compression=True)
    return _TEXT.ljust(_TEXT_BYTES) + buffer.getvalue()[_TEXT_BYTES:]


def _numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def _scipy_io() -> Any:
    try:
        return import_module("scipy.io")
    except ImportError as error:
        raise MissingExtraError("scipy", "mat") from error
