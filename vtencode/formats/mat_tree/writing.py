"""From plain values to the bytes of a MAT file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.formats.mat_tree.layout import (
    CELL,
    CHAR,
    CLASSES,
    COMPRESSED,
    INT8,
    INT32,
    LOGICAL,
    MATRIX,
    STORED,
    STRUCT,
    UINT32,
    UTF16,
    VERSION,
)

_TEXT_BYTES = 116
_TEXT = b"MATLAB 5.0 MAT-file, Platform: none, Created on: Thu Jan  1 00:00:00 1970"

#: By the kind and size of a dtype ("u1"): the data type, and the class, of its numbers.
_KINDS = {np.dtype(code).str[1:]: kind for kind, code in STORED.items()}
_CLASSES = {np.dtype(code).str[1:]: number for number, code in CLASSES.items()}


def write_mat_tree(variables: Mapping[str, Any], *, compress: bool = False) -> bytes:
    """A little-endian level 5 MAT file; the same variables give the same bytes.

    Arrays keep their dtype, bools are logical, and an `int` or `float` is a double. Undone by
    `read_mat_tree`, but for a `dict`, which comes back as a list of one, and for arrays of one
    number or one side. The dicts of a list must have the same keys. Raises `ValueError` for what
    MATLAB has no class for.
    """
    head = _TEXT.ljust(_TEXT_BYTES) + bytes(8) + struct.pack("<H2s", VERSION, b"IM")
    whole = [_matrix(value, name) for name, value in variables.items()]
    return head + b"".join(map(_compressed, whole) if compress else whole)


def _compressed(element: bytes) -> bytes:
    body = zlib.compress(element)
    return struct.pack("<2I", COMPRESSED, len(body)) + body  # the one kind that is not padded


def _matrix(value: Any, name: str = "") -> bytes:
    """A value as an element."""
    flags, shape, rest = _described(value)
    head = (
        _packed(UINT32, struct.pack("<2I", flags, 0))
        + _packed(INT32, struct.pack(f"<{len(shape)}i", *shape))
        + _packed(INT8, name.encode("ascii"))
    )
    return _packed(MATRIX, head + rest)


def _described(value: Any) -> tuple[int, tuple[int, ...], bytes]:
    """The class of a value with its flags, its shape, and what it holds as elements."""
    if isinstance(value, str):
        letters = value.encode("utf-16-le")
        return CHAR, (int(bool(value)), len(letters) // 2), _packed(UTF16, letters)
    if isinstance(value, tuple):
        return CELL, (1, len(value)), b"".join(map(_matrix, value))
    if isinstance(value, dict | list):
        return _records([value] if isinstance(value, dict) else value)
    return _numbers(np.atleast_2d(np.float64(value) if type(value) is int else np.asarray(value)))


def _records(structs: list[dict[str, Any]]) -> tuple[int, tuple[int, ...], bytes]:
    fields = list(structs[0]) if structs else ["unused"]
    if not fields or any(list(each) != fields for each in structs):
        raise ValueError("the structs of an array must have the same fields, at least one.")
    width = max(map(len, fields)) + 1
    names = b"".join(name.encode("ascii").ljust(width, b"\0") for name in fields)
    values = chain.from_iterable(each.values() for each in structs)
    head = _packed(INT32, struct.pack("<i", width)) + _packed(INT8, names)
    return STRUCT, (1, len(structs)), head + b"".join(map(_matrix, values))


def _numbers(array: NDArray[Any]) -> tuple[int, tuple[int, ...], bytes]:
    logical = array.dtype == np.bool_
    plain = array.astype(np.uint8) if logical else array
    code = plain.dtype.str[1:]
    if code not in _KINDS:
        raise ValueError(f"a value must be a text or real numbers, got {array.dtype}.")
    stored = plain.astype(plain.dtype.newbyteorder("<"), copy=False).tobytes(order="F")
    flags = _CLASSES[code] | (LOGICAL if logical else 0)
    return flags, array.shape, _packed(_KINDS[code], stored)


def _packed(kind: int, payload: bytes) -> bytes:
    if kind != MATRIX and 0 < len(payload) <= 4:
        return struct.pack("<2H", kind, len(payload)) + payload.ljust(4, b"\0")
    return struct.pack("<2I", kind, len(payload)) + payload + bytes(-len(payload) % 8)
