"""From plain values to the bytes of a MAT file."""

from __future__ import annotations

import struct
from itertools import chain
from typing import Any

import numpy as np

from vtencode.formats.mat_tree.layout import (
    CELL,
    CHAR,
    DOUBLE,
    FLOAT64,
    INT8,
    INT32,
    MATRIX,
    STRUCT,
    UINT32,
    UTF16,
    VERSION,
)

_TEXT_BYTES = 116
_TEXT = b"MATLAB 5.0 MAT-file, Platform: none, Created on: Thu Jan  1 00:00:00 1970"


def write_mat_tree(name: str, value: Any) -> bytes:
    """A little-endian, uncompressed level 5 MAT file of one variable.

    Undone by `read_mat_tree`, but for numbers, which are all doubles, and for a `dict`, which comes
    back as a list of one. The dicts of a list must have the same keys.
    """
    head = _TEXT.ljust(_TEXT_BYTES) + bytes(8) + struct.pack("<H2s", VERSION, b"IM")
    return head + _matrix(value, name)


def _matrix(value: Any, name: str = "") -> bytes:
    """A value as an element."""
    array_class, shape, rest = _described(value)
    head = (
        _packed(UINT32, struct.pack("<2I", array_class, 0))
        + _packed(INT32, struct.pack(f"<{len(shape)}i", *shape))
        + _packed(INT8, name.encode("ascii"))
    )
    return _packed(MATRIX, head + rest)


def _described(value: Any) -> tuple[int, tuple[int, ...], bytes]:
    """The class of a value, its shape, and what it holds as elements."""
    if isinstance(value, str):
        letters = value.encode("utf-16-le")
        return CHAR, (int(bool(value)), len(letters) // 2), _packed(UTF16, letters)
    if isinstance(value, tuple):
        return CELL, (1, len(value)), b"".join(map(_matrix, value))
    if isinstance(value, dict | list):
        return _records([value] if isinstance(value, dict) else value)
    numbers = np.atleast_2d(np.asarray(value, dtype="<f8"))
    return DOUBLE, numbers.shape, _packed(FLOAT64, numbers.tobytes(order="F"))


def _records(structs: list[dict[str, Any]]) -> tuple[int, tuple[int, ...], bytes]:
    fields = list(structs[0]) if structs else ["unused"]
    if not fields or any(list(each) != fields for each in structs):
        raise ValueError("the structs of an array must have the same fields, at least one.")
    width = max(map(len, fields)) + 1
    names = b"".join(name.encode("ascii").ljust(width, b"\0") for name in fields)
    values = chain.from_iterable(each.values() for each in structs)
    head = _packed(INT32, struct.pack("<i", width)) + _packed(INT8, names)
    return STRUCT, (1, len(structs)), head + b"".join(map(_matrix, values))


def _packed(kind: int, payload: bytes) -> bytes:
    if kind != MATRIX and 0 < len(payload) <= 4:
        return struct.pack("<2H", kind, len(payload)) + payload.ljust(4, b"\0")
    return struct.pack("<2I", kind, len(payload)) + payload + bytes(-len(payload) % 8)
