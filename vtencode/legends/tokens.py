"""What prompts are made of, for reading: quoted names, colors as numbers, words, and marks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.palettes import parse_color

_NUMBER = r"\s?[0-9]{1,3}\s?"
_TRIPLE = rf"{_NUMBER},{_NUMBER},{_NUMBER}"
_TOKEN = re.compile(
    rf"(?P<color>(?:\brgb\s?)?(?:\({_TRIPLE}\)|<{_TRIPLE}>)|\#[0-9a-f]{{6}}(?!\w))"
    r"|(?P<word>\w++(?:['\u2019\-]\w++)*+)"
    r"|(?P<stop>[,;:!?(){}\[\]<>\"\n…]|\.(?!\w))"
    r"|(?P<mark>[-=]>|\S)",
    re.IGNORECASE,
)
#: Quotes are escaped as in JSON.
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*+"')
_WORDLIKE = re.compile(r"\w")


class Token(NamedTuple):
    """A piece of a prompt: `kind` is "quoted", "color", "word", "stop" or "mark".

    `text` is how it is written, a word's in lower case. A "stop" ends a clause, a "mark" does
    not. `name` is what is quoted, `color` what the numbers say.
    """

    kind: str
    text: str
    start: int
    end: int
    name: str = ""
    color: RGB | None = None


def tokens(text: str) -> list[Token]:
    """The pieces of a prompt, in order, without the space between them."""
    found: list[Token] = []
    end = 0
    for quoted in _quoted(text):
        found += _plain(text, end, quoted.start)
        found.append(quoted)
        end = quoted.end
    found += _plain(text, end, len(text))
    return found


def _quoted(text: str) -> Iterator[Token]:
    """Quotations that stand alone: no letter before the opening quote or after the closing one.

    Each character is looked at twice at most: quotes inside what is no quotation are escaped,
    would close where it closes, and be none either.
    """
    at = text.find('"')
    while at >= 0:
        match = _QUOTED.match(text, at)
        if match is None:
            line = text.find("\n", at)
            at = text.find('"', line) if line >= 0 else -1
            continue
        name = _name(match)
        if name is None:
            at = match.end() - 1
        else:
            yield Token("quoted", match[0], *match.span(), name=name)
            at = text.find('"', match.end())


def _name(match: re.Match[str]) -> str | None:
    text, (start, end) = match.string, match.span()
    if _WORDLIKE.match(text[start - 1 : start]) or _WORDLIKE.match(text[end : end + 1]):
        return None
    try:
        return str(json.loads(match[0], strict=False))
    except ValueError:
        return None


def _plain(text: str, start: int, end: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, end):
        kind = str(match.lastgroup)
        if kind != "color":
            said = match[0].lower() if kind == "word" else match[0]
            yield Token(kind, said, *match.span())
        else:
            yield from _color(match)


def _color(match: re.Match[str]) -> Iterator[Token]:
    """The color; only its first mark where the numbers are too large for one."""
    try:
        yield Token("color", match[0], *match.span(), color=parse_color(match[0]))
    except SpecError:
        yield Token("stop", match[0], *match.span())
