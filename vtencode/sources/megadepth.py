"""MegaDepth: photographs of landmarks from the Internet, and depth by multi-view stereo.

Layout after the authors' repository (data/image_folder.py, rmse_error_main.py): of
`imgs/NAME.jpg` the depth is `depths/NAME.h5`, the array "depth", float (H, W), as large as its
picture; 0 where nothing is known. Depth is along the optical axis, as COLMAP's is, in a length
that nobody knows. A quarter of the files (30 000 of 130 000, section 3.3 of the paper) hold no
depth but labels of what is in front and behind, under the same name (MegaDepth, issue 1). They
are told by a number below 0 (COTR, prepare_data.md) or by holding whole numbers only (MegaDepth,
issue 38). The cameras are a download of their own, and belong to the pictures before these were
undistorted, so that none is given here. No real file was at hand when this was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.errors import SampleError
from vtencode.formats.hdf5 import read_hdf5
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.tree import Maker, TreeSource, image_format, matched
from vtencode.targets import Array, RelativeDepthMap


@dataclass(frozen=True, kw_only=True)
class MegaDepth(TreeSource):
    """MegaDepth v1 frames: photographs of any size, and depth up to scale of what stands still.

    `scenes` are numbers of four digits. `images` keeps photographs of one format; those of
    several fit into one dataset only when all are written as PNG. The authors divide the images
    by lists apart from the data, so that all are "train" here.
    """

    name: ClassVar[str] = "megadepth"
    splits: ClassVar[tuple[str, ...]] = ("train", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": RelativeDepthMap}
    holds: ClassVar[str] = "MegaDepth: SCENE/dense0/{imgs/*.jpg, depths/*.h5}"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?P<folder>(?:.*/)?(?P<scene>\d{4})/(?P<part>dense\d+)/)"
        r"(?:imgs/(?P<frame>[^/]+)\.(?i:jpe?g|png)|depths/[^/]+\.h5)"
    )
    publication: ClassVar[Publication] = Publication(
        title="MegaDepth",
        home="https://www.cs.cornell.edu/projects/megadepth/",
        license="CC BY 4.0",
        citation=(
            "Z. Li, N. Snavely: MegaDepth: Learning Single-View Depth Prediction from Internet "
            "Photos. CVPR 2018."
        ),
        how_to_get="open download: MegaDepth v1 Dataset, 199 GB, of the project's page",
        place=(
            "phoenix/S6/zl548/MegaDepth_v1/0000/dense0/imgs/NAME.jpg, …/dense0/depths/NAME.h5, "
            "as MegaDepth_v1.tar.gz extracts"
        ),
        traps=(
            "depth is up to scale, of another unit in every scene: no metric task takes it",
            "a quarter of the files hold labels of order instead of depth: those are rejected",
            "0 is unknown: the sky, people, and what could not be matched",
            "names end in .jpg, .JPG and .png: all are read, one format at a time",
            "photographs without color are rejected",
        ),
    )

    images: Literal["jpg", "png", "all"] = "jpg"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every photograph of the format that is asked for."""
        for name, part in matched(sizes, self.pattern):
            if not part["frame"] or self.images not in ("all", image_format(name)):
                continue
            scene, dense, frame = part["scene"], part["part"], part["frame"]
            depth = f"{part['folder']}depths/{frame}.h5"
            yield {
                "key": sample_key("megadepth", scene, dense, frame),
                "image": image_format(name),
                "split": "train",
                "scene": scene,
                "file": name,
                "image_id": f"megadepth/{scene}/{dense}/{frame}",
                "depth": depth if depth in sizes else "",
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth, where the file holds some."""
        return {"depth": partial(self._depth, row["depth"], shape)}

    def _depth(self, where: str, shape: tuple[int, int]) -> RelativeDepthMap:
        data = self.tree.read(where, field="depth")
        lengths = decoded(lambda: read_hdf5(data, "depth"), field="depth", where=where)
        if lengths.dtype.kind != "f":
            raise SampleError("MODE", "depth", where, f"must be float, got {lengths.dtype}")
        check_shape(lengths, shape, field="depth", where=where)
        if _labels(lengths):
            message = "no pixel has a known depth: the file holds labels of order"
            raise SampleError("EMPTY", "depth", where, message)
        return decoded(lambda: RelativeDepthMap(lengths), field="depth", where=where)


def _labels(values: Array) -> bool:
    """Whether a file holds labels: a number below 0, or nothing but whole ones."""
    known = values[np.isfinite(values) & (values != 0)]
    return bool(known.size and (known.min() < 0 or (known == np.floor(known)).all()))
