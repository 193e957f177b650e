"""The tables of a plan as files: mapped, so that a worker reads the rows of its shard alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import RawIOBase
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtencode.building.plan import Plan, Tables
from vtencode.building.tally import tally_name
from vtencode.durable import Hashed, writing
from vtencode.pairs import Place, pair_key
from vtencode.recipe import Mix, Recipe, TaskSection
from vtencode.sources.base import Row

if TYPE_CHECKING:
    import pyarrow as pa

PAIRS = "pairs.arrow"


@dataclass(frozen=True)
class Planned:
    """One planned pair: number `part` of the mix asks `task` of its row number `at`."""

    part: int
    at: int
    recipe: Recipe
    task: TaskSection
    row: Row
    place: Place

    @property
    def key(self) -> str:
        """The pair's key."""
        return self.place.key

    @property
    def tally(self) -> str:
        """What it is counted under."""
        return tally_name(self.part, self.task.key)


def write_tables(tables: Tables, folder: Path) -> None:
    """Write the pairs, and the samples of each part, as Arrow files."""
    _write(folder / PAIRS, tables.pairs)
    for part, table in enumerate(tables.samples):
        _write(folder / _samples(part), table)


def planned_pairs(plan: Plan, mix: Mix, folder: Path, shard: int) -> Iterator[Planned]:
    """The pairs of a shard, in order."""
    first, stop = plan.shard_pairs(shard)
    pairs = _read(folder / PAIRS, list(range(first, stop)))
    rows: dict[int, dict[int, Row]] = {}
    for part in {pair["part"] for pair in pairs}:
        at = sorted({pair["row"] for pair in pairs if pair["part"] == part})
        rows[part] = dict(zip(at, _read(folder / _samples(part), at), strict=True))
    for turn, pair in enumerate(pairs, first):
        part, at, row = pair["part"], pair["row"], rows[pair["part"]][pair["row"]]
        recipe = mix.parts[part].recipe
        task = recipe.tasks[pair["task"]]
        key = pair_key(row["key"], task.key, pair["repeat"])
        yield Planned(part, at, recipe, task, row, Place(key, turn))


def _samples(part: int) -> str:
    return f"samples-{part:03d}.arrow"


class _Sink(RawIOBase):
    """A file that is being written, as Arrow writes to it: each buffer from where it lies."""

    def __init__(self, file: Hashed) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._file.write(data)
        return len(memoryview(data))


def _write(path: Path, table: pa.Table) -> None:
    """Write an Arrow file, whole, without a copy of the table."""
    import pyarrow as pa

    with writing(path) as file, pa.ipc.new_file(_Sink(file), table.schema) as writer:
        writer.write_table(table)


def _read(path: Path, rows: list[int]) -> list[dict[str, Any]]:
    """These rows of an Arrow file, which is mapped, not read."""
    import pyarrow as pa

    # Mapped here, for Arrow takes no path that is not UTF-8.
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
        table = pa.ipc.open_file(pa.py_buffer(mapped)).read_all()
        taken = table.take(rows)
        columns = [_values(taken[name]) for name in taken.column_names]
        names = taken.column_names
        del table, taken
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray) -> list[Any]:
    """A column's values; rows that share a long text share the very object."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return list(column.to_pylist())
    found: list[Any] = []
    for chunk in column.chunks:
        texts = chunk.dictionary.to_pylist()
        found += [None if at is None else texts[at] for at in chunk.indices.to_pylist()]
    return found
