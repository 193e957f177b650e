"""SUN RGB-D: indoor frames of four depth sensors, in one layout.

After the authors' README (rgbd.cs.princeton.edu/data/README.txt) and toolbox. A frame is a folder
with image/*.jpg, depth/*.png (as measured), depth_bfx/*.png (improved and filled), and
intrinsics.txt (3x3) of that image; `fullres` is not read. Depth is along the optical axis, stored
as `rotation` tells. Checked on real frames of a Kinect v1 and a Kinect v2.

Not told, and taken as the rest of vtencode does: that pixel centers are at integers. (The toolbox
counts pixels from 1; one pixel is 0.11 degrees.) After nicr-scene-analysis-datasets, which matches
them frame by frame: kv1/NYUdata/NYU0001 is frame 1 of the labeled NYU Depth V2, cropped.
`allsplit.mat` is read as documented; no real one was at hand when this was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from vtencode.errors import CodeError, SourceError
from vtencode.formats.mat_tree import read_mat_tree
from vtencode.formats.text_matrix import read_text_matrix
from vtencode.png import read_png_gray16
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.sun_rgbd.rotation import read_depth
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Camera, DepthMap

if TYPE_CHECKING:
    import pyarrow as pa

#: The split of a frame that no list names.
UNLISTED = "neither"
_NYU = re.compile(r"kv1/NYUdata/NYU(\d{4})")
_URL = "https://rgbd.cs.princeton.edu/data"


@dataclass(frozen=True, kw_only=True)
class SunRgbd(TreeSource):
    """SUN RGB-D frames: color of 561x427 to 730x530, and z depth of up to 8 m.

    `depth` is what the sensor measured (raw), or what the authors made of it (filled), without
    holes. Splits are told by the toolbox's allsplit.mat below the root; a frame that it does not
    name is of the split "neither", whose phrasings are those of evaluation. `scenes` are
    collections: kv2/align_kv2.
    """

    name: ClassVar[str] = "sun-rgbd"
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap}
    holds: ClassVar[str] = (
        "SUN RGB-D: {kv1,kv2,realsense,xtion}/*/FRAME/{image/*.jpg, depth/*.png, intrinsics.txt}"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?P<folder>(?:.*/)?(?P<sequence>(?:kv1|kv2|realsense|xtion)/(?:[^/]+/)*(?!fullres/)[^/]+)/)"
        r"(?:image/[^/.][^/]*\.(?P<image>jpg)|depth/[^/.][^/]*\.(?P<raw>png)"
        r"|depth_bfx/[^/.][^/]*\.(?P<filled>png)|intrinsics\.(?P<camera>txt))"
        r"|(?:.*/)?allsplit\.(?P<listed>mat)"
    )
    publication: ClassVar[Publication] = Publication(
        title="SUN RGB-D",
        home="https://rgbd.cs.princeton.edu",
        license="none stated; the authors ask to cite it, NYU Depth V2, B3DO and SUN3D",
        citation=(
            "S. Song, S. P. Lichtenberg, J. Xiao: SUN RGB-D: A RGB-D Scene Understanding Benchmark "
            "Suite. CVPR 2015."
        ),
        how_to_get="open download: 6.9 GB (10 335 frames), and the toolbox, which has the splits",
        place="SUNRGBD.zip and SUNRGBDtoolbox.zip as they are, or what they extract to",
        traps=(
            "bits of depth are rotated by three: turned back here; others are refused",
            "the toolbox sets depth beyond 8 m to 8 m: unknown here",
            "depth_bfx has no holes, for they are filled: depth as measured is read unless asked",
            "every frame has a camera and a size of its own: both are read",
            "fullres has other pictures of the same frames: not read here",
            "1449 frames are those of NYU Depth V2: image_id names them as there",
        ),
        files=(
            RemoteFile(f"{_URL}/SUNRGBD.zip", "SUNRGBD.zip", b"PK\x03\x04"),
            RemoteFile(f"{_URL}/SUNRGBDtoolbox.zip", "SUNRGBDtoolbox.zip", b"PK\x03\x04"),
        ),
    )

    depth: Literal["raw", "filled"] = "raw"

    def index(self) -> pa.Table:
        """One row a frame; a split that nothing tells is refused."""
        if self.split != "all" and not self._listed:
            replace(self, split="all").index()  # that there is no frame at all is said first
            raise SourceError(
                f"{self.root} must hold allsplit.mat to tell the frames of the split "
                f"{self.split!r}, and does not. Put {_URL}/SUNRGBDtoolbox.zip there, or take the "
                "split 'all'."
            )
        return super().index()

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every folder with an image."""
        folders: dict[str, str] = {}
        for (folder, sequence), held in groupby(matched(sizes, self.pattern), _place):
            files = _only(held)
            if not files["image"]:
                continue
            if folders.setdefault(sequence, folder) != folder:
                raise SourceError(
                    f"{self.root} must hold a frame once, and holds {folders[sequence]} and "
                    f"{folder}. Let one of the folders above them be the root."
                )
            nyu = _NYU.fullmatch(sequence)
            yield {
                "key": sample_key("sun-rgbd", *sequence.split("/")),
                "image": "jpg",
                "split": self._listed.get(sequence, UNLISTED),
                "scene": sequence.rpartition("/")[0],
                "file": files["image"],
                "image_id": f"nyu-depth-v2/{nyu[1]}" if nyu else f"sun-rgbd/{sequence}",
                "depth": files[self.depth],
                "camera": files["camera"],
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth with the camera of its frame."""
        return {"depth": partial(self._depth, row, shape)}

    def _depth(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        name = row["depth"]
        data = self.tree.read(name, field="depth")
        stored = decoded(lambda: read_png_gray16(data), field="depth", where=name)
        check_shape(stored, shape, field="depth", where=name)
        return replace(read_depth(stored, where=name), camera=self._camera(row["camera"]))

    def _camera(self, name: str) -> Camera | None:
        if not name:
            return None
        data = self.tree.read(name, field="depth")
        return decoded(lambda: _pinhole(data), field="depth", where=name)

    @cached_property
    def _listed(self) -> dict[str, str]:
        """The split of every frame, as the list tells; empty without a list."""
        names = (name for name, _ in self.files())
        name = next((name for name, part in matched(names, self.pattern) if part["listed"]), None)
        if name is None:
            return {}
        try:
            data = self.tree.read(name, field="split")
            named = {split: _lines(data, f"all{split}") for split in ("train", "test")}
        except CodeError as error:
            message = f"{self.root / name} must hold the lists alltrain and alltest: {error}"
            raise SourceError(message) from error
        return {_sequence(line): split for split, lines in named.items() for line in lines}


def _place(one: tuple[str, dict[str, str]]) -> tuple[str, str]:
    return one[1]["folder"], one[1]["sequence"]


def _only(held: Iterable[tuple[str, dict[str, str]]]) -> dict[str, str]:
    """The file of each kind in a frame's folder; "" where there is none, or which is not told."""
    found: dict[str, list[str]] = {kind: [] for kind in ("image", "raw", "filled", "camera")}
    for name, part in held:
        for kind in (kind for kind in found if part[kind]):
            found[kind].append(name)
    return {kind: names[0] if len(names) == 1 else "" for kind, names in found.items()}


def _lines(data: bytes, name: str) -> tuple[str, ...]:
    """The cells of a list, all of them text."""
    cells = read_mat_tree(data, name)
    if not isinstance(cells, tuple) or not all(isinstance(line, str) for line in cells):
        raise CodeError(f"{name} must be a cell array of texts, and is not.")
    return cells


def _sequence(line: str) -> str:
    """The frame that a line of the lists names: /n/fs/sun3d/data/SUNRGBD/kv1/NYUdata/NYU0001."""
    words = [word for word in line.split("/") if word]
    return "/".join(words[words.index("SUNRGBD") + 1 :] if "SUNRGBD" in words else words)


def _pinhole(data: bytes) -> Camera:
    (fx, _, cx), (_, fy, cy), _ = read_text_matrix(data, (3, 3)).tolist()
    return Camera(fx, fy, cx, cy)
