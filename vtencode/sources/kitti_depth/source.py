"""KITTI depth: laser scans of streets, accumulated and checked, for frames of the raw data.

Layout and formats after the authors' devkit (`readme.txt` of the depth benchmark): depth is uint16
/ 256 meters along the optical axis, 0 where nothing is known, which is four pixels of five; frames
start at 5, because eleven scans are accumulated. Read against one real frame. Not in the readme,
and after mature readers: names in the depth selection are `_image_` for images (ip_basic, NLSPN),
and pixel centers are at integers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal

from vtencode.densify import ip_basic
from vtencode.errors import CodeError, SourceError
from vtencode.formats.kitti import read_calibration, read_intrinsics
from vtencode.scaled import ScaledDepth
from vtencode.sources.base import Publication, RemoteFile, Row, Sample, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.kitti_depth.layout import INNER, PATTERN, Place, eigen_ids, found, image_of
from vtencode.sources.pngs import Shape, depth_png
from vtencode.sources.tree import Maker, TreeSource, image_format
from vtencode.targets import Camera, DepthMap

DEPTH = ScaledDepth(per_meter=256, unknown=0)
EIGEN, SELECTION = "eigen-test", "selection"

_S3 = "https://s3.eu-central-1.amazonaws.com/avg-kitti"
_DAYS = ("2011_09_26", "2011_09_28", "2011_09_29", "2011_09_30", "2011_10_03")


@dataclass(frozen=True, kw_only=True)
class KittiDepth(TreeSource):
    """KITTI frames: color of about 1242x375, and sparse z depth of 2 to 90 m.

    Depth and raw data may lie anywhere below `root`: they are matched by drive, camera and number.
    Drives whose images are not there are left out. `selection` is `val_selection_cropped`, frames
    of val cut to 1216x352; `eigen-test` is the frames of Eigen et al. (2014) that have depth, some
    of train and some of val.

    `densify` fills holes by guesses of vtencode's own, which are no ground truth: see
    `vtencode.densify`. Without it, what was not measured is unknown.
    """

    name: ClassVar[str] = "kitti-depth"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "selection", EIGEN, "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap}
    holds: ClassVar[str] = (
        "KITTI depth: {train,val}/2011_*_drive_*_sync/proj_depth/groundtruth/image_02/*.png, and "
        "2011_*_drive_*_sync/image_02/data/*.png of the raw data"
    )
    pattern: ClassVar[re.Pattern[str]] = PATTERN
    inner: ClassVar[re.Pattern[str] | None] = INNER
    publication: ClassVar[Publication] = Publication(
        title="KITTI depth prediction and completion",
        home="https://www.cvlibs.net/datasets/kitti/eval_depth.php?benchmark=depth_prediction",
        license="CC BY-NC-SA 3.0",
        citation=(
            "J. Uhrig, N. Schneider, L. Schneider, U. Franke, T. Brox, A. Geiger: Sparsity "
            "Invariant CNNs. 3DV 2017. A. Geiger, P. Lenz, C. Stiller, R. Urtasun: Vision meets "
            "Robotics: The KITTI Dataset. IJRR 2013."
        ),
        how_to_get=(
            "open download: annotated depth 14 GB, selection 2 GB; the images are in the raw data "
            "(175 GB, drive by drive, raw_data_downloader.sh of the authors)"
        ),
        place=(
            "data_depth_annotated.zip, data_depth_selection.zip, 2011_09_26_drive_0001_sync.zip, "
            "…, as they are or extracted:\n"
            "{train,val}/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02/0000000005.png\n"
            "2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000005.png\n"
            "2011_09_26/calib_cam_to_cam.txt (optional: 2011_09_26_calib.zip)\n"
            "or val_selection_cropped/{image,groundtruth_depth,intrinsics}"
        ),
        traps=(
            "depth is uint16 / 256 m; 0 is unknown, and filled in only where `densify` asks",
            "frames of Eigen's test list lie in train/ and in val/: leave them out by leak_guard",
            "45 of the 697 frames of that list have no depth: 652 are read",
            "the first and last five frames of a drive have no depth",
            "sizes differ by the day: 1242x375, 1241x376, 1226x370, 1224x370, …",
            "velodyne_raw has the same names, and is one scan, unchecked: not read",
            "all holds the selection too, whose frames are of val, cropped",
        ),
        files=(
            RemoteFile(
                f"{_S3}/data_depth_annotated.zip", "data_depth_annotated.zip", b"PK\x03\x04"
            ),
            RemoteFile(
                f"{_S3}/data_depth_selection.zip", "data_depth_selection.zip", b"PK\x03\x04"
            ),
            *(
                RemoteFile(f"{_S3}/raw_data/{date}_calib.zip", f"{date}_calib.zip", b"PK\x03\x04")
                for date in _DAYS
            ),
        ),
    )

    densify: Literal["none", "ip-basic"] = "none"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every annotated depth map of the drives whose images are there."""
        files = found(sizes)
        drives = {place.drive for place in files.images}
        if files.depth and not drives and not files.cut:
            raise SourceError(
                f"{self.root} must hold the images of its depth maps, and holds none. Put the raw "
                "data beside them: 2011_09_26/2011_09_26_drive_0001_sync/image_02/data/*.png, or "
                "their .zip files."
            )
        eigen = eigen_ids() if self.split == EIGEN else frozenset()
        for place, (depth, folder) in sorted(files.depth.items()):
            if place.drive in drives:
                split = EIGEN if place.image_id in eigen else folder
                image = files.images.get(place, place.raw)
                yield _row(place, split, image, depth, files.camera(place))
        for place, kept in sorted(files.cut.items()):
            depth = kept.get("groundtruth_depth", "")
            if depth:
                image = kept.get("image") or image_of(depth)
                yield _row(place, SELECTION, image, depth, kept.get("intrinsics", ""))

    def makers(self, row: Row, shape: Shape) -> Mapping[str, Maker]:
        """Depth, with its holes or filled."""
        return {"depth": partial(self._depth, row, shape)}

    def load(self, row: Row) -> Sample:
        """Read one frame; a depth that was filled in says so."""
        sample = super().load(row)
        if self.densify == "none":
            return sample
        return replace(sample, provenance={**sample.provenance, "densify": self.densify})

    def _depth(self, row: Row, shape: Shape) -> DepthMap:
        data = self.tree.read(row["depth"], field="depth")
        depth = depth_png(data, DEPTH, shape, where=row["depth"], camera=self._camera(row))
        return ip_basic(depth) if self.densify == "ip-basic" else depth

    def _camera(self, row: Row) -> Camera | None:
        """The rectified color camera, where its calibration is there."""
        name, side = row["calibration"], row["side"]
        if not name:
            return None
        data = self.tree.read(name, field="depth")
        read = read_intrinsics if row["split"] == SELECTION else partial(_rectified, side=side)
        return decoded(lambda: read(data), field="depth", where=name)


def _row(place: Place, split: str, image: str, depth: str, calibration: str) -> dict[str, Any]:
    prefix = "kitti-selection" if split == SELECTION else "kitti"
    return {
        "key": sample_key(prefix, *place),
        "image": image_format(image),
        "split": split,
        "scene": place.drive,
        "file": image,
        "image_id": place.image_id,
        "depth": depth,
        "side": place.side,
        "calibration": calibration,
    }


def _rectified(data: bytes, *, side: str) -> Camera:
    cameras = read_calibration(data)
    if side not in cameras:
        raise CodeError(f"must tell of camera {side}, and tells of {', '.join(cameras)}.")
    return cameras[side]
