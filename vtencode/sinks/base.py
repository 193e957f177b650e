"""What a sink stores: records, one a training pair, in shards that are written and read."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from vtencode.images import Picture
from vtencode.spec import canonical_json

Meta = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Record:
    """One training pair, ready to be stored.

    `input` and `target` are encoded pictures; `meta` is flat JSON with the same fields in every
    record of a dataset.
    """

    key: str
    input: Picture
    target: Picture
    instruction: str
    meta: Meta

    def content(self) -> str:
        """sha256 of what the record means, whatever container and encoder hold it.

        Covers the key, the instruction, the metadata, and the pixels of both pictures; a JPEG
        counts as its bytes, since decoders differ.
        """
        digest = hashlib.sha256(
            canonical_json([self.key, self.instruction, dict(self.meta)]).encode()
        )
        for picture in (self.input, self.target):
            digest.update(f"{picture.format} {picture.height} {picture.width}".encode())
            digest.update(picture.data if picture.format == "jpg" else picture.rgb.data)
        return digest.hexdigest()


class Writable(Protocol):
    """Where a sink writes."""

    def write(self, data: bytes) -> None:
        """Append all of `data`."""


class Sink(ABC):
    """One shard format: a writer of records and the reader of what it wrote."""

    name: ClassVar[str]
    suffix: ClassVar[str]

    @abstractmethod
    def append(self, record: Record, out: Writable) -> None:
        """Write one record; the same record gives the same bytes."""

    @abstractmethod
    def end(self, out: Writable, size: int) -> None:
        """Write what a shard of `size` bytes of records ends with."""

    @abstractmethod
    def read(self, path: Path) -> Iterator[Record]:
        """The records of a shard, in order; raises `ShardError` for anything else."""
