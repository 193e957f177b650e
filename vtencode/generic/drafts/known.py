"""Datasets that readers were written for, known by the names of their files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vtencode.errors import RecipeError
from vtencode.recipe import load_recipe, recipe_names
from vtencode.registry import find, names
from vtencode.sources.tree import Tree

#: A dataset is known where so many of a folder's files are named as its are.
_SHARE = 0.5


@dataclass(frozen=True)
class Known:
    """A dataset that some folder is: which, by how many of its files, and recipes for it."""

    source: str
    title: str
    files: int
    of: int
    recipes: tuple[str, ...]


def known_dataset(root: Path) -> Known | None:
    """The dataset whose files a folder has, if a reader was written for it."""
    sizes = Tree(root).sizes(re.compile(r"(?s).+"))
    counts: Mapping[str, int] = {name: _named_alike(name, sizes) for name in names("source")}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] < 2 or counts[best] < _SHARE * len(sizes):
        return None
    title = find("source", best).publication.title
    return Known(best, title, counts[best], len(sizes), _recipes(best))


def _named_alike(source: str, sizes: Mapping[str, int]) -> int:
    """How many files are named as a source's are; none of a source that says no names."""
    try:
        pattern = getattr(find("source", source), "pattern", None)
    except (ImportError, AttributeError):  # a plug-in's, which is not whole
        return 0
    return 0 if pattern is None else sum(pattern.fullmatch(name) is not None for name in sizes)


def _recipes(source: str) -> tuple[str, ...]:
    found = []
    for name in recipe_names():
        try:
            if load_recipe(name).source.name == source:
                found.append(name)
        except RecipeError:  # not for this installation
            continue
    return tuple(found)
