"""The rows of a split: what its documents and maps say of each image, joined."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from vtencode.errors import SourceError
from vtencode.sources.coco.annotated import Entry, share_of
from vtencode.sources.coco.document import Document

if TYPE_CHECKING:
    import pyarrow as pa

#: Endings of the columns of a kind, beside the one that has its name.
SHARED, MAP = "_shared", "_map"
_PLAIN = ("key", "image", "split", "file", "image_id")
#: Texts that are held as Python objects at a time.
_TEXTS = 4096


class Rows:
    """Rows as they come together; images are the same whose `image_id` is.

    `facts_of` makes of an image's entry the columns that every source has.
    """

    def __init__(self, facts_of: Callable[[Entry], dict[str, str]]) -> None:
        self._facts_of = facts_of
        self._facts: dict[str, dict[str, str]] = {}
        self._texts: dict[str, tuple[list[str], pa.ChunkedArray, str]] = {}
        self._maps: dict[str, dict[str, str]] = {}

    def add_document(
        self, kind: str, document: Document, shared: str, where: str, *, only_annotated: bool
    ) -> None:
        """Add what a document says; `only_annotated` leaves out images without annotations."""
        import pyarrow as pa

        names: list[str] = []
        found = (each for each in document.shares() if each[1] != "[]" or not only_annotated)
        parts = list(_batches(self._named(names, found)))
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise SourceError(
                f"{where}: each image must have a name of its own, got {twice} twice."
            )
        self._texts[kind] = names, pa.chunked_array(parts, pa.large_string()), shared

    def add_maps(
        self, kind: str, maps: Mapping[str, str], entry_of: Callable[[str], Entry]
    ) -> None:
        """Add files that each annotate an image, by the names that `entry_of` takes."""
        self._maps[kind] = {self._add(entry_of(name)): path for name, path in maps.items()}

    def table(self) -> pa.Table:
        """All rows, in the order in which their images came; texts are moved there."""
        import pyarrow as pa

        names = list(self._facts)
        plain = pa.schema([(name, pa.string()) for name in _PLAIN])
        table = pa.Table.from_pylist(list(self._facts.values()), schema=plain)
        for kind in list(self._texts):
            own, texts, shared = self._texts.pop(kind)
            table = table.append_column(kind, _one_piece(_aligned(texts, own, names)))
            table = table.append_column(f"{kind}{SHARED}", _same(shared, len(names)))
            del texts
            pa.default_memory_pool().release_unused()
        for kind, paths in self._maps.items():
            column = pa.array(map(paths.get, names), pa.string())
            table = table.append_column(f"{kind}{MAP}", column)
        return table

    def _named(self, names: list[str], found: Iterable[tuple[str, str]]) -> Iterator[str]:
        """The text of each image; their names are noted."""
        for entry, own in found:
            names.append(self._add(json.loads(entry)))
            yield share_of(entry, own)

    def _add(self, entry: Entry) -> str:
        facts = self._facts_of(entry)
        self._facts.setdefault(facts["image_id"], facts)
        return facts["image_id"]


def _batches(texts: Iterator[str]) -> Iterator[pa.Array]:
    import pyarrow as pa

    while batch := list(islice(texts, _TEXTS)):
        yield pa.array(batch, pa.large_string())


def _aligned(texts: pa.ChunkedArray, own: list[str], wanted: list[str]) -> pa.ChunkedArray:
    """Texts in the order of the wanted names; null where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if own == wanted:
        return texts
    return texts.take(pc.index_in(pa.array(wanted, pa.string()), pa.array(own, pa.string())))


def _one_piece(texts: pa.ChunkedArray) -> pa.Array:
    """The same texts without gaps, which whoever sorts them need not copy once more.

    They are in the system's memory: that of Arrow itself is kept when it is no longer needed.
    """
    import pyarrow as pa

    chunks = texts.chunks or [pa.array([], pa.large_string())]
    return pa.concat_arrays(chunks, memory_pool=pa.system_memory_pool())


def _same(text: str, count: int) -> pa.Array:
    """A column that has one text in every row, and once."""
    import pyarrow as pa

    at = pa.array([0] * count, pa.int32())
    return pa.DictionaryArray.from_arrays(at, pa.array([text], pa.large_string()))
