"""What the files of KITTI's depth and raw data are called, and which frame each belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple

from vtencode.shipped import shipped
from vtencode.sources.tree import matched

#: The drives of `val/`, for trees that merged it with `train/` (BTS, monodepth2).
VAL_DRIVES = frozenset(
    f"{drive}_sync"
    for drive in (
        "2011_09_26_drive_0002", "2011_09_26_drive_0005", "2011_09_26_drive_0013",
        "2011_09_26_drive_0020", "2011_09_26_drive_0023", "2011_09_26_drive_0036",
        "2011_09_26_drive_0079", "2011_09_26_drive_0095", "2011_09_26_drive_0113",
        "2011_09_28_drive_0037", "2011_09_29_drive_0026", "2011_09_30_drive_0016",
        "2011_10_03_drive_0047",
    )
)  # fmt: skip
_DRIVE = r"2011_\d\d_\d\d_drive_\d{4}_sync"
PATTERN = re.compile(
    r"(?:.*?/)??(?:"
    rf"(?:(?P<split>train|val)/)?(?P<drive>{_DRIVE})/proj_depth/groundtruth/"
    r"image_(?P<side>0[23])/(?P<number>\d{10})\.png"
    rf"|(?P<raw>{_DRIVE})/image_(?P<raw_side>0[23])/data/(?P<raw_number>\d{{10}})\.(?:png|jpg)"
    r"|val_selection(?:_cropped)?/(?P<folder>image|groundtruth_depth|intrinsics)/"
    rf"(?P<cut>{_DRIVE})_(?:image|groundtruth_depth)_(?P<cut_number>\d{{10}})_"
    r"image_(?P<cut_side>0[23])\.(?:png|txt)"
    r"|(?P<calibrated>2011_\d\d_\d\d(?:_drive_\d{4}_sync)?)/calib_cam_to_cam\.txt)"
)
#: Archives below the root: the raw data are published in a folder a drive.
INNER = re.compile(
    r".+/(?:data_depth_(?:annotated|selection)|2011_\d\d_\d\d_(?:drive_\d{4}_sync|calib))\.zip"
)


class Place(NamedTuple):
    """One frame: its drive, "02" for the left or "03" for the right camera, and its number."""

    drive: str
    side: str
    number: str

    @property
    def image_id(self) -> str:
        """The frame's name in every form of the dataset, and in lists of evaluation images."""
        return f"kitti/{self.drive}/image_{self.side}/{self.number}"

    @property
    def raw(self) -> str:
        """Where the raw data have the image."""
        folder = f"{self.drive[:10]}/{self.drive}/image_{self.side}/data"
        return f"{folder}/{self.number}.png"


@dataclass
class Found:
    """The files of a tree, by what they show."""

    depth: dict[Place, tuple[str, str]] = field(default_factory=dict)  # file and split
    images: dict[Place, str] = field(default_factory=dict)
    cut: dict[Place, dict[str, str]] = field(default_factory=dict)  # of the selection, by folder
    calibration: dict[str, str] = field(default_factory=dict)  # by drive, or by date

    def camera(self, place: Place) -> str:
        """The calibration of a frame: its drive's, or its day's; "" where neither is there."""
        return self.calibration.get(place.drive) or self.calibration.get(place.drive[:10], "")


def found(names: Iterable[str]) -> Found:
    """Every file by what it shows; of two that show the same, the first, and PNG before JPEG."""
    files = Found()
    for name, part in matched(sorted(names, reverse=True), PATTERN):
        if part["drive"]:
            place = Place(part["drive"], part["side"], part["number"])
            split = part["split"] or ("val" if place.drive in VAL_DRIVES else "train")
            files.depth[place] = name, split
        elif part["raw"]:
            place = Place(part["raw"], part["raw_side"], part["raw_number"])
            if name.endswith(".png") or not files.images.get(place, "").endswith(".png"):
                files.images[place] = name
        elif part["cut"]:
            place = Place(part["cut"], part["cut_side"], part["cut_number"])
            files.cut.setdefault(place, {})[part["folder"]] = name
        else:
            files.calibration[part["calibrated"]] = name
    return files


def image_of(depth: str) -> str:
    """Where the selection has the image of one of its depth maps."""
    path = PurePosixPath(depth)
    name = path.name.replace("_groundtruth_depth_", "_image_")
    return str(path.parent.parent / "image" / name)


def eigen_ids() -> frozenset[str]:
    """The frames of the test list of Eigen et al. (NIPS 2014), left color camera."""
    path = shipped("leaks/lists") / "kitti-eigen-test.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
