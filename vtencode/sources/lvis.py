"""The reader of LVIS: COCO's images with objects of 1203 classes (v1), or 1230 (v0.5).

Format after the authors' lvis-api: documents in the form of COCO without crowds. Of each image they
tell which classes were verified to be absent (`neg_category_ids`), and of which not every object is
outlined (`not_exhaustive_category_ids`); nobody looked for any other class. Their score
(lvis/eval.py) ignores what is found of classes that were not looked for, and what is found too much
of those that are not exhaustive. Seen in 100 real images of v0.5: outlines are polygons alone, and
classes that are not exhaustive are never among the absent. v1 has no `file_name` (detectron2 and
TensorFlow Datasets, lvis): images are found by the end of `coco_url`, which v0.5 has too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from vtencode.errors import SampleError, SourceError
from vtencode.sources.base import Publication, RemoteFile, Row
from vtencode.sources.coco.annotated import Annotated, Entry
from vtencode.sources.coco.base import CocoSource, Maker
from vtencode.sources.coco.found import Kind
from vtencode.sources.coco.instances import instances_of
from vtencode.targets import InstanceMasks

if TYPE_CHECKING:
    import pyarrow as pa

_PICTURE = r"(?:train|val)2017/\d{12}\.jpg"
_URL = re.compile(rf".*/({_PICTURE})")
_ZIP = b"PK\x03\x04"
_S3 = "https://s3-us-west-2.amazonaws.com/dl.fbaipublicfiles.com/LVIS"
_COCO = "http://images.cocodataset.org/zips"


@dataclass(frozen=True, kw_only=True)
class Lvis(CocoSource):
    """LVIS: objects of many classes, each class asked of images in which it was looked for.

    A sample has the objects of those classes alone of which every one is outlined, and names as
    absent those alone that were verified to be. What else the image shows is not told: objects of
    which only some are outlined are left out, for the others would be background.

    `version` reads v1 or v0.5. Images are COCO's: their ids are those of `coco`.
    """

    name: ClassVar[str] = "lvis"
    prefix: ClassVar[str] = "coco"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {"instances": InstanceMasks}
    holds: ClassVar[str] = (
        "LVIS: lvis_v1_{train,val}.json (or, with version: v0.5, lvis_v0.5_{train,val}.json), and "
        "{train,val}2017/*.jpg"
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "instances": Kind(
            re.compile(r"(?:.*/)?lvis_(?P<version>v1|v0\.5)_(?P<split>train|val)\.json")
        )
    }
    pictures: ClassVar[re.Pattern[str]] = re.compile(rf"(?:.*/)?{_PICTURE}")
    publication: ClassVar[Publication] = Publication(
        title="LVIS: Large Vocabulary Instance Segmentation",
        home="https://www.lvisdataset.org",
        license="annotations CC BY 4.0; images of COCO, under the Flickr license of each",
        citation=(
            "A. Gupta, P. Dollár, R. Girshick: LVIS: A Dataset for Large Vocabulary Instance "
            "Segmentation. CVPR 2019."
        ),
        how_to_get=(
            "open download: annotations of v1 0.4 GB (100 170 images to train, 19 809 to "
            "validate); images are COCO's of 2017, 20 GB"
        ),
        place=(
            "lvis_v1_{train,val}.json, or lvis_v1_{train,val}.json.zip\n"
            "{train,val}2017/000000391895.jpg, or train2017.zip and val2017.zip"
        ),
        traps=(
            "most classes were not looked for in an image: only verified ones are called absent",
            "of some classes not every object is outlined: they are not asked for in that image",
            "v1 has no file_name: images are found by coco_url here",
            "val has images of COCO's train2017: their ids are COCO's here, for `vtencode audit`",
            "outlines of 2 images of v0.5 (19924 and 338304) are turned (lvis-api, issue 1)",
        ),
        # As TensorFlow Datasets recorded them (datasets/lvis/checksums.tsv).
        files=(
            RemoteFile(
                f"{_S3}/lvis_v1_train.json.zip",
                "lvis_v1_train.json.zip",
                _ZIP,
                350264821,
                "334a4caa374030a7817cf050364525e910f7960f9b6968cef47cffbf3893f8ba",
            ),
            RemoteFile(
                f"{_S3}/lvis_v1_val.json.zip",
                "lvis_v1_val.json.zip",
                _ZIP,
                64026968,
                "5cae9a3c79aadb667550c2b5dcf7f4d86e059a41ec91ef690225b667e28e9ba5",
            ),
            RemoteFile(
                f"{_COCO}/train2017.zip",
                "train2017.zip",
                _ZIP,
                19336861798,
                "69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
            ),
            RemoteFile(
                f"{_COCO}/val2017.zip",
                "val2017.zip",
                _ZIP,
                815585330,
                "4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
            ),
        ),
    )

    version: Literal["v1", "v0.5"] = "v1"

    def index(self) -> pa.Table:
        """One row an image of the split, under keys that `coco` does not use."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = super().index()
        keys = pc.binary_join_element_wise("lvis", table["key"], "-")
        return table.set_column(table.column_names.index("key"), pa.field("key", pa.string()), keys)

    def split_of(self, parts: Mapping[str, str]) -> str | None:
        """That of the version which is asked for."""
        return parts["split"] if parts["version"] == self.version else None

    def picture_path(self, entry: Entry, split: str) -> str:  # noqa: ARG002  # the interface's
        """The folder and the name that the address of the image ends in."""
        url = _URL.fullmatch(str(entry.get("coco_url", "")))
        if url is None:
            raise SourceError(
                f"{self.root}: coco_url of image {entry.get('id')} must end in train2017/ or "
                f"val2017/ and 12 digits, got {entry.get('coco_url')!r:.80}."
            )
        return url[1]

    def named(self, entry: Entry) -> str:
        """COCO's id, which LVIS keeps, as COCO's file names have it."""
        return f"{entry['id']:012d}"

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """The instances, of classes that were looked for all over the image."""
        return {"instances": partial(self._instances, row, shape)}

    def _instances(self, row: Row, shape: tuple[int, int]) -> InstanceMasks:
        found = self.told(row, "instances", shape)
        doubtful = _classes(found, "not_exhaustive_category_ids")
        outlined = tuple(e for e in found.annotations if found.label(e) not in doubtful)
        sure = {*_classes(found, "neg_category_ids"), *map(found.label, outlined)} - doubtful
        return instances_of(replace(found, annotations=outlined), looked_for=sorted(sure))


def _classes(found: Annotated, key: str) -> set[str]:
    """The names of the classes that an image's entry lists by their numbers."""
    listed: Any = found.image.get(key)
    known = found.categories
    if not isinstance(listed, list) or not all(type(n) is int and n in known for n in listed):
        message = f"must have a list {key} of its categories, got {listed!r:.60}"
        raise SampleError("RANGE", found.field, found.where, message)
    return {str(known[number]["name"]) for number in listed}
