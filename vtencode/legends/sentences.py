"""Legends as sentences: each name says its color, or each color its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vtencode.legends.naming import BACKGROUND
from vtencode.legends.wording import verb

#: What is said of a name whose verb is known; "is" stands for "are" too.
_STATED = (
    "{name} is represented by {color}",
    "{name} is depicted in {color}",
    "{name} is shown in {color}",
    "{name} is rendered in {color}",
    "{name} is rendered as {color}",
    "{name} is painted in {color}",
    "{name} is drawn in {color}",
    "{name} is displayed in {color}",
    "{name} is filled with {color}",
    "{name} is in {color}",
    "{name} is {color}",
    "{name} appears in {color}",
)
#: What is right of one and of many.
_OF_ANY = (
    "the color of {name} is {color}",
    "{color} marks {name}",
    "{color} stands for {name}",
    "{color} denotes {name}",
)
#: Ways to say a color word where it follows a preposition.
_WORDED = ("{color}", "{color}", "solid {color}", "the color {color}", "{color} color")
_BACKGROUND = (
    "The background is {color}.",
    "The background is set to {color}.",
    "The background is shown in {color}.",
    "Everything else is {color}.",
    "All other pixels are {color}.",
)
_PREPOSITIONS = ("by", "in", "as", "with")
#: Up to so many names are told in one sentence, in a share of the legends.
_TOGETHER, _SHARE_TOGETHER, _SHARE_VARIED = 4, 0.4, 0.4


def sentences(
    entries: Mapping[str, str],
    labels: Mapping[str, str],
    rng: np.random.Generator,
    *,
    words: bool,
) -> str:
    """A legend of names and written colors; `labels` are the names as they are written.

    `words` tells that colors are words.
    """
    stated = dict(entries)
    background = stated.pop(BACKGROUND, None)
    pattern = _Patterns(rng, words=words)
    clauses = [pattern.clause(name, labels[name], color) for name, color in stated.items()]
    told = _joined(clauses, rng)
    if background is not None:
        ground = _BACKGROUND[rng.integers(len(_BACKGROUND))].format(color=background)
        first = ground.startswith("The") and rng.random() < 0.5
        told = f"{ground} {told}" if first else f"{told} {ground}"
    return told.strip()


class _Patterns:
    """The patterns of one legend: one for all its names, or in a share another for each."""

    def __init__(self, rng: np.random.Generator, *, words: bool) -> None:
        self._rng = rng
        self._varied = rng.random() < _SHARE_VARIED
        self._worded = _WORDED[rng.integers(len(_WORDED))] if words else "{color}"
        self._leading = "the color {color}" if words else "{color}"
        self._any = bool(rng.random() < 0.2)
        self._stated, self._of_any = self._pick(_STATED), self._pick(_OF_ANY)

    def clause(self, name: str, label: str, color: str) -> str:
        """One name and its color."""
        if self._varied:
            self._stated = self._pick(_STATED)
        number = verb(name) if label.startswith("the ") else "is"
        pattern = self._of_any if self._any or number is None else _agreeing(self._stated, number)
        if pattern.split()[-2] in _PREPOSITIONS:
            color = self._worded.format(color=color)
        elif pattern.startswith("{color}"):
            color = self._leading.format(color=color)
        parts = {"{name}": label, "{color}": color}
        return " ".join(parts.get(word, word) for word in pattern.split())

    def _pick(self, patterns: Sequence[str]) -> str:
        return patterns[int(self._rng.integers(len(patterns)))]


def _agreeing(pattern: str, number: str) -> str:
    """The pattern for one or for many."""
    if number == "is":
        return pattern
    return pattern.replace("{name} is", "{name} are").replace("appears", "appear")


def _joined(clauses: Sequence[str], rng: np.random.Generator) -> str:
    """Each a sentence of its own, or all together one."""
    together = 1 < len(clauses) <= _TOGETHER and rng.random() < _SHARE_TOGETHER
    mark = (", ", "; ")[rng.integers(2)]
    *most, last = clauses or [""]
    if together and mark == ", ":
        last = f"and {last}"
    told = [mark.join([*most, last])] if together else clauses
    return " ".join(clause[:1].upper() + clause[1:] + "." for clause in told)
