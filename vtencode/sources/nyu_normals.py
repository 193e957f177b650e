"""NYU Depth V2's normals as Eigen and Fergus published them, for the frames of the labeled set.

`normals_gt.tgz` (https://cs.nyu.edu/~deigen/dnl/) holds `normals_gt/normals/0000.png`, 8-bit RGB,
and `normals_gt/masks/0000.png`, 0 where the normal is not valid; 0000 is frame 1 of the labeled
set (nicr-scene-analysis-datasets, nyuv2/prepare_dataset.py, which reads both). Colors are in
`nyu_depth_v2_labeled.mat`, the split in `splits.mat`.

Measured on one frame of it (433, in DrSleep's multi-task-refinenet): the axes are right, forward,
up (`check_frame`: mean cosine 0.98, ahead by 0.27); bytes are floor(255 (n + 1) / 2), for the
middles of those cells have lengths of 1 +- 0.0023, those of rounded ones +- 0.0039; (127, 127, 127)
is no normal, and all but rows 44 to 470, columns 40 to 600 is that. No mask was at hand: any gray
PNG is read, and where a frame has none the gray alone decides.

Readers found the address gone since November 2022 (nicr-scene-analysis-datasets, README of nyuv2),
and the copy of web.archive.org whole (MultiMAE, issue 25). Not read: Ladický's nyu_normals_gt.zip,
whose address is gone too (VainF/nyuv2-python-toolkit, pull request 1), and GeoNet's normals of the
same frames, which are the part nyuv2 of `normals-eval`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from vtencode.errors import SourceError
from vtencode.frames import from_frame
from vtencode.geometry import unit
from vtencode.images import Picture
from vtencode.png import read_png_numbers
from vtencode.sources.base import Publication, Row
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.nyu_depth_v2 import NyuDepthV2, labeled
from vtencode.sources.nyu_depth_v2.labeled import Labeled
from vtencode.sources.nyu_depth_v2.layout import SPLITS
from vtencode.sources.nyu_depth_v2.source import depth_of
from vtencode.sources.pngs import colors_png
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import DepthMap, NormalMap

if TYPE_CHECKING:
    import pyarrow as pa

_FOLDER = "normals_gt/"


@dataclass(frozen=True, kw_only=True)
class NyuNormals(TreeSource):
    """NYU Depth V2 frames, 640x480, with normals; and with the depth that they agree with."""

    name: ClassVar[str] = "nyu-normals"
    splits: ClassVar[tuple[str, ...]] = SPLITS
    targets: ClassVar[Mapping[str, type]] = {"normals": NormalMap, "depth": DepthMap}
    holds: ClassVar[str] = f"normals_gt/{{normals,masks}}/0000.png, and {labeled.NAME} beside it"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?normals_gt/(?P<kind>normals|masks)/(?P<number>\d{4})\.png"
    )
    publication: ClassVar[Publication] = Publication(
        title="Surface normals of NYU Depth V2",
        home="https://cs.nyu.edu/~deigen/dnl/",
        license="no formal license; for academic use",
        citation=(
            "D. Eigen, R. Fergus: Predicting Depth, Surface Normals and Semantic Labels with a "
            "Common Multi-Scale Convolutional Architecture. ICCV 2015."
        ),
        how_to_get=(
            "normals_gt.tgz of the page above, which readers have found gone since 2022 "
            "(web.archive.org has it); the labeled set as for nyu-depth: open download, 2.8 GB"
        ),
        place="nyu_depth_v2_labeled.mat, splits.mat, normals_gt/{normals,masks}/0000.png",
        traps=(
            "axes are right, forward, up: no other pack has them; turned here",
            "files count frames from 0, splits.mat from 1",
            "gray (127, 127, 127), and what the mask leaves out, is no normal: unknown here",
            "bytes were truncated, not rounded: the middles of their cells are read here",
        ),
        files=NyuDepthV2.publication.files,
    )

    def index(self) -> pa.Table:
        """One row a frame of the labeled set."""
        _ = self._table  # what is not there at all is what to say first
        self._labeled.require_split(self.split)
        return super().index()

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """Every frame of the labeled set, with its normals where it has some."""
        found = {
            (part["kind"], int(part["number"])): name for name, part in matched(sizes, self.pattern)
        }
        if not found:
            return
        for frame in self._labeled.frames():
            yield {
                **asdict(frame),
                "normals": found.get(("normals", frame.frame), ""),
                "mask": found.get(("masks", frame.frame), ""),
            }

    def picture(self, row: Row) -> Picture:
        """The color of a frame, which is in the .mat."""
        return self._labeled.picture(row)

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Normals where their mask is; depth of the .mat."""
        return {
            "normals": partial(self._normals, row, shape),
            "depth": partial(depth_of, self._labeled, row, shape),
        }

    def files(self) -> tuple[tuple[str, int], ...]:
        """The PNGs, and the .mat files beside their folder."""
        beside = {self._above + name: size for name, size in self._labeled.sizes().items()}
        return tuple(sorted({**self._sizes, **beside}.items()))

    def _normals(self, row: Row, shape: tuple[int, int]) -> NormalMap:
        name = row["normals"]
        levels = colors_png(
            self.tree.read(name, field="normals"), shape, field="normals", where=name
        )
        vectors = unit((2 * levels.astype(np.float32) - 254) / np.float32(255))
        if row["mask"]:
            data, where = self.tree.read(row["mask"], field="normals"), row["mask"]
            mask = decoded(lambda: read_png_numbers(data), field="normals", where=where)
            check_shape(mask, shape, field="normals", where=where)
            vectors[mask == 0] = 0
        return from_frame(vectors, "nyu-eigen")

    @property
    def _above(self) -> str:
        """The folder that normals_gt is in, "" for `root` itself."""
        return next(iter(self._sizes), _FOLDER).partition(_FOLDER)[0]

    @cached_property
    def _labeled(self) -> Labeled:
        path = self.root / self._above / labeled.NAME
        if not path.is_file():
            raise SourceError(
                f"{path} must hold the images of these normals, and is not there. Fetch it "
                "(`vtencode download nyu-depth`), and put it beside normals_gt."
            )
        return Labeled(path, "filled")
