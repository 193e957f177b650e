"""Numeric matrices in MATLAB level 5 MAT files: read from bytes, written to bytes.

Layout after MathWorks, "MAT-File Format", chapter "Level 5 MAT-File Format". The parser is
our own and bounded: a hostile file is refused by a message, where a parser in C may take the
process along. It never runs anything that a file holds.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: All compressed variables of one file together may not grow past this many bytes.
MAX_INFLATED_BYTES = 64 * 2**20

_HEADER_BYTES = 128
_TEXT_BYTES = 116
_VERSION = 0x0100
_TEXT = b"MATLAB 5.0 MAT-file, Platform: none, Created on: Thu Jan  1 00:00:00 1970"

_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
#: Names are miINT8 by the book; miUINT8 and miUTF8 are read too.
_NAME_KINDS = {_INT8, 2, 16}
#: "MAT-File Data Types": how numbers are stored.
_STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
#: "MATLAB Array Types (Classes)": what the numbers are; the other classes are not numeric.
_CLASSES = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
_COMPLEX, _LOGICAL = 0x08, 0x02
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


def read_mat5(data: bytes) -> dict[str, Array]:
    """Return every real numeric or logical matrix of a level 5 MAT file by its name.

    Either byte order, compressed or not. Text, cells, structs, objects, and sparse, complex or
    N-D arrays are skipped. Level 5 files do not count their variables, so one cut exactly
    between two variables reads as a shorter file. Any other cut, and any size, type or name that
    does not add up, raises `ValueError`.
    """
    order = _byte_order(data)
    variables: dict[str, Array] = {}
    room = MAX_INFLATED_BYTES
    for element in _elements(memoryview(data)[_HEADER_BYTES:], order):
        kind, body = element
        if kind == _COMPRESSED:
            plain = _inflate(body, room)
            room -= len(plain)
            kind, body = _only_element(plain, order)
        if kind != _MATRIX:
            raise ValueError(f"a MAT variable must be of data type {_MATRIX}, got {kind}.")
        named = _matrix(body, order)
        if named is None:
            continue
        name, values = named
        if name in variables:
            raise ValueError(f"a MAT file must name a variable once, got {name!r} twice.")
        variables[name] = values
    return variables


def write_mat5(variables: Mapping[str, Array]) -> bytes:
    """Return a little-endian, uncompressed level 5 MAT file that depends on the matrices alone.

    Undone by `read_mat5`: names, order, dtypes and values come back exactly. Raises `ValueError`
    for names MATLAB would refuse and for anything but 2-D arrays of numbers or bools.
    """
    head = _TEXT.ljust(_TEXT_BYTES) + bytes(8) + struct.pack("<H2s", _VERSION, b"IM")
    return head + b"".join(_variable(name, values) for name, values in variables.items())


def _byte_order(data: bytes) -> str:
    if len(data) < _HEADER_BYTES:
        raise ValueError(f"a MAT file must be >= {_HEADER_BYTES} bytes, got {len(data)}.")
    order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:128]))
    if order is None:
        raise ValueError(f"a MAT file must say 'IM' or 'MI' at byte 126, got {data[126:128]!r}.")
    version: int = struct.unpack(f"{order}H", data[124:126])[0]
    if version != _VERSION:
        hint = " MATLAB 7.3 files are HDF5: read them with h5py." if version == 0x0200 else ""
        raise ValueError(f"a level 5 MAT file must have version 0x0100, got {version:#06x}.{hint}")
    return order


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Walk (data type, payload); payloads of <= 4 bytes may sit inside their own tag."""
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            raise ValueError(f"a MAT tag must be 8 bytes, got {len(data) - at}. Truncated file.")
        kind, size = struct.unpack_from(f"{order}2I", data, at)
        start = at + 8
        padding = 0 if kind == _COMPRESSED else -size % 8
        if kind >> 16:
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
            padding = 4 - size
            if size > 4:
                raise ValueError(f"a small MAT element must hold <= 4 bytes, got {size}.")
        if size > len(data) - start:
            raise ValueError(
                f"a MAT element must hold the {size} bytes it says, got {len(data) - start}. "
                "Truncated file."
            )
        yield kind, data[start : start + size]
        at = start + size + padding


