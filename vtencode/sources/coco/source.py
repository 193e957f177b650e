"""COCO of 2017, and of 2014: instances, panoptic segments, stuff, and the joints of people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from vtencode.errors import SourceError
from vtencode.sources.base import Publication, Row
from vtencode.sources.coco.annotated import Entry
from vtencode.sources.coco.base import CocoSource, Maker
from vtencode.sources.coco.found import Kind
from vtencode.sources.coco.instances import instances_of
from vtencode.sources.coco.joints import BODY, Triplets, keypoints_of, own_triplets
from vtencode.sources.coco.panoptic import panoptic_of
from vtencode.sources.coco.publication import PUBLICATION
from vtencode.sources.coco.stuff import map_classes, stuff_classes
from vtencode.sources.coco.wholebody import JOINTS, all_triplets
from vtencode.targets import InstanceMasks, Keypoints, PanopticMap, SemanticMask

_SPLIT = r"(?P<split>train|val)"
_YEAR = r"(?P<year>2014|2017)"
#: Archives that are published within an archive: read in place once they are out of it.
_NESTED = re.compile(r"(?:.*/)?panoptic_(?:train|val)2017\.zip")
#: Where each target is, for messages.
_PLACES = {
    "instances": "annotations/instances_{train,val}2017.json",
    "panoptic": "annotations/panoptic_{train,val}2017.json, and the pictures beside it,",
    "semantic": "stuffthingmaps/{train,val}2017/*.png",
    "stuff": "annotations/stuff_{train,val}2017.json",
    "keypoints": "annotations/person_keypoints_{train,val}2017.json",
    "wholebody": "annotations/coco_wholebody_{train,val}_v1.0.json",
}


@dataclass(frozen=True, kw_only=True)
class Coco(CocoSource):
    """COCO images with what is annotated of them: 80 kinds of things, 91 of stuff, and joints.

    `annotations` are of `instances`, `panoptic`, `semantic` (COCO-Stuff's maps of stuff and
    things), `stuff` (its documents, of stuff alone), `keypoints` (17 a person) and `wholebody`
    (133). `year` 2014 reads the older release, which splits the same images otherwise and has
    instances and keypoints alone. `people` asks about joints where all people have theirs marked
    ("complete"), or about those that have ("marked").
    """

    name: ClassVar[str] = "coco"
    prefix: ClassVar[str] = "coco"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
        "semantic": SemanticMask,
        "stuff": SemanticMask,
        "keypoints": Keypoints,
        "wholebody": Keypoints,
    }
    holds: ClassVar[str] = (
        "COCO: {train,val}2017/*.jpg, and annotations/{instances,person_keypoints,panoptic,stuff}_"
        "{train,val}2017.json or stuffthingmaps/{train,val}2017/*.png"
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "instances": Kind(re.compile(rf"(?:.*/)?instances_{_SPLIT}{_YEAR}\.json")),
        "panoptic": Kind(
            re.compile(rf"(?:.*/)?panoptic_{_SPLIT}{_YEAR}\.json"),
            re.compile(rf"(?:.*/)?panoptic_{_SPLIT}{_YEAR}/(?P<name>\d{{12}})\.png"),
        ),
        "semantic": Kind(maps=re.compile(rf"(?:.*/)?{_SPLIT}{_YEAR}/(?P<name>\d{{12}})\.png")),
        "stuff": Kind(re.compile(rf"(?:.*/)?stuff_{_SPLIT}{_YEAR}\.json")),
        "keypoints": Kind(re.compile(rf"(?:.*/)?person_keypoints_{_SPLIT}{_YEAR}\.json")),
        "wholebody": Kind(re.compile(rf"(?:.*/)?coco_wholebody_{_SPLIT}_v1\.0\.json")),
    }
    pictures: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?:train|val)(?:2017/|2014/COCO_(?:train|val)2014_)\d{12}\.jpg"
    )
    inner: ClassVar[re.Pattern[str] | None] = _NESTED
    publication: ClassVar[Publication] = PUBLICATION

    year: Literal[2014, 2017] = 2017
    people: Literal["complete", "marked"] = "complete"

    def split_of(self, parts: Mapping[str, str]) -> str | None:
        """That of the year which is asked for; whole bodies are of 2017."""
        return parts["split"] if parts.get("year", "2017") == str(self.year) else None

    def picture_path(self, entry: Entry, split: str) -> str:
        """The folder of the split and year, and the name."""
        return f"{split}{self.year}/{PurePosixPath(str(entry.get('file_name', ''))).name}"

    def named(self, entry: Entry) -> str:
        """The twelve digits that names of either year end in."""
        return super().named(entry)[-12:]

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Each from the annotations of its name."""
        return {
            "instances": lambda: instances_of(self.told(row, "instances", shape)),
            "panoptic": partial(self._panoptic, row, shape),
            "semantic": lambda: map_classes(
                self.map_of(row, "semantic"), shape, where=row["semantic_map"]
            ),
            "stuff": lambda: stuff_classes(self.told(row, "stuff", shape)),
            "keypoints": partial(self._people, row, shape, "keypoints", BODY, own_triplets),
            "wholebody": partial(self._people, row, shape, "wholebody", JOINTS, all_triplets),
        }

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` unless the data have these targets, and say where each would be."""
        missing = next((name for name in names if name not in self.available()), None)
        if missing is None:
            return
        nested = min(self.tree.sizes(_NESTED), default="")
        first = (
            f" Extract panoptic_annotations_trainval2017.zip first, so that {nested} is a file."
            if missing == "panoptic" and nested
            else ""
        )
        raise SourceError(
            f"{self.root} must have {_PLACES[missing]} for the target {missing!r}, and has files "
            f"of {', '.join(self.available()) or 'nothing'} alone.{first}"
        )

    def _panoptic(self, row: Row, shape: tuple[int, int]) -> PanopticMap:
        told = self.told(row, "panoptic", shape)
        return panoptic_of(told, self.map_of(row, "panoptic"), row["panoptic_map"])

    def _people(
        self,
        row: Row,
        shape: tuple[int, int],
        kind: str,
        names: tuple[str, ...],
        triplets: Triplets,
    ) -> Keypoints:
        told = self.told(row, kind, shape)
        complete = self.people == "complete"
        return keypoints_of(told, names, triplets=triplets, complete=complete)
