"""Reading back what was built: decoded pairs, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtencode.codecs.base import Decoded, codec_from_spec
from vtencode.errors import ShardError
from vtencode.framing import Transform
from vtencode.manifest import read_manifest
from vtencode.painted import read_painted
from vtencode.registry import find
from vtencode.sinks.base import Record
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
    """A finished dataset: iterate over its pairs, as often as you like."""

    root: Path
    manifest: dict[str, Any]

    def __len__(self) -> int:
        return int(self.manifest["counts"]["written"])

    def __iter__(self) -> Iterator[Pair]:
        sink = find("sink", self.manifest["recipe"]["output"]["format"])()
        for shard in self.manifest["shards"]:
            yield from map(Pair, sink.read(self.root / shard["name"]))


def open_dataset(root: Path | str) -> Dataset:
    """Open a folder that `build` finished; raises `NotADatasetError` for any other."""
    return Dataset(Path(root), read_manifest(Path(root)))
