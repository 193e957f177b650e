"""PNG trees (BTS, Eigen), with two files a frame.

`sync/<scene>/rgb_00000.jpg` with `sync_depth_00000.png`, `official_splits/{train,test}/…` alike;
depth is 16-bit gray, millimeters, 0 where nothing was measured (bts, Lee et al. 2019).
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from vtencode.errors import CodeError, SampleError, SourceError
from vtencode.images import Picture
from vtencode.png import GRAY, png_header, read_png_gray16
from vtencode.sources.base import Row, sample_key
from vtencode.sources.files import decoded, read_bytes
from vtencode.sources.nyu_depth_v2.layout import Frame, Layout, folders_of, published_id
from vtencode.targets import Array

if TYPE_CHECKING:
    import pyarrow as pa

_PNG_FRAME = re.compile(r"(?P<kind>rgb|sync_depth)_(?P<number>\d+)\.(?P<suffix>jpg|png)")


#: BTS's cut of the labeled set; its files are numbered by the published numbers less 1
#: (rgb_00045 is frame 46: 46 is in splits.mat's testNdxs, and 45 is not).
OFFICIAL = "official_splits"


def is_png_frame(name: str) -> bool:
    """Whether the file belongs to a PNG tree."""
    return _PNG_FRAME.fullmatch(PurePosixPath(name).name) is not None


class PngTree(Layout):
    """The BTS and Eigen trees."""

    form = "the BTS tree (rgb_*.jpg + sync_depth_*.png)"
    image_files = True

    def __init__(self, root: Path, found: dict[str, int]) -> None:
        self.root = root
        self.found = {name: size for name, size in found.items() if is_png_frame(name)}

    def frames(self) -> list[Frame]:
        """A frame for every color image; its depth may turn out to be missing."""
        colors = [n for n in self.found if PurePosixPath(n).name.startswith("rgb_")]
        if not colors:
            raise SourceError(f"{self.root} must hold rgb_* files beside its depth, and has none.")
        return [self._frame(name) for name in sorted(colors)]

    def chosen(self, split: str, scenes: tuple[str, ...]) -> pa.Table:
        """The frames asked for, once they are of one train set and of 16-bit depth."""
        rows = super().chosen(split, scenes)
        self._check_one_train_set(rows["file"].to_pylist())
        self._check_depth_format(rows["depth"][0].as_py())
        return rows

    def picture(self, row: Row) -> Picture:
        """Read the color file."""
        data = read_bytes(self.root, row["file"], field="image")
        return decoded(lambda: Picture.from_bytes(data), field="image", where=row["file"])

    def depth(self, row: Row) -> Array:
        """Read the depth file."""
        depth, where = read_bytes(self.root, row["depth"], field="depth"), row["depth"]
        header = decoded(lambda: png_header(depth), field="depth", where=where)
        if (header.bit_depth, header.color_type) != (16, GRAY):
            message = f"must be a 16-bit gray PNG in millimeters, got {header}"
            raise SampleError("MODE", "depth", where, message)
        millimeters = decoded(lambda: read_png_gray16(depth), field="depth", where=where)
        return (millimeters / 1000).astype(np.float32)

    def sizes(self) -> dict[str, int]:
        """Every color and depth file of the tree."""
        return self.found

    def _frame(self, name: str) -> Frame:
        path = PurePosixPath(name)
        number = path.stem.removeprefix("rgb_")
        scene = path.parent.name or self.root.name
        official = OFFICIAL in self.root.resolve().parts or OFFICIAL in path.parts
        test = folders_of(self.root, path)[-2] == "test"
        return Frame(
            key=sample_key("nyu", scene, number),
            split="test" if test else "train",
            scene=scene,
            image="png" if path.suffix == ".png" else "jpg",
            file=name,
            depth=str(path.with_name(f"sync_depth_{number}.png")),
            frame=int(number),
            image_id=published_id(int(number) + 1)
            if official or test
            else f"nyu-depth-v2/{scene}/{path.stem}",
        )

    def _check_one_train_set(self, images: list[str]) -> None:
        sets = {
            marker
            for marker in ("sync", "official_splits/train")
            for name in images
            if f"/{marker}/" in f"/{name}"
        }
        if len(sets) > 1:
            raise SourceError(
                f"{self.root} holds two train sets, sync/ (24 231 frames) and "
                "official_splits/train/ (795). Point --source at the one you mean."
            )

    def _check_depth_format(self, first: str) -> None:
        """Catch 8-bit depth before a build starts; later frames are checked as they are read."""
        path = self.root / first
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
