"""SceneParse150: ADE20K in 150 classes, as the scene parsing challenge of 2016 published it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

from vtencode.errors import CodeError, SampleError, SourceError
from vtencode.formats.ade20k import read_object_info
from vtencode.images import Picture
from vtencode.sources.ade20k.classes import NAMES, first
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.pngs import Shape, numbers_png
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import SemanticMask

SPLITS = {"training": "train", "validation": "val"}
_LIST = "objectInfo150.txt"


@dataclass(frozen=True, kw_only=True)
class Ade20k(TreeSource):
    """SceneParse150 frames: color of some 683x512, and 150 classes.

    0 is everything else: void here, for it holds objects of 3000 other classes. Names are those
    of `objectInfo150.txt`, each by the first of its synonyms; the same are built in, for where
    that file is not there.
    """

    name: ClassVar[str] = "ade20k"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {"semantic": SemanticMask}
    holds: ClassVar[str] = (
        "SceneParse150: images/training/ADE_train_00000001.jpg, "
        "annotations/training/ADE_train_00000001.png"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?:(?P<folder>images|annotations)/(?P<split>training|validation)/"
        rf"(?P<frame>ADE_(?:train|val)_\d{{8}})\.(?:jpg|png)|{re.escape(_LIST)})"
    )
    publication: ClassVar[Publication] = Publication(
        title="ADE20K, SceneParse150",
        home="http://sceneparsing.csail.mit.edu",
        license="images: terms of use for research and education; annotations: BSD 3-clause",
        citation=(
            "B. Zhou et al.: Semantic Understanding of Scenes through the ADE20K Dataset. "
            "IJCV 127(3):302-321, 2019."
        ),
        how_to_get="open download: 0.9 GB; 20 210 frames to train, 2000 to validate",
        place=(
            "ADEChallengeData2016.zip, as it is or extracted:\n"
            "ADEChallengeData2016/{images,annotations}/{training,validation}/"
            "ADE_train_00000001.{jpg,png}\n"
            "ADEChallengeData2016/objectInfo150.txt (optional)"
        ),
        traps=(
            (
                "0 is no class, and not the background: void here; wall is 1, and other readers "
                "subtract 1 from every number"
            ),
            "objectInfo150.csv cuts names of several words at ';': the names of the .txt here",
            "names are lists of synonyms: the first here, which are 150 different ones",
            (
                "some images are gray, or turned by EXIF: annotations are in the pixels as stored, "
                "and so are images here"
            ),
            "some annotations are empty: nothing is asked of these",
        ),
        files=(
            RemoteFile(
                "http://data.csail.mit.edu/places/ADEchallenge/ADEChallengeData2016.zip",
                "ADEChallengeData2016.zip",
                b"PK\x03\x04",
            ),
        ),
    )

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every image."""
        maps = {
            part["frame"]: name
            for name, part in matched(sizes, self.pattern)
            if part["folder"] == "annotations" and name.endswith(".png")
        }
        for name, part in matched(sizes, self.pattern):
            if part["folder"] != "images" or not name.endswith(".jpg"):
                continue
            frame = part["frame"]
            yield {
                "key": sample_key("ade20k", frame.removeprefix("ADE_")),
                "image": "jpg",
                "split": SPLITS[part["split"]],
                "scene": "",
                "file": name,
                "image_id": f"ade20k/{frame}",
                "semantic": maps.get(frame, ""),
            }

    def picture(self, row: Row) -> Picture:
        """The image in the pixels as they are stored."""
        data = self.tree.read(row["file"], field="image")
        return decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])

    def makers(self, row: Row, shape: Shape) -> Mapping[str, Maker]:
        """The classes."""
        return {"semantic": partial(self._semantic, row, shape)}

    def _semantic(self, row: Row, shape: Shape) -> SemanticMask:
        name = row["semantic"]
        data = self.tree.read(name, field="semantic")
        numbers = numbers_png(data, shape, field="semantic", where=name)
        if numbers.max() > len(self._names):
            count = int((numbers > len(self._names)).sum())
            message = f"must be 0 to {len(self._names)}, got {numbers.max()} in {count} pixels"
            raise SampleError("RANGE", "semantic", name, message)
        return SemanticMask(numbers.astype(int) - 1, self._names, void=-1)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """Of the first list that is there, or those that are built in."""
        where = next((name for name in self._sizes if name.endswith(_LIST)), None)
        if where is None:
            return NAMES
        data = self.tree.read(where, field="semantic")
        try:
            names = tuple(map(first, read_object_info(data)))
        except CodeError as error:
            raise SourceError(f"{where} {error}") from error
        if len(names) != len(NAMES) or len(set(names)) < len(names):
            raise SourceError(
                f"{where} must name {len(NAMES)} different classes, got {len(set(names))} of "
                f"{len(names)}. Put the authors' file there, or none."
            )
        return names
