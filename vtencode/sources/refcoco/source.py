"""The reader of RefCOCO, RefCOCO+, RefCOCOg and gRefCOCO.

Refs say which annotations of `instances.json`, beside them, phrases mean; outlines there are those
of COCO 2014. Images are COCO's train2014, which train2017 holds too. After `refer.py` of
lichengunc/refer, and `grefer.py` and `grefcoco.py` of henghuiding/ReLA; counts of splits as
TensorFlow Datasets gives them (ref_coco). RefClef, of the same authors, is of other images and not
read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar, Literal

from vtencode.errors import CodeError, SampleError, SourceError
from vtencode.images import Picture
from vtencode.sources.base import Publication, Row, Sample, Source
from vtencode.sources.coco.annotated import check_shared, packed, parsed
from vtencode.sources.coco.document import Document, read_document
from vtencode.sources.files import decoded
from vtencode.sources.lazy import LazyTargets
from vtencode.sources.refcoco.layout import ARCHIVES, PATTERN, Layout, find_layout, images_of
from vtencode.sources.refcoco.meaning import expressions_of
from vtencode.sources.refcoco.publication import PUBLICATION
from vtencode.sources.refcoco.refs import Ref, read_refs
from vtencode.sources.refcoco.rows import Rows, shared, texts_of
from vtencode.sources.tree import Tree
from vtencode.targets import Expressions

if TYPE_CHECKING:
    import pyarrow as pa

Shape = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class RefCoco(Source):
    """Phrases, and the objects of COCO images that they mean: one, several, or none.

    `by` says who split the dataset: by default unc, and umd for refcocog. `each` row is of one
    `sentence`, as the scores of these datasets are; or of an `image`, with all that is said of it
    in the split.
    """

    name: ClassVar[str] = "refcoco"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "testA", "testB", "all")
    targets: ClassVar[Mapping[str, type]] = {"expressions": Expressions}
    pattern: ClassVar[re.Pattern[str]] = PATTERN
    publication: ClassVar[Publication] = PUBLICATION

    dataset: Literal["refcoco", "refcoco+", "refcocog", "grefcoco"] = "refcoco"
    by: Literal["", "unc", "google", "umd"] = ""
    each: Literal["sentence", "image"] = "sentence"

    def index(self) -> pa.Table:
        """One row a sentence, or an image, of the split.

        Beside the columns of `Source.index`: `file` (the image), `image_id` (COCO's),
        `expressions` (JSON: what is said, and the ids of what it means), and, shared by the rows
        of an image, `annotations` and `document`.
        """
        return self._table

    def load(self, row: Row) -> Sample:
        """Read one image, in the pixels that its annotations are told in."""
        data = self.tree.read(row["file"], field="image")
        picture = decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])
        maker = partial(self._expressions, row, (picture.height, picture.width))
        said = json.loads(row["expressions"])
        facts = {
            "file": row["file"],
            "image_id": row["image_id"],
            "sha256": hashlib.sha256(data).hexdigest(),
            "refs": ",".join(dict.fromkeys(str(each["ref"]) for each in said)),
            "sentences": ",".join(str(each["sentence"]) for each in said),
        }
        return Sample(row["key"], picture, LazyTargets({"expressions": maker}), facts)

    def files(self) -> tuple[tuple[str, int], ...]:
        """The two documents, and the images that rows are of, as far as they are there."""
        names = {self._layout.refs, self._layout.instances, *self._table["file"].to_pylist()}
        return tuple((name, size) for name, size in self._sizes.items() if name in names)

    @cached_property
    def tree(self) -> Tree:
        """The files below `root`."""
        return Tree(self.root, ARCHIVES)

    def _expressions(self, row: Row, shape: Shape) -> Expressions:
        if not row["annotations"]:
            message = "the image is not in instances.json"
            raise SampleError("MISSING", "expressions", row["image_id"], message)
        found = parsed(
            row["annotations"], row["document"], field="expressions", image_id=row["image_id"]
        )
        if found.shape != shape:
            message = f"must be of an image of {shape}, as {row['file']} is, got {found.shape}"
            raise SampleError("SHAPE", "expressions", found.where, message)
        said = json.loads(row["expressions"])
        return expressions_of(found, said, crowds=self.dataset != "grefcoco")

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return self.tree.sizes(PATTERN)

    @cached_property
    def _layout(self) -> Layout:
        packed_up = ", ".join(self.tree.packed()[:3])
        return find_layout(
            self._sizes,
            dataset=self.dataset,
            by=self.by,
            root=self.root,
            packed=f" Extract {packed_up} first." if packed_up else "",
        )

    @cached_property
    def _table(self) -> pa.Table:
        import pyarrow as pa

        rows = Rows(self._refs(), self._prefix, each=self.each)
        document, categories = self._document()
        texts = texts_of(document, rows.wanted)
        images = images_of(self._sizes)
        if images.keys().isdisjoint(rows.wanted):
            raise SourceError(
                f"{self.root} must hold the images of {self._layout.refs}, such as "
                f"{_usual(rows.images[0])}, and holds none of them."
            )
        place = {number: at for at, number in enumerate(texts, start=1)}
        return pa.table(
            {
                "key": rows.keys,
                "image": ["jpg"] * len(rows.keys),
                "split": rows.splits,
                "file": [images.get(number, _usual(number)) for number in rows.images],
                "image_id": [f"coco/{number:012d}" for number in rows.images],
                "expressions": rows.said,
                "annotations": shared(
                    [place.get(n, 0) for n in rows.images], ["", *texts.values()]
                ),
                "document": shared([0] * len(rows.keys), [categories]),
            }
        )

    def _refs(self) -> list[Ref]:
        """The refs of the split; those without sentences, which gRefCOCO has, are to be skipped."""
        name = self._layout.refs
        found = [r for r in read_refs(self.tree.read(name, field="refs"), name) if r.sentences]
        kept = [ref for ref in found if self.split in ("all", ref.split)]
        if not kept:
            have = ", ".join(sorted({ref.split for ref in found})) or "no sentence"
            raise SourceError(f"{name} must have the split {self.split!r}, and has {have}.")
        return kept

    def _document(self) -> tuple[Document, str]:
        name = self._layout.instances
        found = read_document(self.tree.read(name, field="instances"), name)
        categories = packed(name, found.rest.get("categories", []))
        try:
            check_shared(categories)
        except CodeError as error:
            raise SourceError(f"{name}: {error}") from error
        return found, categories

    @property
    def _prefix(self) -> tuple[str, str]:
        return self.dataset.replace("+", "-plus"), self._layout.by


def _usual(image: int) -> str:
    """Where the image of an id is, as REFER has it."""
    return f"train2014/COCO_train2014_{image:012d}.jpg"
