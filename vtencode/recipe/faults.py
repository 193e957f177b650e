"""What can be wrong with a recipe, in words: its form, and its meaning by the registries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from vtencode.errors import SpecError, did_you_mean
from vtencode.instructions import HELDOUT
from vtencode.leaks import faults as leak_faults
from vtencode.recipe.form import WHOLE, Fault, form_faults, section_of
from vtencode.recipe.recipe import Recipe
from vtencode.recipe.sections import (
    ContractSection,
    FramingSection,
    GuardSection,
    OutputSection,
    SourceSection,
)
from vtencode.recipe.task import TaskSection
from vtencode.recipe.task_faults import repeated, task_faults
from vtencode.registry import names
from vtencode.targets import DepthMap, NormalMap, RelativeDepthMap
from vtencode.yaml12 import Document, dotted
from vtencode.yaml12 import Path as YamlPath

#: What each part of a contract is about.
CONTRACTED = {
    "depth": DepthMap,
    "relative_depth": RelativeDepthMap,
    "normals": NormalMap,
}


def validated(document: Document) -> tuple[Recipe | None, list[Fault]]:
    """The recipe, if its form is right, and all that is wrong with form or meaning."""
    value = document.value
    if not isinstance(value, dict):
        return None, [(1, WHOLE, f"must be a mapping, got {value!r}")]
    recipe, faults = None, []
    try:
        recipe = Recipe.model_validate(value)
    except ValidationError as error:
        faults = form_faults(Recipe, document, error)
    source = section_of(SourceSection, value.get("source"))
    meaning = _source_faults(source)
    tasks = value.get("tasks")
    sections = [
        section_of(TaskSection, task) for task in (tasks if isinstance(tasks, list) else [])
    ]
    for at, task in enumerate(sections):
        meaning += task_faults(task, at, source, heldout_of(value))
    meaning += repeated(sections)
    meaning += _contract_faults(section_of(ContractSection, value.get("contract", {})), source)
    meaning += _framing_faults(section_of(FramingSection, value.get("framing", {})))
    meaning += guard_faults(section_of(GuardSection, value.get("leak_guard", {})))
    meaning += output_faults(section_of(OutputSection, value.get("output", {})))
    faults += [(document.line_of(path) or None, dotted(path), text) for path, text in meaning]
    return recipe, faults


def heldout_of(value: Mapping[str, Any]) -> float:
    """The share that is held out; the usual one where what is given cannot be."""
    given = value.get("heldout", HELDOUT)
    return given if type(given) in (int, float) and 0 <= given < 1 else HELDOUT


def _source_faults(section: SourceSection | None) -> list[tuple[YamlPath, str]]:
    if section is None:
        return []
    known = names("source")
    if section.name not in known:
        hint = did_you_mean(section.name, known)
        return [(("source", "name"), f"must be a source, got {section.name!r}.{hint}")]
    values, faults = section.options()
    faults = faults or section.reader.option_faults(values)
    if section.split not in section.reader.splits:
        choice = ", ".join(section.reader.splits)
        faults.append(("split", f"must be one of {choice}, got {section.split!r}"))
    return [(("source", option), message) for option, message in faults]


def _framing_faults(section: FramingSection | None) -> list[tuple[YamlPath, str]]:
    if section is None:
        return []
    faults = section.faults()
    if faults:
        return [(("framing", option), message) for option, message in faults]
    try:
        _ = section.made
    except SpecError as error:
        return [(("framing",), str(error))]
    return []


def guard_faults(section: GuardSection | None) -> list[tuple[YamlPath, str]]:
    """Evaluation sets that are not there."""
    against = () if section is None else section.against
    return [
        (("leak_guard", "against", at), message)
        for at, name in enumerate(against)
        for message in leak_faults([name])
    ]


def _contract_faults(
    section: ContractSection | None, source: SourceSection | None
) -> list[tuple[YamlPath, str]]:
    """A contract of what the source does not have."""
    if section is None or source is None or source.name not in names("source"):
        return []
    kinds = set(source.targets.values())
    return [
        (("contract", name), f"must be left out: {source.name} has no {kind.__name__}")
        for name, kind in CONTRACTED.items()
        if getattr(section, name) is not None and kind not in kinds
    ]


def output_faults(section: OutputSection | None) -> list[tuple[YamlPath, str]]:
    """A format that nobody writes."""
    known = names("sink")
    if section is None or section.format in known:
        return []
    hint = did_you_mean(section.format, known)
    return [(("output", "format"), f"must be a sink, got {section.format!r}.{hint}")]
