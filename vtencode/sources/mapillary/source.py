"""The reader of Mapillary Vistas, v1.2 and v2.0.

Layout and formats after the README, `demo.py` and configurations that come with the data, as
public copies quote them, and the authors' mapillary_vistas (evaluation): labels are 8-bit palette
PNGs, instances 16-bit PNGs of 256 times the label plus a number, and both tell the same labels.
Not seen in files of the authors by this project. Of the archive, `panoptic/` (the same in the form
of COCO) and `polygons/` are not read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, ClassVar, Literal

from vtencode.errors import SourceError
from vtencode.images import Picture
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.mapillary import masks
from vtencode.sources.mapillary.labels import Labels, read_labels
from vtencode.sources.mapillary.publication import PUBLICATION
from vtencode.sources.pngs import Shape, gray16_png, numbers_png
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Array, InstanceMasks, PanopticMap, SemanticMask

Version = Literal["v1.2", "v2.0"]

_SPLITS = {"training": "train", "validation": "val", "testing": "test"}
#: What the configuration of v1.2 and before is called where there are no folders of versions.
_FIRST_CONFIG = re.compile(r"(?:.*/)?config\.json")


@dataclass(frozen=True, kw_only=True)
class Mapillary(TreeSource):
    """Mapillary Vistas frames: color of Full HD and more, classes, and objects.

    `version` is that of the annotations; "auto" is the one that is there, where only one is.
    Classes are the `readable` names of its configuration. Annotations are told in the pixels as
    they are stored, so that an image's orientation is dropped. test has none, and is refused.
    """

    name: ClassVar[str] = "mapillary"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
    }
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {"panoptic": ("semantic", "instances")}
    holds: ClassVar[str] = (
        "Mapillary Vistas: {training,validation}/images/*.jpg, "
        "{training,validation}/v2.0/{labels,instances}/*.png, config_v2.0.json"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?:config_(?P<config>v1\.2|v2\.0)\.json"
        r"|(?P<split>training|validation|testing)/"
        r"(?:(?P<image>images)|(?:(?P<version>v1\.2|v2\.0)/)?(?P<map>labels|instances))/"
        r"(?P<frame>[\w-]{22})\.(?:jpg|png))"
    )
    publication: ClassVar[Publication] = PUBLICATION

    version: Literal["auto", "v1.2", "v2.0"] = "auto"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every image of the splits that are asked for."""
        version = self._version
        held: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for name, part in matched(sizes, self.pattern):
            if not part["config"] and (part["image"] or _version_of(part) == version):
                place = _SPLITS[part["split"]], part["frame"]
                held[place].setdefault(part["map"] or "image", name)
        if any("image" in files for files in held.values()) and version:
            _ = self._labels
        for (split, frame), files in sorted(held.items()):
            if "image" in files and (split != "test" or self.split == "test"):
                yield {
                    "key": sample_key("mapillary", frame),
                    "image": "jpg",
                    "split": split,
                    "scene": "",
                    "file": files["image"],
                    "image_id": f"mapillary/{frame}",
                    "semantic": files.get("labels", ""),
                    "instances": files.get("instances", ""),
                }

    def picture(self, row: Row) -> Picture:
        """The image file as it is; one of gray, or with an orientation, is written again."""
        data = self.tree.read(row["file"], field="image")
        return decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])

    def makers(self, row: Row, shape: Shape) -> Mapping[str, Maker]:
        """Classes and objects of their maps."""
        ids = cache(partial(self._ids, row, shape))
        numbers = cache(partial(self._numbers, row, shape))
        return {
            "semantic": lambda: masks.semantic(ids(), self._labels, where=row["semantic"]),
            "instances": lambda: masks.instances(numbers(), self._labels, where=row["instances"]),
            "panoptic": lambda: masks.panoptic(
                ids(), numbers(), self._labels, where=row["instances"]
            ),
        }

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` also for the split that has no annotations, with the reason."""
        if self.split == "test":
            raise SourceError(
                f"{self.root}: test is not annotated publicly. Set split: train, val or all."
            )
        super().require(names)

    def files(self) -> tuple[tuple[str, int], ...]:
        """Every file that this reader knows, and the configuration."""
        return tuple(sorted({**dict(super().files()), **self._configs}.items()))

    @cached_property
    def _version(self) -> Version | None:
        """The version of the annotations that are read; None where there are none."""
        found = {_version_of(part) for _, part in matched(self._sizes, self.pattern) if part["map"]}
        if self.version == "auto" and len(found) > 1:
            raise SourceError(
                f"{self.root} holds annotations of v1.2 and of v2.0, which have other classes. "
                "Set version: v1.2 or v2.0."
            )
        wanted = next(iter(found), None) if self.version == "auto" else self.version
        if found and wanted not in found:
            raise SourceError(
                f"{self.root} must hold annotations of {wanted}, and holds those of "
                f"{', '.join(sorted(found))}. Set version: {min(found)}."
            )
        return wanted

    @cached_property
    def _configs(self) -> dict[str, int]:
        """The configurations that tell the labels of the version; the first is read."""
        named = {
            name: self._sizes[name]
            for name, part in matched(self._sizes, self.pattern)
            if part["config"] and part["config"] == self._version
        }
        return named or (self.tree.sizes(_FIRST_CONFIG) if self._version == "v1.2" else {})

    @cached_property
    def _labels(self) -> Labels:
        name = next(iter(self._configs), None)
        if name is None:
            raise SourceError(
                f"{self.root} must hold config_{self._version}.json, which tells what the numbers "
                "mean. It lies beside training/ in the archive."
            )
        return read_labels(self.tree.read(name, field="semantic"), name)

    def _numbers(self, row: Row, shape: Shape) -> Array:
        where = row["instances"]
        data = self.tree.read(where, field="instances")
        return gray16_png(data, shape, field="instances", where=where)

    def _ids(self, row: Row, shape: Shape) -> Array:
        name = row["semantic"]
        data = self.tree.read(name, field="semantic")
        return numbers_png(data, shape, field="semantic", where=name)


def _version_of(part: Mapping[str, str]) -> Version:
    """The version of a map; those without a folder of one are of v1.2, or of the same labels."""
    return "v2.0" if part["version"] == "v2.0" else "v1.2"
