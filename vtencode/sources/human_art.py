"""Human-Art: people in 20 scenarios, from photographs to ukiyo-e, with 17 or 21 joints each.

Documents in the form of COCO, after the authors' README: `keypoints` are COCO's 17 joints "same
definition with COCO", `keypoints_21` those and four more, which mmpose names and joins
(configs/_base_/datasets/humanart21.py). Not confirmed on a file: that pixels count from 0 and that
the third number is COCO's visibility, as the README says; and that `file_name` is a path that ends
in images/KIND/SCENARIO/NAME.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from vtencode.sources.base import Publication, Row
from vtencode.sources.coco.annotated import Entry
from vtencode.sources.coco.base import CocoSource, Maker
from vtencode.sources.coco.found import Kind
from vtencode.sources.coco.joints import BODY, keypoints_of, own_triplets
from vtencode.targets import Keypoints

#: What `keypoints_21` has, after mmpose.
NAMES_21 = (*BODY, "left_finger", "right_finger", "left_toe", "right_toe")
#: Bones of mmpose: COCO's, and those of the four.
SKELETON = (
    (15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8),
    (7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6),
)  # fmt: skip
SKELETON_21 = (*SKELETON, (15, 19), (16, 20), (9, 17), (10, 18))
_SPLITS = {"training": "train", "validation": "val"}


@dataclass(frozen=True, kw_only=True)
class HumanArt(CocoSource):
    """Human-Art images with the joints of their people: COCO's 17, or 21.

    `scenario` reads the documents of one scenario, such as "cartoon", instead of those of all.
    `people` asks about images in which everybody has joints marked ("complete"), or about those
    who have, in every image ("marked").
    """

    name: ClassVar[str] = "human-art"
    prefix: ClassVar[str] = "human-art"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {"keypoints": Keypoints}
    holds: ClassVar[str] = (
        "Human-Art: {training,validation}_humanart.json and images/*/*/*.jpg; with scenario, "
        "{training,validation}_humanart_SCENARIO.json"
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "keypoints": Kind(
            re.compile(
                r"(?:.*/)?(?P<split>training|validation)_humanart(?:_(?P<scenario>\w+))?\.json"
            )
        )
    }
    pictures: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?images/(?:2D_virtual_human|3D_virtual_human|real_human)/[^/]+/[^/]+\.(?:jpg|png)"
    )
    publication: ClassVar[Publication] = Publication(
        title="Human-Art: A Versatile Human-Centric Dataset Bridging Natural and Artificial Scenes",
        home="https://idea-research.github.io/HumanArt",
        license="by request, for non-commercial purposes; not to be shared",
        citation=(
            "X. Ju, A. Zeng, J. Wang, Q. Xu, L. Zhang: Human-Art: A Versatile Human-Centric "
            "Dataset Bridging Natural and Artificial Scenes. CVPR 2023."
        ),
        how_to_get="by request (a form in the README): 50 000 images with annotations",
        place=(
            "HumanArt/annotations/{training,validation}_humanart.json and "
            "HumanArt/images/{2D_virtual_human,3D_virtual_human,real_human}/*/*.jpg"
        ),
        traps=(
            "documents that end in _coco hold COCO as well: not read",
            "names of images are used once in every scenario: folders are part of their names here",
            "the category names the joints of keypoints alone: keypoints_21 has four more",
        ),
    )

    joints: Literal[17, 21] = 21
    scenario: str = ""
    people: Literal["complete", "marked"] = "complete"

    def split_of(self, parts: Mapping[str, str]) -> str | None:
        """Training or validation, of the documents of the scenario that is asked for."""
        return _SPLITS[parts["split"]] if parts["scenario"] == self.scenario else None

    def picture_path(self, entry: Entry, split: str) -> str:
        """What follows the last folder `images`, and that; never a way up and out of it."""
        below = super().picture_path(entry, split).rpartition("images/")[2]
        parts = PurePosixPath(below).parts
        return f"images/{parts[-1] if '..' in parts else below}"

    def named(self, entry: Entry) -> str:
        """The folders below `images` and the name, without its ending."""
        path = self.picture_path(entry, "").removeprefix("images/")
        return path.rpartition(".")[0] or path

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """The joints of everybody."""
        return {"keypoints": partial(self._keypoints, row, shape)}

    def _keypoints(self, row: Row, shape: tuple[int, int]) -> Keypoints:
        told = self.told(row, "keypoints", shape)
        complete = self.people == "complete"
        if self.joints == 17:
            return replace(keypoints_of(told, BODY, complete=complete), skeleton=SKELETON)
        found = keypoints_of(told, NAMES_21, triplets=all_triplets, complete=complete)
        return replace(found, skeleton=SKELETON_21)


def all_triplets(entry: Entry) -> Sequence[float]:
    """All 21 joints of an annotation; without them COCO's 17, which are a reject if marked."""
    found: Sequence[float] = entry.get("keypoints_21") or own_triplets(entry)
    return found
