"""One shard: a pure function of the plan and the shard's number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vtencode.building.plan import Plan
from vtencode.building.rows import Planned, planned_pairs
from vtencode.building.tally import Outcome, Tally, added
from vtencode.engines.base import Tick
from vtencode.errors import SampleError, SampleFiltered
from vtencode.pairs import Made, make_pair, worst_of
from vtencode.recipe import Mix
from vtencode.sources.base import Sample, Source


@dataclass(frozen=True)
class LeftOut:
    """A planned pair that was not written, and why; see `SampleError` and `SampleFiltered`.

    `turn` is its place in the plan.
    """

    key: str
    turn: int
    code: str
    field: str
    where: str
    message: str


@dataclass(frozen=True)
class ShardRecord:
    """What a finished shard holds; kept as JSON beside it, and in the manifest.

    `tallies` are by `tally_name`, `worst_errors` by their unit. A shard that was cut from another
    dataset has that one's hash in `cut_from`, and tells nothing of these.
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
    cut_from: str = ""

    def is_of(self, plan: Plan, shard: int, *, cut_from: str = "") -> bool:
        """Whether this is the record of that shard of a plan."""
        found = self.plan, self.shard, self.name, self.cut_from
        return found == (plan.digest, shard, plan.shard_name(shard), cut_from)

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
        seen = _Seen()
        with self.plan.sink.writing(self.out / self.plan.shard_name(item)) as shard:
            planned = planned_pairs(self.plan, self.mix, self.tables, item)
            for pair, outcome in made_pairs(planned, self.sources):
                tick(1)
                seen.add(pair, outcome)
                if isinstance(outcome, Made):
                    shard.append(outcome.record)
        stored = shard.stored()
        return ShardRecord(
            plan=self.plan.digest,
            shard=item,
            name=self.plan.shard_name(item),
            bytes=stored.bytes,
            sha256=stored.sha256,
            **seen.facts(),
        )


class _Seen:
    """What became of the pairs of a shard so far."""

    def __init__(self) -> None:
        self._rejects: list[LeftOut] = []
        self._filtered: list[LeftOut] = []
        self._tallies: list[Mapping[str, Tally]] = []
        self._metas: list[Mapping[str, Any]] = []
        self._contents = hashlib.sha256()

    def add(self, pair: Planned, outcome: Outcome) -> None:
        """Note what became of one more pair."""
        self._tallies.append({pair.tally: Tally.of(outcome)})
        if isinstance(outcome, Made):
            self._contents.update(outcome.record.content().encode())
            self._metas.append(outcome.record.meta)
        else:
            filtered = isinstance(outcome, SampleFiltered)
            left_out = self._filtered if filtered else self._rejects
            left_out.append(LeftOut(pair.key, pair.place.turn, *outcome.args))

    def facts(self) -> dict[str, Any]:
        """The fields of the shard's record."""
        metas = self._metas
        return {
            "content_sha256": self._contents.hexdigest(),
            "written": len(metas),
            "rejects": tuple(self._rejects),
            "filtered": tuple(self._filtered),
            "tallies": added(self._tallies),
            "worst_errors": worst_of((meta["unit"], meta["worst_error"]) for meta in metas),
            "worst_share_of_tolerance": max(
                (meta["worst_share_of_tolerance"] for meta in metas), default=0.0
            ),
            "longest_prompt_tokens": max((meta["prompt_tokens"] for meta in metas), default=0),
        }


def made_pairs(
    pairs: Iterable[Planned], sources: Sequence[Source]
) -> Iterator[tuple[Planned, Outcome]]:
    """A record, or the reason why there is none, for each planned pair, in their order.

    The last sample of each part is kept, for a sample's pairs come close together.
    """
    last: dict[int, tuple[int, Sample | SampleError | SampleFiltered]] = {}
    for pair in pairs:
        at, sample = last.get(pair.part, (None, None))
        if sample is None or at != pair.at:
            sample = _loaded(sources[pair.part], pair)
            last[pair.part] = pair.at, sample
        if not isinstance(sample, Sample):
            yield pair, sample
        else:
            yield pair, _made(sample, pair)


def _made(sample: Sample, pair: Planned) -> Outcome:
    try:
        return make_pair(sample, pair.task, pair.recipe, pair.row, pair.place)
    except (SampleError, SampleFiltered) as left_out:
        return left_out


def _loaded(source: Source, pair: Planned) -> Sample | SampleError | SampleFiltered:
    reason = pair.recipe.broken(pair.row["key"])
    if reason is not None:  # told before it is read, for it may be unreadable
        return SampleFiltered("KNOWN_BAD", "sample", pair.row.get("file", pair.key), reason)
    try:
        return source.load(pair.row)
    except SampleError as error:
        return error
