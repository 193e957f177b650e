"""From the bytes of a MAT file to plain values."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError
from vtencode.formats.mat_tree import elements
from vtencode.formats.mat_tree.elements import Element, Elements, byte_order, inflated
from vtencode.formats.mat_tree.layout import (
    CELL,
    CHAR,
    CLASSES,
    COMPLEX,
    COMPRESSED,
    HEADER_BYTES,
    LOGICAL,
    MATRIX,
    STORED,
    STRUCT,
)

Array = NDArray[Any]

#: So many values there may be, all in all; as many people as in MPII are 3 million.
MAX_VALUES = 2**23
#: How deep values may lie in values; those of MPII are 8 deep.
MAX_DEPTH = 32

#: How letters are: text is UTF, or codes of 8 or 16 bits, which Unicode begins with.
_LETTERS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
#: Flags, two sides, and no name: the head of what lies in a struct.
_HEAD_BYTES = 40
#: MATLAB's [].
_NOTHING = np.empty((0, 0))
_NOTHING.setflags(write=False)


def read_mat_tree(data: bytes, name: str) -> Any:
    """The value of the variable `name`, of either byte order, compressed or not.

    Raises `CodeError` for a file without it, and for one that is cut or does not add up.
    """
    return _read(data, name, scalars=True)


def read_mat_arrays(data: bytes, name: str) -> dict[str, Array]:
    """The real numeric and logical fields of the 1 x 1 struct `name`; other fields are skipped.

    All of them are arrays of their class, those of one number too. Raises `CodeError` as
    `read_mat_tree` does, and for another variable of that name.
    """
    found = _read(data, name, scalars=False)
    if not isinstance(found, list) or len(found) != 1:
        raise CodeError(f"must hold the 1 x 1 struct {name!r}, and does not.")
    return {field: value for field, value in found[0].items() if isinstance(value, np.ndarray)}


def _read(data: bytes, name: str, *, scalars: bool) -> Any:
    try:
        reader = _Reader(data, byte_order(data), scalars=scalars)
        for variable, whole in reader.variables():
            if variable.name == name:
                return whole.value(variable, MAX_DEPTH)
    except (struct.error, ValueError, OverflowError, zlib.error) as error:
        raise CodeError(f"must be a whole level 5 MAT file with {name!r}: {error}.") from error
    raise CodeError(f"must be a level 5 MAT file with the variable {name!r}, and has none.")


class _Variable(NamedTuple):
    """A matrix of whatever class: its shape, its name, and where the rest of it is."""

    array_class: int
    size: int
    shape: tuple[int, ...]
    name: str
    start: int
    end: int


class _Reader(Elements):
    """Values of a file, or of what a compressed element inflates to."""

    def __init__(self, data: bytes, order: str, *, scalars: bool) -> None:
        super().__init__(data, order)
        self._scalars = scalars  # whether one number is a number, and not an array
        self._heads: dict[bytes, _Variable] = {}
        self._room, self._bytes = MAX_VALUES, elements.MAX_INFLATED_BYTES

    def variables(self) -> Iterator[tuple[_Variable, _Reader]]:
        """Every variable of a file, and the reader that holds it."""
        at, end, room = HEADER_BYTES, len(self.data), elements.MAX_INFLATED_BYTES
        while at < end:
            element, reader = self.element(at, end), self
            at = element.after
            if element.kind == COMPRESSED:
                plain = inflated(memoryview(self.data)[element.start : element.end], room)
                room -= len(plain)
                reader = _Reader(plain, self.order, scalars=self._scalars)
                element = reader.element(0, len(plain))
            if element.kind == MATRIX and element.start < element.end:
                yield reader._variable(element), reader

    def value(self, of: _Variable, depth: int) -> Any:
        """The value of a variable, and of all that lies in it."""
        if not depth:
            raise ValueError(f"values lie more than {MAX_DEPTH} deep in values")
        if of.array_class in CLASSES:
            return self._numbers(of)
        if of.array_class == CHAR:
            return self._text(of)
        if of.array_class == CELL:
            return tuple(self._values(of.start, of.end, of.size, depth - 1))
        return self._structs(of, depth - 1) if of.array_class == STRUCT else None

    def _structs(self, of: _Variable, depth: int) -> list[dict[str, Any]]:
        width_of = self.element(of.start, of.end)
        width = self.whole(width_of)[0]
        listed = self.element(width_of.after, of.end)
        names = bytes(self.data[listed.start : listed.end]).decode("ascii")
        if width <= 0 or len(names) % width:
            raise ValueError(f"names of fields must be {width} letters each, got {len(names)}")
        fields = [names[at : at + width].split("\0")[0] for at in range(0, len(names), width)]
        if not fields:
            return []
        values = self._values(listed.after, of.end, of.size * len(fields), depth)
        return [
            dict(zip(fields, each, strict=True))
            for each in zip(*[values] * len(fields), strict=True)
        ]

    def _values(self, at: int, end: int, count: int, depth: int) -> Iterator[Any]:
        """So many values, one after the other."""
        if count * 8 > end - at:
            raise ValueError(f"{count} values must take 8 bytes each, got {end - at} bytes")
        self._room -= count
        if self._room < 0:
            raise ValueError(f"it must hold at most {MAX_VALUES} values")
        for _ in range(count):
            element = self.element(at, end)
            if element.kind != MATRIX:
                raise ValueError(f"a value must be of data type {MATRIX}, got {element.kind}")
            at = element.after
            if element.start == element.end:
                yield _NOTHING
            else:
                yield self.value(self._variable(element), depth)

    def _numbers(self, of: _Variable) -> Any:
        element = self.element(of.start, of.end)
        code = STORED.get(element.kind)
        if code is None:
            raise ValueError(f"numbers must be of a numeric data type, got {element.kind}")
        size = element.end - element.start
        if size != of.size * struct.calcsize(f"={code}"):
            raise ValueError(f"{of.size} numbers of {code!r} must fill {size} bytes")
        if of.size == 1 and self._scalars:
            return struct.unpack_from(f"{self.order}{code}", self.data, element.start)[0]
        stored, dtype, widens = _dtypes(f"{self.order}{code}", of.array_class)
        self._bytes -= of.size * dtype.itemsize  # a byte may be stored for a double
        if self._bytes < 0:
            raise ValueError(f"its numbers must take at most {elements.MAX_INFLATED_BYTES} bytes")
        numbers = np.frombuffer(self.data, stored, of.size, element.start)
        values = numbers.astype(dtype) if widens else _fitting(numbers, dtype)
        return values.reshape(of.shape, order="F")

    def _text(self, of: _Variable) -> str | None:
        if not of.size or of.shape[0] > 1:
            return None if of.size else ""
        element = self.element(of.start, of.end)
        encoding = _LETTERS.get(element.kind)
        if encoding is None:
            raise ValueError(f"text must be of a data type of letters, got {element.kind}")
        if encoding in ("utf-16", "utf-32"):
            encoding += "-le" if self.order == "<" else "-be"
        return bytes(self.data[element.start : element.end]).decode(encoding)

    def _variable(self, element: Element) -> _Variable:
        head = self.data[element.start : element.start + _HEAD_BYTES]
        alike = self._heads.get(head)  # of a million fields, most begin as others do
        if alike is not None:
            return alike._replace(start=element.start + len(head), end=element.end)
        found = self._headed(element)
        if found.start == element.start + _HEAD_BYTES:
            self._heads[head] = found
        return found

    def _headed(self, element: Element) -> _Variable:
        flags = self.element(element.start, element.end)
        word = self.tag(self.data, flags.start)[0]
        sides = self.element(flags.after, element.end)
        shape = self.whole(sides)
        if len(shape) < 2 or min(shape) < 0:
            raise ValueError(f"a matrix must have 2 sides or more, got {shape}")
        named = self.element(sides.after, element.end)
        name = bytes(self.data[named.start : named.end]).decode("ascii")
        array_class = 0 if word & COMPLEX else word & 0xFF
        if word & LOGICAL and array_class in CLASSES:
            array_class = LOGICAL
        return _Variable(array_class, math.prod(shape), shape, name, named.after, element.end)


@cache
def _dtypes(stored: str, array_class: int) -> tuple[np.dtype[Any], np.dtype[Any], bool]:
    """How numbers are stored, their class, and whether any stored number is of that class.

    MATLAB stores whole numbers of a class in the narrowest type that holds them.
    """
    narrow, wide = np.dtype(stored), np.dtype(CLASSES[array_class])
    return narrow, wide, array_class == LOGICAL or bool(np.can_cast(narrow, wide))


def _fitting(numbers: Array, dtype: np.dtype[Any]) -> Array:
    """Numbers of another class, as these, where they are of both."""
    with np.errstate(invalid="ignore", over="ignore"):
        values = numbers.astype(dtype)
    if not np.array_equal(values, numbers):
        raise ValueError(f"numbers must be {dtype}, got others as {numbers.dtype}")
    return values
