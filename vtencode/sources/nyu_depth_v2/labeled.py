"""The labeled set: `nyu_depth_v2_labeled.mat`, and `splits.mat` beside it.

A MATLAB 7.3 file, which is HDF5 with the axes of every array reversed: `images` (N, 3, 640, 480)
uint8, `depths` and `rawDepths` (N, 640, 480) float32 meters. `depths` is in-painted and has no
holes; `rawDepths` is 0 where the sensor saw nothing. `scenes` (1, N) holds references to names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.images import Picture
from vtencode.mat5 import read_mat5
from vtencode.sources.base import Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.nyu_depth_v2.layout import Frame, Layout, stored
from vtencode.targets import Array

NAME = "nyu_depth_v2_labeled.mat"
SPLITS_NAME = "splits.mat"
#: Frames of the published file (Silberman et al., section 4), which splits.mat divides.
PUBLISHED = 1449


class Labeled(Layout):
    """The labeled set, read a frame at a time; the .mat (2.8 GB) is never loaded whole."""

    form = "the labeled set (.mat)"

    def __init__(self, path: Path, depth: Literal["filled", "raw"]) -> None:
        self.path, self.root = path, path.parent
        self.member = "depths" if depth == "filled" else "rawDepths"

    def frames(self) -> list[Frame]:
        """Every frame in the order of the file, keyed by its published number, from 1."""
        count = len(self._images)
        splits = self._split_of(count)
        scenes = self._scenes(count)
        return [
            Frame(
                key=sample_key("nyu", f"{number:04d}"),
                split=splits[number - 1],
                scene=scenes[number - 1],
                image="png",
                file=self.path.name,
                depth=f"{self.member}[{number - 1}]",
                frame=number - 1,
            )
            for number in range(1, count + 1)
        ]

    def read(self, row: Row) -> tuple[Picture, Array]:
        """Read one frame, axes turned back to (H, W)."""
        where = f"{self.path.name} frame {row['frame'] + 1}"
        with _frame_faults("image", where):
            rgb = np.ascontiguousarray(self._images[row["frame"]].transpose(2, 1, 0))
        with _frame_faults("depth", where):
            depth = np.ascontiguousarray(self._depths[row["frame"]].T)
        return decoded(lambda: Picture.from_rgb(rgb), field="image", where=where), depth

    def sizes(self) -> dict[str, int]:
        """The .mat, and splits.mat where it is there."""
        names = (self.path.name, SPLITS_NAME)
        return {n: (self.root / n).stat().st_size for n in names if (self.root / n).is_file()}

    @cached_property
    def _file(self) -> Any:
        try:
            return h5py.File(self.path, "r")
        except OSError as error:
            raise SourceError(
                f"{self.path} must be a whole MATLAB 7.3 (HDF5) file, and cannot be opened "
                f"({error}). It may be cut short: the published file has 2.8 GB."
            ) from error

    @cached_property
    def _images(self) -> Any:
        return self._member("images", ndim=4, kinds="u")

    @cached_property
    def _depths(self) -> Any:
        return self._member(self.member, ndim=3, kinds="f")

    def _member(self, name: str, *, ndim: int, kinds: str) -> Any:
        """A plain numeric array stored in this very file, with the shape the format says."""
        data = stored(self._file, name)
        if data is None:
            raise SourceError(f"{self.path} must hold the array {name!r}, and does not.")
        if data.ndim != ndim or data.dtype.kind not in kinds or (ndim == 4 and data.shape[1] != 3):
            raise SourceError(
                f"{self.path}: {name} must be {'uint8 (N, 3, W, H)' if ndim == 4 else 'float32'}"
                f"{'' if ndim == 4 else ' (N, W, H) meters'}, got {data.dtype} {data.shape}."
            )
        return data

    def _split_of(self, count: int) -> list[str]:
        """The split of each frame, from splits.mat (1-based `trainNdxs` and `testNdxs`)."""
        if len(self._depths) != count:
            raise SourceError(
                f"{self.path} must hold as many {self.member} as images, got "
                f"{len(self._depths)} and {count}."
            )
        path = self.root / SPLITS_NAME
        if not path.is_file():
            return self._split_without_list(count)
        try:
            lists = read_mat5(path.read_bytes())
            numbers = {name: lists[f"{name}Ndxs"].reshape(-1) for name in ("train", "test")}
        except (KeyError, ValueError) as error:
            raise SourceError(f"{path} must hold trainNdxs and testNdxs: {error}.") from error
        splits = ["neither"] * count
        for name, members in numbers.items():
            for number in members.astype(int):
                if not 1 <= number <= count:
                    raise SourceError(
                        f"{path} must divide the {count} frames of {self.path.name}, and its "
                        f"{name} list names frame {number}."
                    )
                splits[number - 1] = name
        return splits

    def _split_without_list(self, count: int) -> list[str]:
        """Somebody's own cut has no published split, so all of it is "train"."""
        if count == PUBLISHED:
            raise SourceError(
                f"{self.root / SPLITS_NAME} must say which of the {count} frames are for "
                "training, and is not there. Fetch it (`vtencode download nyu-depth`), or build "
                "without splits: `--split all`."
            )
        return ["train"] * count

    def _scenes(self, count: int) -> list[str]:
        """Scene names, where the file has them: uint16 characters behind references."""
        if "scenes" not in self._file:
            return [""] * count
        references = self._file["scenes"][()].reshape(-1)
        return ["".join(map(chr, self._file[ref][()].reshape(-1))) for ref in references]


@contextmanager
def _frame_faults(field: str, where: str) -> Iterator[None]:
    """A frame whose compressed chunk is damaged is a reject; a failing disk is not."""
    try:
        yield
    except OSError as error:
        if error.errno:
            raise
        raise SampleError("DECODE", field, where, f"cannot be read: {error}") from error
