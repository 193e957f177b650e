"""A phrasing with fields: substitution of our own, for templates and values are users' text.

`str.format` would follow attributes (`{0.__class__}`), and a template engine would run code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from vtencode.errors import SpecError

#: `{{` and `}}` are braces, `{name}` is a field; any other brace is matched alone, as a fault.
_PART = re.compile(r"\{\{|\}\}|\{[a-z_]+\}|[^{}]+|[{}]")
_BRACES = {"{{": "{", "}}": "}"}
#: What a text ends with where a sentence begins, and what the text after a sentence starts with.
_ENDED = re.compile(r"(?:^ *|[.?!][\"')]? )$")
_NEW_SENTENCE = re.compile(r"$| [A-Z]")
#: What the text after a value starts with where the sentence goes on.
_GOES_ON = re.compile(r"[\"')]?(?:,? [a-z]|[.,;:?!])")
#: What a sentence ends with, and what needs no period behind it.
_STOPS = (".", "?", "!")
_MARKS = (*_STOPS, ":", ";", '"', "'", ")", "]", "}", ">")


@dataclass(frozen=True)
class Template:
    """One phrasing; `{field}` stands for a value, `{{` and `}}` for braces.

    >>> Template("Segment each {name}.").render({"name": "chair"})
    'Segment each chair.'
    """

    text: str

    def __post_init__(self) -> None:
        if any(part in "{}" for part in self._parts):
            raise SpecError(
                f"must write a field as {{name}} and a brace as {{{{ or }}}}, got {self.text!r}"
            )

    @cached_property
    def id(self) -> str:
        """The first twelve hex digits of the text's sha256: it survives edits of the pool."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @cached_property
    def fields(self) -> frozenset[str]:
        """The names of its fields."""
        return frozenset(filter(None, map(_field, self._parts)))

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        return tuple(_PART.findall(self.text))

    def render(self, values: Mapping[str, str]) -> str:
        """The prompt: one line, single spaces.

        Values are put in once, and never read for fields of their own. One that begins a sentence
        gets a capital letter; one that is a sentence of its own gets the period it lacks, and one
        inside a sentence loses it; one that is empty leaves no gap. Raises `SpecError` for a field
        without a value.
        """
        out = ""
        for at, part in enumerate(self._parts):
            field = _field(part)
            if field is None:
                text = _BRACES.get(part, part)
                told = out.endswith(_STOPS) and _is_field(self._parts, at - 1)
                out += text[1:] if told and text.startswith(_STOPS) else text
            elif field not in values:
                raise SpecError(f"{{{field}}} must have a value, for {self.text!r}.")
            else:
                after = self._parts[at + 1] if at + 1 < len(self._parts) else ""
                out = _joined(out, " ".join(values[field].split()), after)
        return " ".join(out.split())


def _field(part: str) -> str | None:
    return part[1:-1] if part[0] == "{" and len(part) > 2 else None


def _is_field(parts: tuple[str, ...], at: int) -> bool:
    return at >= 0 and _field(parts[at]) is not None


def _joined(before: str, value: str, after: str) -> str:
    """The text so far with a value behind it, as a sentence needs it; `after` follows."""
    if not value:
        return before.removesuffix(" ")
    begins = _ENDED.search(before) is not None
    if begins:
        value = value[0].upper() + value[1:]
    if _GOES_ON.match(after):
        value = value.removesuffix(".")
    alone = (begins or before.endswith(": ")) and _NEW_SENTENCE.match(after)
    return before + value + ("." if alone and not value.endswith(_MARKS) else "")
