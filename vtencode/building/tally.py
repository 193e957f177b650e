"""How many pairs of each part and task were written, rejected and filtered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vtencode.errors import SampleError, SampleFiltered
from vtencode.pairs import Made

#: What becomes of a planned pair.
Outcome = Made | SampleError | SampleFiltered


@dataclass(frozen=True)
class Tally:
    """Pairs of one part and task."""

    written: int = 0
    rejected: int = 0
    filtered: int = 0

    @classmethod
    def of(cls, outcome: Outcome) -> Tally:
        """One pair."""
        if isinstance(outcome, Made):
            return cls(written=1)
        return cls(filtered=1) if isinstance(outcome, SampleFiltered) else cls(rejected=1)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.written + other.written,
            self.rejected + other.rejected,
            self.filtered + other.filtered,
        )

    @property
    def planned(self) -> int:
        """All of them."""
        return self.written + self.rejected + self.filtered


def tally_name(part: int, task: str) -> str:
    """What a tally goes by: the number of the part, and the key of the task.

    >>> tally_name(0, "depth")
    '0 depth'
    """
    return f"{part} {task}"


def added(tallies: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Tallies of the same name added up, sorted by name."""
    total: dict[str, Tally] = {}
    for each in tallies:
        for name, tally in each.items():
            total[name] = total.get(name, Tally()) + tally
    return dict(sorted(total.items()))
