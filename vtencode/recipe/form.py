"""What can be wrong with the form of a recipe or mix: what pydantic finds, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from vtencode.errors import did_you_mean
from vtencode.recipe.sections import Section
from vtencode.yaml12 import Document, dotted
from vtencode.yaml12 import Path as YamlPath

Fault = tuple[int | None, str, str]
#: The path of what is wrong with a file as a whole.
WHOLE = "(the file)"

S = TypeVar("S", bound=Section)

#: What pydantic calls the branches of unions.
_BRANCHES = {"str", "list[str]", "PoolSection"}


def section_of(cls: type[S], value: Any) -> S | None:
    """A section that is well formed, even where its neighbors are not."""
    try:
        return cls.model_validate(value)
    except ValidationError:
        return None


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
