"""The tree of .h5 files, one a frame (sparse-to-dense, Ma and Karaman 2018).

`train/<scene>/00001.h5`, `val/official/00001.h5`; `rgb` (3, 480, 640) uint8 and `depth`
(480, 640) float32 meters. "val" is the test split, and `val/official` is numbered by the published
numbers (00001, 00009, 00021, …).
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import h5py
import numpy as np

from vtencode.errors import SampleError
from vtencode.formats.hdf5 import stored
from vtencode.images import Picture
from vtencode.sources.base import Row, sample_key
from vtencode.sources.nyu_depth_v2.layout import Frame, Layout, folders_of, published_id
from vtencode.targets import Array

_H5_FRAME = re.compile(r"(?P<number>\d+)\.h5")


def is_h5_frame(name: str) -> bool:
    """Whether the file belongs to an .h5 tree."""
    return _H5_FRAME.fullmatch(PurePosixPath(name).name) is not None


class H5Tree(Layout):
    """The sparse-to-dense tree."""

    form = "the per-frame .h5 tree"

    def __init__(self, root: Path, found: dict[str, int]) -> None:
        self.root = root
        self.found = {name: size for name, size in found.items() if is_h5_frame(name)}

    def frames(self) -> list[Frame]:
        """A frame for every .h5 file."""
        return [self._frame(name) for name in sorted(self.found)]

    def picture(self, row: Row) -> Picture:
        """Read the color of one .h5 file."""
        where = row["file"]
        rgb = self._stored(where, "rgb")
        if rgb.ndim != 3 or rgb.shape[0] != 3:
            message = f"rgb must be (3, H, W), got {rgb.shape}"
            raise SampleError("SHAPE", "image", where, message)
        if rgb.dtype.kind not in "ui" or not np.array_equal(rgb, rgb.astype(np.uint8)):
            raise SampleError("MODE", "image", where, f"rgb must be uint8, got {rgb.dtype}")
        return Picture.from_rgb(np.ascontiguousarray(rgb.astype(np.uint8).transpose(1, 2, 0)))

    def depth(self, row: Row) -> Array:
        """Read the depth of one .h5 file."""
        where = row["file"]
        depth = self._stored(where, "depth")
        if depth.ndim != 2:
            message = f"depth must be (H, W), got {depth.shape}"
            raise SampleError("SHAPE", "depth", where, message)
        if depth.dtype.kind != "f":
            message = f"depth must be float meters, got {depth.dtype}"
            raise SampleError("MODE", "depth", where, message)
        return depth.astype(np.float32)

    def _stored(self, where: str, name: str) -> Array:
        field = "image" if name == "rgb" else name
        try:
            with h5py.File(self.root / where, "r") as file:
                return np.asarray(stored(file, name))
        except FileNotFoundError as error:
            raise SampleError("MISSING", field, where, "the file is not there") from error
        except (OSError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            message = f"must be an HDF5 file with {name}: {error}"
            raise SampleError("DECODE", field, where, message) from error

    def sizes(self) -> dict[str, int]:
        """Every .h5 file of the tree."""
        return self.found

    def _frame(self, name: str) -> Frame:
        path = PurePosixPath(name)
        folders = folders_of(self.root, path)
        test = folders[-2] == "val"
        return Frame(
            key=sample_key("nyu", folders[-1], path.stem),
            split="test" if test else "train",
            scene=folders[-1],
            image="png",
            file=name,
            depth=name,
            frame=int(path.stem),
            image_id=published_id(int(path.stem))
            if test and folders[-1] == "official"
            else f"nyu-depth-v2/{folders[-1]}/{path.stem}",
        )
