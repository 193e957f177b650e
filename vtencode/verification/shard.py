"""One shard, proved: its file, its keys, and each pair as the recipe makes it of the source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.building.plan import Plan
from vtencode.building.shard import shard_rows
from vtencode.codecs.base import codec_from_spec
from vtencode.durable import file_sha256
from vtencode.engines.base import Tick
from vtencode.errors import SampleError, VtencodeError
from vtencode.painted import read_painted
from vtencode.pairs import RoundTrip, make_pairs, pair_key, round_trip
from vtencode.recipe import Recipe
from vtencode.registry import find
from vtencode.sinks.base import Record
from vtencode.sources.base import Row, Source

#: A pair of which nothing could be decoded.
_NOTHING = RoundTrip(0.0, 0.0, kept=True)


@dataclass(frozen=True)
class Findings:
    """What was found in one shard; `worst` and `share` are as in `RoundTrip`."""

    problems: tuple[str, ...]
    pairs: int = 0
    worst: float = 0.0
    share: float = 0.0


@dataclass(frozen=True)
class VerifyShard:
    """The work of an engine: verify shard number `item`."""

    plan: Plan
    recipe: Recipe
    source: Source
    root: Path
    index: Path
    manifest: Mapping[str, Any]
    rejects: frozenset[str]

    def __call__(self, item: int, tick: Tick) -> Findings:
        """Read the shard back and compare it with the source."""
        entry = self.manifest["shards"][item]
        path = self.root / entry["name"]
        if not path.is_file():
            return Findings((f"{entry['name']}: the file is not there",))
        if file_sha256(path) != entry["sha256"]:
            return Findings((f"{entry['name']}: the file's sha256 is not the manifest's",))
        try:
            found = list(find("sink", self.recipe.output.format)().read(path))
        except (VtencodeError, ValueError) as error:
            return Findings((f"{entry['name']}: {error}",))
        records = {record.key: record for record in found}
        if not len(records) == len(found) == entry["written"]:
            told = f"{entry['written']} pairs, got {len(found)} with {len(records)} keys"
            return Findings((f"{entry['name']}: it must hold {told}",))
        return self._compared(item, records, tick)

    def _compared(self, item: int, records: dict[str, Record], tick: Tick) -> Findings:
        problems: list[str] = []
        expected: list[str] = []
        trips = [_NOTHING]
        for row, wanted in shard_rows(self.plan, self.index, item, len(self.recipe.tasks)):
            for at, (key, made, target) in enumerate(self._made(row)):
                if at not in wanted:
                    continue
                tick(1)
                expected += [] if key in self.rejects else [key]
                fault, trip = self._judged(key, made, target, records.get(key))
                problems += [f"{key}: {fault}"] if fault else []
                trips.append(trip)
        if expected != list(records):
            odd = sorted(set(expected) ^ set(records)) or ["their order"]
            problems.append(f"shard {item}: its keys are not the planned ones: {odd[0]}")
        worst, share = max(t.worst for t in trips), max(t.share for t in trips)
        return Findings(tuple(problems), len(records), worst, share)

    def _made(self, row: Row) -> Iterator[tuple[str, Record | SampleError, Any]]:
        """Key, record or reason, and target of every task, made again from the source."""
        keys = [pair_key(row["key"], task.task) for task in self.recipe.tasks]
        try:
            sample = self.source.load(row)
        except SampleError as error:
            yield from ((key, error, None) for key in keys)
            return
        targets = [sample.targets[task.task] for task in self.recipe.tasks]
        yield from zip(keys, make_pairs(sample, self.recipe, row), targets, strict=True)

    def _judged(
        self, key: str, made: Record | SampleError, target: Any, record: Record | None
    ) -> tuple[str, RoundTrip]:
        """What is wrong with a planned pair, if anything, and how its target came back."""
        if key in self.rejects:
            return "" if isinstance(
                made, SampleError
            ) else "was rejected, and can be built", _NOTHING
        if record is None:
            return "", _NOTHING  # told with the keys
        if isinstance(made, SampleError):
            return f"the source can no longer be read: {made}", _NOTHING
        return _compare(record, made, target)


def _compare(record: Record, made: Record, target: Any) -> tuple[str, RoundTrip]:
    """Compare a record with the one that the source gives, and its picture with the target.

    The picture is decoded by what its own file says, so that nothing is taken on trust.
    """
    try:
        code, spec = read_painted(record.target.data)
        if spec is None:
            return "the target does not say which codec painted it", _NOTHING
        codec = codec_from_spec(json.loads(spec))
        trip = round_trip(codec, target, code)
    except (VtencodeError, ValueError) as error:
        return f"cannot be decoded: {error}", _NOTHING
    if not trip.kept:
        return f"decodes {trip.worst:.6g} {codec.unit} off, past the tolerance", trip
    other = _differing(record, made)
    if other is not None:
        return f"its {other} is not what the recipe makes of the source", trip
    fault = "" if spec == made.meta["codec"] else "the target's own spec is not the metadata's"
    return fault, trip


def _differing(record: Record, made: Record) -> str | None:
    """The first part, other than the target's pixels, in which two records differ."""
    if record.instruction != made.instruction:
        return "instruction"
    for name in {**made.meta, **record.meta}:
        if name not in made.meta or record.meta.get(name) != made.meta[name]:
            return name
    return None if _same_input(record, made) else "input"


def _same_input(record: Record, made: Record) -> bool:
    """Whether the inputs are the same bytes, or else PNGs of the same pixels."""
    if record.input.data == made.input.data:
        return True
    ours, theirs = record.input, made.input
    return ours.format == theirs.format == "png" and np.array_equal(ours.rgb, theirs.rgb)
