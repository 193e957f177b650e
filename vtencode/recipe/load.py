"""Recipe files: read, changed by `--set`, and checked; every fault is told at once."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from vtencode.errors import RecipeError, did_you_mean
from vtencode.recipe.faults import validated
from vtencode.recipe.form import WHOLE, Fault
from vtencode.recipe.mix import Mix, MixFile
from vtencode.recipe.mix_faults import is_mix, validated_mix
from vtencode.recipe.recipe import Recipe
from vtencode.recipe.sections import Section
from vtencode.shipped import shipped
from vtencode.yaml12 import Document, parse
from vtencode.yaml12 import Path as YamlPath

T = TypeVar("T")

_ITEM = re.compile(r"[0-9]{1,9}")


def recipe_names() -> tuple[str, ...]:
    """The recipes that come with the package."""
    return tuple(sorted(path.stem for path in shipped("recipes").glob("*.yaml")))


def mix_names() -> tuple[str, ...]:
    """The mixes of recipes that come with the package."""
    return tuple(sorted(path.stem for path in shipped("recipes").glob("mixes/*.yaml")))


def load_recipe(recipe: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a shipped recipe by name, or a file; `overrides` are `path.to.key=value`.

    Raises `RecipeError` with every fault and its line.
    """
    path = _recipe_path(recipe, recipe_names())
    document = _read(path, overrides)
    if is_mix(document.value):
        message = "must be a recipe, got a mix: list its recipes instead"
        return _whole(path, document, None, [(1, WHOLE, message)])
    return _whole(path, document, *validated(document))


def load_mix(recipe: str | Path, overrides: Sequence[str] = ()) -> Mix:
    """Read what a build is of: a mix, or a recipe, which is a mix of one.

    Raises `RecipeError` with every fault and its line.
    """
    path = _recipe_path(recipe, (*recipe_names(), *mix_names()))
    document = _read(path, overrides)
    if not is_mix(document.value):
        return Mix.of(_whole(path, document, *validated(document)))
    return _whole(path, document, *validated_mix(document, beside=path.parent, load=load_recipe))


def _read(path: Path, overrides: Sequence[str]) -> Document:
    """The file, changed by the overrides; their faults are the document's."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(str(path), ((1, WHOLE, f"must be readable: {error}"),)) from error
    document = parse(text, where=str(path))
    for override in [overrides] if isinstance(overrides, str) else overrides:
        document.faults += _apply(override, document)
    return document


def _whole(path: Path, document: Document, made: T | None, faults: list[Fault]) -> T:
    """What was made, if the document has no fault."""
    every = [*document.faults, *faults]
    if every or made is None:
        order = sorted(every, key=lambda fault: (fault[0] or 0, fault[1]))
        raise RecipeError(str(path), tuple(order))
    return made


def override_tree(overrides: Sequence[str]) -> dict[str, Any]:
    """`path.to.key=value` as nested mappings; raises `RecipeError` for anything else."""
    document = Document(value={})
    faults = [fault for override in overrides for fault in _apply(override, document)]
    if faults:
        raise RecipeError("the command line", tuple(faults))
    tree: dict[str, Any] = document.value
    return tree


def recipe_schema() -> str:
    """The JSON Schema of recipe files, for editors."""
    return _schema(Recipe)


def mix_schema() -> str:
    """The JSON Schema of mix files, for editors."""
    return _schema(MixFile)


def _schema(form: type[Section]) -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**schema, **form.model_json_schema()}, indent=2, sort_keys=True) + "\n"


def _recipe_path(recipe: str | Path, known: tuple[str, ...]) -> Path:
    text = str(recipe)
    if text in known:
        folder = "" if text in recipe_names() else "mixes"
        return shipped("recipes") / folder / f"{text}.yaml"
    path = Path(text)
    with contextlib.suppress(OSError):  # a name too long for a file
        if path.is_file():
            return path
    message = f"must be a shipped recipe or a file.{did_you_mean(text, known)}"
    raise RecipeError(text, ((1, WHOLE, message),))


def _apply(override: str, document: Document) -> list[Fault]:
    """Set one `path.to.key=value` in the document; its faults have no line."""
    path_text, equals, value_text = override.partition("=")
    path: YamlPath = tuple(int(p) if _ITEM.fullmatch(p) else p for p in path_text.split("."))
    if not equals or not path_text:
        return [(None, override, "must be path.to.key=value")]
    value, faults = _parsed(value_text)
    place = document.value
    if faults or not isinstance(place, dict):  # a file that is no mapping is told of anyway
        return [(None, path_text, message) for message in faults]
    for part, following in pairwise(path):
        if isinstance(place, dict):
            place = place.setdefault(part, {})
        elif isinstance(place, list) and isinstance(part, int) and part < len(place):
            place = place[part]
        if not isinstance(place, dict | list):
            return [(None, path_text, f"must lead to a section, and {part!r} is a value")]
        if isinstance(place, list) and not (isinstance(following, int) and following < len(place)):
            return [(None, path_text, f"must name an item of {part!r} by number, from 0")]
    place[path[-1]] = value
    document.lines = {p: n for p, n in document.lines.items() if p[: len(path)] != path}
    for end in range(1, len(path) + 1):
        document.lines.setdefault(path[:end], 0)
    return []


def _parsed(text: str) -> tuple[Any, list[str]]:
    """The value after the `=` of an override, and what is wrong with it."""
    try:
        document = parse(text, where="--set")
    except RecipeError as error:
        return None, [message for _, _, message in error.faults]
    return document.value, [message for _, _, message in document.faults]
