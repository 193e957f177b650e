"""What a trainer's exporter is: the files that its loader reads, and what that loader does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from vtencode.exports.entry import Entry, Size
from vtencode.exports.tree import Tree


@dataclass(frozen=True)
class Change:
    """What a trainer's loader would make of one pair, other than what is stored.

    Names are no matter: keys are of small letters, digits, `-` and `_`, each is used once, and
    pictures are found by whole names.
    """

    what: Literal["size", "prompt"]
    key: str
    told: str


class Trainer(ABC):
    """One trainer: its manifests and settings, and what its loader makes of them.

    `size` and `prompt` are the loader's rules in a few lines, with the settings that `write`
    gives, so that an export knows beforehand which pairs would come out changed.
    """

    #: What `--to` calls it, and the name of its folder in an export.
    name: ClassVar[str]
    #: What people call it.
    title: ClassVar[str]
    #: Whether it reads `source/` and `target/`.
    pictures: ClassVar[bool] = True
    #: Whether both pictures of a pair must have the same file name, ending and all.
    equal_names: ClassVar[bool] = False

    @abstractmethod
    def size(self, width: int, height: int) -> Size:
        """The size at which its loader hands a target of that size to the model."""

    def prompt(self, prompt: str) -> str:
        """The text that its loader hands to the model, of what `write` writes for `prompt`."""
        return prompt

    def changes(self, entry: Entry) -> Iterator[Change]:
        """What its loader would change in a pair."""
        size = (entry.width, entry.height)
        loaded = self.size(*size)
        if loaded != size:
            told = f"{_told(size)} would be resampled to {_told(loaded)}"
            yield Change("size", entry.key, told)
        prompt = self.prompt(entry.prompt)
        if prompt != entry.prompt:
            yield Change("prompt", entry.key, f"{entry.prompt!r} would become {prompt!r}")

    @abstractmethod
    def write(self, tree: Tree) -> None:
        """Write its files into its folder of the export."""

    @abstractmethod
    def usage(self, tree: Tree) -> str:
        """How to train on the export, as Markdown: commands, and what keeps targets exact."""


def _told(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
