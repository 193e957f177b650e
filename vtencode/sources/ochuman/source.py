"""OCHuman: people who hide each other heavily, with outlines and 17 or 19 joints each.

Two forms are read, after the authors' API. `native`, their own `ochuman.json`, lists everybody in
an image, with joints, outlines, or neither, and tells joints that are hidden by the person's own
body from those that others hide. `coco`, `ochuman_coco_format_{val,test}_range_0.00_1.00.json`,
lists those who have both, and calls joints visible that their own body hides: who else shows in
an image (in all three of the examples that mmpose ships somebody does) is not told. Documents of
narrower ranges list fewer people of the same images and are not read. Not confirmed: the native
form on the authors' file, and that pixels count from 0, as COCO's do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar, Literal

from vtencode.errors import SourceError
from vtencode.sources.base import Publication, Row
from vtencode.sources.coco.annotated import Entry
from vtencode.sources.coco.base import CocoSource, Maker
from vtencode.sources.coco.found import Kind
from vtencode.sources.coco.instances import instances_of
from vtencode.sources.coco.joints import BODY, keypoints_of
from vtencode.sources.ochuman.native import NAMES, SKELETON, VALIDATED, outlined, recast
from vtencode.sources.recast import RecastTree
from vtencode.sources.tree import Tree
from vtencode.targets import InstanceMasks, Keypoints

if TYPE_CHECKING:
    import pyarrow as pa

_NATIVE = re.compile(r"(?:.*/)?ochuman\.json")


@dataclass(frozen=True, kw_only=True)
class OcHuman(CocoSource):
    """OCHuman images with outlines and joints of their people; the authors ask to only test on it.

    `form` is of the document that is read. `people` asks about images in which everybody has
    joints marked ("complete"), or about those who have, in every image ("marked"); people are
    not told apart from the rest where somebody has no outline. Of the `coco` form nobody knows who
    else is in an image, so that "everybody" there means those whom it lists.
    """

    name: ClassVar[str] = "ochuman"
    prefix: ClassVar[str] = "ochuman"
    splits: ClassVar[tuple[str, ...]] = ("val", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {"keypoints": Keypoints, "instances": InstanceMasks}
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "keypoints": ("people",),
        "instances": ("people",),
    }
    holds: ClassVar[str] = (
        "OCHuman: ochuman.json and images/*.jpg; with form: coco, ochuman_coco_format_{val,test}_"
        "range_0.00_1.00.json"
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "people": Kind(
            re.compile(
                r"(?:.*/)?ochuman(?:_coco_format_(?P<split>val|test)_range_0\.00_1\.00)?\.json"
            )
        )
    }
    pictures: ClassVar[re.Pattern[str]] = re.compile(r"(?:.*/)?images/\d{6}\.jpg")
    publication: ClassVar[Publication] = Publication(
        title="OCHuman: Occluded Human",
        home="https://github.com/liruilong940607/OCHumanApi",
        license="API MIT; images and annotations: not told",
        citation=(
            "S.-H. Zhang, R. Li, X. Dong, P. Rosin, Z. Cai, X. Han, D. Yang, H. Huang, S.-M. Hu: "
            "Pose2Seg: Detection Free Human Instance Segmentation. CVPR 2019."
        ),
        how_to_get="open download after a form (link in the README): images 667 MB, annotations",
        place=(
            "images/000001.jpg, ochuman.json, and ochuman_coco_format_{val,test}_range_0.00_1.00"
            ".json"
        ),
        traps=(
            "the COCO form leaves out people without outline or joints: form: native knows them",
            "the COCO form calls joints visible that the person's own body hides: form: native",
            "half of the people have no outline: their images are not asked about by default",
            "native outlines have holes (inner): cut out here",
            "it is for evaluation: there is no split to train",
        ),
    )

    split: str = "val"
    form: Literal["native", "coco"] = "native"
    people: Literal["complete", "marked"] = "complete"

    def split_of(self, parts: Mapping[str, str]) -> str | None:
        """That of a document in COCO's form; the native one is of all, and `index` tells."""
        native = not parts["split"]
        if native != (self.form == "native"):
            return None
        return self.split if native else parts["split"]

    def picture_path(self, entry: Entry, split: str) -> str:
        """The folder of all images, and the name."""
        return f"images/{PurePosixPath(super().picture_path(entry, split)).name}"

    def index(self) -> pa.Table:
        """One row an image of the split; the native document's are in the order of the splits."""
        import pyarrow as pa

        table = super().index()
        if self.form == "coco":
            return table
        splits = ["val" if at < VALIDATED else "test" for at in range(len(table))]
        column = pa.array(splits, pa.string())
        table = table.set_column(table.schema.get_field_index("split"), "split", column)
        wanted = [self.split in ("all", split) for split in splits]
        if not any(wanted):
            raise SourceError(
                f"{self.root} must have images of the split {self.split!r}, and has {len(table)} "
                f"in all, of which the first {VALIDATED} are val."
            )
        return table.filter(pa.array(wanted))

    @cached_property
    def tree(self) -> Tree:
        """The files below `root`, of which the native document is put into COCO's form."""
        return RecastTree(self.root, _NATIVE, recast)

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Joints and outlines of everybody."""
        return {
            "keypoints": partial(self._keypoints, row, shape),
            "instances": partial(self._instances, row, shape),
        }

    def _keypoints(self, row: Row, shape: tuple[int, int]) -> Keypoints:
        told = self.told(row, "people", shape)
        native, complete = self.form == "native", self.people == "complete"
        found = keypoints_of(told, NAMES if native else BODY, complete=complete)
        return replace(found, skeleton=SKELETON) if native else found

    def _instances(self, row: Row, shape: tuple[int, int]) -> InstanceMasks:
        told = self.told(row, "people", shape)
        if self.form == "native":
            return instances_of(outlined(told))
        return instances_of(told, looked_for=())  # nobody says who else is in the image
