"""What is on disk of a build: the lock, the plan, a record a shard, and the manifest last.

    out/
      train-00000.tar …        shards; under their final names only when whole
      rejects.jsonl            planned pairs that could not be built, sorted by key
      manifest.json            written last: without it, this is no dataset
      .vtencode/               plan.json, index.arrow, shards/00000.json, source.json, lock

Data before record, record before manifest: whatever moment a build is killed at, what it left is
whole or ignored, and the same command finishes it to the same bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import socket
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtencode.building.plan import Plan, differences
from vtencode.building.shard import ShardRecord, rows_file
from vtencode.durable import file_sha256, remove_partial, write_whole
from vtencode.errors import (
    BuildError,
    LockedError,
    NotADatasetError,
    PlanChangedError,
    VerificationError,
)
from vtencode.recipe import Recipe
from vtencode.spec import canonical_json

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST, REJECTS = "manifest.json", "rejects.jsonl"
FORMAT = "vtencode/1"
#: What readers of a manifest rely on.
MANIFEST_FIELDS = {
    "counts",
    "dataset",
    "limit",
    "plan_sha256",
    "recipe",
    "rejects_sha256",
    "shards",
    "split",
}


def pretty_json(value: Any) -> bytes:
    """JSON for people and programs: sorted keys, one value a line, a final newline."""
    return (json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n").encode()


class Ledger:
    """The bookkeeping of the build in one folder."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.private = out / ".vtencode"
        self.index = self.private / "index.arrow"

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
                raise LockedError(f"{self.out} is being built by {holder}.") from error
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {socket.gethostname()}")
            lock.flush()
            try:
                yield
            finally:
                self._sweep()
                lock.truncate(0)
                if fresh and not self._plan.is_file():
                    self._vanish(and_out=made)

    def adopt(self, plan: Plan, table: pa.Table, origin: dict[str, Any]) -> None:
        """Make this folder a build of `plan`, or find that it already is.

        `origin` says where the source was read from; it is kept for `verify`, and is not part of
        the plan: a dataset may move.
        """
        self._sweep()
        if self._plan.is_file():
            old = self._old_plan()
            changed = list(differences(old, json.loads(canonical_json(plan.to_json()))))
            if changed:
                raise PlanChangedError(
                    f"{self.out} holds a build of another plan; what changed: "
                    f"{', '.join(changed[:5])}. Choose another --out, or build with what it was "
                    "begun with."
                )
        write_whole(self.index, rows_file(table))
        if not self._plan.is_file():
            write_whole(self._plan, pretty_json(plan.to_json()))
        write_whole(self.private / "source.json", pretty_json(origin))

    def finished(self, plan: Plan) -> dict[int, ShardRecord]:
        """Records of the shards that are whole: same plan, size and hash."""
        found = {}
        for shard in range(plan.shards):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                record = ShardRecord.from_json(json.loads(self._record_path(shard).read_bytes()))
                file = self.out / record.name
                same_plan = (record.plan, record.shard) == (plan.digest, shard)
                same_size = same_plan and file.stat().st_size == record.bytes
                if same_size and file_sha256(file) == record.sha256:
                    found[shard] = record
        return found

    def keep(self, record: ShardRecord) -> None:
        """Note that a shard is whole; its file is already under its final name."""
        write_whole(self._record_path(record.shard), pretty_json(record.to_json()))

    def close(self, plan: Plan, recipe: Recipe, records: Sequence[ShardRecord]) -> dict[str, Any]:
        """Commit: check that nothing planned was lost, then write rejects and manifest."""
        manifest, rejects = _manifest(plan, recipe, records)
        counts = manifest["counts"]
        if counts["planned"] != counts["written"] + counts["rejected"] + counts["filtered"]:
            raise BuildError(f"planned must be written + rejected + filtered, got {counts}.")
        write_whole(self.out / REJECTS, rejects)
        write_whole(self.out / MANIFEST, pretty_json(manifest))
        return manifest

    @property
    def _plan(self) -> Path:
        return self.private / "plan.json"

    def _vanish(self, *, and_out: bool) -> None:
        """Leave no trace of a build that never began; what others put there stays."""
        shutil.rmtree(self.private)
        with contextlib.suppress(OSError):
            if and_out:
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
                f"{self._plan} must be a plan, and is damaged ({error}). Choose another --out."
            ) from error
        return plan

    def _record_path(self, shard: int) -> Path:
        return self.private / "shards" / f"{shard:05d}.json"


def read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of a finished dataset, its own hash checked.

    Raises `NotADatasetError` when nothing was built there, `VerificationError` when a build is
    not finished or the manifest was edited.
    """
    path = out / MANIFEST
    if not path.is_file():
        if (out / ".vtencode" / "plan.json").is_file():
            raise VerificationError(f"{out} is an unfinished build: run the same build again.")
        raise NotADatasetError(f"{out} must hold a {MANIFEST}, and does not: build into it first.")
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        stated = manifest.pop("self_sha256")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VerificationError(f"{path} must be a manifest of vtencode: {error}.") from error
    lacking = MANIFEST_FIELDS - set(manifest)
    if lacking:
        raise VerificationError(f"{path} must have {', '.join(sorted(lacking))}, and does not.")
    if stated != _digest(manifest):
        raise VerificationError(f"{path} was changed after it was written: its hash differs.")
    return {**manifest, "self_sha256": stated}


def _manifest(
    plan: Plan, recipe: Recipe, records: Sequence[ShardRecord]
) -> tuple[dict[str, Any], bytes]:
    rejects = sorted((r for record in records for r in record.rejects), key=lambda r: r.key)
    lines = b"".join(canonical_json(vars(reject)).encode() + b"\n" for reject in rejects)
    written = sum(record.written for record in records)
    publication = recipe.source.reader.publication
    manifest = {
        "format": FORMAT,
        "dataset": recipe.name,
        "title": recipe.title,
        "split": plan.split,
        "limit": plan.limit,
        "license": publication.license,
        "citation": publication.citation,
        "home": publication.home,
        "plan_sha256": plan.digest,
        "recipe": dict(plan.recipe),
        "source": dict(plan.source),
        "counts": {
            "planned": plan.pairs,
            "written": written,
            "rejected": len(rejects),
            "filtered": 0,
        },
        "unit": recipe.unit,
        "worst_error": max((record.worst_error for record in records), default=0.0),
        "worst_share_of_tolerance": max(
            (record.worst_share_of_tolerance for record in records), default=0.0
        ),
        "shards": [
            {
                "name": record.name,
                "bytes": record.bytes,
                "sha256": record.sha256,
                "content_sha256": record.content_sha256,
                "written": record.written,
                "rejected": len(record.rejects),
            }
            for record in records
        ],
        "rejects_sha256": hashlib.sha256(lines).hexdigest(),
        "content_sha256": _digest([record.content_sha256 for record in records]),
        "encoder": {"zlib": zlib.ZLIB_RUNTIME_VERSION},
    }
    return {**manifest, "self_sha256": _digest(manifest)}, lines


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
