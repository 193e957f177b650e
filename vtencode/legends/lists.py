"""Legends as lists and maps: on their own, or inside a sentence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vtencode.legends.wording import quoted

#: What is put before a list or a map that stands on its own.
_LIST_LEADS = (
    "Colors: ",
    "Legend: ",
    "Color legend: ",
    "Color code: ",
    "Color key: ",
    "The colors are: ",
    "List of colors: ",
)
_MAP_LEADS = (
    "Color mapping: ",
    "Color map: ",
    "Legend: ",
    "Mapping of names to colors: ",
    "The color mapping is: ",
    "Colors by name: ",
)
#: What stands between a name and its color, and after it: of any, of numbers, of words.
_ENTRIES = ((": ", ""), (" = ", ""), (" in ", ""))
_NUMBER_ENTRY, _WORD_ENTRY = (" ", ""), (" (", ")")
#: Of the lists inside a sentence, those in brackets; names in the others are quoted.
_SHARE_BRACKETED = 0.5


def listed(
    entries: Mapping[str, str],
    labels: Mapping[str, str],
    rng: np.random.Generator,
    *,
    words: bool,
    inline: bool,
) -> str:
    """Names and written colors in a row; `labels` are the names as they are written."""
    bracketed = inline and rng.random() < _SHARE_BRACKETED
    patterns = (*_ENTRIES, _WORD_ENTRY if words else _NUMBER_ENTRY)
    between, after = patterns[int(rng.integers(len(patterns)))]
    mark = (", ", "; ")[int(rng.integers(2))]
    text = mark.join(
        (labels[name] if bracketed or not inline else quoted(name)) + between + color + after
        for name, color in entries.items()
    )
    if inline:
        return f"[{text}]" if bracketed else text
    return f"{_LIST_LEADS[int(rng.integers(len(_LIST_LEADS)))]}{text}."


def mapped(entries: Mapping[str, str], rng: np.random.Generator, *, inline: bool) -> str:
    """Names, quoted as in JSON, and written colors in braces."""
    text = "{" + ", ".join(f"{quoted(name)}: {color}" for name, color in entries.items()) + "}"
    return text if inline else f"{_MAP_LEADS[int(rng.integers(len(_MAP_LEADS)))]}{text}."
