"""ReasonSeg: questions about an image that take thought, and the region that answers them.

After README, `utils/data_processing.py` and `utils/dataset.py` of dvlab-research/LISA; no official
file was read here. Outlines are painted as there, the largest first, by OpenCV, over whose pixels
the published scores are taken: corners are cut to whole pixels, the line around counts, and what a
later one covers is its own. "ignore" in a label means pixels that are not scored, the label "flag"
nothing; any other a target.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, Literal

import cv2
import numpy as np

from vtencode.errors import CodeError, SampleError, TargetError
from vtencode.formats.reasonseg import Asked, Outline, read_reasonseg
from vtencode.images import Picture
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Array, Expression, Expressions, InstanceMasks, Region

Shape = tuple[int, int]

TARGET, IGNORE = 1, 255
_FILES = r"(?P<split>train|val|test)/(?P<frame>[^/]+)\.(?P<ending>jpg|json)"
#: Also where `root` is the folder ReasonSeg itself, or what its archives extract to.
_BELOW = re.compile(rf"(?:(?:.*/)?ReasonSeg/)?{_FILES}")


@dataclass(frozen=True, kw_only=True)
class ReasonSeg(TreeSource):
    """Images with a question, or a short phrase, and the region that is meant.

    `each` row is of one `sentence`, of which training images have up to six that ask the same; or
    of an `image`, of whose sentences one is drawn. Whole sentences are questions to reason about;
    short phrases are asked as phrases. What is to be ignored is no part of the mask, and is there
    as a region called "ignore" that no expression means: scores must leave it out.
    """

    name: ClassVar[str] = "reasonseg"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {"expressions": Expressions}
    holds: ClassVar[str] = "ReasonSeg: ReasonSeg/{train,val,test}/*.jpg, and *.json beside them"
    pattern: ClassVar[re.Pattern[str]] = re.compile(rf"(?:.*/)?ReasonSeg/{_FILES}")
    publication: ClassVar[Publication] = Publication(
        title="ReasonSeg: reasoning segmentation",
        home="https://github.com/dvlab-research/LISA#dataset",
        license="none told (code Apache-2.0); images of OpenImages and ScanNet, under their terms",
        citation=(
            "X. Lai et al.: LISA: Reasoning Segmentation via Large Language Model. CVPR 2024. "
            "arXiv:2308.00692."
        ),
        how_to_get="open download (Google Drive): 239 images to train, 200 of val, 779 to test",
        place="ReasonSeg/{train,val,test}/NAME.jpg, NAME.json",
        traps=(
            "some files are Windows-1252 and not UTF-8: read as either here",
            "polygons overlap: painted here as LISA does, the largest first",
            (
                "pixels to ignore are neither target nor background: not in the mask here, but a "
                "region of their own, which scores must leave out"
            ),
            "shapes labeled “flag” mean nothing, and are skipped here",
            "`text` holds several ways to ask the same: each is a pair here, or one is drawn",
            "`explanatory/train.json` has answers in words, and is not read",
        ),
    )

    each: Literal["sentence", "image"] = "sentence"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A row for every image, or for every sentence of it; a broken annotation has one."""
        for name, part in matched(sizes, _BELOW):
            if part["ending"] != "jpg":
                continue
            beside = f"{name.removesuffix('.jpg')}.json"
            row = {
                "key": sample_key("reasonseg", part["split"], part["frame"]),
                "image": "jpg",
                "split": part["split"],
                "scene": "",
                "file": name,
                "image_id": f"reasonseg/{part['frame']}",
                "expressions": beside if beside in sizes else "",
                "sentence": "",
            }
            if self.each == "image":
                yield row
                continue
            for at in range(self._count(row)):
                own = sample_key("reasonseg", part["split"], part["frame"], str(at))
                yield {**row, "key": own, "sentence": str(at)}

    def picture(self, row: Row) -> Picture:
        """The image as OpenCV shows it, upright: outlines were drawn, and are read, over that."""
        data = self.tree.read(row["file"], field="image")
        return decoded(lambda: _upright(data), field="image", where=row["file"])

    def makers(self, row: Row, shape: Shape) -> Mapping[str, Maker]:
        """What is asked, and the region that answers it."""
        return {"expressions": partial(self._expressions, row, shape)}

    def _expressions(self, row: Row, shape: Shape) -> Expressions:
        name = row["expressions"]
        asked = self._asked(name)
        texts = asked.texts if not row["sentence"] else [asked.texts[int(row["sentence"])]]
        words = [" ".join(text.split()) for text in texts if text.strip()]
        if not words:
            raise SampleError("EMPTY", "expressions", name, "has no words")
        map_ = decoded(lambda: painted(asked.outlines, shape), field="expressions", where=name)
        if not (map_ == TARGET).any():
            raise SampleError("EMPTY", "expressions", name, "has no target that shows")
        regions = [Region.from_mask(map_ == TARGET, id=1, label="target")]
        if (map_ == IGNORE).any():
            regions.append(Region.from_mask(map_ == IGNORE, id=2, label="ignore"))
        said = [Expression(each, (1,), reasoning=asked.is_sentence) for each in words]
        return Expressions(InstanceMasks(shape, tuple(regions)), tuple(said))

    def _count(self, row: Row) -> int:
        """How many sentences an image has; 1 where that cannot be told."""
        try:
            return len(self._asked(row["expressions"]).texts)
        except SampleError:
            return 1

    def _asked(self, name: str) -> Asked:
        data = self.tree.read(name, field="expressions")
        return decoded(lambda: read_reasonseg(data), field="expressions", where=name)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return self.tree.sizes(self.pattern) or self.tree.sizes(_BELOW)


def painted(outlines: tuple[Outline, ...], shape: Shape) -> Array:
    """What each pixel is: uint8 (H, W) of `TARGET`, `IGNORE` and 0.

    Of outlines of one size the first lies on top. Raises `TargetError` for corners far outside.
    """
    drawn = [each for each in outlines if each.label.lower() != "flag"]
    corners = [_corners(each, shape) for each in drawn]
    sizes = [np.count_nonzero(_filled(np.zeros(shape, np.uint8), each, 1)) for each in corners]
    map_ = np.zeros(shape, dtype=np.uint8)
    for at in np.argsort(sizes, kind="stable")[::-1].tolist():
        _filled(map_, corners[at], IGNORE if "ignore" in drawn[at].label.lower() else TARGET)
    return map_


def _filled(map_: Array, corners: Array, value: int) -> Array:
    """Fill a polygon and draw its line, in place, as `get_mask_from_json` of LISA does."""
    cv2.polylines(map_, [corners], isClosed=True, color=value, thickness=1)
    cv2.fillPoly(map_, [corners], color=value)
    return map_


def _corners(outline: Outline, shape: Shape) -> Array:
    """Int32 (N, 2) of x, y: what is behind the point is cut off."""
    corners = np.array(outline.points, dtype=np.float64)
    size = np.array(shape[::-1])
    if not ((corners >= -size) & (corners <= 2 * size)).all():
        raise TargetError(
            f"an outline must be near its image of {shape[0]} x {shape[1]} pixels, got corners "
            f"from {corners.min():.4g} to {corners.max():.4g}."
        )
    return corners.astype(np.int32)


def _upright(data: bytes) -> Picture:
    """The picture turned as its EXIF orientation says, if it has one."""
    try:
        return Picture.from_bytes(data)
    except CodeError:
        Picture.as_stored(data)  # refuses what is no whole JPEG of a sane size
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        turned = ImageOps.exif_transpose(image).convert("RGB")
    return Picture.jpeg_from_rgb(np.asarray(turned))
