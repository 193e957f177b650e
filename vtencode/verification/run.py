"""Proving a dataset: every file, every key, and the round trip of every pair to its source."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vtencode.building.ledger import FILTERED, REJECTS
from vtencode.building.plan import Plan, make_plan
from vtencode.building.rows import write_tables
from vtencode.building.setting import Places, setting, setting_from_origin
from vtencode.durable import file_sha256
from vtencode.errors import SourceError
from vtencode.manifest import read_manifest
from vtencode.pairs import worst_of
from vtencode.recipe import Mix
from vtencode.registry import find
from vtencode.verification.shard import VerifyShard

#: Problems that are spelled out; the rest are counted.
SPELLED_OUT = 20


@dataclass(frozen=True)
class Verification:
    """The outcome: the dataset is proved when there is no problem."""

    dataset: str
    counts: Mapping[str, int]
    pairs: int
    worst_errors: Mapping[str, float]
    worst_share_of_tolerance: float
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the dataset is what its manifest says and decodes to its source."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON; only the first problems are spelled out."""
        shown = {**asdict(self), "problems": list(self.problems[:SPELLED_OUT])}
        return {"ok": self.ok, "problem_count": len(self.problems), **shown}


def verify(
    root: Path | str,
    *,
    source: Places = None,
    workers: int | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check a built dataset against its manifest and, pixel by pixel, against its source.

    Hashes of all files; planned = written + rejected + filtered, key by key; the plan made again
    from the source; each target decoded from its own PNG and compared with the source's target
    within the codec's tolerance; each input equal to the source's picture. `source` is where the
    data are now, if they moved since the build.

    Raises `NotADatasetError` or `VerificationError` when there is no readable manifest, and
    `SourceError` when the source cannot be found.
    """
    root = Path(root)
    manifest = read_manifest(root)
    mix = Mix.from_identity(manifest["recipe"])
    with _setting(root, mix, source) as ready, tempfile.TemporaryDirectory() as folder:
        plan, tables = make_plan(mix, ready.sources, limit=manifest["limit"])
        write_tables(tables, Path(folder))
        left_out = {name: _left_out(root / name) for name in (REJECTS, FILTERED)}
        work = VerifyShard(plan, mix, ready.sources, root, Path(folder), manifest, left_out)
        problems = [*_whole_dataset(root, manifest, plan, left_out)]
        done = 0

        def tick(count: int) -> None:
            nonlocal done
            done += count
            if report is not None:
                report(done, plan.pairs)

        shards = range(min(plan.shards, len(manifest["shards"])))
        engine = find("engine", "local")()
        count = (os.cpu_count() or 1) if workers is None else workers
        run = engine.run(work, shards, workers=count, tick=tick)
        found = dict(run)
    findings = [found[shard] for shard in sorted(found)]
    return Verification(
        dataset=manifest["dataset"],
        counts=manifest["counts"],
        pairs=sum(f.pairs for f in findings),
        worst_errors=worst_of(error for f in findings for error in f.worst_errors.items()),
        worst_share_of_tolerance=max((f.share for f in findings), default=0.0),
        problems=(*problems, *(problem for f in findings for problem in f.problems)),
    )


def _whole_dataset(
    root: Path, manifest: Mapping[str, Any], plan: Plan, left_out: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    """Problems that are not of one shard."""
    counts = manifest["counts"]
    if counts["planned"] != counts["written"] + counts["rejected"] + counts["filtered"]:
        yield f"planned must be written + rejected + filtered, got {counts}"
    written = sum(entry["written"] for entry in manifest["shards"])
    held = {
        "planned": plan.pairs,
        "written": written,
        "rejected": len(left_out[REJECTS]),
        "filtered": len(left_out[FILTERED]),
    }
    if held != {name: counts[name] for name in held}:
        yield f"the counts must be {held}, got {counts}"
    if plan.digest != manifest["plan_sha256"]:
        yield "the source gives another plan than the one that was built: its files differ"
    if plan.shards != len(manifest["shards"]):
        yield f"the plan has {plan.shards} shards, and the manifest {len(manifest['shards'])}"
    for name, hashed in ((REJECTS, "rejects_sha256"), (FILTERED, "filtered_sha256")):
        path = root / name
        if not path.is_file() or file_sha256(path) != manifest[hashed]:
            yield f"{name} is not the one that was written"
    known = {entry["name"] for entry in manifest["shards"]}
    for shard in sorted(root.glob(f"*{plan.suffix}")):
        if shard.name not in known:
            yield f"{shard.name}: the file is in no manifest"


def _left_out(path: Path) -> frozenset[str]:
    """Keys of the pairs that a file lists."""
    try:
        return frozenset(json.loads(line)["key"] for line in path.read_text().splitlines())
    except (OSError, ValueError, KeyError):
        return frozenset()


def _setting(root: Path, mix: Mix, source: Places) -> Any:
    if source is not None:
        return setting(mix, source=source)
    try:
        origin = dict(json.loads((root / ".vtencode" / "source.json").read_bytes()))
        origin["demo"] = int(origin.get("demo", 0))
    except (OSError, ValueError, TypeError) as error:
        raise SourceError(f"{root} does not say where its source is: --source PATH.") from error
    paths = {} if origin["demo"] else dict(origin.get("paths", {}))
    gone = next((path for path in paths.values() if not Path(path).exists()), None)
    if gone is not None:
        raise SourceError(f"{root} was built from {gone}, and nothing is there: --source PATH.")
    return setting_from_origin(mix, origin)
