"""Lines of a recipe's source that a look at data gives, each with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vtencode.generic.faults import CHOOSE


@dataclass(frozen=True)
class Line:
    """An option of the source, and why it is so: `why` stands above it, `note` behind it."""

    option: str
    value: Any
    why: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the owner of the data has to decide."""
        return bool(self.value == CHOOSE)


def proposed(option: str, value: Any, *why: str) -> Line:
    """A line that most likely is right, and says that it is a guess."""
    first, *rest = why
    return Line(option, value, (f"PROPOSED: {first}", *rest))


def to_choose(option: str, *why: str) -> Line:
    """A line that only the owner of the data can fill in."""
    return Line(option, CHOOSE, why)
