"""An export as it is written: one tree of pictures, and many trainers' files beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from vtencode.durable import Hashed, link_or_copy, write_whole, writing
from vtencode.exports.entry import Entry, Size
from vtencode.locations import Location
from vtencode.registry import find
from vtencode.sinks.base import Record
from vtencode.spec import canonical_json


@dataclass(frozen=True)
class Part:
    """What is exported of one shard: its name without ending, its place, and the records.

    `whole` says that these are all of its records.
    """

    stem: str
    path: Location
    records: Iterator[Record]
    whole: bool


@dataclass(frozen=True)
class Tree:
    """What a trainer's files are written from, and where to.

    `at` is the absolute path at which the trainer will find the export, for manifests that must
    name files so. `dataset` is where the pairs are read from. Entries and records come in the
    order of the dataset, one at a time.
    """

    folder: Path
    at: str
    dataset: Location
    manifest: dict[str, Any]
    entry_files: tuple[Path, ...]
    limit: int | None

    @property
    def name(self) -> str:
        """The dataset's name."""
        return str(self.manifest["dataset"])

    @property
    def count(self) -> int:
        """How many pairs are exported."""
        written = int(self.manifest["counts"]["written"])
        return written if self.limit is None else min(self.limit, written)

    def entries(self) -> Iterator[Entry]:
        """Every pair: its names, its prompt and its size."""
        for path in self.entry_files:
            with path.open("rb") as file:
                yield from (Entry(**json.loads(line)) for line in file)

    @cached_property
    def sizes(self) -> dict[Size, int]:
        """How many pairs there are of each (width, height), by size."""
        return dict(sorted(Counter((e.width, e.height) for e in self.entries()).items()))

    def shards(self) -> Iterator[Part]:
        """What is exported of each of the dataset's shards."""
        sink, left = find("sink", self.format)(), self.count
        for shard in self.manifest["shards"]:
            if not left:
                return
            path, held = self.dataset / shard["name"], int(shard["written"])
            stem = str(shard["name"]).removesuffix(sink.suffix)
            yield Part(stem, path, islice(sink.read(path), left), whole=held <= left)
            left -= min(left, held)

    @property
    def format(self) -> str:
        """The name of the sink that wrote the dataset."""
        return str(self.manifest["recipe"]["output"]["format"])

    def write(self, name: str, data: bytes | str) -> None:
        """Write a file of the export, all of it or nothing."""
        path = self._made(name)
        write_whole(path, data.encode() if isinstance(data, str) else data)

    def write_lines(self, name: str, rows: Iterable[Any]) -> None:
        """Write a file of one line of JSON a row."""
        with self.writing(name) as file:
            for row in rows:
                file.write(canonical_json(row).encode() + b"\n")

    def writing(self, name: str) -> AbstractContextManager[Hashed]:
        """Write a file of the export piece by piece."""
        return writing(self._made(name))

    def put_shards(self, folder: str, sink: str) -> list[str]:
        """Put the pairs into a folder of the export as shards of a sink; their names.

        Whole shards that the dataset has in this format are linked where that can be done.
        """
        writer, names = find("sink", sink)(), []
        for shard in self.shards():
            names.append(f"{folder}/{shard.stem}{writer.suffix}")
            path = self._made(names[-1])
            if self.format == sink and shard.whole and isinstance(shard.path, Path):
                link_or_copy(shard.path, path)
                continue
            with writer.writing(path) as opened:
                for record in shard.records:
                    opened.append(record)
        return names

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def write_entries(path: Path, entries: Iterable[Entry]) -> None:
    """Write what `Tree.entries` reads."""
    with writing(path) as file:
        for entry in entries:
            file.write(canonical_json(asdict(entry)).encode() + b"\n")
