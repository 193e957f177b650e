"""Pascal VOC: classes and objects of the segmentation taster, and what SBD adds to them.

Formats after the development kit's documentation (VOC2012, section "Segmentation Ground Truth"):
palette PNGs whose index is the class, or the number of the object in the image, 0 for background
and 255 for void, the ring around objects. Class maps were checked on three of the authors' files;
no object map was seen by this project.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.images import Picture
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.pngs import Shape, numbers_png
from vtencode.sources.regions import instances_of
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.sources.voc import sbd
from vtencode.targets import Array, InstanceMasks, PanopticMap, SemanticMask

#: VOC2012's classes 1 to 20, in the words of its documentation; 0 is what is none of these.
THINGS = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa",
    "train", "tv monitor",
)  # fmt: skip
VOCABULARY = ("background", *THINGS)
VOID = 255
_LISTS = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True)
class Voc(TreeSource):
    """VOC frames: color of some 500x375, 20 classes and background, and numbered objects.

    `year` is that of the release; the sets of 2012 hold those of the years before, under names
    with the year. With `sbd` the images of SBD that VOC does not annotate are frames to train
    too: 10 582 in all with those of VOC2012, which is known as "trainaug".
    """

    name: ClassVar[str] = "voc"
    splits: ClassVar[tuple[str, ...]] = (*_LISTS, "all")
    targets: ClassVar[Mapping[str, type]] = {
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
    }
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "instances": ("semantic", "instances"),
        "panoptic": ("semantic", "instances"),
    }
    holds: ClassVar[str] = (
        "Pascal VOC: VOC2012/{JPEGImages/*.jpg,SegmentationClass/*.png,"
        "ImageSets/Segmentation/train.txt}"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:(?:.*/)?VOC(?P<year>20(?:0[7-9]|1[0-2]))/)?(?:"
        r"(?P<folder>JPEGImages|SegmentationClass|SegmentationObject)/"
        r"(?P<frame>(?:20\d\d_)?\d{6})\.(?:jpg|png)"
        r"|ImageSets/Segmentation/(?P<list>train|val|test)\.txt)"
        r"|(?:.*/)?dataset/(?P<sbd>cls|inst|img)/(?P<more>20\d\d_\d{6})\.(?:mat|jpg)"
    )
    publication: ClassVar[Publication] = Publication(
        title="The PASCAL Visual Object Classes Challenge",
        home="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
        license="images: Flickr terms of use; annotations: no formal license",
        citation=(
            "M. Everingham et al.: The PASCAL Visual Object Classes Challenge: A Retrospective. "
            "IJCV 111(1):98-136, 2015."
        ),
        how_to_get="open download: 2 GB; 1464 frames to train, 1449 to validate",
        place=(
            "VOCtrainval_11-May-2012.tar, as it is or extracted:\n"
            "VOCdevkit/VOC2012/{JPEGImages,SegmentationClass,SegmentationObject}/"
            "2007_000032.{jpg,png}\n"
            "VOCdevkit/VOC2012/ImageSets/Segmentation/{train,val}.txt\n"
            "for sbd: true, SBD's benchmark.tgz (1.4 GB, home.bharathh.info/pubs/codes/SBD), "
            "extracted: benchmark_RELEASE/dataset/{cls,inst}/2008_000002.mat"
        ),
        traps=(
            "PNGs have a palette, and their indices are the classes: never taken for colors here",
            "0 is the background, which is a class: 255, the ring around objects, is void",
            (
                "17 125 images are in the tar, and 2913 masks: ImageSets/Segmentation tells "
                "which, and of which split"
            ),
            (
                "SBD divides the same images otherwise, so that some of its train are VOC's val: "
                "what VOC annotates is never taken from SBD here"
            ),
            "SegmentationClassAug is others' copy of SBD as PNGs, and not read: get SBD itself",
        ),
        files=(
            RemoteFile(
                "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
                "VOCtrainval_11-May-2012.tar",
                b"",
            ),
        ),
    )

    year: Literal["2007", "2008", "2009", "2010", "2011", "2012"] = "2012"
    sbd: bool = False

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every line of the lists, and for those that SBD adds."""
        held: defaultdict[str, dict[str, str]] = defaultdict(dict)
        lists: dict[str, str] = {}
        for name, part in matched(sizes, self.pattern):
            if part["year"] not in ("", self.year):
                continue
            if part["list"]:
                lists.setdefault(part["list"], name)
            else:
                place = held[part["frame"] or part["more"]]
                place.setdefault(part["folder"] or part["sbd"], name)
        if not lists:
            self._refuse_other_years(sizes)
        listed = {frame: split for split in lists for frame in self._listed(lists[split])}
        added = self._added(held, listed) if self.sbd and listed else set()
        for frame, split in sorted({**listed, **dict.fromkeys(added, "train")}.items()):
            yield self._row(frame, split, held[frame], from_sbd=frame in added)

    def picture(self, row: Row) -> Picture:
        """The image in the pixels as they are stored."""
        data = self.tree.read(row["file"], field="image")
        return decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])

    def makers(self, row: Row, shape: Shape) -> Mapping[str, Maker]:
        """Classes, and objects as pairs of a class and a number."""

        def objects() -> tuple[SemanticMask, Array]:
            return self._objects(row, shape)

        return {
            "semantic": lambda: _semantic(self._numbers(row, "semantic", shape), row["semantic"]),
            "instances": lambda: instances_of(*objects()),
            "panoptic": lambda: PanopticMap.from_parts(*objects(), things=THINGS),
        }

    def _row(
        self, frame: str, split: str, files: Mapping[str, str], *, from_sbd: bool
    ) -> dict[str, Any]:
        dated = frame if "_" in frame else f"{self.year}_{frame}"
        classes, objects = ("cls", "inst") if from_sbd else _FOLDERS
        return {
            "key": sample_key("voc", dated),
            "image": "jpg",
            "split": split,
            "scene": "",
            "file": files.get("JPEGImages") or files.get("img") or f"JPEGImages/{frame}.jpg",
            "image_id": f"voc/{dated}",
            "semantic": files.get(classes, ""),
            "instances": files.get(objects, ""),
        }

    def _listed(self, name: str) -> list[str]:
        text = self.tree.read(name, field="index").decode("utf-8", "replace")
        frames = text.split()
        strange = [frame for frame in frames if not _FRAME.fullmatch(frame)]
        if strange:
            raise SourceError(f"{name} must list frames like 2007_000032, got {strange[0]!r:.40}.")
        return frames

    def _refuse_other_years(self, sizes: Mapping[str, int]) -> None:
        years = {part["year"] for _, part in matched(sizes, self.pattern) if part["list"]}
        if years:
            raise SourceError(
                f"{self.root} must hold VOC{self.year}, and holds {', '.join(sorted(years))}. "
                "Set the source's year."
            )

    def _added(self, held: Mapping[str, Mapping[str, str]], listed: Mapping[str, str]) -> set[str]:
        added = {name for name, files in held.items() if "cls" in files and name not in listed}
        if not added:
            raise SourceError(
                f"{self.root} must hold SBD for sbd: true (benchmark_RELEASE/dataset/cls/*.mat), "
                "and holds none of it. Extract benchmark.tgz there, or leave sbd out."
            )
        return added

    def _objects(self, row: Row, shape: Shape) -> tuple[SemanticMask, Array]:
        """The classes without background, and the number of the object at each pixel."""
        numbers = self._numbers(row, "instances", shape)
        classes = _semantic(self._numbers(row, "semantic", shape), row["semantic"])
        known = classes.labeled & (numbers != VOID)
        return SemanticMask(np.where(known, classes.ids - 1, -1), THINGS, void=-1), numbers

    def _numbers(self, row: Row, field: str, shape: Shape) -> Array:
        name = row[field]
        data = self.tree.read(name, field=field)
        read = sbd.numbers if name.endswith(".mat") else numbers_png
        return read(data, shape, field=field, where=name)


_FOLDERS = ("SegmentationClass", "SegmentationObject")
_FRAME = re.compile(r"(?:20\d\d_)?\d{6}")


def _semantic(index: Array, where: str) -> SemanticMask:
    strange = np.unique(index[~np.isin(index, [*range(len(VOCABULARY)), VOID])])
    if strange.size:
        message = f"must be 0 to {len(THINGS)} or {VOID}, got {strange.tolist()[:5]}"
        raise SampleError("RANGE", "semantic", where, message)
    return SemanticMask(index.astype(int), VOCABULARY, void=VOID)
