"""The same dataset in another format, or in larger or smaller shards; no picture is encoded again.

The law: `build` in one format and then `reshard` into another gives, byte for byte, what `build`
gives in the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from vtencode.building.account import shard_account
from vtencode.building.ledger import FILTERED, ORIGIN, PRIVATE, REJECTS
from vtencode.building.plan import Plan
from vtencode.building.remote import ledger_at
from vtencode.building.run import Built
from vtencode.building.shard import LeftOut, ShardRecord
from vtencode.engines.base import Tick
from vtencode.errors import ExportError, VerificationError
from vtencode.exports.records import records_of
from vtencode.locations import Location, location
from vtencode.manifest import json_sha256, read_manifest
from vtencode.registry import find
from vtencode.stores.reading import contents, processes

#: What a plan says of the source of each part; a manifest says it too, among more.
_SOURCE = ("fingerprint", "files", "bytes", "samples", "index")


def reshard(
    root: Location | str,
    *,
    to: str,
    out: Location | str,
    samples_per_shard: int | None = None,
    workers: int | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Built:
    """Write the dataset at `root` into `out` in the format `to`, a sink; resumable as a build is.

    Raises `ExportError` where `out` is the dataset itself, `NotADatasetError`,
    `UnknownNameError`, `LockedError`, `PlanChangedError`, and `VerificationError` for a dataset
    that is not what its manifest says.
    """
    dataset = location(root)
    manifest = read_manifest(dataset)
    output = {**manifest["recipe"]["output"], "format": find("sink", to).name}
    if samples_per_shard is not None:
        output["samples_per_shard"] = samples_per_shard
    left = {name: _left_out(dataset, name, manifest) for name in (REJECTS, FILTERED)}
    plan = plan_with(manifest, output)
    where = location(out)
    if where == dataset or (isinstance(where, Path) and where.resolve() == _resolved(dataset)):
        raise ExportError(f"{where} is the dataset that is read. Choose another --out.")
    workers = min(processes(place, workers) for place in (where, dataset))
    ledger = ledger_at(where, to)
    with ledger.locked():
        ledger.adopt(plan, None, _origin(dataset))
        records = ledger.finished(plan, cut_from=manifest["self_sha256"])
        work = ledger.placing(_ReshardShard(plan, dataset, manifest, ledger.out, left))
        done = sum(_planned(plan, shard) for shard in records)

        def tick(count: int) -> None:
            nonlocal done
            done += count
            if report is not None:
                report(min(done, plan.pairs), plan.pairs)

        tick(0)
        missing = [shard for shard in range(plan.shards) if shard not in records]
        engine = find("engine", "local")()
        for shard, record in engine.run(work, missing, workers=workers, tick=tick):
            ledger.keep(record)
            records[shard] = record
        made = _manifest(manifest, plan, ledger.settled(plan, records))
        listed = {name: contents(dataset / name) or b"" for name in (REJECTS, FILTERED)}
        made = ledger.commit(made, rejects=listed[REJECTS], filtered=listed[FILTERED])
    return Built(ledger.where, made)


def plan_with(manifest: Mapping[str, Any], output: Mapping[str, Any]) -> Plan:
    """The plan that a dataset was built to, with another section `output` in its recipe."""
    recipe = {**manifest["recipe"], "output": dict(output)}
    if "parts" in recipe:
        recipe["parts"] = [
            {**part, "recipe": {**part["recipe"], "output": dict(output)}}
            for part in recipe["parts"]
        ]
    parts = manifest["parts"]
    return Plan(
        recipe=recipe,
        sources=[{name: part[name] for name in _SOURCE} for part in parts],
        order=manifest["order_sha256"],
        samples=sum(part["samples"] for part in parts),
        pairs=manifest["counts"]["planned"],
        per_shard=output["samples_per_shard"],
        limit=manifest["limit"],
        split=manifest["split"],
    )


@dataclass(frozen=True)
class _ReshardShard:
    """The work of an engine: write new shard number `item` from the old ones."""

    plan: Plan
    dataset: Location
    manifest: Mapping[str, Any]
    out: Path
    left: Mapping[str, Sequence[LeftOut]]

    def __call__(self, item: int, tick: Tick) -> ShardRecord:
        """Write the shard's file, whole, and say what is in it."""
        per_shard = self.manifest["recipe"]["output"]["samples_per_shard"]
        same_cut = per_shard == self.plan.per_shard
        turns = range(*self.plan.shard_pairs(item))
        old = range(turns.start // per_shard, -(-turns.stop // per_shard))
        digest, written, name = hashlib.sha256(), 0, self.plan.shard_name(item)
        with self.plan.sink.writing(self.out / name) as shard:
            held = (records_of(self.dataset, self.manifest, number) for number in old)
            for record in chain.from_iterable(held):
                if record.meta["turn"] in turns:
                    shard.append(record)
                    written += 1
                    if not same_cut:  # else it is known
                        digest.update(record.content().encode())
                    tick(1)
        stored = shard.stored()
        known = self.manifest["shards"][item]["content_sha256"] if same_cut else None
        left = {
            name: [out for out in each if out.turn in turns] for name, each in self.left.items()
        }
        tick(sum(map(len, left.values())))
        return ShardRecord(
            plan=self.plan.digest,
            shard=item,
            name=name,
            bytes=stored.bytes,
            sha256=stored.sha256,
            content_sha256=known or digest.hexdigest(),
            written=written,
            rejects=tuple(left[REJECTS]),
            filtered=tuple(left[FILTERED]),
            cut_from=self.manifest["self_sha256"],
        )


def _manifest(
    manifest: Mapping[str, Any], plan: Plan, records: Sequence[ShardRecord]
) -> dict[str, Any]:
    """The manifest of the new shards: what does not depend on how they are cut stays."""
    made = {name: value for name, value in manifest.items() if name != "self_sha256"}
    made |= {
        "recipe": dict(plan.recipe),
        "plan_sha256": plan.digest,
        **shard_account(records),
    }
    return {**made, "self_sha256": json_sha256(made)}


def _left_out(dataset: Location, name: str, manifest: Mapping[str, Any]) -> list[LeftOut]:
    """What a file lists that the manifest has the hash of."""
    data = contents(dataset / name) or b""
    stated = manifest[f"{name.removesuffix('.jsonl')}_sha256"]
    if hashlib.sha256(data).hexdigest() != stated:
        raise VerificationError(f"{dataset / name} is not the one that was written.")
    return [LeftOut(**json.loads(line)) for line in data.splitlines()]


def _resolved(dataset: Location) -> Path | None:
    return dataset.resolve() if isinstance(dataset, Path) else None


def _planned(plan: Plan, shard: int) -> int:
    first, stop = plan.shard_pairs(shard)
    return stop - first


def _origin(dataset: Location) -> dict[str, Any]:
    """Where the source was read from, for `verify`; nothing where the dataset does not say."""
    return dict(json.loads(contents(dataset / PRIVATE / ORIGIN) or b"{}"))
