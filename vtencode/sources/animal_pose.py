"""Animal Pose: cats, cows, dogs, horses and sheep, with 20 joints each.

Two forms are read. `authors`, their `keypoints.json`, is close to COCO's (README.md and
visualize_keypoint.py of the authors): `images` are names by ids, without sizes, boxes are corners,
and joints are lists of x, y and a flag, which is 1 where a joint "is annotated and should not be
occluded". `mmpose` is mmpose's documents (parse_animalpose_dataset.py), made of the authors' older
XML: in COCO's form, with splits of mmpose's own, joints in another order, and the flag 2. Both read
as the authors' joints, seen where they are marked. Not confirmed: the authors' form on their file,
and from where pixels count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import Any, ClassVar, Literal

from vtencode.sources.base import Publication, Row
from vtencode.sources.coco.annotated import Annotated, Entry, parsed
from vtencode.sources.coco.base import CocoSource, Maker
from vtencode.sources.coco.found import Kind
from vtencode.sources.coco.indexing import SHARED
from vtencode.sources.coco.joints import keypoints_of
from vtencode.sources.marked import marked_triplets
from vtencode.sources.recast import RecastTree, box_of_corners
from vtencode.sources.tree import Tree
from vtencode.targets import Keypoints

#: In the authors' order (visualize_keypoint.py); L_F_elbow is the left front elbow.
NAMES = (
    "left_eye", "right_eye", "nose", "left_ear_base", "right_ear_base", "left_front_elbow",
    "right_front_elbow", "left_back_elbow", "right_back_elbow", "left_front_knee",
    "right_front_knee", "left_back_knee", "right_back_knee", "left_front_paw", "right_front_paw",
    "left_back_paw", "right_back_paw", "throat", "withers", "tail_base",
)  # fmt: skip
#: The lines that visualize_keypoint.py draws.
SKELETON = (
    (0, 1), (0, 2), (1, 2), (0, 3), (1, 4), (2, 17), (18, 19), (5, 9), (6, 10), (7, 11), (8, 12),
    (9, 13), (10, 14), (11, 15), (12, 16),
)  # fmt: skip
#: The same joints in mmpose's order.
NAMES_OF_MMPOSE = (
    "left_eye", "right_eye", "left_ear_base", "right_ear_base", "nose", "throat", "tail_base",
    "withers", "left_front_elbow", "right_front_elbow", "left_back_elbow", "right_back_elbow",
    "left_front_knee", "right_front_knee", "left_back_knee", "right_back_knee", "left_front_paw",
    "right_front_paw", "left_back_paw", "right_back_paw",
)  # fmt: skip
_PLACE_IN_MMPOSE = tuple(NAMES_OF_MMPOSE.index(name) for name in NAMES)
_OWN = re.compile(r"(?:.*/)?(?:keypoints|animalpose)\.json")


@dataclass(frozen=True, kw_only=True)
class AnimalPose(CocoSource):
    """Animal Pose images with the joints of their animals.

    The authors have no splits: in their form all is `train`. `form` mmpose has splits `train`,
    `val`, `test`, and `trainval` in a document of its own. `animals` asks about images in which
    every animal has joints marked ("complete"), or about those that have ("marked").
    """

    name: ClassVar[str] = "animal-pose"
    prefix: ClassVar[str] = "animal-pose"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "trainval", "all")
    targets: ClassVar[Mapping[str, type]] = {"keypoints": Keypoints}
    holds: ClassVar[str] = (
        "Animal Pose: keypoints.json and images/*; with form: mmpose, animalpose_{train,val,test}"
        ".json"
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "keypoints": Kind(
            re.compile(
                r"(?:.*/)?(?:keypoints|animalpose(?:_(?P<split>train|val|test|trainval))?)\.json"
            )
        )
    }
    pictures: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?:\d{4}_\d{6}\.jpg|(?:ca|co|do|ho|sh)\d+\.jpe?g)"
    )
    publication: ClassVar[Publication] = Publication(
        title="Animal Pose",
        home="https://sites.google.com/view/animal-pose",
        license="not told; images of Pascal VOC 2011 under the terms of Flickr",
        citation=(
            "J. Cao, H. Tang, H.-S. Fang, X. Shen, C. Lu, Y.-W. Tai: Cross-Domain Adaptation for "
            "Animal Pose Estimation. ICCV 2019."
        ),
        how_to_get=(
            "open download from Google Drive (links at github.com/noahcao/animal-pose-dataset): "
            "4 608 images"
        ),
        place=(
            "images/2007_000063.jpg, images/ca1.jpeg and keypoints.json, or mmpose's annotations/"
            "animalpose_{train,val,test}.json with images of Pascal VOC and animalpose_image_part2/"
        ),
        traps=(
            "mmpose has the joints in another order: the authors' here, of either form",
            "the authors' images are names by ids, boxes are corners, and bones count from 0",
            "there are no official splits: those of mmpose are its own",
            "three quarters of the images are of Pascal VOC: audit before you evaluate on that",
        ),
    )

    form: Literal["authors", "mmpose"] = "authors"
    animals: Literal["complete", "marked"] = "complete"

    def split_of(self, parts: Mapping[str, str]) -> str | None:
        """That of mmpose's documents; all of the authors' is to train."""
        split = parts["split"]
        if (self.form == "mmpose") != bool(split):
            return None
        return None if split == "trainval" != self.split else split or "train"

    def picture_path(self, entry: Entry, split: str) -> str:
        """The name alone: forms have images in folders of their own."""
        return PurePosixPath(super().picture_path(entry, split)).name

    @cached_property
    def tree(self) -> Tree:
        """The files below `root`, of which the authors' document is put into COCO's form."""
        return RecastTree(self.root, _OWN, recast)

    def told(self, row: Row, kind: str, shape: tuple[int, int]) -> Annotated:
        """What a document says; the authors' does not tell how large an image is."""
        if self.form == "mmpose":
            return super().told(row, kind, shape)
        found = parsed(row[kind], row[f"{kind}{SHARED}"], field=kind, image_id=row["image_id"])
        height, width = shape
        return replace(found, image={**found.image, "height": height, "width": width})

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """The joints of every animal."""
        return {"keypoints": partial(self._keypoints, row, shape)}

    def _keypoints(self, row: Row, shape: tuple[int, int]) -> Keypoints:
        told = self.told(row, "keypoints", shape)
        triplets = _of_mmpose if self.form == "mmpose" else marked_triplets
        found = keypoints_of(told, NAMES, triplets=triplets, complete=self.animals == "complete")
        return replace(found, skeleton=SKELETON)


