"""`export`: one tree of pictures and the files of several trainers, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtencode.errors import ExportError
from vtencode.exports.changes import Changes, refuse
from vtencode.exports.pictures import ExportShard, entry_file, make_folders
from vtencode.exports.readme import readme
from vtencode.exports.staging import EXPORT, finished, staged
from vtencode.exports.tree import Tree
from vtencode.locations import Location, location
from vtencode.manifest import read_manifest
from vtencode.registry import find
from vtencode.stores.reading import processes

FORMAT = "vtencode-export/1"


@dataclass(frozen=True)
class Exported:
    """A finished export: its folder, what `export.json` says, and what trainers would change."""

    out: Path
    facts: Mapping[str, Any]
    changes: tuple[str, ...]


def export(
    root: Location | str,
    *,
    to: Sequence[str],
    out: Path | str,
    at: str | None = None,
    limit: int | None = None,
    allow_changes: bool = False,
    workers: int | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write what the trainers named in `to` read, of the dataset at `root`, into the folder `out`.

    Pictures are linked where they lie loose on the same disk, else written once for all. `at` is
    where trainers will find `out`, if that is not where it is now; `limit` takes the first pairs.
    `out` appears when all of it is there; until then, what is finished waits beside it, and the
    same call goes on.

    Raises `ExportError` for pairs that a trainer's loader would change, unless `allow_changes`,
    where `out` holds anything else, and where `at` is no absolute path; `NotADatasetError`,
    `LockedError`, `UnknownNameError`.
    """
    dataset, out = location(root), Path(out).absolute()
    manifest = read_manifest(dataset)
    trainers = [find("trainer", name)() for name in dict.fromkeys(to)]
    facts = {
        "format": FORMAT,
        "dataset": manifest["dataset"],
        "dataset_sha256": manifest["self_sha256"],
        "trainers": [trainer.name for trainer in trainers],
        "at": str(out) if at is None else _absolute(at),
        "limit": limit,
    }
    found = finished(out, facts)
    if found is not None:
        refuse(() if allow_changes else found["changes"])
        return Exported(out, found, tuple(found["changes"]))
    with staged(out, facts) as folder:
        keep = _kept(manifest, limit)
        shards = [shard for shard, count in enumerate(keep) if count]
        make_folders(folder, trainers)
        work = ExportShard(dataset, manifest, trainers, folder, keep, strict=not allow_changes)
        _run(work, shards, workers=workers, report=report)
        files = tuple(entry_file(folder, shard) for shard in shards)
        tree = Tree(folder, facts["at"], dataset, manifest, files, limit)
        changes = Changes(trainers)
        changes.look(tree.entries())
        refuse(() if allow_changes else tuple(changes.told()))
        for trainer in trainers:
            trainer.write(tree)
        told = tuple(changes.told())
        tree.write("README.md", readme(tree, trainers, told))
        facts = {**facts, "pairs": tree.count, "changes": list(told)}
        tree.write(EXPORT, json.dumps(facts, indent=2, sort_keys=True) + "\n")
    return Exported(out, facts, told)


def _absolute(at: str) -> str:
    """Where trainers find an export; raises `ExportError` for what no manifest can name."""
    if not at.startswith("/") or not at.isprintable():
        raise ExportError(f"at must be an absolute path in one line, as /data/train, got {at!r}.")
    return at.rstrip("/") or "/"


def _run(
    work: ExportShard,
    shards: Sequence[int],
    *,
    workers: int | None,
    report: Callable[[int, int], None] | None,
) -> None:
    """Do the shards that are not done."""
    missing = [shard for shard in shards if not entry_file(work.folder, shard).is_file()]
    total = sum(work.keep)
    done = total - sum(work.keep[shard] for shard in missing)

    def tick(count: int) -> None:
        nonlocal done
        done += count
        if report is not None:
            report(min(done, total), total)

    tick(0)
    count = processes(work.dataset, workers)
    for _ in find("engine", "local")().run(work, missing, workers=count, tick=tick):
        pass


def _kept(manifest: Mapping[str, Any], limit: int | None) -> list[int]:
    """How many pairs of each shard are exported."""
    if limit is not None and limit < 1:
        raise ExportError(f"limit must be at least 1 pair, got {limit}.")
    keep, left = [], limit
    for shard in manifest["shards"]:
        written = int(shard["written"])
        keep.append(written if left is None else min(left, written))
        left = None if left is None else left - keep[-1]
    return keep
