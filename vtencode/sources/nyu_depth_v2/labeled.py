"""The labeled set: `nyu_depth_v2_labeled.mat`, and `splits.mat` beside it.

A MATLAB 7.3 file, which is HDF5 with the axes of every array reversed: `images` (N, 3, 640, 480)
uint8, `depths` and `rawDepths` (N, 640, 480) float32 meters. `depths` is in-painted and has no
holes; `rawDepths` is 0 where the sensor saw nothing. `labels` (N, 640, 480) uint16 is a place in
`names` (1, 894), counted from 1, or 0 where nobody labeled it; `instances` alike uint8 counts
from 1 within each label. `scenes` (1, N) and `names` hold references to texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import h5py
import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.formats.hdf5 import stored
from vtencode.images import Picture
from vtencode.sources.base import Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.nyu_depth_v2 import classes
from vtencode.sources.nyu_depth_v2.layout import Frame, Layout, published_id
from vtencode.sources.nyu_depth_v2.splits import read_splits
from vtencode.targets import Array

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "nyu_depth_v2_labeled.mat"
SPLITS_NAME = "splits.mat"
#: Frames of the published file (Silberman et al., section 4), which splits.mat divides.
PUBLISHED = 1449


class Labeled(Layout):
    """The labeled set, read a frame at a time; the .mat (2.8 GB) is never loaded whole."""

    form = "the labeled set (.mat)"

    def __init__(
        self, path: Path, depth: Literal["filled", "raw"], grouped: Literal[894, 40, 13] = 894
    ) -> None:
        self.path, self.root = path, path.parent
        self.member = "depths" if depth == "filled" else "rawDepths"
        self.grouped = grouped

    def frames(self) -> list[Frame]:
        """Every frame in the order of the file, keyed by its published number, from 1."""
        count = len(self._images)
        splits = self._split_of(count)
        known = count == PUBLISHED
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
                image_id=published_id(number) if known else "",
            )
            for number in range(1, count + 1)
        ]

    def chosen(self, split: str, scenes: tuple[str, ...]) -> pa.Table:
        """The frames asked for; the published file needs its list where a split is."""
        self.require_split(split)
        return super().chosen(split, scenes)

    def require_split(self, split: str) -> None:
        """Raise `SourceError` for a split of the published file that nothing here tells."""
        if split != "all" and not self._split_known and len(self._images) == PUBLISHED:
            raise SourceError(
                f"{self.root / SPLITS_NAME} must say which of the {PUBLISHED} frames are for "
                "training, and is not there. Fetch it (`vtencode download nyu-depth`), or build "
                "without splits: `--split all`."
            )

    def picture(self, row: Row) -> Picture:
        """Read the color of one frame, axes turned back to (H, W)."""
        where = self._where(row)
        with _frame_faults("image", where):
            rgb = np.ascontiguousarray(self._images[row["frame"]].transpose(2, 1, 0))
        return decoded(lambda: Picture.from_rgb(rgb), field="image", where=where)

    def depth(self, row: Row) -> Array:
        """Read the depth of one frame."""
        return self._plane(self._depths, "depth", row)

    def labels(self, row: Row) -> Array:
        """Read the classes of one frame: places in `names` counted from 1, 0 for none."""
        return self._plane(self._labels, "labels", row)

    def instances(self, row: Row) -> Array:
        """Read the instances of one frame, counted from 1 within each class, 0 for none."""
        return self._plane(self._instances, "instances", row)

    def has(self, *names: str) -> bool:
        """Whether the file holds all of these arrays."""
        return all(stored(self._file, name) is not None for name in names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The classes, in the order that `labels` counts them by."""
        names = tuple(self._texts("names"))
        if len({*names}) < len(names) or not all(names):
            raise SourceError(f"{self.path}: names must be distinct texts, and are not.")
        return names

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The classes that are asked for: all names, or the 40 or 13 that they are grouped into."""
        return self.names if self.grouped == 894 else classes.NAMES[self.grouped]

    @cached_property
    def class_of(self) -> Array:
        """Which of `vocabulary` each label is of, -1 for none: (len(names) + 1,)."""
        if self.grouped == 894:
            return np.arange(-1, len(self.names))
        return classes.read_mapping(self.root, len(self.names), self.grouped)

    def _plane(self, frames: Any, field: str, row: Row) -> Array:
        with _frame_faults(field, self._where(row)):
            return np.ascontiguousarray(frames[row["frame"]].T)

    def _where(self, row: Row) -> str:
        return f"{self.path.name} frame {row['frame'] + 1}"

    def sizes(self) -> dict[str, int]:
        """The .mat, and what lies beside it of the files that are read with it."""
        names = (self.path.name, SPLITS_NAME, *((classes.NAME,) if self.grouped != 894 else ()))
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

    @cached_property
    def _labels(self) -> Any:
        return self._counted("labels")

    @cached_property
    def _instances(self) -> Any:
        return self._counted("instances")

    def _counted(self, name: str) -> Any:
        data = self._member(name, ndim=3, kinds="u")
        self._check_count(data, name, len(self._images))
        return data

    def _check_count(self, data: Any, name: str, count: int) -> None:
        if len(data) != count:
            raise SourceError(
                f"{self.path} must hold as many {name} as images, got {len(data)} and {count}."
            )

    def _member(self, name: str, *, ndim: int, kinds: str) -> Any:
        """A plain numeric array stored in this very file, with the shape the format says."""
        data = stored(self._file, name)
        if data is None:
            raise SourceError(f"{self.path} must hold the array {name!r}, and does not.")
        if data.ndim != ndim or data.dtype.kind not in kinds or (ndim == 4 and data.shape[1] != 3):
            kind = {"f": "float32 meters", "u": "unsigned integers"}[kinds]
            need = "uint8 (N, 3, W, H)" if ndim == 4 else f"{kind} (N, W, H)"
            raise SourceError(f"{self.path}: {name} must be {need}, got {data.dtype} {data.shape}.")
        return data

    @property
    def _split_known(self) -> bool:
        return (self.root / SPLITS_NAME).is_file()

    def _split_of(self, count: int) -> list[str]:
        """The split of each frame; all of somebody's own cut, which has none, is "train"."""
        self._check_count(self._depths, self.member, count)
        if self._split_known:
            return read_splits(self.root / SPLITS_NAME, count)
        return ["neither" if count == PUBLISHED else "train"] * count

    def _scenes(self, count: int) -> list[str]:
        """Scene names, where the file has them: uint16 characters behind references."""
        if "scenes" not in self._file:
            return [""] * count
        return self._texts("scenes")

    def _texts(self, name: str) -> list[str]:
        """A cell of texts: references to arrays of uint16 characters."""
        try:
            references = self._file[name][()].reshape(-1)
            return ["".join(map(chr, self._file[ref][()].reshape(-1))) for ref in references]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SourceError(
                f"{self.path}: {name} must be a cell of texts, and is not ({error})."
            ) from error


@contextmanager
def _frame_faults(field: str, where: str) -> Iterator[None]:
    """A frame whose compressed chunk is damaged is a reject; a failing disk is not."""
    try:
        yield
    except OSError as error:
        if error.errno:
            raise
        raise SampleError("DECODE", field, where, f"cannot be read: {error}") from error
