"""The forms with a file a frame: PNG trees (BTS, Eigen) and .h5 trees (sparse-to-dense).

PNG: `sync/<scene>/rgb_00000.jpg` with `sync_depth_00000.png`, `official_splits/{train,test}/…`
alike; depth is 16-bit gray, millimeters, 0 where nothing was measured (bts, Lee et al. 2019).
H5: `train/<scene>/00001.h5`, `val/official/00001.h5`; `rgb` (3, 480, 640) uint8 and `depth`
(480, 640) float32 meters (sparse-to-dense, Ma and Karaman 2018); "val" is the test split.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import h5py
import numpy as np

from vtencode.errors import CodeError, SampleError, SourceError
from vtencode.images import Picture
from vtencode.png import GRAY, png_header, read_png_gray16
from vtencode.sources.base import Row, sample_key
from vtencode.sources.files import decoded, read_bytes
from vtencode.sources.nyu_depth_v2.layout import Frame, Layout, stored
from vtencode.targets import Array

_PNG_FRAME = re.compile(r"(?P<kind>rgb|sync_depth)_(?P<number>\d+)\.(?P<suffix>jpg|png)")
_H5_FRAME = re.compile(r"(?P<number>\d+)\.h5")


def is_png_frame(name: str) -> bool:
    """Whether the file belongs to a PNG tree."""
    return _PNG_FRAME.fullmatch(PurePosixPath(name).name) is not None


def is_h5_frame(name: str) -> bool:
    """Whether the file belongs to an .h5 tree."""
    return _H5_FRAME.fullmatch(PurePosixPath(name).name) is not None


def _folders(root: Path, path: PurePosixPath) -> tuple[str, ...]:
    """The folders that a frame is in: its set, then its scene; `root` may be either."""
    whole = root.resolve()
    return (whole.parent.name, whole.name, *path.parts[:-1])


class PngTree(Layout):
    """The BTS and Eigen trees."""

    form = "the BTS tree (rgb_*.jpg + sync_depth_*.png)"

    def __init__(self, root: Path, found: dict[str, int]) -> None:
        self.root = root
        self.found = {name: size for name, size in found.items() if is_png_frame(name)}

    def frames(self) -> list[Frame]:
        """A frame for every color image; its depth may turn out to be missing."""
        colors = [n for n in self.found if PurePosixPath(n).name.startswith("rgb_")]
        if not colors:
            raise SourceError(f"{self.root} must hold rgb_* files beside its depth, and has none.")
        return [self._frame(name) for name in sorted(colors)]

    def chosen(self, split: str, scenes: tuple[str, ...]) -> list[Frame]:
        """The frames asked for, once they are of one train set and of 16-bit depth."""
        frames = super().chosen(split, scenes)
        self._check_one_train_set(frames)
        self._check_depth_format(frames[0])
        return frames

    def read(self, row: Row) -> tuple[Picture, Array]:
        """Read one pair of files."""
        data = read_bytes(self.root, row["file"], field="image")
        picture = decoded(lambda: Picture.from_bytes(data), field="image", where=row["file"])
        depth, where = read_bytes(self.root, row["depth"], field="depth"), row["depth"]
        header = decoded(lambda: png_header(depth), field="depth", where=where)
        if (header.bit_depth, header.color_type) != (16, GRAY):
            message = f"must be a 16-bit gray PNG in millimeters, got {header}"
            raise SampleError("MODE", "depth", where, message)
        millimeters = decoded(lambda: read_png_gray16(depth), field="depth", where=where)
        return picture, (millimeters / 1000).astype(np.float32)

    def sizes(self) -> dict[str, int]:
        """Every color and depth file of the tree."""
        return self.found

    def _frame(self, name: str) -> Frame:
        path = PurePosixPath(name)
        number = path.stem.removeprefix("rgb_")
        scene = path.parent.name or self.root.name
        return Frame(
            key=sample_key("nyu", scene, number),
            split="test" if _folders(self.root, path)[-2] == "test" else "train",
            scene=scene,
            image="png" if path.suffix == ".png" else "jpg",
            file=name,
            depth=str(path.with_name(f"sync_depth_{number}.png")),
            frame=int(number),
        )

    def _check_one_train_set(self, frames: list[Frame]) -> None:
        sets = {
            marker
            for marker in ("sync", "official_splits/train")
            for frame in frames
            if f"/{marker}/" in f"/{frame.file}"
        }
        if len(sets) > 1:
            raise SourceError(
                f"{self.root} holds two train sets, sync/ (24 231 frames) and "
                "official_splits/train/ (795). Point --source at the one you mean."
            )

    def _check_depth_format(self, first: Frame) -> None:
        """Catch 8-bit depth before a build starts; later frames are checked as they are read."""
        path = self.root / first.depth
        if not path.is_file():
            return
        with path.open("rb") as file:
            start = file.read(33)
        try:
            header = png_header(start)
        except CodeError as error:
            raise SourceError(f"{path}: depth {error}") from error
        if header.bit_depth != 16:
            raise SourceError(
                f"{path}: depth must be a 16-bit gray PNG in millimeters, got {header}. "
                "DenseDepth's 8-bit train PNGs hold depth * 25.5 rounded, which is not this "
                "dataset: use the BTS tree or the labeled .mat."
            )


class H5Tree(Layout):
    """The sparse-to-dense tree."""

    form = "the per-frame .h5 tree"

    def __init__(self, root: Path, found: dict[str, int]) -> None:
        self.root = root
        self.found = {name: size for name, size in found.items() if is_h5_frame(name)}

    def frames(self) -> list[Frame]:
        """A frame for every .h5 file."""
        return [self._frame(name) for name in sorted(self.found)]

    def read(self, row: Row) -> tuple[Picture, Array]:
        """Read one .h5 file."""
        where = row["file"]
        try:
            with h5py.File(self.root / where, "r") as file:
                rgb, depth = (np.asarray(stored(file, name)) for name in ("rgb", "depth"))
        except FileNotFoundError as error:
            raise SampleError("MISSING", "image", where, "the file is not there") from error
        except (OSError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            message = f"must be an HDF5 file with rgb and depth: {error}"
            raise SampleError("DECODE", "image", where, message) from error
        if rgb.ndim != 3 or rgb.shape[0] != 3 or depth.shape != rgb.shape[1:]:
            message = f"must hold rgb (3, H, W) and depth (H, W), got {rgb.shape}, {depth.shape}"
            raise SampleError("SHAPE", "depth", where, message)
        if (
            depth.dtype.kind != "f"
            or rgb.dtype.kind not in "ui"
            or not np.array_equal(rgb, rgb.astype(np.uint8))
        ):
            message = f"rgb must be uint8, depth float meters, got {rgb.dtype} and {depth.dtype}"
            raise SampleError("MODE", "depth", where, message)
        color = np.ascontiguousarray(rgb.astype(np.uint8).transpose(1, 2, 0))
        return Picture.from_rgb(color), depth.astype(np.float32)

    def sizes(self) -> dict[str, int]:
        """Every .h5 file of the tree."""
        return self.found

    def _frame(self, name: str) -> Frame:
        path = PurePosixPath(name)
        folders = _folders(self.root, path)
        return Frame(
            key=sample_key("nyu", folders[-1], path.stem),
            split="test" if folders[-2] == "val" else "train",
            scene=folders[-1],
            image="png",
            file=name,
            depth=name,
            frame=int(path.stem),
        )
