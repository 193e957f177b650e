"""What can be wrong with a recipe, in words: its form (pydantic) and its meaning (registries)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from vtencode.errors import SpecError, did_you_mean
from vtencode.instructions import HELDOUT, load_pool, pool_faults
from vtencode.leaks import faults as leak_faults
from vtencode.recipe.sections import (
    ContractSection,
    FramingSection,
    GuardSection,
    OutputSection,
    PoolSection,
    Recipe,
    Section,
    SourceSection,
    TaskSection,
)
from vtencode.registry import names
from vtencode.targets import DepthMap
from vtencode.tasks.dense import Paint
from vtencode.yaml12 import Document, dotted
from vtencode.yaml12 import Path as YamlPath

Fault = tuple[int | None, str, str]
#: The path of what is wrong with a file as a whole.
WHOLE = "(the file)"

S = TypeVar("S", bound=Section)

#: What pydantic calls the branches of unions.
_BRANCHES = {"str", "list[str]", "PoolSection"}


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
        meaning += _task_faults(task, at, source, heldout_of(value))
    meaning += _repeated(sections)
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


def section_of(cls: type[S], value: Any) -> S | None:
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
    section: TaskSection | None, at: int, source: SourceSection | None, heldout: float
) -> list[tuple[YamlPath, str]]:
    if section is None:
        return []
    faults: list[tuple[YamlPath, str]] = []
    paints = None
    if section.codec is None and not hasattr(section.kind, "codec"):
        faults.append((("tasks", at, "codec"), f"is missing: {section.task!r} has none of its own"))
    else:
        try:
            paints = section.make_codec().target_type()
        except SpecError as error:
            faults.append((("tasks", at, "codec"), str(error)))
    if paints is not None and not issubclass(paints, section.kind.paints):
        message = f"must paint {section.kind.paints.__name__}, and paints {paints.__name__}"
        faults.append((("tasks", at, "codec"), message))
    if source is not None and source.name in names("source"):
        faults += _target_faults(section, at, source, paints)
    faults += _option_faults(section, at, heldout)
    return faults


def _option_faults(section: TaskSection, at: int, heldout: float) -> list[tuple[YamlPath, str]]:
    """What is wrong with a task's options and with its phrasings."""
    faults: list[tuple[YamlPath, str]] = []
    try:
        section.make_task()
    except SpecError as error:
        faults.append((("tasks", at, "options"), str(error)))
    if section.instructions is None and not hasattr(section.kind, "pool"):
        message = f"is missing: {section.task!r} has none of its own"
        return [*faults, (("tasks", at, "instructions"), message)]
    return [*faults, *_phrasing_faults(section, at, heldout)]


def _phrasing_faults(section: TaskSection, at: int, heldout: float) -> list[tuple[YamlPath, str]]:
    """What is wrong with the phrasings: their form, their fields, or that they leave a gap."""
    where: YamlPath = ("tasks", at, "instructions")
    given = {**section.phrasings, "heldout": heldout}
    told = pool_faults(given, known=section.kind.fields)
    if told:
        short = not isinstance(section.instructions, PoolSection)
        return [((*where, *(path[1:] if short else path)), text) for path, text in told]
    try:
        wordings = section.make_task().wordings(section.make_codec())
    except SpecError:
        return []  # told above
    pool = load_pool(given)
    return [
        (where, _gap(supplied, convey, evaluation=evaluation))
        for supplied, convey in wordings
        for evaluation in (False, True)
        if not pool.eligible(supplied, convey, evaluation=evaluation)
    ]


def _gap(supplied: Collection[str], convey: Sequence[Collection[str]], *, evaluation: bool) -> str:
    groups = [" or ".join(f"{{{name}}}" for name in group) for group in convey]
    wanted = " and ".join(groups) or "no field"
    may = ", ".join(f"{{{name}}}" for name in supplied) or "none"
    kept = " among those held out for evaluation" if evaluation else ""
    return f"must have one that names {wanted}, and no field but {may}{kept}"


def _target_faults(
    section: TaskSection, at: int, source: SourceSection, paints: type | None
) -> list[tuple[YamlPath, str]]:
    """Whether the source has that target, the task takes its type, and the codec paints it."""
    targets, name = source.reader.targets, section.target_name
    where = ("tasks", at, "target" if section.target else "task")
    if name not in targets:
        hint = did_you_mean(name, targets)
        return [(where, f"must ask about a target of {source.name}, got {name!r}.{hint}")]
    kind = targets[name]
    if not issubclass(kind, section.kind.takes):
        wanted = " or ".join(each.__name__ for each in section.kind.takes)
        return [(where, f"must be about {wanted}, and {name!r} is {kind.__name__}")]
    if section.kind is not Paint or paints is None or issubclass(kind, paints):
        return []
    return [(("tasks", at, "codec"), f"must paint {kind.__name__}, and paints {paints.__name__}")]


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


def _repeated(tasks: list[TaskSection | None]) -> list[tuple[YamlPath, str]]:
    """Tasks of one name: their pairs would have one key."""
    names_ = [None if task is None else task.key for task in tasks]
    return [
        (
            ("tasks", at, "task"),
            f"must be used once, or named, and {name!r} is tasks.{names_.index(name)} too",
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


def output_faults(section: OutputSection | None) -> list[tuple[YamlPath, str]]:
    """A format that nobody writes."""
    known = names("sink")
    if section is None or section.format in known:
        return []
    hint = did_you_mean(section.format, known)
    return [(("output", "format"), f"must be a sink, got {section.format!r}.{hint}")]


def form_faults(form: type[Section], document: Document, error: ValidationError) -> list[Fault]:
    """What is wrong with the form of a document, in our words."""
    return [_fault(form, document, dict(item)) for item in error.errors()]


def _fault(form: type[Section], document: Document, error: Mapping[str, Any]) -> Fault:
    unknown_key = error["type"] == "extra_forbidden"
    path: YamlPath = tuple(part for part in error["loc"] if unknown_key or _is_key(part))
    hint = did_you_mean(str(path[-1]), _known(form, path)) if unknown_key else ""
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
        "greater_than": f"must be > {limits.get('gt', 0):g}, got {got}",
        "less_than": f"must be < {limits.get('lt', 0):g}, got {got}",
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
    return not (isinstance(part, str) and (part in _BRANCHES or "[" in part))


def _known(form: type[Section], path: YamlPath) -> tuple[str, ...]:
    """The fields of the section that a path is in."""
    section: Any = form
    for part in path[:-1]:
        if isinstance(part, str):
            section = section.model_fields[part].annotation
        options = get_args(section) or (section,)
        section = next(
            (o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), section
        )
    return tuple(section.model_fields)
