"""Proving a dataset: every file, every key, and the round trip of every pair to its source."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vtencode.building.account import parts_account
from vtencode.building.ledger import FILTERED, ORIGIN, PRIVATE, REJECTS
from vtencode.building.plan import Plan, differences, make_plan
from vtencode.building.rows import write_tables
from vtencode.building.setting import Places, setting, setting_from_origin
from vtencode.building.tally import Tally, added
from vtencode.errors import SourceError
from vtencode.locations import Location, location
from vtencode.manifest import read_manifest
from vtencode.pairs import worst_of
from vtencode.recipe import Mix
from vtencode.registry import find
from vtencode.stores.reading import contents, processes, reading
from vtencode.verification.shard import VerifyShard

#: Key and code of each pair that a file lists.
Listed = Sequence[tuple[str, str]]

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
    root: Location | str,
    *,
    source: Places = None,
    workers: int | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check a built dataset against its manifest and, pixel by pixel, against its source.

    Hashes of all files; planned = written + rejected + filtered, key by key; the plan made again
    from the source; each target decoded from its own PNG and compared with the source's target
    within the codec's tolerance; each input equal to the source's picture. `source` is where the
    data are now, if they moved since the build. The dataset may be on an object store; each shard
    is copied here to be read.

    Raises `NotADatasetError` or `VerificationError` when there is no readable manifest, and
    `SourceError` when the source cannot be found.
    """
    root = location(root)
    count = processes(root, workers)
    manifest = read_manifest(root)
    mix = Mix.from_identity(manifest["recipe"])
    with _setting(root, mix, source) as ready, tempfile.TemporaryDirectory() as folder:
        plan, tables = make_plan(mix, ready.sources, limit=manifest["limit"])
        write_tables(tables, Path(folder))
        lists = {name: contents(root / name) for name in (REJECTS, FILTERED)}
        listed = {name: _listed(data) for name, data in lists.items()}
        codes = {name: dict(pairs) for name, pairs in listed.items()}
        work = VerifyShard(plan, mix, ready.sources, root, Path(folder), manifest, codes)
        problems = [*_whole_dataset(manifest, plan, listed)]
        problems += [*_files(root, manifest, plan, lists)]
        done = 0

        def tick(count: int) -> None:
            nonlocal done
            done += count
            if report is not None:
                report(done, plan.pairs)

        shards = range(min(plan.shards, len(manifest["shards"])))
        engine = find("engine", "local")()
        run = engine.run(work, shards, workers=count, tick=tick)
        found = dict(run)
    findings = [found[shard] for shard in sorted(found)]
    problems += [problem for f in findings for problem in f.problems]
    if not problems:  # else the counts follow
        problems += _parts(manifest, plan, mix, added(f.tallies for f in findings))
    return Verification(
        dataset=manifest["dataset"],
        counts=manifest["counts"],
        pairs=sum(f.pairs for f in findings),
        worst_errors=worst_of(error for f in findings for error in f.worst_errors.items()),
        worst_share_of_tolerance=max((f.share for f in findings), default=0.0),
        problems=tuple(problems),
    )


def _whole_dataset(
    manifest: Mapping[str, Any], plan: Plan, listed: Mapping[str, Listed]
) -> Iterator[str]:
    """Problems that are not of one shard."""
    counts = manifest["counts"]
    if counts["planned"] != counts["written"] + counts["rejected"] + counts["filtered"]:
        yield f"planned must be written + rejected + filtered, got {counts}"
    written = sum(entry["written"] for entry in manifest["shards"])
    held = {
        "planned": plan.pairs,
        "written": written,
        "rejected": len(listed[REJECTS]),
        "filtered": len(listed[FILTERED]),
    }
    if held != {name: counts[name] for name in held}:
        yield f"the counts must be {held}, got {counts}"
    if plan.digest != manifest["plan_sha256"]:
        changed = ", ".join([*_changed(manifest, plan)][:5]) or "order"
        yield f"this is another plan than the one that was built; what changed: {changed}"
    if plan.shards != len(manifest["shards"]):
        yield f"the plan has {plan.shards} shards, and the manifest {len(manifest['shards'])}"
    for name, pairs in listed.items():
        keys = Counter(key for key, _ in pairs)
        yield from (f"{name}: {key} is listed twice" for key, count in keys.items() if count > 1)


def _files(
    root: Location, manifest: Mapping[str, Any], plan: Plan, lists: Mapping[str, bytes | None]
) -> Iterator[str]:
    """Files that are not the manifest's, shards that it has left aside."""
    for name, hashed in ((REJECTS, "rejects_sha256"), (FILTERED, "filtered_sha256")):
        data = lists[name]
        if data is None or hashlib.sha256(data).hexdigest() != manifest[hashed]:
            yield f"{name} is not the one that was written"
    known = {entry["name"] for entry in manifest["shards"]}
    with reading(root):
        strange = [name for name in plan.sink.found(root) if name not in known]
    yield from (f"{name}: the file is in no manifest" for name in strange)


def _changed(manifest: Mapping[str, Any], plan: Plan) -> Iterator[str]:
    """Names of what differs between the plan that was built and the one made again."""
    sources = [
        {name: part.get(name) for name in source}
        for part, source in zip(manifest["parts"], plan.sources, strict=False)
    ]
    built = {"recipe": manifest["recipe"], "sources": sources}
    return differences(built, {"recipe": plan.recipe, "sources": list(plan.sources)})


def _parts(
    manifest: Mapping[str, Any], plan: Plan, mix: Mix, tallies: Mapping[str, Tally]
) -> Iterator[str]:
    """What the manifest says of the parts, other than what was found."""
    found = parts_account(plan, mix, tallies)
    for name in differences({name: manifest.get(name) for name in found}, found):
        yield f"the manifest's {name} is not what the plan and the pairs give"


def _listed(data: bytes | None) -> Listed:
    """Key and code of the pairs that a file lists."""
    try:
        rows = [json.loads(line) for line in (data or b"").decode().splitlines()]
        return [(row["key"], row.get("code", "")) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _setting(root: Location, mix: Mix, source: Places) -> Any:
    if source is not None:
        return setting(mix, source=source)
    try:
        origin = dict(json.loads(contents(root / PRIVATE / ORIGIN) or b""))
        origin["demo"] = int(origin.get("demo", 0))
    except (OSError, ValueError, TypeError) as error:
        raise SourceError(f"{root} does not say where its source is: --source PATH.") from error
    paths = {} if origin["demo"] else dict(origin.get("paths", {}))
    gone = next((path for path in paths.values() if not Path(path).exists()), None)
    if gone is not None:
        raise SourceError(f"{root} was built from {gone}, and nothing is there: --source PATH.")
    return setting_from_origin(mix, origin)
