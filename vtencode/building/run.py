"""`build`: plan, run the shards that are missing, commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from vtencode.building.ledger import Ledger
from vtencode.building.plan import Plan, make_plan
from vtencode.building.remote import ledger_at
from vtencode.building.setting import Places, Setting, setting
from vtencode.building.shard import BuildShard, LeftOut, ShardRecord
from vtencode.errors import BuildError
from vtencode.locations import Location, location
from vtencode.recipe import Mix, Recipe
from vtencode.registry import find
from vtencode.stores.reading import processes

#: Told (pairs done, pairs planned) as a build goes on.
Report = Callable[[int, int], None]

#: So many rejects are borne in a dataset of any size, unless `max_rejects` is 0.
FEW_REJECTS = 10


@dataclass(frozen=True)
class Built:
    """A finished dataset and its manifest."""

    out: Location
    manifest: dict[str, Any]

    @property
    def whole(self) -> bool:
        """Whether every planned pair was written."""
        return not self.manifest["counts"]["rejected"]


def plan(
    recipe: str | Path | Recipe | Mix,
    *,
    source: Places = None,
    demo: int | bool = False,
    limit: int | None = None,
    overrides: Sequence[str] = (),
) -> Plan:
    """What `build` with the same arguments would build; writes nothing."""
    with setting(recipe, source=source, demo=demo, overrides=overrides) as ready:
        return make_plan(ready.mix, ready.sources, limit=limit)[0]


def build(
    recipe: str | Path | Recipe | Mix,
    *,
    out: Location | str,
    source: Places = None,
    demo: int | bool = False,
    limit: int | None = None,
    workers: int | None = None,
    engine: str = "local",
    overrides: Sequence[str] = (),
    report: Report | None = None,
) -> Built:
    """Build a dataset into the folder `out`, or finish the build that was begun there.

    `out` may be on an object store, as s3://bucket/nyu: see `vtencode.building.remote`.
    `recipe` is a shipped name, a file, a `Recipe` or a `Mix`; `source` is where the published
    data are, by the names of sources where there are several, and `demo` asks for miniatures
    instead, of so many training frames; `limit` keeps that many samples of each recipe;
    `overrides` are `path.to.key=value`. The bytes written depend on these and on
    the data alone: not on `workers`, `engine`, interruptions, or the time.

    Raises `RecipeError`, `SourceError`, `LockedError`, `PlanChangedError`, and `BuildError` when
    too many samples are rejected.
    """
    where = location(out)
    workers = processes(where, workers)
    with setting(recipe, source=source, demo=demo, overrides=overrides) as ready:
        ledger = ledger_at(where, ready.mix.output.format)
        with ledger.locked():
            made, tables = make_plan(ready.mix, ready.sources, limit=limit)
            ledger.adopt(made, tables, dict(ready.origin))
            records = ledger.finished(made)
            _run(ledger, made, ready, records, engine=engine, workers=workers, report=report)
            ordered = ledger.settled(made, records)
            _check_rejects(made, ready.mix, ordered)
            return Built(ledger.where, ledger.close(made, ready.mix, ordered))


def _run(
    ledger: Ledger,
    made: Plan,
    ready: Setting,
    records: dict[int, ShardRecord],
    *,
    engine: str,
    workers: int,
    report: Report | None,
) -> None:
    """Build the shards that `records` lacks, and add theirs."""
    done = sum(tally.planned for record in records.values() for tally in record.tallies.values())

    def tick(count: int) -> None:
        nonlocal done
        done += count
        if report is not None:
            report(min(done, made.pairs), made.pairs)  # a worker's death repeats its shard

    tick(0)
    here = BuildShard(made, ready.mix, ready.sources, ledger.out, ledger.private)
    work = ledger.placing(here)
    missing = [shard for shard in range(made.shards) if shard not in records]
    for shard, record in find("engine", engine)().run(work, missing, workers=workers, tick=tick):
        ledger.keep(record)
        records[shard] = record


def _check_rejects(made: Plan, mix: Mix, records: Sequence[ShardRecord]) -> None:
    rejects = [reject for record in records for reject in record.rejects]
    budget = max(FEW_REJECTS, ceil(mix.max_rejects * made.pairs)) if mix.max_rejects else 0
    if rejects and (len(rejects) > budget or len(rejects) == made.pairs):
        raise BuildError(
            f"{len(rejects)} of {made.pairs} pairs were rejected, and at most "
            f"{min(budget, made.pairs - 1)} may be. {_examples(rejects)}. Raise max_rejects to "
            "bear them, or mend the source and choose another --out."
        )
    filtered = [left for record in records for left in record.filtered]
    if filtered and len(filtered) + len(rejects) == made.pairs:
        raise BuildError(
            f"all {made.pairs} pairs were filtered or rejected: {_examples(filtered)}. Ask for "
            "what the images show, or of other images."
        )


def _examples(left_out: Sequence[LeftOut]) -> str:
    return "; ".join(f"{r.where}: {r.field}: {r.message} [{r.code}]" for r in left_out[:3])
