"""What the doctor says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["dataset", "built", "file", "unknown"]


@dataclass(frozen=True)
class RecipeFit:
    """Whether a recipe can be built from some data: the `command`, or the `reason` why not.

    With both, the command builds another split than the recipe's own, for the reason told.
    """

    name: str
    command: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Found:
    """A dataset that was recognized below `root`.

    `parts` are the values that its files' names have, by what they tell; `frames` are counted by
    split; `targets` say how many frames have each, and `missing` lists
    those that none has. `first` describes one frame as it is read; `problem` is what its reader
    says where it cannot read it.
    """

    source: str
    title: str
    root: str
    files: int
    parts: Mapping[str, str] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)
    targets: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    first: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    recipes: tuple[RecipeFit, ...] = ()


@dataclass(frozen=True)
class Report:
    """What is at `path`, and what to do with it.

    `files` were looked at, and `cut` says that there are more. `facts` describe what is no
    dataset; `advice` are commands and steps, the most useful first.
    """

    path: str
    kind: Kind
    files: int = 0
    cut: bool = False
    found: tuple[Found, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    advice: tuple[str, ...] = ()

    @property
    def recognized(self) -> bool:
        """Whether it is known what this is."""
        return self.kind != "unknown"

    def to_json(self) -> dict[str, Any]:
        """The report as JSON."""
        return {**asdict(self), "recognized": self.recognized}
