"""MPII Human Pose: people in 410 everyday activities, with 16 joints each.

After the authors' README and the files of others: `mpii_human_pose_v1_u12_1.mat` holds the struct
`RELEASE`, of whose fields `annolist` and `img_train` are read. Joints are in pixels as MATLAB
counts them, from 1. `is_visible` is 1 or 0, as a number or a text, or empty, or missing; nothing
tells what it is then, and, as in the converter of Convolutional Pose Machines (genJSON.m), such a
joint counts as seen. The well-known lists of HRNet (`train.json`, `valid.json`) and of mmpose
(`mpii_train.json`, `mpii_val.json`) are the same joints, counted from 1 too (HRNet subtracts 1,
mmpose since 1.0 does not), but do not tell which ones are seen: their `joints_vis` is 1 for every
joint that is marked (microsoft/human-pose-estimation.pytorch, issue 7).

Not confirmed on the official file, which the tests do not have: how often is_visible is which.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from vtencode.errors import SourceError
from vtencode.images import Picture
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.coco.found import Endings
from vtencode.sources.files import decoded
from vtencode.sources.mpii.joints import Asked, keypoints_of
from vtencode.sources.mpii.people import People, of_list, of_release
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Keypoints

_D2 = "http://datasets.d2.mpi-inf.mpg.de/andriluka14cvpr"
_IMAGE = re.compile(r"\d{9}\.jpg")


@dataclass(frozen=True, kw_only=True)
class Mpii(TreeSource):
    """MPII images that the authors give to train, with the joints of their people.

    Read are the authors' file, or, without it, the lists of HRNet or mmpose. The authors have no
    validation split. Images that a `valid.json` or `mpii_val.json` lists are `val`, the split of
    Tompson et al. that everybody uses; without such a list all are `train`. Images without anybody
    are left out. `people` asks about images in which all people have their joints marked
    ("complete"), or about those that have, in every image ("marked").
    """

    name: ClassVar[str] = "mpii"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {"keypoints": Keypoints}
    holds: ClassVar[str] = (
        "MPII Human Pose: mpii_human_pose_v1_u12_1.mat, or annot/{train,valid}.json, or "
        "mpii_{train,val}.json (others' .h5 and mpii_annotations.json are not read); and "
        "images/*.jpg"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?:(?P<release>mpii_human_pose_v1_u12_\d\.mat)|"
        r"(?:annot/|mpii_)(?P<list>train|valid|val|trainval)\.json|(?P<image>\d{9}\.jpg))"
    )
    publication: ClassVar[Publication] = Publication(
        title="MPII Human Pose",
        home="http://human-pose.mpi-inf.mpg.de",
        license=(
            "annotations: Simplified BSD License; images: for research purposes, commercial use "
            "is not allowed"
        ),
        citation=(
            "M. Andriluka, L. Pishchulin, P. Gehler, B. Schiele: 2D Human Pose Estimation: New "
            "Benchmark and State of the Art Analysis. CVPR 2014."
        ),
        how_to_get="open download: images 12.9 GB, annotations 12.5 MB",
        place=(
            "mpii_human_pose_v1_u12_1.mat, images/005808361.jpg; and valid.json of HRNet in annot/ "
            "or mpii_val.json of mmpose for the validation split"
        ),
        traps=(
            "pixels count from 1, in the authors' file and in the lists of others: from 0 here",
            "joints_vis of the lists tells what is marked, not what is seen: seen here",
            "the authors' file tells which joints are hidden: it goes before the lists",
            "is_visible may be a number, a text, empty or missing: the latter two are seen here",
            "images to test have no joints: left out here",
            "some people have no joints: their images are filtered here unless people is marked",
            "lists to validate lack some people: those of trainval, where it is, are read instead",
        ),
        files=(
            RemoteFile(
                f"{_D2}/mpii_human_pose_v1.tar.gz", "mpii_human_pose_v1.tar.gz", b"\x1f\x8b"
            ),
            RemoteFile(
                f"{_D2}/mpii_human_pose_v1_u12_2.zip", "mpii_human_pose_v1_u12_2.zip", b"PK"
            ),
        ),
    )

    people: Asked = "complete"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """An image for every one that shows somebody."""
        told = self._told(sizes)
        everybody = self._everybody(told)
        to_validate = self._validated(told)
        images = Endings({n: sizes[n] for n, part in matched(sizes, self.pattern) if part["image"]})
        found = {name: images.find(name) for name in everybody if _IMAGE.fullmatch(name)}
        if everybody and not any(found.values()):
            raise SourceError(
                f"{self.root} must hold the images that its annotations tell of, such as images/"
                f"{min(everybody)}, and holds none."
            )
        for name, people in everybody.items():
            if not people:
                continue
            stem = name.removesuffix(".jpg")
            yield {
                "key": sample_key("mpii", stem),
                "image": "jpg",
                "split": "val" if name in to_validate else "train",
                "scene": "",
                "file": found.get(name) or (name if _IMAGE.fullmatch(name) else ""),
                "image_id": f"mpii/{stem}",
                "keypoints": json.dumps(people),
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """The joints of everybody."""
        where = f"{row['image_id']}"
        return {"keypoints": partial(keypoints_of, row["keypoints"], shape, where, self.people)}

    def picture(self, row: Row) -> Picture:
        """The image as it is stored: joints are told in those pixels."""
        data = self.tree.read(row["file"], field="image")
        return decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])

    def _told(self, sizes: Mapping[str, int]) -> dict[str, str]:
        """Files that tell of people: the authors' as `release`, and lists by their names."""
        told: dict[str, str] = {}
        for path, part in matched(sizes, self.pattern):
            name = "release" if part["release"] else part["list"].replace("valid", "val")
            if name and told.setdefault(name, path) != path:
                raise SourceError(
                    f"{told[name]} and {path} say the same: point --source at the one you mean."
                )
        return told

    def _everybody(self, told: Mapping[str, str]) -> People:
        """Everybody, from the best of the files."""
        if "release" in told:
            return of_release(self._read(told["release"]), told["release"])
        names = ["trainval"] if "trainval" in told else [n for n in ("train", "val") if n in told]
        people: People = {}
        for name in names:
            people |= of_list(self._read(told[name]), told[name])
        return people

    def _validated(self, told: Mapping[str, str]) -> set[str]:
        return {*of_list(self._read(told["val"]), told["val"])} if "val" in told else set()

    def _read(self, name: str) -> bytes:
        return self.tree.read(name, field="keypoints")
