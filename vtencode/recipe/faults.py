"""What can be wrong with a recipe, in words: its form (pydantic) and its meaning (registries)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from vtencode.errors import SpecError, did_you_mean
from vtencode.instructions import load_pool
from vtencode.recipe.sections import (
    ContractSection,
    OutputSection,
    Recipe,
    Section,
    SourceSection,
    TaskSection,
)
from vtencode.registry import names
from vtencode.targets import DepthMap
from vtencode.yaml12 import Document, dotted
from vtencode.yaml12 import Path as YamlPath

Fault = tuple[int | None, str, str]

S = TypeVar("S", bound=Section)


def validated(document: Document) -> tuple[Recipe | None, list[Fault]]:
    """The recipe, if its form is right, and all that is wrong with form or meaning."""
    value = document.value
    if not isinstance(value, dict):
        return None, [(1, "(the file)", f"must be a mapping, got {value!r}")]
    recipe, faults = None, []
    try:
        recipe = Recipe.model_validate(value)
    except ValidationError as error:
        faults = [_fault(document, dict(item)) for item in error.errors()]
    source = _section(SourceSection, value.get("source"))
    meaning = _source_faults(source)
    tasks = value.get("tasks")
    sections = [_section(TaskSection, task) for task in (tasks if isinstance(tasks, list) else [])]
    for at, task in enumerate(sections):
        meaning += _task_faults(task, at, source)
    meaning += _repeated(sections)
    meaning += _contract_faults(_section(ContractSection, value.get("contract", {})), source)
    meaning += _output_faults(_section(OutputSection, value.get("output", {})))
    faults += [(document.line_of(path) or None, dotted(path), text) for path, text in meaning]
    return recipe, faults


def _section(cls: type[S], value: Any) -> S | None:
    """A section that is well formed, even where its neighbors are not."""
    try:
        return cls.model_validate(value)
    except ValidationError:
        return None


def _source_faults(section: SourceSection | None) -> list[tuple[YamlPath, str]]:
    if section is None:
        return []
    known = names("source")
    if section.name not in known:
        hint = did_you_mean(section.name, known)
        return [(("source", "name"), f"must be a source, got {section.name!r}.{hint}")]
    _, faults = section.options()
    if section.split not in section.reader.splits:
        choice = ", ".join(section.reader.splits)
        faults.append(("split", f"must be one of {choice}, got {section.split!r}"))
    return [(("source", option), message) for option, message in faults]


def _task_faults(
    section: TaskSection | None, at: int, source: SourceSection | None
) -> list[tuple[YamlPath, str]]:
    if section is None:
        return []
    faults: list[tuple[YamlPath, str]] = []
    try:
        paints = section.make_codec().target_type()
    except SpecError as error:
        paints = None
        faults.append((("tasks", at, "codec"), str(error)))
    if source is not None and source.name in names("source"):
        faults += _target_faults(section.task, at, source, paints)
    try:
        load_pool(section.instructions)
    except ValueError as error:
        faults.append((("tasks", at, "instructions"), str(error)))
    return faults


def _target_faults(
    task: str, at: int, source: SourceSection, paints: type | None
) -> list[tuple[YamlPath, str]]:
    """Whether the source has that target, and the codec paints its type."""
    targets = source.reader.targets
    if task not in targets:
        hint = did_you_mean(task, targets)
        return [(("tasks", at, "task"), f"must be a target of {source.name}, got {task!r}.{hint}")]
    kind = targets[task]
    if paints is None or issubclass(kind, paints):
        return []
    return [(("tasks", at, "codec"), f"must paint {kind.__name__}, and paints {paints.__name__}")]


def _repeated(tasks: list[TaskSection | None]) -> list[tuple[YamlPath, str]]:
    """Tasks of one name: their pairs would have one key."""
    names_ = [None if task is None else task.task for task in tasks]
    return [
        (
            ("tasks", at, "task"),
            f"must be used once, and {name!r} is tasks.{names_.index(name)} too",
        )
        for at, name in enumerate(names_)
        if name is not None and names_.index(name) < at
    ]


def _contract_faults(
    section: ContractSection | None, source: SourceSection | None
) -> list[tuple[YamlPath, str]]:
    """A contract of depth needs a source that has depth."""
    if section is None or section.depth is None:
        return []
    if source is None or source.name not in names("source"):
        return []
    if any(issubclass(kind, DepthMap) for kind in source.reader.targets.values()):
        return []
    return [(("contract", "depth"), f"must be left out: {source.name} has no depth")]


def _output_faults(section: OutputSection | None) -> list[tuple[YamlPath, str]]:
    known = names("sink")
    if section is None or section.format in known:
        return []
    hint = did_you_mean(section.format, known)
    return [(("output", "format"), f"must be a sink, got {section.format!r}.{hint}")]


def _fault(document: Document, error: Mapping[str, Any]) -> Fault:
    """One pydantic error in our words."""
    unknown_key = error["type"] == "extra_forbidden"
    path: YamlPath = tuple(part for part in error["loc"] if unknown_key or _is_key(part))
    hint = did_you_mean(str(path[-1]), _known(path)) if unknown_key else ""
    got = repr(error["input"])
    limits = error.get("ctx") or {}
    messages = {
        "extra_forbidden": f"is not a field here.{hint}",
        "missing": "is missing",
        "value_error": f"{limits.get('error')}, got {got}",
        "int_type": f"must be a whole number, got {got}",
        "float_type": f"must be a number, got {got}",
        "finite_number": f"must be a finite number, got {got}",
        "string_type": f"must be text, got {got}",
        "list_type": f"must be a list, got {got}",
        "model_type": f"must be a section with keys of its own, got {got}",
        "greater_than_equal": f"must be >= {limits.get('ge')}, got {got}",
        "less_than_equal": f"must be <= {limits.get('le')}, got {got}",
        "literal_error": f"must be {limits.get('expected')}, got {got}",
        "string_pattern_mismatch": f"must match {limits.get('pattern')}, got {got}",
        "too_short": f"must have at least {limits.get('min_length')} items, got {got}",
        "too_long": f"must have at most {limits.get('max_length')} items, got {got}",
    }
    message = messages.get(error["type"], f"{error['msg'].lower()}, got {got}")
    return document.line_of(path) or None, dotted(path), message


def _is_key(part: str | int) -> bool:
    """Whether a part of a pydantic location is a key, and not the name of a union's branch."""
    return not (isinstance(part, str) and (part in {"str", "list[str]"} or "[" in part))


def _known(path: YamlPath) -> tuple[str, ...]:
    """The fields of the section that a path is in."""
    section: Any = Recipe
    for part in path[:-1]:
        if isinstance(part, str):
            section = section.model_fields[part].annotation
        options = get_args(section) or (section,)
        section = next(
            (o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), section
        )
    return tuple(section.model_fields)
