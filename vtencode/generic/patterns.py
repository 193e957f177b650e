"""Patterns of paths: `rgb/{scene}/{id}.jpg`, matched against files, and filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from vtencode.errors import SourceError

Values = tuple[str, ...]

_PART = re.compile(r"\{([a-z][a-z0-9_]*)\}|(\*)")
#: The placeholder that may stand for several folders.
_DEEP = "scene"


@dataclass(frozen=True)
class PathPattern:
    """A path with placeholders.

    `{name}` stands for one or more characters of one folder or file name, `{scene}` also for
    several folders; a name that stands twice means the same text twice. `*` is anything, or
    nothing, within one name.

    >>> PathPattern("rgb/{scene}/{id}.*").values("rgb/a/b/07.jpg")
    {'scene': 'a/b', 'id': '07'}
    """

    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders, each once, in their order."""
        return tuple(dict.fromkeys(found[1] for found in _PART.finditer(self.text) if found[1]))

    @property
    def fault(self) -> str | None:
        """What is wrong with it, if anything."""
        rest = _PART.sub("", self.text)
        if "{" in rest or "}" in rest:
            return f"must have placeholders as {{id}}, of lower-case letters, got {self.text!r}"
        if self.text.startswith("/") or ".." in self.text.split("/"):
            return f"must be a path below the dataset's root, got {self.text!r}"
        return None

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """What its paths match."""
        pieces, at, seen = [], 0, set()
        for found in _PART.finditer(self.text):
            name = found[1]
            pieces.append(re.escape(self.text[at : found.start()]))
            if name is None:
                pieces.append("[^/]*")
            elif name in seen:
                pieces.append(f"(?P={name})")
            else:
                pieces.append(f"(?P<{name}>{'.' if name == _DEEP else '[^/]'}+?)")
                seen.add(name)
            at = found.end()
        return re.compile("".join([*pieces, re.escape(self.text[at:])]))

    def values(self, path: str) -> dict[str, str] | None:
        """What the placeholders stand for in a path; None where it does not match."""
        found = self.regex.fullmatch(path)
        return None if found is None else found.groupdict()

    def filled(self, values: Mapping[str, str]) -> str:
        """The path with these values; what `*` stands for stays open."""
        return _PART.sub(lambda found: "*" if found[1] is None else values[found[1]], self.text)

    def files(self, paths: Iterable[str], *, option: str) -> dict[Values, str]:
        """The paths that match, by what their placeholders stand for, in the order of `names`.

        Raises `SourceError` where two files are the same to the pattern.
        """
        held: dict[Values, str] = {}
        for path in paths:
            values = self.values(path)
            if values is not None:
                key = tuple(values[name] for name in self.names)
                first = held.setdefault(key, path)
                if first != path:
                    raise SourceError(
                        f"{option}: {self.text} must match one file of each image, and matches "
                        f"{first} and {path}. Write out what * stands for."
                    )
        return held
