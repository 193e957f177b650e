"""The plan: what will be built, from what, into which shards. Everything later follows from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from vtencode.building.keys import check_pair_keys
from vtencode.building.order import pair_table, shuffled
from vtencode.building.plausible import check_plausible
from vtencode.errors import SourceError, SpecError
from vtencode.recipe import Mix, Recipe
from vtencode.registry import find
from vtencode.sinks.base import Sink
from vtencode.sources.base import KEY, Source
from vtencode.spec import canonical_json

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows of a table that are hashed at a time.
_ROWS = 65_536
#: Of those, rows whose JSON is held at a time.
_PIECE = 1024

FORMAT = "vtencode-plan/3"


@dataclass(frozen=True)
class Plan:
    """An immutable description of a build; equal plans build equal bytes.

    `recipe` is `Mix.identity()`. `sources` has, for each part, the fingerprint of its files and a
    hash of its rows; `order` is a hash of the pairs, which are cut into shards of `per_shard`,
    whatever is rejected later.
    """

    recipe: Mapping[str, Any]
    sources: Sequence[Mapping[str, Any]]
    order: str
    samples: int
    pairs: int
    per_shard: int
    limit: int | None
    split: str
    format: str = FORMAT

    @property
    def shards(self) -> int:
        """How many shard files."""
        return -(-self.pairs // self.per_shard)

    def shard_name(self, shard: int) -> str:
        """The file name of a shard."""
        return f"{self.split}-{shard:05d}{self.sink.suffix}"

    @property
    def sink(self) -> Sink:
        """What writes and reads the shards."""
        made: Sink = find("sink", self.recipe["output"]["format"])()
        return made

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


@dataclass(frozen=True)
class Tables:
    """The pairs of a plan in their order, and the samples of each part that they are made of."""

    pairs: pa.Table
    samples: tuple[pa.Table, ...]


def make_plan(mix: Mix, sources: Sequence[Source], *, limit: int | None) -> tuple[Plan, Tables]:
    """Plan a build of a mix, whose parts are read from `sources`; `limit` samples of each.

    Raises `SourceError` when the data are not what the recipes expect.
    """
    if limit is not None and limit < 1:
        raise SpecError(f"limit must be at least 1 sample, got {limit}.")
    samples = tuple(
        _samples(part.recipe, source, limit)
        for part, source in zip(mix.parts, sources, strict=True)
    )
    _check_one_format(samples, mix)
    pairs = pair_table(mix, samples)
    if not len(pairs):
        held = ", ".join(
            f"{p.recipe.name} {len(t)}" for p, t in zip(mix.parts, samples, strict=True)
        )
        raise SourceError(
            f"{mix.name} gives no pair: there are so many samples: {held}. Shares, weights, caps "
            "and limit must leave at least one."
        )
    check_pair_keys(pairs, samples, mix)
    plan = Plan(
        recipe=mix.identity(),
        sources=[_source_facts(s, t) for s, t in zip(sources, samples, strict=True)],
        order=_table_digest(pairs),
        samples=sum(map(len, samples)),
        pairs=len(pairs),
        per_shard=mix.output.samples_per_shard,
        limit=limit,
        split=mix.split,
    )
    return plan, Tables(pairs, samples)


def differences(old: Mapping[str, Any], new: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Names of what differs between two plans' JSON, as `recipe.output.samples_per_shard`."""
    for key in sorted({*old, *new}):
        before, after = _numbered(old.get(key)), _numbered(new.get(key))
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from differences(before, after, f"{at}{key}.")
        elif before != after:
            yield f"{at}{key}"


def _numbered(value: Any) -> Any:
    """A list of sections as a mapping, by their numbers."""
    listed = isinstance(value, list) and all(isinstance(each, Mapping) for each in value)
    return {str(at): each for at, each in enumerate(value)} if listed else value


def _samples(recipe: Recipe, source: Source, limit: int | None) -> pa.Table:
    """The rows of one part in the order of its hashes, checked."""
    source.require(task.target_name for task in recipe.tasks)
    found = source.index()
    _check_keys(found["key"].to_pylist())
    table = shuffled(found, recipe.seed, limit)
    check_plausible(table, recipe, source)
    return table


def _source_facts(source: Source, table: pa.Table) -> dict[str, Any]:
    files = source.files()
    return {
        "fingerprint": source.fingerprint(),
        "files": len(files),
        "bytes": sum(size for _, size in files),
        "samples": len(table),
        "index": _table_digest(table),
    }


def _check_keys(keys: list[str]) -> None:
    bad = next((key for key in keys if not KEY.fullmatch(key)), None)
    if bad is not None:
        raise SourceError(f"a sample key must match {KEY.pattern}, got {bad!r}.")
    if len(set(keys)) < len(keys):
        twice = Counter(keys).most_common(1)[0][0]
        raise SourceError(f"the sample key {twice!r} must be used once, and is used twice.")


def _check_one_format(samples: Sequence[pa.Table], mix: Mix) -> None:
    """Readers infer the members of a dataset from its first records, so all must be alike."""
    formats = sorted({name for table in samples for name in table["image"].unique().to_pylist()})
    if len(formats) > 1 and mix.output.input == "source":
        raise SpecError(
            f"the source mixes {' and '.join(formats)} images, and the records of a dataset must "
            "be alike: --set output.input=png"
        )


def _table_digest(table: pa.Table) -> str:
    """sha256 of the rows, whatever version of Arrow holds them."""
    digest = hashlib.sha256()
    for start in range(0, len(table), _ROWS):
        rows = table.slice(start, _ROWS)
        for at, name in enumerate(rows.column_names):
            digest.update(f"{',' if at else '['}[{canonical_json(name)},".encode())
            for piece in _pieces(rows[name]):
                digest.update(piece.encode())
            digest.update(b"]")
        digest.update(b"]")
    return digest.hexdigest()


def _pieces(column: pa.ChunkedArray) -> Iterator[str]:
    """A column's values as JSON, a piece at a time; texts that rows share are told once."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        values = column.unify_dictionaries().combine_chunks()
        which = values.indices.dictionary_encode()
        yield canonical_json(values.dictionary.take(which.dictionary).to_pylist())
        yield f",{canonical_json(which.indices.to_pylist())}"
        return
    for at in range(0, len(column), _PIECE):
        text = canonical_json(column.slice(at, _PIECE).to_pylist())[1:-1]
        yield f"{',' if at else '['}{text}"
    yield "]"
