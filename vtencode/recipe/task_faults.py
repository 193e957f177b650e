"""What can be wrong with a task of a recipe, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vtencode.errors import SpecError, did_you_mean
from vtencode.instructions import load_pool, pool_faults
from vtencode.recipe.sections import SourceSection
from vtencode.recipe.task import PoolSection, TaskSection
from vtencode.registry import names
from vtencode.tasks.dense import Paint
from vtencode.yaml12 import Path as YamlPath


def task_faults(
    section: TaskSection | None, at: int, source: SourceSection | None, heldout: float
) -> list[tuple[YamlPath, str]]:
    """What is wrong with one task: its codec, its target, its options, its phrasings."""
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
    return [*faults, *_drawn_faults(section, at), *_option_faults(section, at, heldout)]


def _drawn_faults(section: TaskSection, at: int) -> list[tuple[YamlPath, str]]:
    """Parameters of the codec that the recipe sets in vain: each pair has its own."""
    given = {} if section.codec is None else section.codec.params
    try:
        overruled = section.make_task().overrules()
    except SpecError:
        return []  # told with the options
    return [
        (("tasks", at, "codec", "params", name), "must be left out: each pair draws its own")
        for name in overruled
        if name in given
    ]


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
    targets, name = source.targets, section.target_name
    where = ("tasks", at, "target" if section.target else "task")
    if name not in targets:
        hint = did_you_mean(name, targets)
        return [(where, f"must ask about a target of {source.name}, got {name!r}.{hint}")]
    kind = targets[name]
    if not issubclass(kind, section.kind.takes):
        wanted = " or ".join(each.__name__ for each in section.kind.takes)
        return [(where, f"must be about {wanted}, and {name!r} is {kind.__name__}")]
    refused = section.kind.refuses.get(kind)
    if refused is not None:
        return [(where, f"must not be about {name!r} of {source.name}: {refused}")]
    if section.kind is not Paint or paints is None or issubclass(kind, paints):
        return []
    return [(("tasks", at, "codec"), f"must paint {kind.__name__}, and paints {paints.__name__}")]


def repeated(tasks: list[TaskSection | None]) -> list[tuple[YamlPath, str]]:
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
