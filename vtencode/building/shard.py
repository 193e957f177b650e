"""One shard: a pure function of the plan and the shard's number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vtencode.building.plan import Plan
from vtencode.building.rows import Planned, planned_pairs
from vtencode.durable import writing
from vtencode.engines.base import Tick
from vtencode.errors import SampleError, SampleFiltered
from vtencode.pairs import Made, make_pair, worst_of
from vtencode.recipe import Mix
from vtencode.registry import find
from vtencode.sources.base import Sample, Source


@dataclass(frozen=True)
class LeftOut:
    """A planned pair that was not written, and why; see `SampleError` and `SampleFiltered`."""

    key: str
    code: str
    field: str
    where: str
    message: str


@dataclass(frozen=True)
class Tally:
    """Pairs of one part and task that were written, rejected and filtered."""

    written: int = 0
    rejected: int = 0
    filtered: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.written + other.written,
            self.rejected + other.rejected,
            self.filtered + other.filtered,
        )

    @property
    def planned(self) -> int:
        """All of them."""
        return self.written + self.rejected + self.filtered


@dataclass(frozen=True)
class ShardRecord:
    """What a finished shard holds; kept as JSON beside it, and in the manifest.

    `tallies` are by the number of the part and the key of the task, as "0 depth"; `worst_errors`
    by their unit.
    """

    plan: str
    shard: int
    name: str
    bytes: int
    sha256: str
    content_sha256: str
    written: int
    rejects: tuple[LeftOut, ...]
    filtered: tuple[LeftOut, ...]
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    worst_errors: Mapping[str, float] = field(default_factory=dict)
    worst_share_of_tolerance: float = 0.0
    longest_prompt_tokens: int = 0

    def to_json(self) -> dict[str, Any]:
        """The record as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ShardRecord:
        """Read what `to_json` wrote."""
        left = {
            name: tuple(LeftOut(**each) for each in value[name]) for name in ("rejects", "filtered")
        }
        tallies = {name: Tally(**tally) for name, tally in value["tallies"].items()}
        return cls(**{**value, **left, "tallies": tallies})


@dataclass(frozen=True)
class BuildShard:
    """The work of an engine: build shard number `item` of a plan into `out`.

    `tables` is the folder that `write_tables` filled.
    """

    plan: Plan
    mix: Mix
    sources: Sequence[Source]
    out: Path
    tables: Path

    def __call__(self, item: int, tick: Tick) -> ShardRecord:
        """Write the shard's file, whole, and say what is in it."""
        sink = find("sink", self.mix.output.format)()
        rejects: list[LeftOut] = []
        filtered: list[LeftOut] = []
        tallies: dict[str, Tally] = {}
        contents = hashlib.sha256()
        metas: list[Mapping[str, Any]] = []
        with writing(self.out / self.plan.shard_name(item)) as file:
            for pair, outcome in self._outcomes(item):
                tick(1)
                name, tally = f"{pair.part} {pair.task.key}", Tally(written=1)
                if isinstance(outcome, Made):
                    sink.append(outcome.record, file)
                    contents.update(outcome.record.content().encode())
                    metas.append(outcome.record.meta)
                elif isinstance(outcome, SampleFiltered):
                    filtered.append(LeftOut(pair.key, *outcome.args))
                    tally = Tally(filtered=1)
                else:
                    rejects.append(LeftOut(pair.key, *outcome.args))
                    tally = Tally(rejected=1)
                tallies[name] = tallies.get(name, Tally()) + tally
            sink.end(file, file.size)
        return ShardRecord(
            self.plan.digest,
            item,
            self.plan.shard_name(item),
            file.size,
            file.sha256,
            contents.hexdigest(),
            len(metas),
            tuple(rejects),
            tuple(filtered),
            dict(sorted(tallies.items())),
            worst_of((meta["unit"], meta["worst_error"]) for meta in metas),
            max((meta["worst_share_of_tolerance"] for meta in metas), default=0.0),
            max((meta["prompt_tokens"] for meta in metas), default=0),
        )

    def _outcomes(self, item: int) -> Iterator[tuple[Planned, Made | SampleError | SampleFiltered]]:
        """A record, or the reason why there is none, for every planned pair of the shard."""
        yield from made_pairs(planned_pairs(self.plan, self.mix, self.tables, item), self.sources)


def made_pairs(
    pairs: Iterator[Planned], sources: Sequence[Source]
) -> Iterator[tuple[Planned, Made | SampleError | SampleFiltered]]:
    """Make planned pairs in their order; a sample that several in a row are of is read once."""
    last: tuple[int, int] | None = None
    sample: Sample | SampleError | None = None
    for pair in pairs:
        if (pair.part, pair.at) != last:
            last, sample = (pair.part, pair.at), _loaded(sources[pair.part], pair)
        if isinstance(sample, SampleError) or sample is None:
            yield pair, sample  # type: ignore[misc]  # never None: `last` was
            continue
        try:
            yield pair, make_pair(sample, pair.task, pair.recipe, pair.row, pair.place)
        except (SampleError, SampleFiltered) as left_out:
            yield pair, left_out


def _loaded(source: Source, pair: Planned) -> Sample | SampleError:
    try:
        return source.load(pair.row)
    except SampleError as error:
        return error
