"""Words that legends are written with, in groups: what is read, whoever wrote it."""

from __future__ import annotations

from functools import cache

from vtencode.colors import RGB
from vtencode.legends.tokens import Token
from vtencode.palettes import parse_color
from vtencode.palettes.words import names

ARTICLES = frozenset({"the", "a", "an"})
#: Before or after a color they mean nothing: "a solid yellow", "cyan color".
FILLERS = frozenset({*ARTICLES, "solid", "pure", "plain", "flat", "color", "colour"})
_SUFFIXES = frozenset({"color", "colour"})
_MODALS = frozenset({"should", "must", "shall", "will", "can"})
_VERBS = frozenset(
    "is are be appear appears have has get gets take takes become becomes".split()  # noqa: SIM905  # a table to read
)
_PARTICIPLES = frozenset({"shown", "drawn", "set", "given", "seen", "made"})
_PREPOSITIONS = frozenset({"in", "by", "as", "with", "to", "using"})
#: What follows the color of a sentence that goes on.
JOINERS = frozenset({"and", "while", "but", "whereas", "with", "on", "against"})
#: What stands between a color and its name, where the color comes first.
_MARKING = (("marks",), ("denotes",), ("stands", "for"), ("is", "for"), ("is", "used", "for"))
_USES = frozenset({"use", "using"})
#: A colon after one of these opens a list.
LISTING = frozenset(
    "colors colours legend palette mapping map key code".split()  # noqa: SIM905  # a table to read
)


def color_at(pieces: list[Token], at: int) -> tuple[RGB, int] | None:
    """The color that starts at a piece, its fillers skipped, and where it ends."""
    start = at
    while at < min(start + 4, len(pieces)) and pieces[at].text in FILLERS:
        at += 1
    if at == len(pieces):
        return None
    color = pieces[at].color
    if color is not None:
        return color, _after(pieces, at + 1)
    for width in _widths().get(pieces[at].text, ()):
        words = " ".join(piece.text for piece in pieces[at : at + width])
        if words in names():
            return parse_color(words), _after(pieces, at + width)
    return None


def verb_at(pieces: list[Token], at: int) -> int | None:
    """Where "is", "are shown in", "should be set to", … ends that starts at a piece."""
    if _in(pieces, at, _MODALS):
        at += 1
    if not _in(pieces, at, _VERBS):
        return None
    at += 1
    if at < len(pieces) and _is_participle(pieces[at]):
        at += 1
    return at + _in(pieces, at, _PREPOSITIONS)


def marking_at(pieces: list[Token], color: int, at: int) -> int | None:
    """Where "marks", "stands for", … ends that starts at a piece, after a color that starts before.

    "For" does after "use" and the color.
    """
    if color and pieces[color - 1].text in _USES and starts(pieces, at, ("for",)):
        return at + 1
    return next((at + len(words) for words in _MARKING if starts(pieces, at, words)), None)


def starts(pieces: list[Token], at: int, words: tuple[str, ...]) -> bool:
    """Whether these words start at a piece."""
    return tuple(piece.text for piece in pieces[at : at + len(words)]) == words


def _is_participle(piece: Token) -> bool:
    """Whether it is "shown", "colored", …, and not a color that ends alike: red, #8503ed."""
    ended = piece.kind == "word" and piece.text.endswith("ed") and piece.text not in names()
    return ended or piece.text in _PARTICIPLES


def _in(pieces: list[Token], at: int, words: frozenset[str]) -> bool:
    return at < len(pieces) and pieces[at].text in words


def _after(pieces: list[Token], at: int) -> int:
    return at + _in(pieces, at, _SUFFIXES)


@cache
def _widths() -> dict[str, tuple[int, ...]]:
    """How many words the color names have that start with a word, longest first."""
    found: dict[str, set[int]] = {}
    for name in names():
        words = name.split()
        found.setdefault(words[0], set()).add(len(words))
    return {word: tuple(sorted(widths, reverse=True)) for word, widths in found.items()}
