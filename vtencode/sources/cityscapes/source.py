"""The reader of Cityscapes.

Layout and formats after the authors' cityscapesScripts: `README.md` (folders, splits, disparity),
`preparation/json2labelImg.py` and `json2instanceImg.py` (what wrote the maps of ids),
`docs/csCalibration.pdf`. The maps were read against real files; disparity and calibration were
not, and follow the documents. Images and maps are 2048x1024.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.errors import SourceError
from vtencode.formats.cityscapes import read_disparity, read_rig
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.cityscapes import masks
from vtencode.sources.cityscapes.labels import CLASSES, Classes
from vtencode.sources.cityscapes.publication import PUBLICATION
from vtencode.sources.files import decoded
from vtencode.sources.pngs import Shape, gray16_png, numbers_png
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import (
    Array,
    DepthMap,
    InstanceMasks,
    PanopticMap,
    SemanticMask,
)

_FOLDERS = {"fine": "gtFine", "coarse": "gtCoarse"}
#: Targets that people annotated.
_OF_LABELS = ("semantic", "instances", "panoptic")
#: The splits that people annotated, by how.
_ANNOTATED = {"fine": ("train", "val"), "coarse": ("train", "train_extra", "val")}


@dataclass(frozen=True, kw_only=True)
class Cityscapes(TreeSource):
    """Cityscapes frames: 2048x1024 color, classes, objects, and z depth from stereo.

    `classes` are the 19 that are evaluated, or all 34 labels; unlabeled, rectification border and
    out of roi are void in both. `annotations` are fine, or coarse ones, which also train_extra
    has. `scenes` are cities. `all` is what is annotated; test is read only where it is asked for,
    and has depth alone.

    Depth farther than `farthest_m` is unknown, where that is told: for each pixel that a disparity
    is off, depth is off by half a meter at 15 m, and by 14 m at 80 m.
    """

    name: ClassVar[str] = "cityscapes"
    splits: ClassVar[tuple[str, ...]] = ("train", "train_extra", "val", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {
        "depth": DepthMap,
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
    }
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "depth": ("disparity", "camera"),
        "panoptic": ("semantic", "instances"),
    }
    holds: ClassVar[str] = (
        "Cityscapes: leftImg8bit/{train,val}/CITY/*_leftImg8bit.png, "
        "gtFine/{train,val}/CITY/*_gtFine_labelIds.png"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?P<kind>leftImg8bit|gtFine|gtCoarse|disparity|camera)/"
        r"(?P<split>train|train_extra|val|test)/(?P<city>[^/]+)/"
        r"(?P<frame>(?P=city)_\d{6}_\d{6})_(?P=kind)"
        r"(?:_(?P<map>labelIds|instanceIds|polygons))?\.(?:png|json)"
    )
    publication: ClassVar[Publication] = PUBLICATION

    classes: Literal[19, 34] = 19
    annotations: Literal["fine", "coarse"] = "fine"
    farthest_m: float | None = None

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every image of the splits that are asked for."""
        held: defaultdict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
        for name, part in matched(sizes, self.pattern):
            if not part["kind"].startswith("gt") or part["kind"] == self._folder:
                place = part["split"], part["city"], part["frame"]
                held[place].setdefault(part["map"] or part["kind"], name)
        for (split, city, frame), files in sorted(held.items()):
            annotated = split in _ANNOTATED[self.annotations]
            if "leftImg8bit" in files and (annotated or self.split == split):
                yield {
                    "key": sample_key("cityscapes", frame),
                    "image": "png",
                    "split": split,
                    "scene": city,
                    "file": files["leftImg8bit"],
                    "image_id": f"cityscapes/{frame}",
                    "semantic": files.get("labelIds", "") if annotated else "",
                    "instances": files.get("instanceIds", "") if annotated else "",
                    "disparity": files.get("disparity", ""),
                    "camera": files.get("camera", ""),
                }

    def makers(self, row: Row, shape: Shape) -> Mapping[str, Maker]:
        """Classes and objects of their maps, and depth of the disparity."""
        ids = cache(partial(self._ids, row, shape))
        numbers = cache(partial(self._numbers, row, shape))
        how: Any = {"classes": self._classes, "exhaustive": self.annotations == "fine"}
        semantic, instances = row["semantic"], row["instances"]
        return {
            "depth": partial(self._depth, row, shape),
            "semantic": lambda: masks.semantic(ids(), **how, where=semantic),
            "instances": lambda: masks.instances(numbers(), **how, where=instances),
            "panoptic": lambda: masks.panoptic(ids(), numbers(), **how, where=instances),
        }

    def available(self) -> Mapping[str, type]:
        """The targets of the split that is asked for: labels only where it is annotated."""
        have = super().available()
        if self.split in (*_ANNOTATED[self.annotations], "all"):
            return have
        return {name: kind for name, kind in have.items() if name not in _OF_LABELS}

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` also where labels of these splits cannot be had, with the reason."""
        wanted = [*names]
        have = self.available()
        lacking = next((name for name in wanted if name not in have), None)
        reason = self._why_not(lacking) if lacking else ""
        if reason:
            raise SourceError(f"{self.root} must have the target {lacking!r}: {reason}")
        super().require(wanted)

    @property
    def _folder(self) -> str:
        return _FOLDERS[self.annotations]

    @property
    def _classes(self) -> Classes:
        return CLASSES[self.classes]

    def _why_not(self, name: str) -> str:
        if name == "depth":
            return "give disparity/ and camera/ (their zips are downloads of their own)."
        if self.split == "test":
            return "test is not annotated publicly. Set split: train, val or all."
        if self.split == "train_extra" and self.annotations == "fine":
            return "train_extra has coarse annotations only. Set annotations: coarse."
        held = {part["kind"] for _, part in matched(self._sizes, self.pattern) if part["map"]}
        other = next((name for name, kind in _FOLDERS.items() if kind in held), None)
        if other and self._folder not in held:
            return f"there is no {self._folder}. Add it, or set annotations: {other}."
        if self._folder in held:
            return f"the labelIds.png and instanceIds.png of {self._folder} are not here."
        return f"give {self._folder}/ (its zip is a download of its own)."

    def _ids(self, row: Row, shape: Shape) -> Array:
        name = row["semantic"]
        data = self.tree.read(name, field="semantic")
        return numbers_png(data, shape, field="semantic", where=name)

    def _numbers(self, row: Row, shape: Shape) -> Array:
        where = row["instances"]
        data = self.tree.read(where, field="instances")
        return gray16_png(data, shape, field="instances", where=where)

    def _depth(self, row: Row, shape: Shape) -> DepthMap:
        data = self.tree.read(row["disparity"], field="depth")
        steps = gray16_png(data, shape, field="depth", where=row["disparity"])
        calibration = self.tree.read(row["camera"], field="depth")
        rig = decoded(lambda: read_rig(calibration), field="depth", where=row["camera"])
        found = decoded(lambda: read_disparity(steps, rig), field="depth", where=row["disparity"])
        if self.farthest_m is None:
            return found
        beyond = found.valid & (found.meters > self.farthest_m)
        return DepthMap(np.where(beyond, np.nan, found.meters), camera=found.camera)
