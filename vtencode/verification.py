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
from vtencode.building.shard import rows_file, shard_rows
from vtencode.codecs.base import codec_from_spec
from vtencode.durable import file_sha256
from vtencode.engines.base import Tick
from vtencode.errors import SampleError, SourceError, VtencodeError
from vtencode.instructions import Pool
from vtencode.painted import read_painted
from vtencode.pairs import pair_key, round_trip
from vtencode.recipe import Recipe
from vtencode.registry import find
from vtencode.sinks.base import Record
from vtencode.sources.base import Row, Sample, Source
from vtencode.spec import canonical_json

#: Problems that are spelled out; the rest are counted.
SPELLED_OUT = 20


@dataclass(frozen=True)
class Findings:
    """What was found in one shard; `worst` and `share` are as in `RoundTrip`."""

    problems: tuple[str, ...]
    pairs: int = 0
    worst: float = 0.0
    share: float = 0.0


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
        worst = share = 0.0
        tasks = [task.task for task in self.recipe.tasks]
        for row, wanted in shard_rows(self.plan, self.index, item, len(tasks)):
            keys = {pair_key(row["key"], tasks[at]): tasks[at] for at in wanted}
            kept = [key for key in keys if key not in self.rejects]
            tick(len(keys))
            expected += kept
            found = [key for key in kept if key in records]
            for key, compared in self._compared_sample(row, {k: keys[k] for k in found}, records):
                fault, pair_worst, pair_share = compared
                worst, share = max(worst, pair_worst), max(share, pair_share)
                problems += [f"{key}: {fault}"] if fault else []
        if expected != list(records):
            odd = sorted(set(expected) ^ set(records)) or ["their order"]
            problems.append(f"shard {item}: its keys are not the planned ones: {odd[0]}")
        return Findings(tuple(problems), len(records), worst, share)

    def _compared_sample(
        self, row: Row, tasks: Mapping[str, str], records: Mapping[str, Record]
    ) -> Iterator[tuple[str, tuple[str, float, float]]]:
        try:
            sample = self.source.load(row)
        except SampleError as error:
            fault = f"the source can no longer be read: {error}"
            yield from ((key, (fault, 0.0, 0.0)) for key in tasks)
            return
        specs = {task["task"]: task["codec"] for task in self.manifest["recipe"]["tasks"]}
        pools: dict[str, Pool] = {task.task: task.pool for task in self.recipe.tasks}
        for key, task in tasks.items():
            record, drawn = records[key], pools[task].pick(self.recipe.seed, key)
            if record.meta.get("codec") != canonical_json(specs[task]):
                yield key, ("the codec is not the recipe's", 0.0, 0.0)
            elif record.instruction != drawn.text:
                yield key, ("the instruction is not the one that the seed draws", 0.0, 0.0)
            else:
                yield key, _compare(record, sample, task)


def _compare(record: Record, sample: Sample, task: str) -> tuple[str, float, float]:
    """What is wrong with a record, if anything, and its worst error and share of tolerance."""
    try:
        code, spec = read_painted(record.target.data)
        if spec != record.meta["codec"]:
            return "the target's own spec is not the metadata's", 0.0, 0.0
        codec = codec_from_spec(json.loads(record.meta["codec"]))
        trip = round_trip(codec, sample.targets[task], code)
        same_input = record.input.data == sample.picture.data or _equal(record, sample)
    except (VtencodeError, KeyError, ValueError) as error:
        return f"cannot be decoded: {error}", 0.0, 0.0
    if not same_input:
        return "the input is not the source's picture", trip.worst, trip.share
    fault = "" if trip.kept else f"decodes {trip.worst:.6g} {codec.unit} off, past the tolerance"
    return fault, trip.worst, trip.share


def _equal(record: Record, sample: Sample) -> bool:
    ours, theirs = record.input.rgb, sample.picture.rgb
    return ours.shape == theirs.shape and bool((ours == theirs).all())


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
