"""A machine that takes the steps of a pickle which build plain values, and knows no others.

Opcodes after `pickletools.py` of CPython. A step that is not in the two tables here is refused
before it is taken; none of them names, calls or sets anything.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import Any

from vtencode.errors import CodeError

#: The newest protocol there is.
_PROTOCOLS = 5
#: The most letters or bytes of a number: ids need fewer, and very long ones take long to read.
_LETTERS, _BYTES = 32, 8
#: Marks in marks that plain data never come near.
_DEEPEST = 1000
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
_ESCAPED = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t"}
_STOP = ord(".")


class Machine:
    """A place in a pickle, a stack of values, and values that it may come back to."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        self.stack: list[Any] = []
        self._below: list[list[Any]] = []  # what lies under each mark
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Take step after step to the end."""
        data = self.data
        while True:
            code = data[self.at]
            self.at += 1
            value = _VALUES.get(code)
            if value is not None:
                made = value(self)  # may put another stack in place of this one
                self.stack.append(made)
            elif code == _STOP:
                return self.stack.pop()
            else:
                _STEPS.get(code, _refuse)(self)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise CodeError(f"a pickle must be whole, and ends {count - len(taken)} bytes early.")
        self.at += count
        return taken

    def number(self, count: int, *, signed: bool = False) -> int:
        """A number of so many bytes."""
        if count > _BYTES:
            raise CodeError(f"whole numbers must have at most {_BYTES} bytes, got {count}.")
        return int.from_bytes(self.take(count), "little", signed=signed)

    def line(self) -> bytes:
        """The bytes up to the end of the line."""
        start, self.at = self.at, self.data.index(b"\n", self.at) + 1
        return self.data[start : self.at - 1]

    def digits(self) -> bytes:
        """A line that holds a number."""
        line = self.line()
        if len(line) > _LETTERS:
            raise CodeError(f"a number must have at most {_LETTERS} letters, got {len(line)}.")
        return line

    def mark(self) -> None:
        """Begin what `marked` ends."""
        if len(self._below) == _DEEPEST:
            raise CodeError(f"a pickle must be at most {_DEEPEST} levels deep.")
        self._below.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """All values above the last mark, which is lifted."""
        above, self.stack = self.stack, self._below.pop()
        return above

    def extend(self, values: list[Any]) -> None:
        """Add to the list on top."""
        self._top(list).extend(values)

    def update(self, items: list[Any]) -> None:
        """Add keys and values in turn to the dictionary on top."""
        keys, values = items[::2], items[1::2]
        if len(keys) != len(values) or not all(isinstance(key, str) for key in keys):
            raise CodeError("a dictionary must have texts as keys, and a value for each.")
        self._top(dict).update(zip(keys, values, strict=True))

    def last(self, count: int) -> list[Any]:
        """The values on top, taken away."""
        if len(self.stack) < count:
            raise CodeError(f"a pickle must be whole, and lacks a value at byte {self.at}.")
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    def keep(self, place: int) -> None:
        """Remember the value on top."""
        if not 0 <= place <= len(self.data):
            raise CodeError(f"a pickle must keep values in places up to its size, got {place}.")
        self._memo[place] = self.stack[-1]

    def keep_next(self) -> None:
        """Remember the value on top in the next place."""
        self.keep(len(self._memo))

    def kept(self, place: int) -> Any:
        """A value that was remembered."""
        return self._memo[place]

    def _top(self, kind: type) -> Any:
        found = self.stack[-1]
        if not isinstance(found, kind):
            raise CodeError(f"a {kind.__name__} must be filled, got {type(found).__name__}.")
        return found


def _refuse(machine: Machine) -> None:
    import pickletools

    code = machine.data[machine.at - 1]
    names = {opcode.code: opcode.name for opcode in pickletools.opcodes}
    name = names.get(chr(code), f"0x{code:02x}")
    raise CodeError(f"a pickle must build plain values only, got the opcode {name}.")


def _protocol(machine: Machine) -> None:
    if machine.number(1) > _PROTOCOLS:
        raise CodeError(f"a pickle must be of protocol 0 to {_PROTOCOLS}.")


def _int(machine: Machine) -> int | bool:
    digits = machine.digits()
    return digits == b"01" if digits in (b"00", b"01") else int(digits)  # False and True


def _quoted(machine: Machine) -> str:
    line = machine.line().decode("latin-1")
    if len(line) < 2 or line[0] not in "'\"" or line[-1] != line[0]:
        raise CodeError("a text must stand in quotes.")
    return _ESCAPE.sub(_unescaped, line[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    if code not in _ESCAPED:
        raise CodeError(f"a text must be escaped as Python 2 does, got \\{code}.")
    return _ESCAPED[code]


def _latin(size: int) -> Callable[[Machine], str]:
    return lambda m: m.take(m.number(size)).decode("latin-1")


def _utf8(size: int) -> Callable[[Machine], str]:
    return lambda m: m.take(m.number(size)).decode()


#: Opcodes that push a value, and the value.
_VALUES: Mapping[int, Callable[[Machine], Any]] = {
    ord("N"): lambda _: None,
    0x88: lambda _: True,
    0x89: lambda _: False,
    ord("I"): _int,
    ord("L"): lambda m: int(m.digits().removesuffix(b"L")),
    ord("J"): lambda m: m.number(4, signed=True),
    ord("K"): lambda m: m.number(1),
    ord("M"): lambda m: m.number(2),
    0x8A: lambda m: m.number(m.number(1), signed=True),
    ord("F"): lambda m: float(m.digits()),
    ord("G"): lambda m: struct.unpack(">d", m.take(8))[0],
    ord("S"): _quoted,
    ord("U"): _latin(1),
    ord("T"): _latin(4),
    ord("V"): lambda m: m.line().decode("raw-unicode-escape"),
    0x8C: _utf8(1),
    ord("X"): _utf8(4),
    0x8D: _utf8(8),
    ord("]"): lambda _: [],
    ord("l"): lambda m: m.marked(),
    ord("}"): lambda _: {},
    ord(")"): lambda _: (),
    ord("t"): lambda m: tuple(m.marked()),
    0x85: lambda m: tuple(m.last(1)),
    0x86: lambda m: tuple(m.last(2)),
    0x87: lambda m: tuple(m.last(3)),
    ord("g"): lambda m: m.kept(int(m.digits())),
    ord("h"): lambda m: m.kept(m.number(1)),
    ord("j"): lambda m: m.kept(m.number(4)),
}


def _dict(machine: Machine) -> None:
    items = machine.marked()
    machine.stack.append({})
    machine.update(items)


#: Opcodes that do something to what is there. No other opcode is known.
_STEPS: Mapping[int, Callable[[Machine], Any]] = {
    0x80: _protocol,
    0x95: lambda m: m.take(8),  # how many bytes follow, for those who read from a stream
    ord("("): Machine.mark,
    ord("a"): lambda m: m.extend(m.last(1)),
    ord("e"): lambda m: m.extend(m.marked()),
    ord("d"): _dict,
    ord("s"): lambda m: m.update(m.last(2)),
    ord("u"): lambda m: m.update(m.marked()),
    ord("p"): lambda m: m.keep(int(m.digits())),
    ord("q"): lambda m: m.keep(m.number(1)),
    ord("r"): lambda m: m.keep(m.number(4)),
    0x94: Machine.keep_next,
}
