"""Datasets of images whose annotations are documents in the form of COCO."""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar

from vtencode.errors import CodeError, SampleError, SourceError, SpecError
from vtencode.images import Picture
from vtencode.sources.base import Row, Sample, Source, sample_key
from vtencode.sources.coco.annotated import Annotated, Entry, check_shared, packed, parsed
from vtencode.sources.coco.document import read_document
from vtencode.sources.coco.found import Endings, Found, Kind, any_of, sorted_out
from vtencode.sources.coco.indexing import MAP, SHARED, Rows
from vtencode.sources.files import decoded
from vtencode.sources.lazy import LazyTargets
from vtencode.sources.tree import Tree, image_format

if TYPE_CHECKING:
    import pyarrow as pa

Maker = Callable[[], Any]


@dataclass(frozen=True, kw_only=True)
class CocoSource(Source):
    """A dataset whose annotations are documents, which are cut up once, into the index.

    To read another one in COCO's form, derive from this class and say which files there are:
    `kinds` of annotations, and `pictures`. A target is made of the kind of its name, or of those
    that `derived` names. `makers` makes the targets: `told(row, kind, shape)` is what a document
    says of an image, `map_of(row, kind)` the bytes of its map; and what such datasets have in
    common is ready in `instances_of`, `keypoints_of`, `panoptic_of` and `segmentation_mask`.
    Override `picture_path` where images are not found by their `file_name` alone, `named` where
    that is no name of their own, and `split_of` where an option chooses among files.

    A row of the index has, beside the columns of `Source.index`, `file` (the image), `image_id`,
    and of each kind `KIND` (JSON of the image's entry and annotations, null where no document
    lists it), `KIND_shared` (the document's path and categories) and `KIND_map` (a path, null
    where there is none). So workers, who map the index, parse their own samples alone.

    `annotations` are the kinds to read, by default all that are there; `only_annotated` leaves
    out images in which nothing is annotated.
    """

    kinds: ClassVar[Mapping[str, Kind]]
    #: Every image: a pattern of its whole path below `root`.
    pictures: ClassVar[re.Pattern[str]]
    #: Targets that are made from kinds of other names, and what from.
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    #: What `root` must hold, for messages.
    holds: ClassVar[str]
    #: What keys and image ids begin with.
    prefix: ClassVar[str]
    #: Archives that are published in folders of their own, by their path; None if there are none.
    inner: ClassVar[re.Pattern[str] | None] = None
    #: Every file that is read, made of the patterns above.
    pattern: ClassVar[re.Pattern[str]]

    annotations: tuple[str, ...] = ()
    only_annotated: bool = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls, "kinds"):
            cls.pattern = any_of(cls.kinds, cls.pictures)

    def __post_init__(self) -> None:
        strange = next((kind for kind in self.annotations if kind not in self.kinds), None)
        if strange is not None:
            known = ", ".join(self.kinds)
            raise SpecError(f"{self.name}: annotations must be of {known}, got {strange!r}.")

    @abstractmethod
    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """What makes each target of an image of that shape (H, W).

        Makers raise `SampleError`; targets are made within `decoded`.
        """

    def split_of(self, parts: Mapping[str, str]) -> str | None:
        """The split of a file by the named groups of its path; None for one not to be read."""
        return parts["split"]

    def picture_path(self, entry: Entry, split: str) -> str:  # noqa: ARG002  # for subclasses
        """How the path of an image ends, by its entry in a document."""
        return str(entry.get("file_name", ""))

    def named(self, entry: Entry) -> str:
        """What an image is called in keys and ids: a name that no other of the dataset has."""
        return PurePosixPath(str(entry.get("file_name", entry.get("id")))).stem

    def entry_of(self, name: str) -> Entry:
        """What stands for an image of which there is a map of that name."""
        return {"file_name": f"{name}.jpg"}

    def index(self) -> pa.Table:
        """One row an image of the split; see the class for the columns."""
        import pyarrow as pa

        splits = [split for split in self._found.splits if self.split in ("all", split)]
        if not splits:
            have = ", ".join(self._found.splits)
            raise SourceError(f"{self.root} must have the split {self.split!r}, and has {have}.")
        tables = [self._of_split(split) for split in splits]
        return pa.concat_tables(tables, promote_options="default").unify_dictionaries()

    def load(self, row: Row) -> Sample:
        """Read one image; what is said of it is parsed as it is asked for.

        Images stay in the pixels that they are stored in: it is those that annotations tell of.
        """
        data = self.tree.read(row["file"], field="image")
        picture = decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])
        makers = self.makers(row, (picture.height, picture.width))
        have = {}
        for name, maker in makers.items():
            columns = [row.get(column, "") for column in self._columns(name)]
            if any(each != "" for each in columns):  # "" is what no file of the split tells
                have[name] = maker if all(columns) else partial(_untold, name, row["file"])
        facts = {name: row[name] for name in ("file", "image_id")}
        facts["sha256"] = hashlib.sha256(data).hexdigest()
        return Sample(row["key"], picture, LazyTargets(have), facts)

    def told(self, row: Row, kind: str, shape: tuple[int, int]) -> Annotated:
        """What the document of a kind says of an image of that shape (H, W).

        Raises `SampleError` for JSON that is not plain, and where it tells another size.
        """
        found = parsed(row[kind], row[f"{kind}{SHARED}"], field=kind, image_id=row["image_id"])
        if found.shape != shape:
            message = f"must be of an image of {shape}, as {row['file']} is, got {found.shape}"
            raise SampleError("SHAPE", kind, found.where, message)
        return found

    def map_of(self, row: Row, kind: str) -> bytes:
        """The bytes of the map of an image."""
        return self.tree.read(row[f"{kind}{MAP}"], field=kind)

    def available(self) -> Mapping[str, type]:
        """The targets that the files which are there of the split can make."""
        return {
            name: kind
            for name, kind in self.targets.items()
            if all(self._found.has(part, self.kinds[part], self.split) for part in self._of(name))
        }

    def files(self) -> tuple[tuple[str, int], ...]:
        """Documents and maps that are read, and every image."""
        return tuple(sorted(self._found.sizes.items()))

    @cached_property
    def tree(self) -> Tree:
        """The files below `root`."""
        return Tree(self.root, self.inner)

    @cached_property
    def _found(self) -> Found:
        """The files of the kinds to read; raises `SourceError` where there is none."""
        wanted = self.annotations or self.kinds
        kinds = {name: kind for name, kind in self.kinds.items() if name in wanted}
        found = sorted_out(self.tree.sizes(self.pattern), self.pattern, kinds, self.split_of)
        if not found.splits:
            raise SourceError(
                f"{self.root} must hold {self.holds}, and holds none of it.{self._packed()}"
            )
        return found

    @cached_property
    def _endings(self) -> Endings:
        return Endings(self._found.pictures)

    def _packed(self) -> str:
        """What a user with archives that cannot be read in place is told."""
        packed_up = self.tree.packed()
        return f" Extract {', '.join(packed_up[:3])} first." if packed_up else ""

    def _of(self, target: str) -> tuple[str, ...]:
        return self.derived.get(target, (target,))

    def _columns(self, target: str) -> list[str]:
        """The columns that a target is made from."""
        kinds = [(name, self.kinds[name]) for name in self._of(target)]
        return [name for name, kind in kinds if kind.document is not None] + [
            f"{name}{MAP}" for name, kind in kinds if kind.maps is not None
        ]

    def _of_split(self, split: str) -> pa.Table:
        rows = Rows(partial(self._facts, split))
        for kind in self.kinds:
            document = self._found.documents.get(kind, {}).get(split)
            if document is not None:
                self._add(rows, kind, document)
            maps = self._found.maps.get(kind, {}).get(split)
            if maps is not None:
                rows.add_maps(kind, maps, self.entry_of)
        table = rows.table()
        self._check_pictures(table, split)
        return table

    def _add(self, rows: Rows, kind: str, name: str) -> None:
        """Add a document, of which nothing is kept but its rows."""
        try:
            document = read_document(self.tree.read(name, field=kind), name)
            shared = packed(name, document.rest.get("categories", []))
            check_shared(shared)
        except CodeError as error:
            raise SourceError(f"{name}: {error}") from error
        except SampleError as error:
            raise SourceError(f"{error} Extract its archive first, or fetch it again.") from error
        rows.add_document(kind, document, shared, name, only_annotated=self.only_annotated)

    def _facts(self, split: str, entry: Entry) -> dict[str, str]:
        ending, name = self.picture_path(entry, split), self.named(entry)
        return {
            "key": sample_key(self.prefix, name),
            "image": image_format(ending),
            "split": split,
            "file": self._endings.find(ending) or ending,
            "image_id": f"{self.prefix}/{name}",
        }

    def _check_pictures(self, table: pa.Table, split: str) -> None:
        """Raise `SourceError` where not one image of a split is there."""
        files = table["file"].to_pylist()
        if set(files).isdisjoint(self._found.pictures):
            such = f", such as {files[0]}" if files else ""
            raise SourceError(
                f"{self.root} must hold images that its annotations of {split} tell of{such}, and "
                f"holds none.{self._packed()}"
            )


def _untold(target: str, file: str) -> Any:
    message = "no annotation that is here tells of this image"
    raise SampleError("MISSING", target, file, message)
