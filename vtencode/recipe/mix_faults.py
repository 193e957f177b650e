"""What can be wrong with a mix of recipes, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vtencode.errors import RecipeError, did_you_mean
from vtencode.recipe.faults import Fault, form_faults, guard_faults, output_faults, section_of
from vtencode.recipe.mix import Mix, MixEntry, MixFile
from vtencode.recipe.sections import GuardSection, OutputSection, Recipe
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
    entries = [section_of(MixEntry, entry) for entry in listed]
    recipes: list[Recipe] = []
    meaning: list[tuple[YamlPath, str]] = _weight_faults(entries)
    for at, entry in enumerate(entries):
        if entry is not None:
            recipe, told = _recipe(entry, at, beside, load)
            recipes += [] if recipe is None else [recipe]
            meaning += told
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


def _recipe(
    entry: MixEntry, at: int, beside: Path, load: Load
) -> tuple[Recipe | None, list[tuple[YamlPath, str]]]:
    """The recipe of an entry, and what is wrong with either."""
    where: YamlPath = ("recipes", at)
    path = beside / entry.recipe
    try:
        recipe = load(path if path.is_file() else entry.recipe, entry.set)
    except RecipeError as error:
        told = "; ".join(
            f"{name} {message}" + (f" (line {line})" if line else "")
            for line, name, message in error.faults
        )
        return None, [((*where, "recipe"), f"{entry.recipe}: {told}")]
    return recipe, [((*where, "tasks", *name), text) for name, text in _shares(entry, recipe)]


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
