"""ScanNet v2: indoor scans with a tablet's camera and a depth sensor, as exported frames.

Layout of `SensReader/python` of the authors: SCAN/color/0.jpg (1296x968), SCAN/depth/0.png
(640x480, 16-bit, "depth shift 1000": millimeters along the optical axis, 0 where there is none),
SCAN/intrinsic/intrinsic_{color,depth}.txt (4x4). Their subset scannet_frames_25k names frames
color/000000.jpg, and cameras SCAN/intrinsics_{color,depth}.txt (after its readers).

Color and depth have other sizes and cameras, but look from one place (`cameras` tells how they
meet). The numbers in SCAN.txt are not those of the frames, and are not read; poses neither: -inf,
lost tracking (`SensReader/c++/README.txt`), says nothing of the depth.

No real depth file was at hand when this was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from vtencode.errors import SourceError
from vtencode.png import read_png_gray16
from vtencode.scaled import ScaledDepth
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.scannet.cameras import in_color, pinhole
from vtencode.sources.tree import Maker, TreeSource, image_format, matched
from vtencode.targets import Camera, DepthMap

if TYPE_CHECKING:
    import pyarrow as pa

MILLIMETERS = ScaledDepth(per_meter=1000, unknown=0)
#: What there is a camera of.
SEEN = ("depth", "color")
#: The split of a scan that no list names.
UNLISTED = "neither"
_LISTS = "https://github.com/ScanNet/ScanNet/tree/master/Tasks/Benchmark"
#: What holds frames that are not exported yet: a .sens, or what the C++ reader makes of it.
_RAW = re.compile(r"(?:.*/)?(?:scene\d{4}_\d{2}\.sens|frame-\d{6}\.?(?:color\.jpg|depth\.pgm))")


@dataclass(frozen=True, kw_only=True)
class ScanNet(TreeSource):
    """ScanNet v2 frames: color, and z depth of up to 10 m in the pixels of color.

    Splits are told by scannetv2_{train,val,test}.txt below the root; a scan that none names is of
    the split "neither", whose phrasings are those of evaluation. `scenes` are scans.
    """

    name: ClassVar[str] = "scannet"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap}
    holds: ClassVar[str] = "ScanNet: scene????_??/{color/*.jpg, depth/*.png, intrinsic/*.txt}"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?P<folder>(?:.*/)?(?P<scan>scene\d{4}_\d{2})/)(?:color/(?P<color>\d+)\.(?:jpg|png)"
        r"|depth/(?P<depth>\d+)\.png|(?:intrinsic/intrinsic|intrinsics)_(?P<camera>color|depth)"
        r"\.txt)|(?:.*/)?scannetv2_(?P<listed>train|val|test)\.txt"
    )
    publication: ClassVar[Publication] = Publication(
        title="ScanNet v2",
        home="http://www.scan-net.org",
        license="ScanNet Terms of Use, to be signed (kaldir.vc.in.tum.de/scannet/ScanNet_TOS.pdf)",
        citation=(
            "A. Dai et al.: ScanNet: Richly-annotated 3D Reconstructions of Indoor Scenes. "
            "CVPR 2017."
        ),
        how_to_get=(
            "by request: sign the Terms of Use and mail them to scannet@googlegroups.com; over "
            "1 TB (2.5 million frames), or scannet_frames_25k.zip, 5.6 GB"
        ),
        place=(
            "scene0000_00/{color/0.jpg, depth/0.png, intrinsic/intrinsic_color.txt, "
            "intrinsic/intrinsic_depth.txt}, or scannet_frames_25k.zip as it is; beside them "
            f"scannetv2_train.txt, _val.txt and _test.txt of {_LISTS}"
        ),
        traps=(
            "color and depth have other sizes and cameras: depth is looked up in color's pixels",
            "color exported as small as depth keeps the large camera's file: depth's is taken",
            "SCAN.txt tells other cameras than the frames have: not read here",
            "poses of -inf are lost tracking: such depth is right, and kept",
            "0 is no measurement: unknown here",
            "a .sens holds frames that must be exported first: refused, with the command",
        ),
    )

    def index(self) -> pa.Table:
        """One row a frame; a split that no list tells is refused."""
        if self.split != "all" and self.split not in self._listed:
            replace(self, split="all").index()  # that there is no frame at all is said first
            raise SourceError(
                f"{self.root} must hold scannetv2_{self.split}.txt to tell the scans of the split "
                f"{self.split!r}, and does not. Get it at {_LISTS}, or take the split 'all'."
            )
        return super().index()

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every color image, scan by scan, named alike in every form."""
        split_of = {scan: split for split, scans in self._listed.items() for scan in scans}
        folders: dict[str, str] = {}
        for folder, held in groupby(matched(sizes, self.pattern), lambda one: one[1]["folder"]):
            scan = folder.rstrip("/").rpartition("/")[2]
            cameras, frames = _sorted(held)
            if frames and folders.setdefault(scan, folder) != folder:
                raise SourceError(
                    f"{self.root} must hold a scan once, and holds {scan} in {folders[scan]} and "
                    f"{folder}. Let one of the folders above them be the root."
                )
            for number, files in frames:
                frame = f"{number:06d}"
                yield {
                    "key": sample_key("scannet", scan, frame),
                    "image": image_format(files["color"]),
                    "split": split_of.get(scan, UNLISTED),
                    "scene": scan,
                    "file": files["color"],
                    "image_id": f"scannet/{scan}/{frame}",
                    "depth": files.get("depth", ""),
                    "depth_camera": cameras.get("depth", ""),
                    "color_camera": cameras.get("color", ""),
                }
        if not folders:
            self._refuse_raw()

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth in the pixels of color."""
        return {"depth": partial(self._depth, row, shape)}

    def _depth(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        data = self.tree.read(row["depth"], field="depth")
        depth = decoded(
            lambda: MILLIMETERS.read(read_png_gray16(data)), field="depth", where=row["depth"]
        )
        cameras = {of: self._camera(row[f"{of}_camera"]) for of in SEEN if row[f"{of}_camera"]}
        return in_color(depth, shape, cameras, where=row["depth"])

    def _camera(self, name: str) -> Camera:
        data = self.tree.read(name, field="depth")
        return decoded(lambda: pinhole(data), field="depth", where=name)

    @cached_property
    def _listed(self) -> dict[str, tuple[str, ...]]:
        """The scans of every split that a list is there of."""
        lists: dict[str, tuple[str, ...]] = {}
        for name, part in matched((name for name, _ in self.files()), self.pattern):
            if part["listed"] and part["listed"] not in lists:
                text = self.tree.read(name, field="split").decode("ascii", "replace")
                lists[part["listed"]] = tuple(text.split())
        return lists

    def _refuse_raw(self) -> None:
        raw = next(iter(self.tree.sizes(_RAW)), None)
        if raw is not None:
            raise SourceError(
                f"{self.root} must hold exported frames, and holds {raw}. Export them with the "
                "authors' SensReader/python: python reader.py --filename scene0000_00.sens "
                "--output_path scene0000_00 --export_depth_images --export_color_images "
                "--export_intrinsics"
            )


def _sorted(
    held: Iterable[tuple[str, dict[str, str]]],
) -> tuple[dict[str, str], list[tuple[int, dict[str, str]]]]:
    """The files of a scan: those of its cameras, and those of every frame with color, in order."""
    cameras: dict[str, str] = {}
    frames: dict[int, dict[str, str]] = {}
    for name, part in held:
        if part["camera"]:
            cameras.setdefault(part["camera"], name)
        for of in SEEN:
            if part[of]:
                frames.setdefault(int(part[of]), {}).setdefault(of, name)
    return cameras, sorted((at, files) for at, files in frames.items() if "color" in files)
