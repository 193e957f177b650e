"""The full ADE20K of 2021: objects of 3688 classes, their parts, and the parts of these.

Formats after the authors' README and utils_ade20k.py (CSAILVision/ADE20K), and checked on the
three images that they publish there: every class of `_seg.png` is a `name_ndx` of its JSON, every
object has a number of its own in blue, and at most 196 pixels of it differ from the 255 of its own
mask. Not seen by this project: an image of more than 255 objects, and how red is stored there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.formats.ade20k import read_codes
from vtencode.images import Picture
from vtencode.sources.ade20k import maps
from vtencode.sources.ade20k.annotation import Annotated, read_annotation
from vtencode.sources.ade20k.scene_parse import SPLITS
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.pngs import Shape, colors_png, numbers_png
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Array, InstanceMasks, PanopticMap, SemanticMask


@dataclass(frozen=True, kw_only=True)
class Ade20kFull(TreeSource):
    """ADE20K frames of the release of 2021: color as it was taken, classes, objects and parts.

    Classes go by the first of their synonyms. An image has those in its vocabulary that it shows,
    and none is known to be absent: annotators named things as they liked, so that there are
    street lamps and streetlights. `part_level` is that of the parts: 1 for parts of objects, 2 for
    parts of these, …
    """

    name: ClassVar[str] = "ade20k-full"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
        "parts": SemanticMask,
    }
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "semantic": ("semantic", "annotation"),
        "instances": ("semantic", "annotation"),
        "panoptic": ("semantic", "annotation"),
        "parts": ("parts", "semantic", "annotation"),
    }
    holds: ClassVar[str] = (
        "ADE20K of 2021: images/ADE/training/urban/street/ADE_train_00016900.jpg, …json, …_seg.png"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?P<split>training|validation)/(?P<scene>[^/]+(?:/[^/]+){0,2})/"
        r"(?P<frame>ADE_(?:train|val|frame)_\d{8})"
        r"(?P<ending>\.jpg|\.json|_seg\.png|_parts_\d\.png)"
    )
    publication: ClassVar[Publication] = Publication(
        title="ADE20K, the full release of 2021",
        home="https://ade20k.csail.mit.edu",
        license="images: terms of use for research and education; annotations: BSD 3-clause",
        citation=(
            "B. Zhou et al.: Semantic Understanding of Scenes through the ADE20K Dataset. "
            "IJCV 127(3):302-321, 2019."
        ),
        how_to_get="by request (a form, terms of use): 25 574 frames to train, 2000 to validate",
        place=(
            "ADE20K_2021_17_01.zip, as it is or extracted:\n"
            "ADE20K_2021_17_01/images/ADE/{training,validation}/urban/street/"
            "ADE_train_00016900{.jpg,.json,_seg.png,_parts_1.png}\n"
            "…/ADE_train_00016900/instance_000_ADE_train_00016900.png"
        ),
        traps=(
            (
                "classes are R // 10 * 256 + G, and objectnames of index_ade20k.pkl is one behind "
                "(CSAILVision/ADE20K issue 15): names are those of each image's JSON here"
            ),
            "classes are numbered otherwise than in the release of 2016",
            (
                "an object's own mask is amodal: 128 where it is hidden. What is seen is told by "
                "_seg.png, which is read here"
            ),
            "blue tells 255 objects apart: of more, their own masks are read here",
            "not every JSON is UTF-8: Latin-1 is read too",
            "parts are annotated in some images, and of some objects: other parts are void here",
            (
                "walls, sky, trees and other stuff are objects in the files too: here 50 classes "
                "that the places challenge does not count have no instances"
            ),
            "names have typing errors (issue 53): as they are here",
        ),
    )

    part_level: Literal[1, 2, 3, 4] = 1

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every image."""
        held: defaultdict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
        for name, part in matched(sizes, self.pattern):
            place = part["split"], part["scene"], part["frame"]
            held[place].setdefault(part["ending"], name)
        above = self.part_level - 1
        for (split, scene, frame), files in sorted(held.items()):
            if ".jpg" not in files:
                continue
            yield {
                "key": sample_key("ade20k-full", frame.removeprefix("ADE_")),
                "image": "jpg",
                "split": SPLITS[split],
                "scene": scene,
                "file": files[".jpg"],
                "image_id": f"ade20k/{frame}",
                "semantic": files.get("_seg.png", ""),
                "annotation": files.get(".json", ""),
                "parts": files.get(f"_parts_{self.part_level}.png", ""),
                "wholes": files.get(f"_parts_{above}.png" if above else "_seg.png", ""),
            }

    def picture(self, row: Row) -> Picture:
        """The image in the pixels as they are stored."""
        data = self.tree.read(row["file"], field="image")
        return decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])

    def makers(self, row: Row, shape: Shape) -> Mapping[str, Maker]:
        """Everything, of the codes and the JSON."""
        return {
            "semantic": lambda: self._classes(row, shape)[0],
            "instances": lambda: maps.instances(*self._classes(row, shape)),
            "panoptic": lambda: maps.panoptic(*self._classes(row, shape)),
            "parts": partial(self._parts, row, shape),
        }

    def _classes(self, row: Row, shape: Shape) -> tuple[SemanticMask, Array]:
        """The classes, and a number for each object."""
        name, objects = row["semantic"], self._objects(row)
        index, blue = self._codes(name, shape, "semantic")
        numbers = maps.numbers_of(blue, objects, partial(self._own_mask, row, shape))
        return maps.classes_of(index, objects, where=name), numbers

    def _parts(self, row: Row, shape: Shape) -> SemanticMask:
        """The parts; an image that has none of this level is void all over."""
        if not row["parts"]:
            return SemanticMask(np.full(shape, -1), (), void=-1)
        index, _ = self._codes(row["parts"], shape, "parts")
        wholes, _ = self._codes(row["wholes"], shape, "parts")
        objects = self._objects(row)
        return maps.parts_of(index, wholes, objects, self.part_level, where=row["parts"])

    def _objects(self, row: Row) -> tuple[Annotated, ...]:
        name = row["annotation"]
        data = self.tree.read(name, field="semantic")
        return decoded(lambda: read_annotation(data), field="semantic", where=name)

    def _codes(self, name: str, shape: Shape, field: str) -> tuple[Array, Array]:
        data = self.tree.read(name, field=field)
        rgb = colors_png(data, shape, field=field, where=name)
        return decoded(lambda: read_codes(rgb), field=field, where=name)

    def _own_mask(self, row: Row, shape: Shape, name: str) -> Array:
        folder, _, _ = row["annotation"].rpartition("/")
        where = f"{folder}/{name}".lstrip("/")
        data = self.tree.read(where, field="instances")
        return numbers_png(data, shape, field="instances", where=where)
