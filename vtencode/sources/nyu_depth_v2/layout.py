"""What the published forms of NYU Depth V2 have in common: frames in splits and scenes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vtencode.images import Format, Picture
from vtencode.sources.base import Row
from vtencode.sources.tree import chosen
from vtencode.targets import Array

if TYPE_CHECKING:
    import pyarrow as pa

#: Released as "train" and "test" (splits.mat); "all" is both.
SPLITS = ("train", "test", "all")


@dataclass(frozen=True)
class Frame:
    """One frame of the dataset: `file` and `depth` are paths, or the member of a container.

    `image_id` is `published_id` for a frame of the labeled set, in whatever form, and else tells
    its scene and file; it is "" where a file does not say which of the frames it has.
    """

    key: str
    split: str
    scene: str
    image: Format
    file: str
    depth: str
    frame: int
    image_id: str


def published_id(number: int) -> str:
    """What a frame of the labeled set is called everywhere: its published number, from 1."""
    return f"nyu-depth-v2/{number:04d}"


def folders_of(root: Path, path: PurePosixPath) -> tuple[str, ...]:
    """The folders that a frame is in: its set, then its scene; `root` may be either."""
    whole = root.resolve()
    return (whole.parent.name, whole.name, *path.parts[:-1])


class Layout(ABC):
    """One published form below `root`."""

    #: How errors name the form.
    form: str
    #: Whether every picture is a file of its own.
    image_files: bool = False
    root: Path

    @abstractmethod
    def frames(self) -> list[Frame]:
        """Every frame, in a fixed order."""

    @abstractmethod
    def picture(self, row: Row) -> Picture:
        """The picture of a frame."""

    @abstractmethod
    def depth(self, row: Row) -> Array:
        """The depth of a frame: float32 (H, W) meters with 0 for "not measured"."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Bytes of every file the frames are read from, by path relative to `root`."""

    def chosen(self, split: str, scenes: tuple[str, ...]) -> pa.Table:
        """The rows of a split and of some scenes (all, when none is named).

        Raises `SourceError` where there are none, or where they cannot be what is meant.
        """
        import pyarrow as pa

        rows = pa.Table.from_pylist([asdict(frame) for frame in self.frames()])
        return chosen(rows, self.root, split, scenes)
