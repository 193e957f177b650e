"""Names as clauses hold them: what belongs to the name, and what only leads up to it."""

from __future__ import annotations

from vtencode.legends.phrases import ARTICLES, starts
from vtencode.legends.tokens import Token

BACKGROUND = "background"
#: What says no more than the name after it.
_PREFIXES = (
    ("area", "that", "corresponds", "to"),
    ("area", "of"),
    ("color", "of"),
    ("colour", "of"),
    ("pixels", "of"),
    ("region", "of"),
    ("mask", "of"),
)
#: Other words for what no name is for.
_BACKGROUNDS = frozenset(
    {BACKGROUND, "everything else", "all else", "rest", "all other pixels", "remaining pixels"}
)
_CONNECTORS = frozenset({"and", "while", "whereas", "but", "with", "where", "also", "then", "or"})
#: Inside a clause they start another.
_STARTS = frozenset({"where", "while", "whereas"})


def name_in(prompt: str, pieces: list[Token]) -> str | None:
    """The name in a clause's pieces, as the prompt writes it; None where there is none.

    Left out are what comes before a last "The" or "where", connectors at both ends, one article,
    and "the area of the" and the like. What means the background is "background".
    """
    start, end = _start(prompt, pieces), len(pieces)
    while start < end and pieces[start].text in _CONNECTORS:
        start += 1
    while start < end and pieces[end - 1].text in _CONNECTORS:
        end -= 1
    start = _after_prefix(pieces, _after_article(pieces, start))
    if start >= end:
        return None
    name = prompt[pieces[start].start : pieces[end - 1].end]
    return BACKGROUND if name.lower() in _BACKGROUNDS else name


def _start(prompt: str, pieces: list[Token]) -> int:
    """Where the last clause starts, if the pieces are more than one."""
    for at in range(len(pieces) - 1, 0, -1):
        piece = pieces[at]
        if piece.text in _STARTS or prompt[piece.start : piece.end] == "The":
            return at
    return 0


def _after_prefix(pieces: list[Token], at: int) -> int:
    for words in _PREFIXES:
        if starts(pieces, at, words):
            return _after_article(pieces, at + len(words))
    return at


def _after_article(pieces: list[Token], at: int) -> int:
    return at + (at < len(pieces) and pieces[at].text in ARTICLES)
