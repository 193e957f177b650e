"""What trainers would make of an export's pairs other than what is stored, counted and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from vtencode.errors import ExportError
from vtencode.exports.base import Change, Trainer
from vtencode.exports.entry import Entry

#: Changes of one kind that are told in full.
_EXAMPLES = 3


class Changes:
    """Changes of each kind by trainer: how many, and a few in full."""

    def __init__(self, trainers: Sequence[Trainer]) -> None:
        self._trainers = trainers
        self.counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], list[Change]] = {}

    def look(self, entries: Iterable[Entry]) -> None:
        """Count what would change in these pairs."""
        for entry in entries:
            for trainer in self._trainers:
                for change in trainer.changes(entry):
                    kind = (trainer.name, change.what)
                    self.counts[kind] += 1
                    examples = self._examples.setdefault(kind, [])
                    if len(examples) < _EXAMPLES:
                        examples.append(change)

    def told(self) -> Iterator[str]:
        """One line a kind."""
        for (trainer, what), count in sorted(self.counts.items()):
            few = "; ".join(f"{c.key}: {c.told}" for c in self._examples[trainer, what])
            yield f"{trainer} would change the {what} of {count} pairs: {few}"


def refuse(told: Sequence[str]) -> None:
    """Raise `ExportError` where anything is told."""
    if told:
        lines = ["some trainers would not get what is stored:", *told]
        remedy = "Leave them out, build with another framing, or accept it with --allow-changes."
        raise ExportError("\n".join([*lines, remedy]))
