"""An engine runs one function over many items, somewhere; it knows nothing of datasets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Protocol, TypeVar

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

#: Told how many units of work were finished since the last call.
Tick = Callable[[int], None]


class Work(Protocol[R_co]):
    """A picklable function of an item's number, which ticks as it goes."""

    def __call__(self, item: int, tick: Tick) -> R_co:
        """Do the item."""


class Engine(ABC):
    """Runs work; results come in any order, each once."""

    name: ClassVar[str]

    @abstractmethod
    def run(
        self, work: Work[R], items: Sequence[int], *, workers: int, tick: Tick
    ) -> Iterator[tuple[int, R]]:
        """Yield (item, result) as items finish.

        An error of the work is raised here. A worker that dies costs its item one more try,
        alone; dying again raises `BuildError`.
        """
