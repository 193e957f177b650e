"""Proving a dataset: every file, every key, and the round trip of every pair to its source."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vtencode.building.ledger import REJECTS, read_manifest
from vtencode.building.plan import Plan, make_plan
from vtencode.building.setting import setting, setting_from_origin
from vtencode.building.shard import rows_file
from vtencode.durable import file_sha256
from vtencode.errors import SourceError
from vtencode.recipe import Recipe
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
    worst_error: float
    unit: str
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
    source: Path | str | None = None,
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
    recipe = Recipe.from_identity(manifest["recipe"])
    with _setting(root, recipe, source) as ready, tempfile.TemporaryDirectory() as folder:
        plan, table = make_plan(recipe, ready.source, limit=manifest["limit"])
        index = Path(folder, "index.arrow")
        index.write_bytes(rows_file(table))
        rejects = _rejects(root)
        work = VerifyShard(plan, recipe, ready.source, root, index, manifest, frozenset(rejects))
        problems = [*_whole_dataset(root, manifest, plan, rejects)]
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
        worst_error=max((f.worst for f in findings), default=0.0),
        unit=recipe.unit,
        worst_share_of_tolerance=max((f.share for f in findings), default=0.0),
        problems=(*problems, *(problem for f in findings for problem in f.problems)),
    )


def _whole_dataset(
    root: Path, manifest: Mapping[str, Any], plan: Plan, rejects: list[str]
) -> Iterator[str]:
    """Problems that are not of one shard."""
    counts = manifest["counts"]
    if counts["planned"] != counts["written"] + counts["rejected"] + counts["filtered"]:
        yield f"planned must be written + rejected + filtered, got {counts}"
    written = sum(entry["written"] for entry in manifest["shards"])
    held = {"planned": plan.pairs, "written": written, "rejected": len(rejects)}
    if held != {name: counts[name] for name in held}:
        yield f"the counts must be {held}, got {counts}"
    if plan.digest != manifest["plan_sha256"]:
        yield "the source gives another plan than the one that was built: its files differ"
    if plan.shards != len(manifest["shards"]):
        yield f"the plan has {plan.shards} shards, and the manifest {len(manifest['shards'])}"
    path = root / REJECTS
    if not path.is_file() or file_sha256(path) != manifest["rejects_sha256"]:
        yield f"{REJECTS} is not the one that was written"
    known = {entry["name"] for entry in manifest["shards"]}
    for shard in sorted(root.glob(f"*{plan.suffix}")):
        if shard.name not in known:
            yield f"{shard.name}: the file is in no manifest"


def _rejects(root: Path) -> list[str]:
    try:
        lines = (root / REJECTS).read_text().splitlines()
        return [json.loads(line)["key"] for line in lines]
    except (OSError, ValueError, KeyError):
        return []


def _setting(root: Path, recipe: Recipe, source: Path | str | None) -> Any:
    if source is not None:
        return setting(recipe, source=source)
    try:
        origin = dict(json.loads((root / ".vtencode" / "source.json").read_bytes()))
        origin["demo"] = int(origin.get("demo", 0))
    except (OSError, ValueError, TypeError) as error:
        raise SourceError(f"{root} does not say where its source is: --source PATH.") from error
    path = origin.get("path")
    if not origin["demo"] and not (isinstance(path, str) and Path(path).exists()):
        raise SourceError(f"{root} was built from {path}, and nothing is there: --source PATH.")
    return setting_from_origin(recipe, origin)
