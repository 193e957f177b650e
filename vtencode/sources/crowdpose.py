"""CrowdPose: people who hide each other, with 14 joints each.

Documents in the form of COCO, after the authors' README and examples that mmpose and
faster-coco-eval ship; `crowdIndex` of an image is not read. The third number of a joint is no
visibility: the authors say that it is 0 where a joint is not labeled (Jeff-sjtu/CrowdPose,
issue 2), and users find 1 and 2 for joints that are seen just as well, and 1 for every head and
neck (issues 13, 23). Their `skeleton` is COCO's, which counts other joints. Not confirmed: that
pixels count from 0, as COCO's do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from vtencode.sources.base import Publication, Row
from vtencode.sources.coco.annotated import Entry
from vtencode.sources.coco.base import CocoSource, Maker
from vtencode.sources.coco.found import Kind
from vtencode.sources.coco.joints import keypoints_of
from vtencode.sources.marked import marked_triplets
from vtencode.targets import Keypoints

#: In the order of `keypoints` of the documents' category.
NAMES = (
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "head", "neck",
)  # fmt: skip
#: Not told by the authors; after mmpose (configs/_base_/datasets/crowdpose.py).
SKELETON = (
    (10, 8), (8, 6), (11, 9), (9, 7), (6, 7), (0, 6), (1, 7), (0, 1), (0, 2), (1, 3), (2, 4),
    (3, 5), (12, 13), (1, 13), (0, 13),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CrowdPose(CocoSource):
    """CrowdPose images with the joints of their people.

    The split `trainval` is `train` and `val` together, in a document of its own. `people` asks
    about images in which everybody has joints marked ("complete"), or about those who have, in
    every image ("marked").
    """

    name: ClassVar[str] = "crowdpose"
    prefix: ClassVar[str] = "crowdpose"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "trainval", "all")
    targets: ClassVar[Mapping[str, type]] = {"keypoints": Keypoints}
    holds: ClassVar[str] = "CrowdPose: crowdpose_{train,val,test}.json and images/*.jpg"
    kinds: ClassVar[Mapping[str, Kind]] = {
        "keypoints": Kind(
            re.compile(r"(?:.*/)?(?:mmpose_)?crowdpose_(?P<split>train|val|test|trainval)\.json")
        )
    }
    pictures: ClassVar[re.Pattern[str]] = re.compile(r"(?:.*/)?images/\d{6}\.jpg")
    publication: ClassVar[Publication] = Publication(
        title="CrowdPose",
        home="https://github.com/Jeff-sjtu/CrowdPose",
        license="not told; images are of COCO, MPII and AI Challenger, for research",
        citation=(
            "J. Li, C. Wang, H. Zhu, Y. Mao, H.-S. Fang, C. Lu: CrowdPose: Efficient Crowded "
            "Scenes Pose Estimation and A New Benchmark. CVPR 2019."
        ),
        how_to_get="open download from Google Drive (links in the README): images and annotations",
        place=(
            "images/100000.jpg and json/crowdpose_{train,val,test}.json, or mmpose's "
            "annotations/mmpose_crowdpose_{trainval,test}.json"
        ),
        traps=(
            "the third number of a joint is no visibility: every joint that is marked is seen here",
            "the document's skeleton is COCO's and joins other joints: bones of its own here",
            "some people are crowds or unmarked: their images are filtered unless people: marked",
            "images are also of COCO, MPII and AI Challenger: audit before you evaluate on those",
        ),
    )

    people: Literal["complete", "marked"] = "complete"

    def split_of(self, parts: Mapping[str, str]) -> str | None:
        """The split of a document; of `trainval` only where that is asked for."""
        split = parts["split"]
        return split if split != "trainval" or self.split == "trainval" else None

    def picture_path(self, entry: Entry, split: str) -> str:
        """The folder of all images, and the name."""
        return f"images/{PurePosixPath(super().picture_path(entry, split)).name}"

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """The joints of everybody."""
        return {"keypoints": partial(self._keypoints, row, shape)}

    def _keypoints(self, row: Row, shape: tuple[int, int]) -> Keypoints:
        told = self.told(row, "keypoints", shape)
        complete = self.people == "complete"
        found = keypoints_of(told, NAMES, triplets=marked_triplets, complete=complete)
        return replace(found, skeleton=SKELETON)
