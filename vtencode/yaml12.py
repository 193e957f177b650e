"""YAML as people mean it: 1.2 scalars, no key twice, no tags, and the line of every value.

PyYAML parses; what it would resolve by YAML 1.1 (`no` is false, `1e-3` is text, `12:30` is a
number, the second of two equal keys wins) is resolved here instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from vtencode.errors import RecipeError

Path = tuple[str | int, ...]

MAX_BYTES = 250_000
MAX_DEPTH = 32

_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

#: Gives the tag that PyYAML derives where the file has none.
_UNTAGGED = yaml.resolver.Resolver()


@dataclass
class Document:
    """A parsed file: its value, the line each path starts at, and the faults found."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[tuple[int | None, str, str]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def line_of(self, path: Path) -> int | None:
        """The line of a path, or of the nearest thing that contains it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def dotted(path: Path) -> str:
    """A path as people write it: `tasks.0.codec`."""
    return ".".join(map(str, path)) or "(the file)"


def parse(text: str, *, where: str) -> Document:
    """Read one YAML document; raises `RecipeError` where there is nothing to go on with."""
    if len(text) > MAX_BYTES:
        raise RecipeError(where, ((1, "(the file)", f"must have at most {MAX_BYTES} bytes"),))
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # "\UFFFFFFFF" is no YAMLError
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or getattr(error, "reason", error)
        raise RecipeError(where, ((line, "(the file)", f"must be YAML: {problem}"),)) from error
    except RecursionError as error:
        fault = (1, "(the file)", f"must nest at most {MAX_DEPTH} deep")
        raise RecipeError(where, (fault,)) from error
    document = Document()
    document.value = _value(node, (), document)
    return document


def scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2 (section 10.3.2).

    Less its `0x1F`, `0o17`, `.inf` and `.nan`, which no recipe needs: they stay text.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _value(node: Any, path: Path, document: Document) -> Any:
    if node is None:
        return None
    if id(node) in document.seen:
        fault = (document.line_of(path), dotted(path), "must be written out, not aliased (*name)")
        document.faults.append(fault)
        return None
    document.seen.add(id(node))
    line = node.start_mark.line + 1
    document.lines.setdefault(path, line)
    if len(path) > MAX_DEPTH:
        document.faults.append((line, dotted(path[:3]), f"must nest at most {MAX_DEPTH} deep"))
        return None
    plain = not getattr(node, "style", None)
    untagged = _UNTAGGED.resolve(  # type: ignore[no-untyped-call]  # bare in types-PyYAML
        type(node), node.value, (plain, True)
    )
    if node.tag != untagged:
        document.faults.append((line, dotted(path), f"must have no tag, got {node.tag}"))
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, line, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, at), document) for at, item in enumerate(node.value)]
    return _mapping(node, path, document)


def _scalar(node: Any, line: int, path: Path, document: Document) -> Any:
    try:
        text = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
        return text if node.style else scalar(text)
    except ValueError as error:  # half a surrogate pair; more digits than int() reads
        document.faults.append((line, dotted(path), f"must be readable: {error}"))
        return None


def _mapping(node: Any, path: Path, document: Document) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None:
            document.faults.append((line, dotted(path), "must have plain text as keys"))
        elif key in values:
            first = document.lines[(*path, key)]
            document.faults.append((line, dotted((*path, key)), f"is already set on line {first}"))
        else:
            document.lines[(*path, key)] = line
            values[key] = _value(value_node, (*path, key), document)
    return values