def recast(document: Mapping[str, Any], where: str) -> Mapping[str, Any]:  # noqa: ARG001
    """The authors' document in COCO's form; what cannot be is left for samples to tell."""
    images, annotations = document.get("images"), document.get("annotations")
    if isinstance(images, dict):
        named = [(_number(key), name) for key, name in images.items()]
        images = [{"id": number, "file_name": name} for number, name in named]
    if isinstance(annotations, list):
        annotations = [
            {"id": at, **_in_cocos_form(each)} if isinstance(each, dict) else each
            for at, each in enumerate(annotations, 1)
        ]
    return {**document, "images": images, "annotations": annotations}


def _in_cocos_form(entry: Entry) -> dict[str, Any]:
    joints = entry.get("keypoints")
    if isinstance(joints, list) and all(isinstance(j, list) and len(j) == 3 for j in joints):
        joints = [each for joint in joints for each in joint]
    return {
        **entry,
        "image_id": _number(entry.get("image_id")),
        "keypoints": joints,
        "bbox": box_of_corners(entry.get("bbox")),
    }


def _number(key: Any) -> Any:
    """The number that a text spells; anything else as it is."""
    return int(key) if isinstance(key, str) and re.fullmatch(r"\d{1,18}", key) else key


def _of_mmpose(entry: Entry) -> Sequence[float]:
    """The joints of one of mmpose's annotations in the authors' order."""
    joints = marked_triplets(entry)
    if len(joints) != 3 * len(NAMES):
        return joints
    return [each for at in _PLACE_IN_MMPOSE for each in joints[3 * at : 3 * at + 3]]
