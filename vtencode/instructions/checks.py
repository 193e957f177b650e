"""What can be wrong with the lines of a pool, in words, and where."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

from vtencode.errors import SpecError
from vtencode.instructions.template import Template
from vtencode.yaml12 import Path

Fault = tuple[Path, str]
#: A line, or what else was given, and where it stands.
Placed = tuple[Path, Any]


def line_faults(placed: Iterable[Placed], things: str) -> list[Fault]:
    """Those that are no single line with single spaces, and those that are there twice."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for path, text in placed:
        if not isinstance(text, str) or not text or text != " ".join(text.split()):
            faults.append((path, f"must be single lines with single spaces, got {text!r}"))
        elif text in seen:
            faults.append((path, f"must be different {things}, got {text!r} twice"))
        else:
            seen.add(text)
    return faults


def field_faults(placed: Iterable[Placed], known: Collection[str] | None) -> list[Fault]:
    """Those that are no templates, and the fields that none of the `known` are."""
    faults: list[Fault] = []
    for path, text in placed:
        try:
            fields = Template(text).fields if isinstance(text, str) else frozenset()
        except SpecError as error:
            faults.append((path, str(error)))
            continue
        unknown = sorted(fields.difference(known)) if known is not None else []
        faults += [(path, _unknown_field(name, known or ())) for name in unknown]
    return faults


def share_faults(share: Any, count: int) -> list[Fault]:
    """Whether a share can be held out of `count` phrasings, and some left to train with."""
    number = isinstance(share, (int, float)) and not isinstance(share, bool)
    if not number or not 0 <= share < 1:
        return [((), f"must be a share of at least 0 and below 1, got {share!r}")]
    if count and round(share * count) == count:
        return [((), f"must leave one of {count} instructions to train with, got {share!r}")]
    return []


def _unknown_field(name: str, known: Collection[str]) -> str:
    choice = ", ".join(f"{{{field}}}" for field in sorted(known)) or "none"
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {{{near[0]}}}?" if near else ""
    return f"must name fields of this task ({choice}), got {{{name}}}.{hint}"