def _inflate(body: memoryview, room: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(body, room + 1)
    except zlib.error as error:
        raise ValueError(f"a compressed MAT variable must be zlib data: {error}.") from error
    if len(plain) > room:
        raise ValueError(f"MAT variables must inflate to <= {MAX_INFLATED_BYTES} bytes, got more.")
    if not stream.eof:
        raise ValueError("a compressed MAT variable must be whole, got a cut stream.")
    return plain


def _only_element(plain: bytes, order: str) -> tuple[int, memoryview]:
    elements = list(islice(_elements(memoryview(plain), order), 2))
    if len(elements) != 1:
        got = "none" if not elements else "more"
        raise ValueError(f"a compressed MAT variable must be 1 element, got {got}.")
    return elements[0]


def _matrix(body: memoryview, order: str) -> tuple[str, Array] | None:
    """Read one variable; None when it is not a real numeric matrix."""
    parts = _elements(body, order)
    flags = _numbers(_next(parts, "array flags", {_UINT32}), order)
    if flags.size != 2:
        raise ValueError(f"MAT array flags must be 2 numbers, got {flags.size}.")
    word = int(flags[0])
    array_class, marks = word & 0xFF, word >> 8
    if array_class not in _CLASSES or marks & _COMPLEX:
        return None
    shape = [int(n) for n in _numbers(_next(parts, "dimensions", {_INT32}), order)]
    name = _text(_next(parts, "array name", _NAME_KINDS)[1])
    if len(shape) != 2 or not name:  # MATLAB keeps its subsystem in a nameless matrix
        return None
    stored = _numbers(_next(parts, f"data of {name!r}", set(_STORED)), order)
    if min(shape) < 0 or shape[0] * shape[1] != stored.size:
        raise ValueError(f"{name!r} must hold {shape[0]} x {shape[1]} numbers, got {stored.size}.")
    values = stored != 0 if marks & _LOGICAL else _as_class(stored, _CLASSES[array_class], name)
    return name, values.reshape(shape, order="F")


def _next(
    parts: Iterator[tuple[int, memoryview]], what: str, kinds: set[int]
) -> tuple[int, memoryview]:
    found = next(parts, None)
    if found is None or found[0] not in kinds:
        got = "nothing" if found is None else found[0]
        raise ValueError(f"MAT {what} must be of data type {sorted(kinds)}, got {got}.")
    return found


def _numbers(part: tuple[int, memoryview], order: str) -> Array:
    kind, body = part
    dtype = np.dtype(order + _STORED[kind])
    if len(body) % dtype.itemsize:
        raise ValueError(f"MAT numbers must be {dtype.itemsize} bytes each, got {len(body)} bytes.")
    return np.frombuffer(body, dtype)


def _text(body: memoryview) -> str:
    try:
        return bytes(body).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"a MAT array name must be text, got {bytes(body)!r}.") from error


def _as_class(stored: Array, dtype: str, name: str) -> Array:
    """Widen numbers to their class; MATLAB stores them in the narrowest type that holds them."""
    with np.errstate(invalid="ignore", over="ignore"):
        values = stored.astype(dtype)
    fits = np.can_cast(stored.dtype, values.dtype) or np.array_equal(values, stored)
    if not fits:
        raise ValueError(f"{name!r} must hold {values.dtype} values, got others as {stored.dtype}.")
    return values


def _variable(name: str, values: Array) -> bytes:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a MAT name must be a letter, then <= 62 of [A-Za-z0-9_], got {name!r}.")
    logical = values.dtype == np.bool_
    plain = values.astype(np.uint8) if logical else values
    plain = plain.astype(plain.dtype.newbyteorder("<"))
    code = plain.dtype.str[1:]
    classes = {stored: number for number, stored in _CLASSES.items()}
    if values.ndim != 2 or max(values.shape) >= 2**31 or code not in classes:
        raise ValueError(
            f"{name!r} must be a 2-D array of numbers or bools, got {values.dtype} {values.shape}."
        )
    kinds = {stored: number for number, stored in _STORED.items()}
    flags = classes[code] | (_LOGICAL << 8 if logical else 0)
    body = (
        _element(_UINT32, struct.pack("<2I", flags, 0))
        + _element(_INT32, struct.pack("<2i", *plain.shape))
        + _element(_INT8, name.encode("ascii"))
        + _element(kinds[code], plain.tobytes(order="F"))
    )
    if len(body) >= 2**31:
        raise ValueError(f"{name!r} must take < 2 GiB (level 5 MAT files), got {len(body)} bytes.")
    return _element(_MATRIX, body)


def _element(kind: int, payload: bytes) -> bytes:
    if 0 < len(payload) <= 4:
        return struct.pack("<2H", kind, len(payload)) + payload.ljust(4, b"\0")
    return struct.pack("<2I", kind, len(payload)) + payload + bytes(-len(payload) % 8)
