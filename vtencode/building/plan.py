"""The plan: what will be built, from what, into which shards. Everything later follows from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vtencode.errors import SampleError, SourceError, SpecError
from vtencode.pairs import check_depth
from vtencode.recipe import Recipe
from vtencode.registry import find
from vtencode.seeds import draw
from vtencode.sources.base import KEY, Source
from vtencode.spec import canonical_json
from vtencode.targets import DepthMap

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "vtencode-plan/1"
#: Frames looked at before a build, evenly spread: enough to see a wrong unit.
LOOK_AT = 5


@dataclass(frozen=True)
class Plan:
    """An immutable description of a build; equal plans build equal bytes.

    `recipe` is `Recipe.identity()`; `fingerprint` and `index` are hashes of the source's files
    and of the planned rows. Rows are samples; each makes one pair a task, and pairs are cut into
    shards of `per_shard`, whatever is rejected later.
    """

    recipe: Mapping[str, Any]
    source: Mapping[str, Any]
    index: str
    samples: int
    pairs: int
    per_shard: int
    limit: int | None
    split: str
    suffix: str
    format: str = FORMAT

    @property
    def shards(self) -> int:
        """How many shard files."""
        return -(-self.pairs // self.per_shard)

    def shard_name(self, shard: int) -> str:
        """The file name of a shard."""
        return f"{self.split}-{shard:05d}{self.suffix}"

    def shard_pairs(self, shard: int) -> tuple[int, int]:
        """First and one past the last pair of a shard."""
        return shard * self.per_shard, min((shard + 1) * self.per_shard, self.pairs)

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """sha256 of the plan."""
        return hashlib.sha256(canonical_json(self.to_json()).encode()).hexdigest()


def make_plan(recipe: Recipe, source: Source, *, limit: int | None) -> tuple[Plan, pa.Table]:
    """Plan a build: the plan, and its samples in the order they will be written.

    The order is a shuffle by the hash of seed and key: neighbors in a scene part, and a limit
    takes an even share. Raises `SourceError` when the data are not what the recipe expects.
    """
    if limit is not None and limit < 1:
        raise SpecError(f"limit must be at least 1 sample, got {limit}.")
    found = source.index()
    keys = found["key"].to_pylist()
    _check_keys(keys)
    order = sorted(
        range(len(keys)), key=lambda at: (draw(recipe.seed, "order", keys[at]), keys[at])
    )
    table = found.take(order[:limit]).combine_chunks()
    _check_one_format(table, recipe)
    _check_plausible(table, recipe, source)
    files = source.files()
    plan = Plan(
        recipe=recipe.identity(),
        source={
            "fingerprint": source.fingerprint(),
            "files": len(files),
            "bytes": sum(size for _, size in files),
        },
        index=_table_digest(table),
        samples=len(table),
        pairs=len(table) * len(recipe.tasks),
        per_shard=recipe.output.samples_per_shard,
        limit=limit,
        split=recipe.source.split,
        suffix=find("sink", recipe.output.format).suffix,
    )
    return plan, table


def differences(old: Mapping[str, Any], new: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Names of what differs between two plans' JSON, as `recipe.output.samples_per_shard`."""
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from differences(before, after, f"{at}{key}.")
        elif before != after:
            yield f"{at}{key}"


def _check_keys(keys: list[str]) -> None:
    bad = next((key for key in keys if not KEY.fullmatch(key)), None)
    if bad is not None:
        raise SourceError(f"a sample key must match {KEY.pattern}, got {bad!r}.")
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SourceError(f"the sample key {twice!r} must be used once, and is used twice.")


def _check_one_format(table: pa.Table, recipe: Recipe) -> None:
    """Readers infer the members of a dataset from its first records, so all must be alike."""
    formats = sorted(set(table["image"].to_pylist()))
    if len(formats) > 1 and recipe.output.input == "source":
        raise SpecError(
            f"the source mixes {' and '.join(formats)} images, and the records of a dataset must "
            "be alike: --set output.input=png"
        )


def _check_plausible(table: pa.Table, recipe: Recipe, source: Source) -> None:
    """Stop a wrong unit or scale before anything is built from it."""
    contract = recipe.contract.depth
    depths = [task.task for task in recipe.tasks if issubclass(source.targets[task.task], DepthMap)]
    if contract is None or not len(table) or not depths:
        return
    name = depths[0]
    at = sorted(set(np.linspace(0, len(table) - 1, LOOK_AT).round().astype(int).tolist()))
    faults, medians = [], []
    for row in table.take(at).to_pylist():
        try:
            sample = source.load(row)
            depth = sample.targets[name]
            check_depth(depth, contract, where=sample.where)
        except SampleError as error:
            faults.append(error)
        else:
            medians.append(float(np.median(depth.meters[depth.valid])))
    if len(faults) > len(at) / 2:
        raise SourceError(
            f"{source.root}: {len(faults)} of {len(at)} frames looked at. {faults[0]}"
        )
    low, high = contract.median_m
    if not low <= np.median(medians) <= high:
        raise SourceError(
            f"{source.root}: depth must have a median of {low:g} to {high:g} m, got "
            f"{np.median(medians):.4g} m over {len(medians)} frames. It may be in another unit."
        )


def _table_digest(table: pa.Table) -> str:
    """sha256 of the rows, whatever version of Arrow holds them."""
    digest = hashlib.sha256()
    for name in table.column_names:
        digest.update(canonical_json([name, table[name].to_pylist()]).encode())
    return digest.hexdigest()
