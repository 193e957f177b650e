"""Which language the instructions of a dataset are in, as far as a manifest tells."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from vtencode.cards.facts import Asked, Manifest, present
from vtencode.instructions import load_pool, pool_names
from vtencode.recipe import load_recipe, recipe_names
from vtencode.tasks import find_task


def in_english(manifest: Manifest) -> bool:
    """Whether every phrasing is one that comes with the package, all of which are English.

    Of phrasings of somebody's own nobody said the language.
    """
    return all(_ours(each) for each in present(manifest))


def _ours(asked: Asked) -> bool:
    given = _texts(asked.task["instructions"])
    kind = find_task(asked.task["task"])
    usual = frozenset() if kind is None else _pooled(kind.pool)
    return given <= usual or given <= _shipped(asked.recipe["recipe"])


def _texts(pool: Mapping[str, Any]) -> frozenset[str]:
    return frozenset([*pool["add"], *pool["confusion"]])


@cache
def _pooled(name: str) -> frozenset[str]:
    """The phrasings of a shipped pool."""
    return _texts(load_pool(name).spec()) if name in pool_names() else frozenset()


@cache
def _shipped(name: str) -> frozenset[str]:
    """The phrasings of a shipped recipe."""
    if name not in recipe_names():
        return frozenset()
    recipe = load_recipe(name)
    return frozenset().union(*(_texts(recipe.pool(task).spec()) for task in recipe.tasks))
