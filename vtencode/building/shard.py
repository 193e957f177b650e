"""One shard: a pure function of the plan and the shard's number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtencode.building.plan import Plan
from vtencode.durable import writing
from vtencode.engines.base import Tick
from vtencode.errors import SampleError
from vtencode.pairs import make_pairs, pair_key
from vtencode.recipe import Recipe
from vtencode.registry import find
from vtencode.sinks.base import Record
from vtencode.sources.base import Row, Source

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Reject:
    """A planned pair that could not be built, and why; see `SampleError`."""

    key: str
    code: str
    field: str
    where: str
    message: str


@dataclass(frozen=True)
class ShardRecord:
    """What a finished shard holds; kept as JSON beside it, and in the manifest."""

    plan: str
    shard: int
    name: str
    bytes: int
    sha256: str
    content_sha256: str
    written: int
    rejects: tuple[Reject, ...]
    worst_error: float
    worst_share_of_tolerance: float

    def to_json(self) -> dict[str, Any]:
        """The record as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ShardRecord:
        """Read what `to_json` wrote."""
        rejects = tuple(Reject(**reject) for reject in value["rejects"])
        return cls(**{**value, "rejects": rejects})


@dataclass(frozen=True)
class BuildShard:
    """The work of an engine: build shard number `item` of a plan into `out`."""

    plan: Plan
    recipe: Recipe
    source: Source
    out: Path
    index: Path

    def __call__(self, item: int, tick: Tick) -> ShardRecord:
        """Write the shard's file, whole, and say what is in it."""
        sink = find("sink", self.recipe.output.format)()
        name = self.plan.shard_name(item)
        rejects: list[Reject] = []
        contents = hashlib.sha256()
        written, worst, share = 0, 0.0, 0.0
        with writing(self.out / name) as file:
            for outcome in self._outcomes(item):
                tick(1)
                if isinstance(outcome, Reject):
                    rejects.append(outcome)
                    continue
                sink.append(outcome, file)
                contents.update(outcome.content().encode())
                written += 1
                worst = max(worst, outcome.meta["worst_error"])
                share = max(share, outcome.meta["worst_share_of_tolerance"])
            sink.end(file, file.size)
        return ShardRecord(
            self.plan.digest,
            item,
            name,
            file.size,
            file.sha256,
            contents.hexdigest(),
            written,
            tuple(rejects),
            worst,
            share,
        )

    def _outcomes(self, item: int) -> Iterator[Record | Reject]:
        """A record or a reject for every planned pair of the shard, in order."""
        tasks = [task.task for task in self.recipe.tasks]
        for row, wanted in shard_rows(self.plan, self.index, item, len(tasks)):
            for at, made in enumerate(self._made(row)):
                if at not in wanted:
                    continue
                if isinstance(made, SampleError):
                    yield Reject(pair_key(row["key"], tasks[at]), *made.args)
                else:
                    yield made

    def _made(self, row: Row) -> Iterator[Record | SampleError]:
        try:
            sample = self.source.load(row)
        except SampleError as error:
            yield from [error] * len(self.recipe.tasks)
        else:
            yield from make_pairs(sample, self.recipe, row)


def shard_rows(plan: Plan, index: Path, shard: int, tasks: int) -> Iterator[tuple[Row, range]]:
    """The rows of a shard, each with the numbers of the tasks that are in this shard."""
    first, end = plan.shard_pairs(shard)
    start, stop = first // tasks, -(-end // tasks)
    for at, row in enumerate(read_rows(index, start, stop), start):
        yield row, range(max(first - at * tasks, 0), min(end - at * tasks, tasks))


def rows_file(table: pa.Table) -> bytes:
    """The planned samples as an Arrow file, for `read_rows`."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def read_rows(index: Path, start: int, stop: int) -> list[dict[str, Any]]:
    """Rows `start` … `stop` of an Arrow file, which is mapped, not read."""
    import pyarrow as pa

    # Mapped here, for Arrow takes no path that is not UTF-8.
    with index.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
        table = pa.ipc.open_file(pa.py_buffer(mapped)).read_all()
        rows: list[dict[str, Any]] = table[start:stop].to_pylist()
        del table
        return rows
