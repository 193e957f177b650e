"""The pictures of an export: one shard of the dataset after the other, each by one worker."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from vtencode.durable import flush, link_or_copy
from vtencode.engines.base import Tick
from vtencode.exports.base import Trainer
from vtencode.exports.changes import Changes, refuse
from vtencode.exports.entry import Entry
from vtencode.exports.records import records_of
from vtencode.exports.tree import write_entries
from vtencode.images import Picture
from vtencode.locations import Location
from vtencode.sinks.base import Record
from vtencode.sinks.folder import INPUTS, TARGETS

#: The folder of inputs that are PNGs, for trainers that want both pictures to be called alike.
TWINS = "source-png"
#: Where a finished shard is noted, in the folder of an export that is being written.
_DONE = ".entries"


@dataclass(frozen=True)
class ExportShard:
    """The work of an engine: put the pictures of shard number `item` into `folder`.

    `keep` has the number of pairs to take of each shard. With `strict`, pairs that a trainer
    would change are an `ExportError`.
    """

    dataset: Location
    manifest: Mapping[str, Any]
    trainers: Sequence[Trainer]
    folder: Path
    keep: Sequence[int]
    strict: bool

    def __call__(self, item: int, tick: Tick) -> None:
        """Write the pictures, then the shard's entries, which say that it is done."""
        path = self.dataset / self.manifest["shards"][item]["name"]
        loose = path if isinstance(path, Path) and path.is_dir() else None
        entries = []
        records = records_of(self.dataset, self.manifest, item)
        for record in islice(records, self.keep[item]):
            entries.append(self._entry(record))
            self._put(record, entries[-1], loose)
            tick(1)
        self._check(entries)
        for name in _folders(self.trainers):
            flush(self.folder / name)
        write_entries(entry_file(self.folder, item), entries)

    def _entry(self, record: Record) -> Entry:
        name = f"{record.key}.{record.input.format}"
        png = record.input.format == "png"
        twin = f"{INPUTS}/{name}" if png else f"{TWINS}/{record.key}.png"
        return Entry(
            record.key,
            record.instruction,
            input=f"{INPUTS}/{name}",
            target=f"{TARGETS}/{record.key}.{record.target.format}",
            twin=twin,
            width=record.target.width,
            height=record.target.height,
        )

    def _put(self, record: Record, entry: Entry, loose: Path | None) -> None:
        """Write the files of one pair; `loose` is the folder where they lie already, if any."""
        if any(trainer.pictures for trainer in self.trainers):
            for name, picture in ((entry.input, record.input), (entry.target, record.target)):
                _place(self.folder / name, picture.data, loose / name if loose else None)
        if entry.twin != entry.input and any(trainer.equal_names for trainer in self.trainers):
            _place(self.folder / entry.twin, Picture.from_rgb(record.input.rgb).data, None)

    def _check(self, entries: Sequence[Entry]) -> None:
        changes = Changes(self.trainers if self.strict else ())
        changes.look(entries)
        refuse(tuple(changes.told()))


def entry_file(folder: Path, shard: int) -> Path:
    """Where the pairs of a finished shard are listed."""
    return folder / _DONE / f"{shard:05d}.jsonl"


def make_folders(folder: Path, trainers: Sequence[Trainer]) -> None:
    """Make what pictures and lists go into."""
    for name in (*_folders(trainers), _DONE):
        (folder / name).mkdir(parents=True, exist_ok=True)


def _folders(trainers: Sequence[Trainer]) -> list[str]:
    folders = [INPUTS, TARGETS] if any(trainer.pictures for trainer in trainers) else []
    return folders + ([TWINS] if any(trainer.equal_names for trainer in trainers) else [])


def _place(path: Path, data: bytes, existing: Path | None) -> None:
    """Link a file that lies loose elsewhere, or write it where there is none.

    The export is not in its place yet, and its shard not noted as done: what is half written when
    a process is killed is written again.
    """
    if existing is not None:
        link_or_copy(existing, path)
        return
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
