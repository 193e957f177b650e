"""Pickles of plain values, read without running anything that they hold.

A pickle is a program, and Python's own reader calls whatever it is told to. This one builds
numbers, texts, None and containers of them, and refuses all else. Python 2's pickles are read too;
its byte strings are taken for Latin-1.
"""

from __future__ import annotations

import struct
from typing import Any

from vtencode.errors import CodeError
from vtencode.formats.pickle_machine import Machine


def read_plain_pickle(data: bytes) -> Any:
    r"""The value that a pickle builds of dict, list, tuple, str, int, float, bool and None.

    Keys of a dict are texts. Raises `CodeError` for whatever else a pickle could do, telling the
    opcode, and for one that is not whole.

    >>> read_plain_pickle(b"(lp0\nI5\naS'two words'\np1\nag1\na.")
    [5, 'two words', 'two words']
    """
    machine = Machine(data)
    try:
        return machine.run()
    except (IndexError, KeyError, ValueError, struct.error) as error:
        if isinstance(error, CodeError):
            raise
        raise CodeError(f"a pickle must be whole, and breaks at byte {machine.at}.") from error


def write_plain_pickle(value: Any) -> bytes:
    r"""A pickle of protocol 0, which Python 2's `pickle.dump` writes unless told otherwise.

    ASCII texts are its byte strings, others its unicode; each is written once, then named again.
    Takes dict, list, str, int, bool and None.

    >>> write_plain_pickle(["a", "a", 5])
    b"(lp0\nS'a'\np1\nag1\naI5\na."
    """
    parts: list[str] = []
    _write(value, parts, {})
    return "".join([*parts, "."]).encode("ascii")


def _write(value: Any, parts: list[str], memo: dict[Any, int]) -> None:
    match value:
        case None:
            parts.append("N")
        case bool():
            parts.append(f"I0{int(value)}\n")
        case int():
            parts.append(f"I{value}\n")
        case str() if value in memo:
            parts.append(f"g{memo[value]}\n")
        case str():
            parts.append(f"{_text(value)}\np{memo.setdefault(value, len(memo))}\n")
        case list():
            parts.append(f"(lp{memo.setdefault(object(), len(memo))}\n")
            for each in value:
                _write(each, parts, memo)
                parts.append("a")
        case dict():
            parts.append(f"(dp{memo.setdefault(object(), len(memo))}\n")
            for key, each in value.items():
                _write(key, parts, memo)
                _write(each, parts, memo)
                parts.append("s")


def _text(value: str) -> str:
    if value.isascii():
        return f"S{value!r}"
    escaped = value.replace("\\", "\\u005c").replace("\n", "\\u000a")
    return "V" + "".join(c if c.isascii() else f"\\U{ord(c):08x}" for c in escaped)
