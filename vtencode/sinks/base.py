"""What a sink stores: records, one a training pair, in shards that are written and read."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from vtencode.durable import Hashed, file_sha256, writing
from vtencode.images import Picture
from vtencode.locations import Location
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


#: Takes the next record of a shard.
Append = Callable[[Record], None]


@dataclass(frozen=True)
class Stored:
    """A shard as it is stored: its size in bytes and its hash, as hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class OpenShard:
    """A shard that is being written; `stored` is asked when the block has ended."""

    append: Append
    stored: Callable[[], Stored]


class Sink(ABC):
    """One shard format: a writer of records and the reader of what it wrote.

    A shard is one file or folder, `suffix` the end of its name. The same records give the same
    bytes.
    """

    name: ClassVar[str]
    suffix: ClassVar[str]

    @abstractmethod
    def writing(self, path: Path) -> AbstractContextManager[OpenShard]:
        """A shard to append records to; it appears, whole, when the block ends well."""

    @abstractmethod
    def stored(self, path: Location) -> Stored:
        """Size and hash of what lies at `path`; raises `OSError` where nothing does."""

    @abstractmethod
    def read(self, path: Location) -> Iterator[Record]:
        """The records of a shard, in order; raises `ShardError` for anything else."""

    @abstractmethod
    def found(self, root: Location) -> list[str]:
        """Names of what readers would take for shards in `root`, sorted."""


class FileSink(Sink):
    """A sink whose shards are single files."""

    @abstractmethod
    def records(self, out: Hashed) -> AbstractContextManager[Append]:
        """Write a shard's file into `out`; what it ends with, when the block ends well."""

    @contextmanager
    def writing(self, path: Path) -> Iterator[OpenShard]:
        """A file to append records to; it appears, whole, when the block ends well."""
        with writing(path) as file, self.records(file) as append:
            yield OpenShard(append, lambda: Stored(file.size, file.sha256))

    def stored(self, path: Location) -> Stored:
        """Size and hash of a file."""
        return Stored(path.stat().st_size, file_sha256(path))

    def found(self, root: Location) -> list[str]:
        """Names of the files that end as shards do."""
        return sorted(path.name for path in root.glob(f"*{self.suffix}"))
