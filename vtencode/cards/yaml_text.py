"""JSON as YAML that people read: the same text everywhere, which YAML 1.1 and 1.2 read alike.

PyYAML's own writer leaves `1e3` bare when it is text, which 1.2 reads as a number; writes aliases,
which recipes refuse; and takes ten times as long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

#: Characters of a list or mapping that is written in one line.
_SHORT = 72
#: Text that needs no quotes anywhere: words with single spaces between them, the first of which
#: begins with a letter.
_BARE = re.compile(r"[A-Za-z][\w./'-]*( [\w./()'-]+)*[.?!]?", re.ASCII)
#: Words that are no text, in 1.1 or 1.2.
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

#: A number that 1.1 takes for text.
_POINTLESS = re.compile(r"^(-?\d+)e")


def yaml_text(value: Any, *, short: bool = False) -> str:
    """A JSON mapping as YAML, keys in their order; with `short`, small leaves in one line each.

    >>> print(yaml_text({"unknown": [128, 128, 128], "id": "1e3"}, short=True), end="")
    unknown: [128, 128, 128]
    id: "1e3"
    """
    return "".join(f"{line}\n" for line in _lines(value, short=short))


def _lines(value: Any, *, short: bool) -> Iterator[str]:
    """A list or mapping, a line a leaf."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield from _entry(f"{_scalar(name)}:", held, short=short)
    else:
        for held in value:
            yield from _entry("-", held, short=short)


def _entry(head: str, value: Any, *, short: bool) -> Iterator[str]:
    if not isinstance(value, dict | list):
        yield f"{head} {_scalar(value)}"
    elif not value or (short and _is_short(value)):
        yield f"{head} {_flow(value)}"
    elif head == "-":
        first, *rest = _lines(value, short=short)
        yield f"- {first}"
        yield from (f"  {line}" for line in rest)
    else:
        yield head
        yield from (f"  {line}" for line in _lines(value, short=short))


def _is_short(value: Any) -> bool:
    held = value.values() if isinstance(value, dict) else value
    leaves = not any(isinstance(each, dict | list) for each in held)
    return leaves and len(_flow(value)) <= _SHORT


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_scalar(k)}: {_scalar(v)}' for k, v in value.items())}}}"
    return f"[{', '.join(map(_scalar, value))}]"


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return _POINTLESS.sub(r"\1.0e", json.dumps(value, allow_nan=False))
    if _BARE.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return f'"{"".join(map(_character, value))}"'


def _character(character: str) -> str:
    """A character between double quotes, by an escape where it cannot be seen."""
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08X}"
