"""Reading back what was built, here or on an object store: pairs, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vtencode.codecs.base import Decoded, codec_from_spec
from vtencode.errors import ShardError, SpecError
from vtencode.framing import Transform
from vtencode.locations import Location, location
from vtencode.manifest import read_manifest
from vtencode.painted import read_painted
from vtencode.registry import find
from vtencode.sinks.base import Record
from vtencode.stores.reading import reading
from vtencode.targets import Array


@dataclass(frozen=True, eq=False)
class Pair:
    """One training pair of a dataset; pictures are decoded when they are asked for."""

    record: Record

    @property
    def key(self) -> str:
        """The pair's key, unique in its dataset."""
        return self.record.key

    @property
    def instruction(self) -> str:
        """The prompt."""
        return self.record.instruction

    @property
    def meta(self) -> dict[str, Any]:
        """The pair's metadata: flat JSON."""
        return dict(self.record.meta)

    @property
    def input(self) -> Array:
        """The picture to edit: uint8 (H, W, 3)."""
        return self.record.input.rgb

    @property
    def code(self) -> Array:
        """The picture to paint: uint8 (H, W, 3)."""
        return read_painted(self.record.target.data)[0].rgb

    @property
    def transform(self) -> Transform:
        """How both pictures were cut from the source; `unframe` undoes it."""
        return Transform.from_json(self.meta["framing"])

    def decode(self) -> Decoded[Any]:
        """The target that `code` stands for.

        Raises `ShardError` when the picture's own spec is not the metadata's.
        """
        code, spec = read_painted(self.record.target.data)
        if spec is None or spec != self.meta["codec"]:
            raise ShardError(f"{self.key}: the target's spec must be the metadata's, got {spec}.")
        return codec_from_spec(json.loads(spec)).decode(code)


@dataclass(frozen=True)
class Dataset:
    """A finished dataset: iterate over its pairs, as often as you like.

    Nothing is read before it is asked for, and one shard is open at a time. `shards` are entries
    of the manifest; `part` has some of them. Reading raises `ShardError` where a shard is not what
    a build writes, and `DownloadError` where a store does not answer.
    """

    root: Location
    manifest: dict[str, Any]
    shards: tuple[Mapping[str, Any], ...]

    def __len__(self) -> int:
        return sum(shard["written"] for shard in self.shards)

    def __iter__(self) -> Iterator[Pair]:
        sink = find("sink", self.manifest["recipe"]["output"]["format"])()
        for shard in self.shards:
            with reading(self.root):
                yield from map(Pair, sink.read(self.root / shard["name"]))

    def part(self, number: int, of: int) -> Dataset:
        """Every `of`-th shard, from the one with that number: what one of several readers reads.

        Raises `SpecError` unless 0 <= number < of.
        """
        if not 0 <= number < of:
            raise SpecError(f"number must be from 0 to {of - 1}, got {number}.")
        return replace(self, shards=self.shards[number::of])


def open_dataset(root: Location | str) -> Dataset:
    """Open what `build` finished, in any format: a folder, or the URL of one, as s3://bucket/nyu.

    Raises `NotADatasetError` for any other, and `MissingExtraError` where the package is not
    installed that reads such URLs.
    """
    where = location(root)
    manifest = read_manifest(where)
    return Dataset(where, manifest, tuple(manifest["shards"]))
