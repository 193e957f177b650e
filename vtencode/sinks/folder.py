"""Folders of loose pictures, with one line of metadata a pair."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from vtencode.durable import Hashed, file_sha256, placing_folder
from vtencode.errors import CodeError, ShardError
from vtencode.images import Picture
from vtencode.locations import Location
from vtencode.sinks.base import OpenShard, Record, Sink, Stored
from vtencode.spec import canonical_json

METADATA = "metadata.jsonl"
#: Folders of a shard's pictures, and the fields of a line that name the files in them; `datasets`
#: makes columns of pictures of fields that end so.
INPUTS, TARGETS = "source", "target"
_INPUT, _TARGET, _PROMPT = "input_image_file_name", "edited_image_file_name", "edit_prompt"


class FolderSink(Sink):
    """`source/<key>.jpg|png`, `target/<key>.png`, and `metadata.jsonl`, one folder a shard.

    Read by `datasets.load_dataset("imagefolder", data_dir=…)`, by people, and by trainers that
    take two folders of pictures.
    """

    name: ClassVar[str] = "folder"
    suffix: ClassVar[str] = ""

    @contextmanager
    def writing(self, path: Path) -> Iterator[OpenShard]:
        """A folder to append records to; it appears, whole, when the block ends well."""
        held: dict[str, Hashed] = {}
        with placing_folder(path) as partial:
            for name in (INPUTS, TARGETS):
                (partial / name).mkdir()
            with _plain(partial, METADATA, held) as lines:

                def append(record: Record) -> None:
                    line = _line(record)
                    for field, picture in ((_INPUT, record.input), (_TARGET, record.target)):
                        with _plain(partial, line[field], held) as file:
                            file.write(picture.data)
                    lines.write(canonical_json(line).encode() + b"\n")

                yield OpenShard(append, lambda: _of(_facts(held)))

    def stored(self, path: Location) -> Stored:
        """Size and hash of all files of a shard, by their names."""
        held = (file for file in path.rglob("*") if not file.is_dir())
        files = {str(PurePosixPath(str(f)).relative_to(str(path))): f for f in held}
        if METADATA not in files:
            raise FileNotFoundError(2, f"must be a folder with a {METADATA}", str(path))
        return _of({n: Stored(f.stat().st_size, file_sha256(f)) for n, f in files.items()})

    def read(self, path: Location) -> Iterator[Record]:
        """The records of a shard, in order."""
        try:
            with (path / METADATA).open("rb") as file:
                for number, line in enumerate(file, 1):
                    yield _record(path, line, where=f"{path.name}/{METADATA}, line {number}")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ShardError(f"{path.name} must hold {error.filename}, and does not.") from error

    def found(self, root: Location) -> list[str]:
        """Names of the folders with a list of pictures in them."""
        return sorted(path.parent.name for path in root.glob(f"*/{METADATA}"))


@contextmanager
def _plain(folder: Path, name: str, held: dict[str, Hashed]) -> Iterator[Hashed]:
    """A file of a folder that is not yet in its place."""
    with (folder / name).open("xb", buffering=0) as file:
        held[name] = Hashed(file, folder / name)
        yield held[name]


def _facts(held: dict[str, Hashed]) -> dict[str, Stored]:
    return {name: Stored(file.size, file.sha256) for name, file in held.items()}


def _of(files: dict[str, Stored]) -> Stored:
    """Size and hash of a folder: what is in it, by names."""
    listing = [[name, files[name].bytes, files[name].sha256] for name in sorted(files)]
    digest = hashlib.sha256(canonical_json(listing).encode()).hexdigest()
    return Stored(sum(file.bytes for file in files.values()), digest)


def _line(record: Record) -> dict[str, Any]:
    """A record without its pictures, which the line names."""
    return {
        _INPUT: f"{INPUTS}/{record.key}.{record.input.format}",
        _TARGET: f"{TARGETS}/{record.key}.{record.target.format}",
        _PROMPT: record.instruction,
        **{name: value for name, value in record.meta.items() if name != "instruction"},
        "key": record.key,
    }


def _record(shard: Location, line: bytes, *, where: str) -> Record:
    try:
        meta = dict(json.loads(line))
        names, prompt = (meta.pop(_INPUT), meta.pop(_TARGET)), meta.pop(_PROMPT)
        shown, painted = (_picture(shard, name) for name in names)
        return Record(meta["key"], shown, painted, prompt, {**meta, "instruction": prompt})
    except (CodeError, KeyError, ValueError, TypeError) as error:
        raise ShardError(f"{where}: the record cannot be read: {error!r}") from error


def _picture(shard: Location, name: str) -> Picture:
    folder, _, rest = name.partition("/")
    if folder not in (INPUTS, TARGETS) or not rest or "/" in rest or "\0" in rest:
        raise ValueError(f"{name!r} must be a file in {INPUTS} or {TARGETS}")
    return Picture.from_bytes((shard / folder / rest).read_bytes())
