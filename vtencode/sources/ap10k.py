"""AP-10K: animals of 54 species, with 17 joints each, the same for all.

Documents in the form of COCO, after the authors' README and an example that mmpose ships: 17
joints, whose "hip" and "knee" are the knee and the ankle of animals that walk on toes. Annotators
marked joints that they saw, and guessed hidden ones whose place they could tell from the rest
(question 3 there); the example has 2 for every joint that is marked, so that 2 tells little. Not
confirmed: that pixels count from 0, as COCO's do, and that 1 occurs.
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
from vtencode.targets import Keypoints

#: In the order of `keypoints` of each of the documents' categories.
NAMES = (
    "left_eye", "right_eye", "nose", "neck", "root_of_tail", "left_shoulder", "left_elbow",
    "left_front_paw", "right_shoulder", "right_elbow", "right_front_paw", "left_hip", "left_knee",
    "left_back_paw", "right_hip", "right_knee", "right_back_paw",
)  # fmt: skip
#: `skeleton` of each of the documents' categories, less 1.
SKELETON = (
    (0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (5, 6), (6, 7), (3, 8), (8, 9), (9, 10),
    (4, 11), (11, 12), (12, 13), (4, 14), (14, 15), (15, 16),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Ap10k(CocoSource):
    """AP-10K images with the joints of their animals.

    The authors split the same images in three ways: `fold` says which. `animals` asks about
    images in which every animal has joints marked ("complete"), or about those that have, in every
    image ("marked").
    """

    name: ClassVar[str] = "ap10k"
    prefix: ClassVar[str] = "ap10k"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {"keypoints": Keypoints}
    holds: ClassVar[str] = "AP-10K: ap10k-{train,val,test}-split1.json and data/*.jpg"
    kinds: ClassVar[Mapping[str, Kind]] = {
        "keypoints": Kind(
            re.compile(r"(?:.*/)?ap10k-(?P<split>train|val|test)-split(?P<fold>[123])\.json")
        )
    }
    pictures: ClassVar[re.Pattern[str]] = re.compile(r"(?:.*/)?data/\d{12}\.jpg")
    publication: ClassVar[Publication] = Publication(
        title="AP-10K: A Benchmark for Animal Pose Estimation in the Wild",
        home="https://github.com/AlexTheBad/AP-10K",
        license="CC BY 4.0",
        citation=(
            "H. Yu, Y. Xu, J. Zhang, W. Zhao, Z. Guan, D. Tao: AP-10K: A Benchmark for Animal Pose "
            "Estimation in the Wild. NeurIPS Datasets and Benchmarks 2021."
        ),
        how_to_get="open download from Google Drive (link in the README): 10 015 labeled images",
        place="annotations/ap10k-{train,val,test}-split{1,2,3}.json and data/000000000001.jpg",
        traps=(
            "the three splits are three ways to split the same images: one of them is read",
            "joints have the same names for all species, and hips of most are their knees",
            "joints that are hidden but could be guessed are marked like seen ones",
            "images are also of other datasets (Animal-Pose; issue 14): audit before you evaluate",
        ),
    )

    fold: Literal[1, 2, 3] = 1
    animals: Literal["complete", "marked"] = "complete"

    def split_of(self, parts: Mapping[str, str]) -> str | None:
        """That of the fold which is asked for."""
        return parts["split"] if parts["fold"] == str(self.fold) else None

    def picture_path(self, entry: Entry, split: str) -> str:
        """The folder of all images, and the name."""
        return f"data/{PurePosixPath(super().picture_path(entry, split)).name}"

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """The joints of every animal."""
        return {"keypoints": partial(self._keypoints, row, shape)}

    def _keypoints(self, row: Row, shape: tuple[int, int]) -> Keypoints:
        told = self.told(row, "keypoints", shape)
        found = keypoints_of(told, NAMES, complete=self.animals == "complete")
        return replace(found, skeleton=SKELETON)
