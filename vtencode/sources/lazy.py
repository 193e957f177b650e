"""Targets that are read when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class LazyTargets(Mapping[str, Any]):
    """The targets of one sample, each made when it is first asked for, and once.

    Asking may raise what `Source.load` may. Pickling makes them all.

    >>> targets = LazyTargets({"depth": lambda: 1, "normals": lambda: 1 / 0})
    >>> sorted(targets), targets["depth"]
    (['depth', 'normals'], 1)
    """

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)
