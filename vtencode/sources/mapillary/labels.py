"""The labels of Mapillary Vistas, as the configuration of a copy lists them.

`config_v1.2.json` and `config_v2.0.json` (`config.json` in the releases before) lie beside the
folders of the splits. The number of a label in the list is the pixel's number in `labels/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from vtencode.errors import CodeError, SourceError
from vtencode.sources.coco.document import strict
from vtencode.targets import Array

#: A pixel of `labels/` has 8 bits.
_MOST = 256
_UNLABELED = "void--unlabeled"
_NEED = "must be the configuration of Mapillary Vistas, as it lies in the archive"


@dataclass(frozen=True)
class Label:
    """One label: what the authors call it, and what of it is annotated.

    `name` is a path, as `object--vehicle--car`; `readable` is what people read. `evaluated` says
    whether the authors score it: they do not score what is unlabeled or ambiguous, and groups.
    """

    name: str
    readable: str
    has_instances: bool
    evaluated: bool

    @property
    def group(self) -> bool:
        """Whether it is of objects that nobody told apart (`human--person--person-group`)."""
        return self.name.endswith("-group")

    @property
    def void(self) -> bool:
        """Whether it names no class: it is unlabeled, or ambiguous."""
        return not (self.evaluated or self.group)

    @property
    def thing(self) -> bool:
        """Whether its objects are told apart."""
        return self.has_instances and not self.void


@dataclass(frozen=True)
class Labels:
    """All labels of one version, in the order of their numbers."""

    listed: tuple[Label, ...]

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The classes, without what is void."""
        return tuple(label.readable for label in self.listed if not label.void)

    @property
    def things(self) -> tuple[str, ...]:
        """The classes whose objects are told apart."""
        return tuple(label.readable for label in self.listed if label.thing)

    @cached_property
    def countable(self) -> Array:
        """Which labels are things: bool (N,)."""
        return np.array([label.thing for label in self.listed])

    def beside(self, at: int) -> tuple[str, ...]:
        """The classes that a group, or what is ambiguous, may be of: those of the same path.

        None for other labels. What is unlabeled may be anything, and says nothing.
        """
        own = self.listed[at]
        if own.evaluated or own.name == _UNLABELED:
            return ()
        path = _path(own.name)
        return tuple(
            label.readable for label in self.listed if label.evaluated and _path(label.name) == path
        )


def read_labels(data: bytes, where: str) -> Labels:
    """The labels of a configuration. Raises `SourceError` for no such file."""
    try:
        entries = strict(data.decode())["labels"]
        labels = tuple(map(_label, entries))
    except (CodeError, ValueError, TypeError, KeyError) as error:
        raise SourceError(f"{where} {_NEED}: {error!r}.") from error
    names = [label.readable for label in labels]
    if not 0 < len(labels) <= _MOST:
        raise SourceError(f"{where} {_NEED}, of 1 to {_MOST} labels, got {len(labels)}.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SourceError(f"{where} {_NEED}, and names two labels {twice!r}.")
    return Labels(labels)


def _path(name: str) -> str:
    return name.rpartition("--")[0]


def _label(entry: Any) -> Label:
    names = entry["name"], entry["readable"]
    flags = entry["instances"], entry.get("evaluate", names[0] != _UNLABELED)
    if not all(isinstance(name, str) and name for name in names):
        raise TypeError(f"a label must have names, got {entry!r:.80}")
    if not all(isinstance(flag, bool) for flag in flags):
        raise TypeError(f"a label's flags must be true or false, got {entry!r:.80}")
    return Label(*names, *flags)
