"""The ledger of a build on an object store.

    s3://bucket/nyu/
      train-00000.tar …        shards; uploaded whole, then looked at again
      rejects.jsonl, …         what is committed with the manifest
      manifest.json            created last, and never replaced: without it, this is no dataset
      .vtencode/               plan.json, shards/00000.json, and of demos source.json

The store is the truth, and a build may be resumed from any machine. Here is a working folder, in
`$VTENCODE_CACHE` or the platform's folder for caches: with the lock, the tables, and a shard a
worker; it goes when the build ends, however it ends. Data before record, record before manifest,
as in a folder here.

Several machines that build one plan at once do no harm: equal bytes are not written twice, what a
manifest promises is not replaced by other bytes, and the manifest says what the store has. On
stores that cannot create what is absent, one machine at a time must be enough.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtencode.building.ledger import (
    COMMITTED,
    ORIGIN,
    PLAN,
    PRIVATE,
    Ledger,
    pretty_json,
    record_name,
)
from vtencode.building.plan import Plan, Tables
from vtencode.building.shard import ShardRecord
from vtencode.durable import write_whole
from vtencode.engines.base import Tick, Work
from vtencode.errors import BuildError, PlanChangedError, SpecError
from vtencode.locations import Location, on_store
from vtencode.manifest import MANIFEST
from vtencode.registry import find
from vtencode.sinks.base import FileSink
from vtencode.stores.store import ObjectStore

if TYPE_CHECKING:
    from upath import UPath


class RemoteLedger(Ledger):
    """The bookkeeping of a build on an object store, in the format of `sink`.

    Raises `SpecError` for formats whose shards are many files.
    """

    def __init__(self, where: UPath, sink: str) -> None:
        if not isinstance(find("sink", sink)(), FileSink):
            raise SpecError(
                f"output.format must be one file a shard for {where}, got {sink!r}: parquet or "
                "webdataset; or build into a folder here."
            )
        super().__init__(working_folder(where))
        self.where = where
        self.store = ObjectStore(where)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the working folder; what a build that was killed left there is not believed."""
        with super().locked():
            self._plan.unlink(missing_ok=True)
            self.store.check()
            yield

    def adopt(self, plan: Plan, tables: Tables | None, origin: dict[str, Any]) -> None:
        """Make the store's folder a build of `plan`, or find that it already is."""
        ours = pretty_json(plan.to_json())
        found = self.store.get(f"{PRIVATE}/{PLAN}")
        if found is None:
            self._check_empty(plan)
        elif not ours.startswith(found):  # else a write of ours was cut off
            write_whole(self._plan, found)
        super().adopt(plan, tables, origin)
        if self._plan.read_bytes() != found:
            self.store.put_new(self._plan, f"{PRIVATE}/{PLAN}")
        if not origin.get("paths"):  # which mean nothing elsewhere, and are nobody's business
            self.store.put(self.private / ORIGIN, f"{PRIVATE}/{ORIGIN}")

    def finished(self, plan: Plan, *, cut_from: str = "") -> dict[int, ShardRecord]:
        """Records of the shards that the store has, whole: same plan, origin, size and hash."""
        records = self.store.each(
            lambda shard: self._recorded(plan, shard, cut_from), range(plan.shards)
        )
        return {record.shard: record for record in records if record is not None}

    def placing(self, work: Work[ShardRecord]) -> Work[ShardRecord]:
        """What an engine runs for each shard: `work`, and then its upload."""
        return UploadShard(work, self.out, self.private, self.store)

    def keep(self, record: ShardRecord) -> None:
        """The worker noted it."""

    def settled(self, plan: Plan, records: Mapping[int, ShardRecord]) -> list[ShardRecord]:
        """The records of what the store has now."""
        origins = {record.cut_from for record in records.values()}
        found = self.finished(plan, cut_from=origins.pop()) if origins else {}
        lost = [record.name for shard, record in records.items() if shard not in found]
        if lost:
            raise BuildError(
                f"{self.where / lost[0]} is no longer what was uploaded: does another build write "
                "there? What is whole is kept; the same command goes on."
            )
        return super().settled(plan, found)

    def commit(
        self, manifest: dict[str, Any], *, rejects: bytes, filtered: bytes
    ) -> dict[str, Any]:
        """Upload what goes with the manifest, and create the manifest, which is never replaced."""
        stands = super().commit(self._standing(manifest), rejects=rejects, filtered=filtered)
        for name in COMMITTED:
            self.store.put(self.out / name, name)
        self.store.put_new(self.out / MANIFEST, MANIFEST)
        return stands

    def _standing(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """The manifest that is there, if it tells of the same bytes, else this one.

        Raises `PlanChangedError` where one is there that tells of others.
        """
        found = self.store.get(MANIFEST)
        try:
            theirs = dict(json.loads(found or b""))
        except (ValueError, TypeError):
            theirs = {}
        if _of_bytes(theirs) == _of_bytes(json.loads(pretty_json(manifest))):
            return theirs
        self.store.check_new(pretty_json(manifest), MANIFEST)
        return manifest

    def _recorded(self, plan: Plan, shard: int, cut_from: str) -> ShardRecord | None:
        """The record of a shard that the store has, whole."""
        note = self.store.get(f"{PRIVATE}/{record_name(shard)}")
        try:
            facts = json.loads(note or b"")
            tag = str(facts.pop(TAG))
            record = ShardRecord.from_json(facts)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        if not record.is_of(plan, shard, cut_from=cut_from):
            return None
        size, sha256 = record.bytes, record.sha256
        return record if self.store.has(record.name, size=size, sha256=sha256, tag=tag) else None

    def _check_empty(self, plan: Plan) -> None:
        """Raise `PlanChangedError` where others have put something, listed or not."""
        names = [MANIFEST, *COMMITTED, *map(plan.shard_name, range(plan.shards))]
        held = self.store.each(lambda at: self.store.held(names[at]), range(len(names)))
        there = [name for name, found in zip(names, held, strict=True) if found is not None]
        strange = [*self.store.names(), *there]
        if strange:
            raise PlanChangedError(
                f"{self.where} must be empty or hold a build of vtencode, and holds other files "
                f"({strange[0]}). Choose another --out."
            )

    def _leave(self, *, fresh: bool, made: bool) -> None:  # noqa: ARG002  # all is ours
        shutil.rmtree(self.out, ignore_errors=True)


#: What a record on a store has besides: the shard's tag there.
TAG = "tag"


@dataclass(frozen=True)
class UploadShard:
    """The work of an engine: make a shard here, have it on the store, and then note it there."""

    here: Work[ShardRecord]
    out: Path
    private: Path
    store: ObjectStore

    def __call__(self, item: int, tick: Tick) -> ShardRecord:
        """Make and upload shard number `item`, and say what is in it."""
        record = self.here(item, tick)
        self._check_promise(record)
        shard = self.out / record.name
        held = self.store.put(shard, record.name, replacing=lambda: self._check_promise(record))
        note = self.private / record_name(item)
        write_whole(note, pretty_json({**record.to_json(), TAG: held.tag}))
        self.store.put(note, f"{PRIVATE}/{record_name(item)}")
        shard.unlink()
        return record

    def _check_promise(self, record: ShardRecord) -> None:
        """Raise `PlanChangedError` where a manifest says that this shard has other bytes."""
        manifest = self.store.get(MANIFEST)
        try:
            shards = json.loads(manifest or b"")["shards"]
            promised = {entry["name"]: entry["sha256"] for entry in shards}
        except ValueError:  # none, or one that was cut off, which promises nothing
            return
        except (KeyError, TypeError):
            promised = {}
        if promised.get(record.name) != record.sha256:
            raise PlanChangedError(
                f"{self.store.root / MANIFEST} says that {record.name} has other bytes than it "
                "was built with now. Choose another --out, or build with the versions that it "
                "was built with."
            )


def _of_bytes(manifest: dict[str, Any]) -> dict[str, Any]:
    """What a manifest tells of its dataset, whatever version of zlib packed it."""
    return {key: manifest[key] for key in manifest if key not in {"encoder", "self_sha256"}}


def ledger_at(where: Location, sink: str) -> Ledger:
    """The ledger of a folder, here or on an object store, for shards of a sink."""
    return RemoteLedger(where, sink) if on_store(where) else Ledger(Path(str(where)))


def working_folder(where: UPath) -> Path:
    """Where a build on an object store works: one folder on this machine for each address."""
    import platformdirs

    home = os.environ.get("VTENCODE_CACHE")
    cache = Path(home).expanduser() if home else platformdirs.user_cache_path("vtencode")
    return cache / "builds" / hashlib.sha256(str(where).rstrip("/").encode()).hexdigest()[:16]
