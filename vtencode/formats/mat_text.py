"""Lists of text in MATLAB level 5 MAT files: cell arrays of strings, and nothing else of them.

Layout after MathWorks, "MAT-File Format", chapter "Level 5 MAT-File Format". The parser is
bounded, and runs nothing that a file holds.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence

from vtencode.errors import CodeError

#: All compressed variables of one file together may not grow past this many bytes.
MAX_INFLATED_BYTES = 64 * 2**20

_HEADER_BYTES, _TEXT_BYTES = 128, 116
_VERSION = 0x0100
_TEXT = b"MATLAB 5.0 MAT-file, Platform: none, Created on: Thu Jan  1 00:00:00 1970"

#: "Data types".
_INT8, _UINT16, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 4, 5, 6, 14, 15
#: How letters are stored: bytes, UTF-8, or 16 bits each in the order of the file.
_LETTERS = {_INT8: "latin-1", 2: "latin-1", 16: "utf-8", _UINT16: "utf-16", 17: "utf-16"}
#: "Array types (classes)".
_CELL, _CHAR = 1, 4

Element = tuple[int, memoryview]


def read_mat_text(data: bytes) -> dict[str, list[str]]:
    """Every cell array that holds rows of letters alone, by its name, in MATLAB's order.

    Other variables are skipped. Raises `CodeError` for bytes that are no level 5 MAT file, or
    not a whole one.
    """
    try:
        return dict(_variables(data))
    except (struct.error, zlib.error, UnicodeDecodeError) as error:
        raise CodeError(f"must be a whole level 5 MAT file: {error}.") from error


def write_mat_text(lists: Mapping[str, Sequence[str]]) -> bytes:
    """A little-endian, uncompressed MAT file of 1 x N cell arrays, as MATLAB keeps letters.

    Raises `CodeError` for letters that are not ASCII.
    """
    head = _TEXT.ljust(_TEXT_BYTES) + bytes(8) + struct.pack("<H2s", _VERSION, b"IM")
    cells = (
        _array(_CELL, (1, len(lines)), name, b"".join(_row(line) for line in lines))
        for name, lines in lists.items()
    )
    return head + b"".join(cells)


def _variables(data: bytes) -> Iterator[tuple[str, list[str]]]:
    order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:_HEADER_BYTES]))
    if order is None or struct.unpack(f"{order}H", data[124:126]) != (_VERSION,):
        raise CodeError(f"must be a level 5 MAT file, got one that starts {data[:16]!r}.")
    room = MAX_INFLATED_BYTES
    for kind, body in _elements(memoryview(data)[_HEADER_BYTES:], order):
        found = [(kind, body)]
        if kind == _COMPRESSED:
            plain = _inflated(body, room)
            room -= len(plain)
            found = list(_elements(memoryview(plain), order))
        for inner_kind, inner in found:
            lines = _cell(inner, order) if inner_kind == _MATRIX else None
            if lines is not None:
                yield lines


def _elements(data: memoryview, order: str) -> Iterator[Element]:
    """Data type and payload, one after another; payloads of <= 4 bytes sit inside their tag."""
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from(f"{order}2I", data, at)
        start, padding = at + 8, 0 if kind == _COMPRESSED else -size % 8
        if kind >> 16:
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
            padding = 4 - size
        if size > len(data) - start or padding < 0:
            raise CodeError(f"must be a whole MAT file, and ends within {size} bytes.")
        yield kind, data[start : start + size]
        at = start + size + padding


def _inflated(body: memoryview, room: int) -> bytes:
    stream = zlib.decompressobj()
    plain = stream.decompress(body, room + 1)
    if len(plain) > room or not stream.eof:
        raise CodeError(f"must hold whole variables of at most {MAX_INFLATED_BYTES} bytes.")
    return plain


def _cell(body: memoryview, order: str) -> tuple[str, list[str]] | None:
    """Name and lines of a cell array of rows of letters; None for any other variable."""
    array_class, _, name, rest = _opened(body, order)
    if array_class != _CELL:
        return None
    lines = [_line(inner, order) for kind, inner in rest if kind == _MATRIX]
    whole = [line for line in lines if line is not None]
    return (name, whole) if len(whole) == len(lines) else None


def _line(body: memoryview, order: str) -> str | None:
    """The row of letters that a cell holds, "" for none; None for anything else."""
    if not len(body):
        return ""
    array_class, rows, _, rest = _opened(body, order)
    kind, letters = next(rest, (_INT8, memoryview(b"")))
    if array_class != _CHAR or rows > 1 or kind not in _LETTERS:
        return None
    coding = _LETTERS[kind]
    ending = {"<": "-le", ">": "-be"}[order] if coding == "utf-16" else ""
    return bytes(letters).decode(coding + ending)


def _opened(body: memoryview, order: str) -> tuple[int, int, str, Iterator[Element]]:
    """Class, rows and name of an array, and the elements that follow."""
    parts = _elements(body, order)
    flags, dimensions, name = (next(parts, (0, memoryview(b"")))[1] for _ in range(3))
    (word,), (rows,) = (struct.unpack_from(f"{order}I", one) for one in (flags, dimensions))
    return word & 0xFF, rows, bytes(name).decode("ascii"), parts


def _row(line: str) -> bytes:
    if not line.isascii():
        raise CodeError(f"must be ASCII letters, got {line!r}.")
    letters = _element(_UINT16, line.encode("utf-16-le"))
    return _array(_CHAR, (min(1, len(line)), len(line)), "", letters)


def _array(array_class: int, shape: tuple[int, int], name: str, content: bytes) -> bytes:
    body = (
        _element(_UINT32, struct.pack("<2I", array_class, 0))
        + _element(_INT32, struct.pack("<2i", *shape))
        + _element(_INT8, name.encode("ascii"))
        + content
    )
    return _element(_MATRIX, body)


def _element(kind: int, payload: bytes) -> bytes:
    if 0 < len(payload) <= 4:
        return struct.pack("<2H", kind, len(payload)) + payload.ljust(4, b"\0")
    return struct.pack("<2I", kind, len(payload)) + payload + bytes(-len(payload) % 8)
