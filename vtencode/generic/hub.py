"""Datasets of the Hugging Face library: saved to disk, as Parquet files, or on the Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from vtencode.errors import SampleError, SourceError, did_you_mean
from vtencode.generic.columns import formats_of, stored_of
from vtencode.generic.faults import Fault
from vtencode.generic.mapped import Mapped
from vtencode.generic.splits import of_split, one_split, split_of
from vtencode.generic.stored import Stored
from vtencode.generic.tables import UNTOLD, Place
from vtencode.sources.base import Row, sample_key
from vtencode.sources.files import read_bytes

if TYPE_CHECKING:
    import pyarrow as pa

#: Options that name columns.
_COLUMNS = ("image", "ids", "depth", "normals", "semantic", "instances", "keypoints", "camera")
_COMMIT = re.compile(r"[0-9a-f]{40}")
#: Rows whose first bytes are looked at together.
_BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class HubDataset(Mapped):
    """A dataset that the package `datasets` reads: the extra `hf`.

    The root is a folder that `save_to_disk` wrote, or that holds Parquet files; their names tell
    the splits, or `parquet` does, as `data/{split}-*.parquet`. Or `dataset` is one on the Hub, as
    owner/name, in its `config`, at a `revision`: a commit, so that a recipe always reads the same
    data; the root then is where `datasets` keeps what it fetches (see `Place.open`).

    `image`, `depth`, … are columns: of images or bytes, whose files are read as they are, never
    decoded by the library; of arrays; of JSON as text. `ids` is a column that tells rows from
    each other; without it they go by their numbers.
    """

    name: ClassVar[str] = "hf"

    dataset: str = ""
    config: str = ""
    revision: str = ""
    parquet: str = ""
    ids: str = ""

    @classmethod
    def place_faults(cls, told: Any) -> list[Fault]:
        """What is wrong with where the dataset is."""
        faults = [] if told.image else [("image", "must say which column holds images")]
        if told.dataset and not _COMMIT.fullmatch(told.revision):
            message = (
                "must be a commit of the dataset, 40 hex digits, for a branch moves. This prints "
                "the newest: python -c 'from huggingface_hub import HfApi; "
                f'print(HfApi().dataset_info("{told.dataset}").sha)\''
            )
            faults.append(("revision", message))
        if not told.dataset:
            message = "must be left out: dataset, on the Hub, is not set"
            faults += [(n, message) for n in ("config", "revision") if getattr(told, n)]
        if told.parquet and (told.dataset or "{split}" not in told.parquet):
            message = "must have the placeholder {split}, and be left out of what is on the Hub"
            faults.append(("parquet", message))
        return faults

    def index(self) -> pa.Table:
        """One row a row: the split it is of, and its number there."""
        import pyarrow as pa

        _ = self.classes  # told now if it cannot be read
        rows = of_split(self._rows(), self.split, self.split_as, where=self._where)
        return pa.Table.from_pylist(rows)

    def files(self) -> tuple[tuple[str, int], ...]:
        """The files below the root; of a dataset on the Hub its commit."""
        return tuple(sorted(self._place.files().items()))

    def stored(self, row: Row, option: str) -> Stored:
        """The value of a column."""
        column = self._tables[row["table"]][row["row"]][getattr(self, option)]
        below = self._place.folders()
        return stored_of(column, below=below, field=option, where=row["member"])

    def facts(self, row: Row) -> dict[str, str]:
        """The split and the row."""
        return {name: row[name] for name in ("file", "member", "image_id")}

    def beside(self, name: str) -> bytes:
        """A file in the dataset's folder."""
        if self.dataset:
            message = "must be listed in the recipe: a dataset on the Hub has no folder"
            raise SampleError("MISSING", "semantic_names", name, message)
        folder = self.root if self.root.is_dir() else self.root.parent
        return read_bytes(folder, name, field="semantic_names")

    def _rows(self) -> Iterator[dict[str, Any]]:
        begun = [self.prefix] if self.prefix else []
        known = self.prefix or self.dataset
        remedy = "say which Parquet files are of which split (parquet)"
        for name, table in self._tables.items():
            if name == UNTOLD:
                split = one_split(self.split, where=self._where, remedy=remedy)
            else:
                split = split_of(name, self.split_as, where=self._where)
            for number, (image, id_) in enumerate(self._looked_at(table)):
                yield {
                    "key": sample_key(*begun, split, id_ or f"{number:08d}"),
                    "image": image,
                    "split": split,
                    "image_id": f"{known}/{split}/{id_ or number}" if known else "",
                    "file": name or split,
                    "table": name,
                    "member": f"{name or split} row {number}",
                    "row": number,
                }

    def _looked_at(self, table: Any) -> Iterator[tuple[str, str]]:
        """The format of each row's image, and its id or ""."""
        wanted = [self.image, self.ids] if self.ids else [self.image]
        for batch in table.select_columns(wanted).iter(batch_size=_BATCH):
            ids = batch[self.ids].to_pylist() if self.ids else [""] * len(batch)
            yield from zip(formats_of(batch[self.image]), map(str, ids), strict=True)

    @cached_property
    def _tables(self) -> Mapping[str, Any]:
        """The mapped columns of every split, as Arrow, by what the data call it."""
        mapped = {name: getattr(self, name) for name in _COLUMNS}
        columns = {c for c in mapped.values() if isinstance(c, str) and c}
        found = {}
        for name, table in self._place.open().items():
            for option, column in mapped.items():
                if column in columns and column not in table.column_names:
                    hint = did_you_mean(column, table.column_names)
                    raise SourceError(
                        f"{self._where} must have the column {column!r} ({option}).{hint}"
                    )
            found[name] = table.select_columns(sorted(columns)).with_format("arrow")
        return found

    @property
    def _place(self) -> Place:
        return Place(
            self.root, self.dataset, self.config, self.revision, self.parquet, self.split_as
        )

    @property
    def _where(self) -> str:
        return self.dataset or str(self.root)
