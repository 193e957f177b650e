"""One shard, proved: its file, its keys, and each pair as the recipe makes it of the source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.building.ledger import FILTERED, REJECTS
from vtencode.building.plan import Plan
from vtencode.building.rows import planned_pairs
from vtencode.building.shard import made_pairs
from vtencode.building.tally import Outcome, Tally, added
from vtencode.codecs.base import codec_from_spec
from vtencode.engines.base import Tick
from vtencode.errors import SampleError, SampleFiltered, VtencodeError
from vtencode.locations import Location
from vtencode.painted import read_painted
from vtencode.pairs import Made, RoundTrip, round_trip, worst_of
from vtencode.recipe import Mix
from vtencode.sinks.base import FileSink, Record
from vtencode.sources.base import Source
from vtencode.stores.reading import local_copy

_ELSE = "is not what the recipe makes of the source"
#: A pair of which nothing could be decoded.
_NOTHING = RoundTrip(0.0, 0.0, kept=True)


@dataclass(frozen=True)
class Findings:
    """What was found in one shard.

    `worst_errors` are by unit, `share` is as in `RoundTrip`; `tallies` are of the pairs as they
    were made again.
    """

    problems: tuple[str, ...]
    pairs: int = 0
    worst_errors: Mapping[str, float] = field(default_factory=dict)
    share: float = 0.0
    tallies: Mapping[str, Tally] = field(default_factory=dict)


@dataclass(frozen=True)
class VerifyShard:
    """The work of an engine: verify shard number `item`.

    `left_out` has, for each of the files that list pairs, their keys and codes.
    """

    plan: Plan
    mix: Mix
    sources: Sequence[Source]
    root: Location
    tables: Path
    manifest: Mapping[str, Any]
    left_out: Mapping[str, Mapping[str, str]]

    def __call__(self, item: int, tick: Tick) -> Findings:
        """Read the shard back and compare it with the source."""
        entry = self.manifest["shards"][item]
        try:
            found = self._held(entry)
        except (FileNotFoundError, IsADirectoryError):
            found = "the file is not there"
        if isinstance(found, str):
            return Findings((f"{entry['name']}: {found}",))
        records = {record.key: record for record in found}
        if not len(records) == len(found) == entry["written"]:
            told = f"{entry['written']} pairs, got {len(found)} with {len(records)} keys"
            return Findings((f"{entry['name']}: it must hold {told}",))
        return self._compared(item, records, tick)

    def _held(self, entry: Mapping[str, Any]) -> list[Record] | str:
        """The records of a shard, or what is wrong with its file."""
        path, sink = self.root / entry["name"], self.plan.sink
        with local_copy(path) if isinstance(sink, FileSink) else nullcontext(path) as shard:
            if sink.stored(shard).sha256 != entry["sha256"]:
                return "the file's sha256 is not the manifest's"
            try:
                return list(sink.read(shard))
            except (VtencodeError, ValueError) as error:
                return str(error)

    def _compared(self, item: int, records: dict[str, Record], tick: Tick) -> Findings:
        problems: list[str] = []
        expected: list[str] = []
        trips: list[RoundTrip] = []
        tallies: list[Mapping[str, Tally]] = []
        planned = planned_pairs(self.plan, self.mix, self.tables, item)
        for pair, outcome in made_pairs(planned, self.sources):
            tick(1)
            key = pair.key
            listed = any(key in keys for keys in self.left_out.values())
            expected += [] if listed else [key]
            fault, trip = self._judged(key, outcome, records.get(key))
            problems += [f"{key}: {fault}"] if fault else []
            trips.append(trip)
            tallies.append({pair.tally: Tally.of(outcome)})
        if expected != list(records):
            odd = sorted(set(expected) ^ set(records)) or ["their order"]
            problems.append(f"shard {item}: its keys are not the planned ones: {odd[0]}")
        worst = worst_of((t.unit, t.worst) for t in trips if t.unit)
        share = max((t.share for t in trips), default=0.0)
        return Findings(tuple(problems), len(records), worst, share, added(tallies))

    def _judged(self, key: str, outcome: Outcome, record: Record | None) -> tuple[str, RoundTrip]:
        """What is wrong with a planned pair, if anything, and how its target came back."""
        for name, codes in self.left_out.items():
            if key in codes:
                return _misjudged(name, codes[key], outcome), _NOTHING
        if record is None:
            return "", _NOTHING  # told with the keys
        if isinstance(outcome, SampleError):
            return f"the source can no longer be read: {outcome}", _NOTHING
        if isinstance(outcome, SampleFiltered):
            return f"must be filtered: {outcome}", _NOTHING
        return _compare(record, outcome.record, outcome.target)


#: What became of the pairs that a file lists, and what is said of one that can be built.
_LISTED: Mapping[str, tuple[type[Exception], str]] = {
    REJECTS: (SampleError, "was rejected, and can be built"),
    FILTERED: (SampleFiltered, "was filtered, and need not be"),
}


def _misjudged(name: str, code: str, outcome: Outcome) -> str:
    """What is wrong with a pair's being listed in a file, for the reason `code`."""
    kind, otherwise = _LISTED[name]
    if isinstance(outcome, Made) or not isinstance(outcome, kind):
        return otherwise
    found = outcome.args[0]
    return "" if code == found else f"is listed as {code}, and is {found}"


def _compare(record: Record, made: Record, target: Any) -> tuple[str, RoundTrip]:
    """Compare a record with the one that the source gives, and its picture with the target.

    The picture is decoded by what its own file says, so that nothing is taken on trust.
    """
    try:
        code, spec = read_painted(record.target.data)
        if spec is None:
            return "the target does not say which codec painted it", _NOTHING
        if record.meta.get("codec") != made.meta["codec"]:
            return f"its codec {_ELSE}", _NOTHING
        if spec != made.meta["codec"]:
            return "the target's own spec is not the metadata's", _NOTHING
        codec = codec_from_spec(json.loads(spec))
        trip = round_trip(codec, target, code)
    except (VtencodeError, ValueError) as error:
        return f"cannot be decoded: {error}", _NOTHING
    if not trip.kept:
        return f"decodes {trip.worst:.6g} {codec.unit} off, past the tolerance", trip
    other = _differing(record, made)
    return ("" if other is None else f"its {other} {_ELSE}"), trip


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
