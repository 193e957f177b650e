"""SA-1B: 11 million photographs with 1.1 billion masks that have no class.

Format after the authors' README (facebookresearch/segment-anything): beside each `sa_<id>.jpg` is a
`sa_<id>.json`, whose masks are packed run lengths. Seen in three real files: `area` is the number
of pixels of a mask exactly; width and height of `bbox` are one less than the mask's, so that it is
not used; `crop_box` is of whole numbers or not. That the shards are gzipped, though their names end
in .tar, is what their users tell (issue 802 there). Not confirmed: how paths within shards begin;
any beginning is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from vtencode.errors import SourceError, SpecError
from vtencode.images import Picture
from vtencode.sources.base import Publication, Row, Sample, Source, sample_key
from vtencode.sources.coco.annotated import Entry
from vtencode.sources.files import decoded, existing, walk
from vtencode.sources.lazy import LazyTargets
from vtencode.sources.sa_1b.masks import annotated, outermost, regions
from vtencode.sources.sa_1b.pieces import PATTERN, Pair, Piece, pairs, read
from vtencode.sources.tree import chosen
from vtencode.targets import InstanceMasks

if TYPE_CHECKING:
    import pyarrow as pa

Level = Literal["all", "whole"]


@dataclass(frozen=True, kw_only=True)
class Sa1b(Source):
    """SA-1B images, 1500 pixels on the shorter side, and masks without classes.

    Masks of things and of their parts lie on top of each other. `level` says which to keep: "all",
    as published, or "whole" ones, without those that have half of their pixels or more in larger
    ones; smaller ones are in front. `predicted_iou` and `stability_score`, in the authors' numbers,
    and `area_px` are the least that a mask must have. `scenes` are the shards to read, such as
    sa_000020; others are not looked into, which takes a second each.

    A row of the index has where in which file the image (`file`, `start`, `size`) and its masks
    (`json`, `json_start`, `json_size`) are, so that no worker looks through the shards again.
    """

    name: ClassVar[str] = "sa-1b"
    splits: ClassVar[tuple[str, ...]] = ("train", "all")
    targets: ClassVar[Mapping[str, type]] = {"instances": InstanceMasks}
    pattern: ClassVar[re.Pattern[str]] = PATTERN
    publication: ClassVar[Publication] = Publication(
        title="Segment Anything 1 Billion (SA-1B)",
        home="https://ai.meta.com/datasets/segment-anything/",
        license="SA-1B Dataset Research License",
        citation="A. Kirillov et al.: Segment Anything. ICCV 2023, arXiv:2304.02643.",
        how_to_get=(
            "by agreeing to the license, which gives a list of links that expire: 1000 shards of "
            "some 11 GB and 11 000 images; any of them will do"
        ),
        place=(
            "sa_000000.tar … once they are no longer gzipped, or what they extract to: "
            "sa_000000/sa_1.jpg, sa_000000/sa_1.json"
        ),
        traps=(
            "shards are gzipped, though they are called .tar: refused here, with what to do",
            "masks are nested (a car, its door, the handle): `level` says which are asked for",
            "masks have no class: they are objects here, and nothing is known to be absent",
            "bbox is a pixel narrower and lower than its mask: not used here",
        ),
    )

    scenes: tuple[str, ...] = ()
    level: Level = "all"
    predicted_iou: float = 0.0
    stability_score: float = 0.0
    area_px: int = 0

    def __post_init__(self) -> None:
        if self.level not in get_args(Level):
            choice = " or ".join(get_args(Level))
            raise SpecError(f"sa-1b: level must be {choice}, got {self.level!r}.")

    def index(self) -> pa.Table:
        """One row an image; see the class for the columns."""
        import pyarrow as pa

        # Made Arrow shard by shard, for all 11 million rows as dicts would take 16 GB.
        tables = [
            pa.Table.from_pylist([_row(scene, *each) for each in found.items()])
            for scene, found in pairs(self.root, self._sizes, self.scenes)
            if found
        ]
        if not tables:
            raise SourceError(
                f"{self.root} must hold SA-1B: sa_000000.tar …, or sa_*.jpg with sa_*.json, and "
                "holds none of it."
            )
        return chosen(pa.concat_tables(tables), self.root, self.split, self.scenes)

    def load(self, row: Row) -> Sample:
        """Read one image; its masks are read as they are asked for."""
        member = f"sa_{row['number']}.jpg"
        piece = Piece(row["file"], row["start"], row["size"])
        where = _where(piece, member)
        data = read(self.root, piece, field="image", where=where)
        picture = decoded(lambda: Picture.as_stored(data), field="image", where=where)
        maker = partial(self._instances, row, (picture.height, picture.width))
        facts = {name: row[name] for name in ("file", "scene", "image_id")}
        if where != piece.file:
            facts["member"] = member
        facts["sha256"] = hashlib.sha256(data).hexdigest()
        return Sample(row["key"], picture, LazyTargets({"instances": maker}), facts)

    def files(self) -> tuple[tuple[str, int], ...]:
        """Every loose file, and every shard."""
        return tuple(sorted(self._sizes.items()))

    @cached_property
    def _sizes(self) -> dict[str, int]:
        root = existing(self.root)
        return {root.name: root.stat().st_size} if root.is_file() else dict(walk(root, PATTERN))

    def _instances(self, row: Row, shape: tuple[int, int]) -> InstanceMasks:
        piece = Piece(row["json"], row["json_start"], row["json_size"])
        where = _where(piece, f"sa_{row['number']}.json")
        data = read(self.root, piece, field="instances", where=where)
        found = annotated(data, where, f"sa_{row['number']}.jpg", shape)
        told = [each for each in regions(found, self._is_wanted) if each.area >= self.area_px]
        told.sort(key=lambda region: (-region.area, region.id))
        kept = told if self.level == "all" else outermost(told, shape)
        return InstanceMasks(shape, tuple(kept))

    def _is_wanted(self, entry: Entry) -> bool:
        scores = ("predicted_iou", "stability_score")
        return all(entry.get(score, 0) >= getattr(self, score) for score in scores)


def _row(scene: str, number: int, pair: Pair) -> dict[str, Any]:
    none = Piece("", 0, 0)
    picture, masks = pair.get("jpg", none), pair.get("json", none)
    return {
        "key": sample_key("sa1b", str(number)),
        "image": "jpg",
        "split": "train",
        "scene": scene,
        "image_id": f"sa-1b/{number}",
        "number": number,
        "file": picture.file,
        "start": picture.start,
        "size": picture.size,
        "json": masks.file,
        "json_start": masks.start,
        "json_size": masks.size,
    }


def _where(piece: Piece, member: str) -> str:
    """What messages call a file, or a member of a shard."""
    return piece.file if piece.file.endswith(member) else f"{piece.file} {member}".strip()
