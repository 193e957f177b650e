"""What is on disk of a build: the lock, the plan, a record a shard, and the manifest last.

    out/
      train-00000.tar …        shards; under their final names only when whole
      rejects.jsonl            planned pairs that could not be built, sorted by key
      filtered.jsonl           planned pairs that were left out on purpose, sorted by key
      README.md                the card, and croissant.json, the same for programs
      manifest.json            written last: without it, this is no dataset
      .vtencode/               plan.json, *.arrow, shards/00000.json, source.json, lock

Data before record, record before manifest: whatever moment a build is killed at, what it left is
whole or ignored, and the same command finishes it to the same bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vtencode.building.account import account, lines
from vtencode.building.plan import Plan, Tables, differences
from vtencode.building.rows import write_tables
from vtencode.building.shard import ShardRecord
from vtencode.cards import write as write_cards
from vtencode.cards.files import CARD, CROISSANT
from vtencode.durable import remove_partial, write_whole
from vtencode.engines.base import Work
from vtencode.errors import BuildError, LockedError, PlanChangedError
from vtencode.locations import Location
from vtencode.manifest import MANIFEST
from vtencode.recipe import Mix
from vtencode.sinks.base import Stored
from vtencode.spec import canonical_json

REJECTS, FILTERED = "rejects.jsonl", "filtered.jsonl"
#: What `Ledger.commit` writes before the manifest.
COMMITTED = (REJECTS, FILTERED, CARD, CROISSANT)
#: The bookkeeping's folder, and what is in it.
PRIVATE, PLAN, ORIGIN = ".vtencode", "plan.json", "source.json"


def record_name(shard: int) -> str:
    """Where in the bookkeeping's folder the record of a shard is."""
    return f"shards/{shard:05d}.json"


def pretty_json(value: Any) -> bytes:
    """JSON for people and programs: sorted keys, one value a line, a final newline."""
    return (json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n").encode()


class Ledger:
    """The bookkeeping of the build in one folder.

    `where` is the folder as people know it.
    """

    def __init__(self, out: Path) -> None:
        self.where: Location = out
        self.out = out
        self.private = out / PRIVATE

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the kernel lets go of it if this process is killed."""
        blocking = next((p for p in (self.out, *self.out.parents) if p.exists()), self.out)
        if blocking.exists() and not blocking.is_dir():
            raise PlanChangedError(f"{blocking} is a file, not a folder. Choose another --out.")
        made = not self.out.exists()
        holds = self.out.is_dir() and any(self.out.iterdir())
        fresh = not self.private.is_dir()  # asked last: another build may be beginning here
        if fresh and holds:
            raise PlanChangedError(
                f"{self.out} must be empty or hold a build of vtencode, and holds other files. "
                "Choose another --out."
            )
        (self.private / "shards").mkdir(parents=True, exist_ok=True)
        with (self.private / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                holder = lock.read().strip() or "another process"
                raise LockedError(f"{self.where} is being built by {holder}.") from error
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {socket.gethostname()}")
            lock.flush()
            try:
                yield
            finally:
                self._sweep()
                lock.truncate(0)
                self._leave(fresh=fresh, made=made)

    def adopt(self, plan: Plan, tables: Tables | None, origin: dict[str, Any]) -> None:
        """Make this folder a build of `plan`, or find that it already is.

        `tables` are what workers build from, or None where they have something else.
        `origin` says where the source was read from; it is kept for `verify`, and is not part of
        the plan: a dataset may move.
        """
        self._sweep()
        if self._plan.is_file():
            old = self._old_plan()
            changed = list(differences(old, json.loads(canonical_json(plan.to_json()))))
            if changed:
                raise PlanChangedError(
                    f"{self.where} holds a build of another plan; what changed: "
                    f"{', '.join(changed[:5])}. Choose another --out, or build with what it was "
                    "begun with."
                )
        if tables is not None:
            write_tables(tables, self.private)
        if not self._plan.is_file():
            write_whole(self._plan, pretty_json(plan.to_json()))
        write_whole(self.private / ORIGIN, pretty_json(origin))

    def finished(self, plan: Plan, *, cut_from: str = "") -> dict[int, ShardRecord]:
        """Records of the shards that are whole: same plan, origin, size and hash."""
        sink, found = plan.sink, {}
        for shard in range(plan.shards):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                record = ShardRecord.from_json(json.loads(self._record_path(shard).read_bytes()))
                kept = Stored(record.bytes, record.sha256)
                same = record.is_of(plan, shard, cut_from=cut_from)
                if same and sink.stored(self.out / record.name) == kept:
                    found[shard] = record
        return found

    def placing(self, work: Work[ShardRecord]) -> Work[ShardRecord]:
        """What an engine runs for each shard, that it may be where it belongs.

        `work` writes a shard into `out`.
        """
        return work

    def keep(self, record: ShardRecord) -> None:
        """Note that a shard is whole; its file is already under its final name."""
        write_whole(self._record_path(record.shard), pretty_json(record.to_json()))

    def settled(self, plan: Plan, records: Mapping[int, ShardRecord]) -> list[ShardRecord]:
        """The records of all shards, in order, before they are committed."""
        return [records[shard] for shard in range(plan.shards)]

    def close(self, plan: Plan, mix: Mix, records: Sequence[ShardRecord]) -> dict[str, Any]:
        """Commit: check that nothing planned was lost, then say what was left out, and the rest."""
        rejects = lines([left for record in records for left in record.rejects])
        filtered = lines([left for record in records for left in record.filtered])
        manifest = account(plan, mix, records, rejects=rejects, filtered=filtered)
        return self.commit(manifest, rejects=rejects, filtered=filtered)

    def commit(
        self, manifest: dict[str, Any], *, rejects: bytes, filtered: bytes
    ) -> dict[str, Any]:
        """Write what was left out, the card, and then the manifest: now this is a dataset.

        Returns the manifest that stands.
        """
        counts = manifest["counts"]
        if counts["planned"] != counts["written"] + counts["rejected"] + counts["filtered"]:
            raise BuildError(f"planned must be written + rejected + filtered, got {counts}.")
        write_whole(self.out / REJECTS, rejects)
        write_whole(self.out / FILTERED, filtered)
        write_cards(self.out, manifest)
        write_whole(self.out / MANIFEST, pretty_json(manifest))
        return manifest

    @property
    def _plan(self) -> Path:
        return self.private / PLAN

    def _leave(self, *, fresh: bool, made: bool) -> None:
        """Leave no trace of a build that never began; what others put there stays.

        `fresh` if this build began the folder's bookkeeping, `made` if it made the folder, too.
        """
        if not fresh or self._plan.is_file():
            return
        shutil.rmtree(self.private)
        with contextlib.suppress(OSError):
            if made:
                self.out.rmdir()

    def _sweep(self) -> None:
        """Delete what writers that were killed left behind, of this build or an earlier one."""
        for folder in (self.out, self.private, self.private / "shards"):
            remove_partial(folder)

    def _old_plan(self) -> dict[str, Any]:
        try:
            plan: dict[str, Any] = dict(json.loads(self._plan.read_bytes()))
        except (ValueError, TypeError) as error:
            raise PlanChangedError(
                f"{self.where / PRIVATE / PLAN} must be a plan, and is damaged ({error}). "
                "Choose another --out."
            ) from error
        return plan

    def _record_path(self, shard: int) -> Path:
        return self.private / record_name(shard)
