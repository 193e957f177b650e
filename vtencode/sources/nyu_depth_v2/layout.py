"""What the published forms of NYU Depth V2 have in common: frames in splits and scenes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from vtencode.errors import SourceError
from vtencode.images import Format, Picture
from vtencode.sources.base import Row
from vtencode.targets import Array

#: Released as "train" and "test" (splits.mat); "all" is both.
SPLITS = ("train", "test", "all")


@dataclass(frozen=True)
class Frame:
    """One frame of the dataset: `file` and `depth` are paths, or the member of a container."""

    key: str
    split: str
    scene: str
    image: Format
    file: str
    depth: str
    frame: int


class Layout(ABC):
    """One published form below `root`."""

    #: How errors name the form.
    form: str
    root: Path

    @abstractmethod
    def frames(self) -> list[Frame]:
        """Every frame, in a fixed order."""

    @abstractmethod
    def read(self, row: Row) -> tuple[Picture, Array]:
        """The picture, and its depth as float32 (H, W) meters with 0 for "not measured"."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Bytes of every file the frames are read from, by path relative to `root`."""

    def chosen(self, split: str, scenes: tuple[str, ...]) -> list[Frame]:
        """The frames of a split and of some scenes (all, when none is named).

        Raises `SourceError` where there are none, or where they cannot be what is meant.
        """
        frames = self.frames()
        kept = [frame for frame in frames if split in ("all", frame.split)]
        if not kept:
            have = ", ".join(sorted({frame.split for frame in frames})) or "no frame"
            raise SourceError(
                f"{self.root} must hold frames of the split {split!r}, and holds {have}."
            )
        unknown = set(scenes) - {frame.scene for frame in kept}
        if unknown:
            raise SourceError(f"{self.root} has no scene {min(unknown)!r} in the split {split!r}.")
        return [frame for frame in kept if not scenes or frame.scene in scenes]


def stored(file: h5py.File, name: str) -> Any:
    """The array `name` of an HDF5 file, or None; one kept in another file is none of its own."""
    data = file.get(name) if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
    own = isinstance(data, h5py.Dataset) and not data.external and not data.is_virtual
    return data if own else None
