"""Pickled dictionaries of numbers and plain numeric arrays, read without running what they hold.

A pickle is a program. Here it may push numbers, texts, bytes and containers, and may name only
what NumPy names for an array; those names stand for records that keep what they were called with.
The arrays are then made from their bytes, dtype and shape, once these have been looked at.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]

#: Opcodes (pickletools) that only build values, or call and set what `_Reader` lets be named.
_OPCODES = frozenset({
    "PROTO", "FRAME", "STOP", "MARK", "POP", "POP_MARK", "DUP", "NONE", "NEWTRUE", "NEWFALSE",
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
    "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
    "TUPLE", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "LIST", "APPEND",
    "APPENDS", "EMPTY_DICT", "DICT", "SETITEM", "SETITEMS", "MEMOIZE", "PUT", "BINPUT",
    "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD",
})  # fmt: skip
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT")
#: Plain numbers: their letter and bytes, as `dtype` is called with.
_NUMBER = re.compile(r"[biuf][1248]")


class _Dtype:
    """What `numpy.dtype` was called with, and its byte order."""

    def __init__(self, code: Any = "", *_rest: Any) -> None:
        self.code, self.order = code, "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]

    def made(self) -> np.dtype[Any]:
        plain = isinstance(self.code, str) and _NUMBER.fullmatch(self.code)
        if not plain or self.order not in ("<", ">", "=", "|"):
            raise CodeError(f"must hold arrays of plain numbers, got {self.code!r} {self.order!r}.")
        order = "" if self.order == "|" else self.order
        made: np.dtype[Any] = np.dtype(order + self.code)
        return made


class _Array:
    """The shape, dtype, order and bytes of an array."""

    def __init__(self, *_rest: Any) -> None:
        self.facts: tuple[Any, ...] = ((), None, False, b"")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, *facts = state
        self.facts = tuple(facts)

    @classmethod
    def of_buffer(cls, data: Any, dtype: Any, shape: Any, order: Any) -> _Array:
        made = cls()
        made.facts = shape, dtype, order == "F", data
        return made

    @classmethod
    def of_scalar(cls, dtype: Any, data: Any) -> _Array:
        made = cls()
        made.facts = (), dtype, False, data
        return made

    def made(self) -> Array:
        shape, dtype, fortran, data = self.facts
        if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
            raise CodeError("must hold whole arrays of plain numbers, got a broken one.")
        kind = dtype.made()
        raw = data.encode("latin-1") if isinstance(data, str) else bytes(data)
        if not all(type(n) is int and n >= 0 for n in shape):
            raise CodeError(f"must hold arrays of whole sizes, got {shape!r}.")
        if math.prod(shape) * kind.itemsize != len(raw):
            raise CodeError(f"must hold {kind} {shape}, got {len(raw)} bytes.")
        return np.frombuffer(raw, kind).reshape(shape, order="F" if fortran else "C").copy()


def _bytes(text: str = "", _encoding: str = "latin1") -> bytes:
    """As Python 3 writes bytes in protocols 0 to 2: of a text, or empty."""
    return text.encode("latin-1")


#: Every name that may be looked up; NumPy 2 calls `numpy.core` `numpy._core`.
_NAMES: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy.core.multiarray", "scalar"): _Array.of_scalar,
    ("numpy.core.numeric", "_frombuffer"): _Array.of_buffer,
    ("_codecs", "encode"): _bytes,
    ("__builtin__", "bytes"): _bytes,
}


class _Reader(pickle.Unpickler):
    """An unpickler to which everything but `_NAMES` is unknown."""

    def find_class(self, module: str, name: str) -> Any:
        """What a name stands for, made anew so that a pickle can change nothing of ours."""
        found = _NAMES.get((module.replace("numpy._core", "numpy.core"), name))
        if found is None:
            raise CodeError(f"must hold numbers and plain arrays only, got {module}.{name}.")

        def stand_in(*given: Any) -> Any:
            return found(*given)

        return stand_in


def read_pickle(data: bytes) -> dict[str, Any]:
    """The numbers, and the arrays, of a pickled dictionary; a NumPy scalar is an array of ().

    Pickles of Python 2 are read too. Raises `CodeError` for everything else.
    """
    try:
        _check_opcodes(data)
        found = _dictionary(_Reader(io.BytesIO(data), encoding="latin-1").load())
        return {n: each.made() if isinstance(each, _Array) else each for n, each in found.items()}
    except CodeError:
        raise
    except Exception as error:  # a broken pickle raises nearly anything
        raise CodeError(f"a pickle must be whole: {error}.") from error


def _check_opcodes(data: bytes) -> None:
    """Refuse what does more than build values, and a memo far larger than the file."""
    for opcode, argument, _ in pickletools.genops(data):
        far = opcode.name in _PUTS and (argument or 0) > len(data)
        if opcode.name not in _OPCODES or far:
            raise CodeError(f"a pickle must hold plain values only, got {opcode.name}.")


def _dictionary(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise CodeError("a pickle must hold one dictionary of names.")
    return found


def write_pickle(values: Mapping[str, Any], *, protocol: int = 3) -> bytes:
    """A pickle of numbers and arrays by their names."""
    return pickle.dumps(dict(values), protocol=protocol)
