"""What can be wrong with a mix of recipes, in words."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vtencode.errors import RecipeError, did_you_mean
from vtencode.recipe.faults import guard_faults, heldout_of, output_faults
from vtencode.recipe.form import WHOLE, Fault, form_faults, section_of
from vtencode.recipe.mix import Mix, MixEntry, MixFile
from vtencode.recipe.recipe import Recipe
from vtencode.recipe.sections import GuardSection, OutputSection
from vtencode.yaml12 import Document, dotted
from vtencode.yaml12 import Path as YamlPath

Load = Callable[[str | Path, Sequence[str]], Recipe]
#: How far the shares of tasks may be from 1 together: what people round to.
_ROUNDING = 0.005


def is_mix(value: Any) -> bool:
    """Whether a file is a mix: it lists recipes, and has no source of its own."""
    return isinstance(value, dict) and "recipes" in value and "source" not in value


def validated_mix(
    document: Document, *, beside: Path, load: Load
) -> tuple[Mix | None, list[Fault]]:
    """The mix, if its form is right, and all that is wrong with form or meaning."""
    value = document.value
    file, faults = None, []
    try:
        file = MixFile.model_validate(value)
    except ValidationError as error:
        faults = form_faults(MixFile, document, error)
    listed = value["recipes"] if isinstance(value["recipes"], list) else []
    meaning = _weight_faults([section_of(MixEntry, entry) for entry in listed])
    recipes: list[Recipe] = []
    for at, entry in enumerate(map(_what, listed)):
        if entry is not None:
            told = _decided_by_the_mix(entry, at)
            recipe, faults_ = _recipe(entry, at, _path(entry, beside), load, heldout_of(value))
            recipes += [] if recipe is None else [recipe]
            meaning += [*told, *faults_]
    guard = value.get("leak_guard")
    meaning += guard_faults(section_of(GuardSection, guard) if guard is not None else None)
    meaning += output_faults(section_of(OutputSection, value.get("output", {})))
    faults += [(document.line_of(path) or None, dotted(path), text) for path, text in meaning]
    if file is None or faults:
        return None, faults
    return Mix.of_file(file, recipes), []


def _weight_faults(entries: list[MixEntry | None]) -> list[tuple[YamlPath, str]]:
    """Weights are against each other, so that all recipes have one or none has."""
    weights = [entry.weight for entry in entries if entry is not None]
    if all(weight is None for weight in weights) or None not in weights:
        return []
    return [
        (("recipes", at, "weight"), "is missing: give every recipe a weight, or none")
        for at, entry in enumerate(entries)
        if entry is not None and entry.weight is None
    ]


def _what(entry: Any) -> MixEntry | None:
    """What an entry asks for, where that is well formed, whatever is wrong with how much of it."""
    if not isinstance(entry, dict):
        return None
    asked = {key: entry[key] for key in ("recipe", "set", "tasks") if key in entry}
    return section_of(MixEntry, asked)


def _path(entry: MixEntry, beside: Path) -> str | Path:
    """The file of an entry's recipe, or the name of a shipped one."""
    path = beside / entry.recipe
    with contextlib.suppress(OSError):  # a name too long for a file
        if path.is_file():
            return path
    return entry.recipe


def _decided_by_the_mix(entry: MixEntry, at: int) -> list[tuple[YamlPath, str]]:
    """Keys that are set in a recipe of the mix, and that the mix has for all of them."""
    common = set(MixFile.model_fields) & set(Recipe.model_fields) - {"name", "leak_guard"}
    keys = [re.split(r"[.=]", override)[0] for override in entry.set]
    return [
        (("recipes", at, "set", number), f"must not set {key}: the mix has one for all its recipes")
        for number, key in enumerate(keys)
        if key in common
    ]


def _recipe(
    entry: MixEntry, at: int, path: str | Path, load: Load, heldout: float
) -> tuple[Recipe | None, list[tuple[YamlPath, str]]]:
    """The recipe of an entry, which holds out what the mix does, and what is wrong with either."""
    where: YamlPath = ("recipes", at)
    try:
        recipe = load(path, [*entry.set, f"heldout={heldout!r}"])
    except RecipeError as error:
        return None, [((*where, "recipe"), _told(entry.recipe, fault)) for fault in error.faults]
    return recipe, [((*where, "tasks", *name), text) for name, text in _shares(entry, recipe)]


def _told(recipe: str, fault: Fault) -> str:
    """A fault of a recipe, as one of the entry that names it."""
    line, path, message = fault
    if path == WHOLE:
        return f"{recipe}: {message}"
    return f"{recipe}, line {line}: {path} {message}" if line else f"{recipe}: {path} {message}"


def _shares(entry: MixEntry, recipe: Recipe) -> list[tuple[YamlPath, str]]:
    """Shares of tasks: of those that the recipe has, above 0, together 1."""
    known = [task.key for task in recipe.tasks]
    faults: list[tuple[YamlPath, str]] = [
        ((name,), f"must be a task of {recipe.name}.{did_you_mean(name, known)}")
        for name in entry.tasks
        if name not in known
    ]
    faults += [
        ((name,), f"must be above 0, got {share:g}; leave the task out instead")
        for name, share in entry.tasks.items()
        if not share > 0
    ]
    total = sum(entry.tasks.values())
    if entry.tasks and not faults and abs(total - 1) > _ROUNDING:
        faults.append(((), f"must be shares that add up to 1, got {total:g}"))
    return faults
