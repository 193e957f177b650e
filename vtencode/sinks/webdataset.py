"""WebDataset shards: tar files in which a pair is a run of members that share a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import ClassVar

from vtencode.durable import Hashed
from vtencode.errors import CodeError, ShardError
from vtencode.images import Picture
from vtencode.locations import Location
from vtencode.sinks.base import Append, FileSink, Record
from vtencode.sinks.tar import ending, member, members
from vtencode.spec import canonical_json


class WebDatasetSink(FileSink):
    """`<key>.input.jpg|png`, `<key>.instruction.txt`, `<key>.json`, `<key>.target.png`.

    Read by `webdataset`, by `datasets.load_dataset("webdataset", …)`, and by any tar program.
    """

    name: ClassVar[str] = "webdataset"
    suffix: ClassVar[str] = ".tar"

    @contextmanager
    def records(self, out: Hashed) -> Iterator[Append]:
        """Write the four members of each record, in the order of their names."""

        def append(record: Record) -> None:
            for extension, data in sorted(_members(record).items()):
                out.write(member(f"{record.key}.{extension}", data))

        yield append
        out.write(ending(out.size))

    def read(self, path: Location) -> Iterator[Record]:
        """The records of a shard, in order."""
        with path.open("rb") as file:
            parts = ((*name.partition("."), data) for name, data in members(file))
            for key, group in groupby(parts, key=lambda part: part[0]):
                yield _record(key, [part[2:] for part in group], where=path.name)


def _members(record: Record) -> dict[str, bytes]:
    return {
        f"input.{record.input.format}": record.input.data,
        "instruction.txt": record.instruction.encode(),
        "json": canonical_json(dict(record.meta)).encode(),
        f"target.{record.target.format}": record.target.data,
    }


def _record(key: str, parts: list[tuple[str, bytes]], *, where: str) -> Record:
    files = dict(parts)
    color = "input.jpg" if "input.jpg" in files else "input.png"
    if sorted(name for name, _ in parts) != [color, "instruction.txt", "json", "target.png"]:
        names = ", ".join(name for name, _ in parts)
        raise ShardError(
            f"{where}: the record {key!r} must have an input, an instruction, a json and a "
            f"target, each once, got {names}."
        )
    try:
        return Record(
            key,
            input=Picture.from_bytes(files[color]),
            target=Picture.from_bytes(files["target.png"]),
            instruction=files["instruction.txt"].decode(),
            meta=json.loads(files["json"]),
        )
    except (CodeError, ValueError) as error:
        raise ShardError(f"{where}: the record {key!r} cannot be read: {error}") from error
