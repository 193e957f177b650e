"""The reader of SA-Co/Gold and SA-Co/Silver.

Format after the authors' READMEs (facebookresearch/sam3, scripts/eval/{gold,silver}) and their
score (sam3/eval/cgf1_eval.py); seen in the excerpt of a Gold document that they print: `area` times
the pixels of the image is the number of a mask's pixels exactly. Not confirmed: the folders within
the archives of images, which are found by how their paths end; that all images are JPEGs, as their
names say (others are rejects).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from vtencode.errors import SampleError, SpecError
from vtencode.images import Picture
from vtencode.sources.base import Publication, Row, Sample, Source
from vtencode.sources.coco.annotated import Annotated, parsed
from vtencode.sources.coco.document import Document, read_document
from vtencode.sources.coco.found import Endings
from vtencode.sources.files import decoded
from vtencode.sources.lazy import LazyTargets
from vtencode.sources.sa_co.documents import (
    PATTERN,
    PICTURE,
    Annotator,
    Release,
    find_documents,
)
from vtencode.sources.sa_co.meaning import pair_expressions, pair_instances
from vtencode.sources.sa_co.pairs import TEXTS, doubtful, pairs
from vtencode.sources.sa_co.publication import PUBLICATION
from vtencode.sources.tree import Tree, chosen
from vtencode.targets import Expressions, InstanceMasks

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows that are held as Python objects at a time.
_ROWS = 4096


@dataclass(frozen=True, kw_only=True)
class SaCo(Source):
    """SA-Co: one row a pair of an image and a phrase, most of which mean nothing in the image.

    `release` is gold, with seven `subsets` and three people's answers, of which `annotator` says
    whose is taken, or silver, with ten and one answer. `agreed` keeps the pairs of gold in which
    all three annotated every instance, as the authors' score does; it reads all three documents.

    A row of the index has, beside the columns of `Source.index`, `file` (the image), `image_id`,
    `scene` (the subset), `pair` (the number of the pair), and `told` and `document` (JSON: the
    pair with its annotations, and what the document says of all).
    """

    name: ClassVar[str] = "sa-co"
    splits: ClassVar[tuple[str, ...]] = ("test", "all")
    targets: ClassVar[Mapping[str, type]] = {
        "instances": InstanceMasks,
        "expressions": Expressions,
    }
    pattern: ClassVar[re.Pattern[str]] = PATTERN
    publication: ClassVar[Publication] = PUBLICATION

    split: str = "test"
    release: Release = "gold"
    annotator: Annotator = "a"
    subsets: tuple[str, ...] = ()
    agreed: bool = False

    def __post_init__(self) -> None:
        if self.agreed and self.release == "silver":
            raise SpecError("sa-co: agreed must be false for silver, which one person annotated.")

    def index(self) -> pa.Table:
        """One row a pair; see the class for the columns."""
        return chosen(self._table, self.root, self.split, ())

    def load(self, row: Row) -> Sample:
        """Read one image, in the pixels that its annotations are told in."""
        data = self.tree.read(row["file"], field="image")
        picture = decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])
        shape = (picture.height, picture.width)
        facts = {
            "file": row["file"],
            "image_id": row["image_id"],
            "sha256": hashlib.sha256(data).hexdigest(),
            "subset": row["scene"],
            "pair": str(row["pair"]),
        }
        makers = {
            "instances": lambda: pair_instances(_told(row, "instances", shape)),
            "expressions": lambda: pair_expressions(_told(row, "expressions", shape)),
        }
        return Sample(row["key"], picture, LazyTargets(makers), facts)

    def files(self) -> tuple[tuple[str, int], ...]:
        """The documents that are read, and those of their images that are there."""
        documents = {name for names in self._documents.values() for name in names.values()}
        names = {*documents, *self._table["file"].unique().to_pylist()}
        sizes = {**self._images, **self._sizes}
        return tuple(sorted((name, sizes[name]) for name in names if name in sizes))

    @cached_property
    def tree(self) -> Tree:
        """The files below `root`."""
        return Tree(self.root)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return self.tree.sizes(PATTERN)

    @cached_property
    def _images(self) -> dict[str, int]:
        return self.tree.sizes(PICTURE)

    @cached_property
    def _endings(self) -> Endings:
        return Endings(self._images)

    @cached_property
    def _documents(self) -> Mapping[str, Mapping[str, str]]:
        """By subset, of each annotator who is asked, the document; whose answer is taken first."""
        others = [who for who in get_args(Annotator) if self.agreed and who != self.annotator]
        found = {self.annotator: self._by(self.annotator, self.subsets)}
        for who in others:
            found[who] = self._by(who, tuple(found[self.annotator]))
        return {
            subset: {who: found[who][subset] for who in found} for subset in found[self.annotator]
        }

    def _by(self, annotator: Annotator, subsets: tuple[str, ...]) -> Mapping[str, str]:
        return find_documents(
            self.root, self._sizes, release=self.release, annotator=annotator, subsets=subsets
        )

    @cached_property
    def _table(self) -> pa.Table:
        import pyarrow as pa

        shared = pa.dictionary(pa.int32(), pa.string())
        text = {name: pa.string() for name in TEXTS}
        schema = pa.schema(
            {**text, "pair": pa.int64(), "told": pa.large_string(), "document": shared}
        )
        tables = [schema.empty_table()]
        for subset, names in self._documents.items():
            rows = self._rows(subset, *names.values())
            while batch := list(islice(rows, _ROWS)):
                tables.append(pa.Table.from_pylist(batch, schema=schema))
        return pa.concat_tables(tables).unify_dictionaries()

    def _rows(self, subset: str, name: str, *others: str) -> Iterator[dict[str, Any]]:
        asked = (name, *others) if self.agreed else ()
        return pairs(
            self._document(name),
            name,
            subset,
            self.annotator if self.release == "gold" else "silver",
            find=self._endings.find,
            left_out={pair for each in asked for pair in doubtful(self._document(each))},
        )

    def _document(self, name: str) -> Document:
        return read_document(self.tree.read(name, field="annotations"), name)


def _told(row: Row, field: str, shape: tuple[int, int]) -> Annotated:
    """What the document says of a pair, whose image must be of that shape (H, W)."""
    found = parsed(row["told"], row["document"], field=field, image_id=f"pair {row['pair']}")
    if found.shape != shape:
        message = f"must be of an image of {shape}, as {row['file']} is, got {found.shape}"
        raise SampleError("SHAPE", field, found.where, message)
    return found
