"""A file on its way: `NAME.part`, held by one process, with a note of what it is a part of."""

from __future__ import annotations

import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from glob import escape
from pathlib import Path
from typing import Any, BinaryIO

from vtencode.durable import PARTIAL, write_whole
from vtencode.errors import DownloadError


@dataclass(frozen=True)
class Origin:
    """What the bytes of a part were cut from; None where the server did not say."""

    url: str | None = None
    size: int | None = None
    etag: str | None = None

    def contradicts(self, other: Origin) -> bool:
        """Whether it is not the same file; an ETag is on all answers or on none (RFC 9110)."""
        resized = None not in (self.size, other.size) and self.size != other.size
        return resized or (self.url, self.etag) != (other.url, other.etag)


@dataclass(frozen=True)
class Part:
    """`NAME.part`, open and locked, with its note `NAME.part.json`."""

    path: Path
    stream: BinaryIO
    note: Path

    def length(self) -> int:
        """How many bytes have arrived."""
        return self.stream.seek(0, os.SEEK_END)

    def origin(self) -> Origin:
        """What the note says they are of."""
        saved = read_json(self.note)
        return Origin(saved.get("url"), saved.get("size"), saved.get("etag"))

    def restart(self, origin: Origin) -> None:
        """Empty the part, then say what it will be a part of: in this order a kill is harmless."""
        self.stream.truncate(0)
        amend_json(self.note, asdict(origin))


@contextmanager
def claimed(path: Path) -> Iterator[Part]:
    """Hold the part for this process; what is left of an empty one is removed at the end."""
    note = path.with_name(f"{path.name}.json")
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(_locked(path, wait=False))
        except BlockingIOError as error:
            holder = read_json(note).get("holder", "another process")
            raise DownloadError(
                f"{path} is being written by {holder}. Wait for it, then run the command again."
            ) from error
        amend_json(note, {"holder": f"process {os.getpid()} on {platform.node()}"})
        try:
            yield Part(path, stream, note)
        finally:
            if not (_is_at(stream, path) and os.fstat(stream.fileno()).st_size):
                note.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[BinaryIO]:
    """Open `path` for appending under an exclusive lock; one left empty is removed."""
    while True:
        with path.open("a+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if not _is_at(stream, path):
                continue  # the holder before gave it its final name, or removed it
            try:
                yield stream
            finally:
                if os.fstat(stream.fileno()).st_size == 0 and _is_at(stream, path):
                    path.unlink()
            return


def _is_at(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, empty where there is no file; raises `DownloadError` for other contents."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise DownloadError(f"{path} must be a JSON object. Remove it and run the command again.")
    return value


def amend_json(path: Path, entries: dict[str, Any]) -> None:
    """Merge `entries` into a JSON file that readers only ever see whole."""
    with _locked(path.with_name(f"{path.name}.lock"), wait=True):
        for left in path.parent.glob(f".{escape(path.name)}.*{PARTIAL}"):
            left.unlink()  # by a process that was killed here
        text = json.dumps({**read_json(path), **entries}, indent=2, sort_keys=True)
        write_whole(path, f"{text}\n".encode())
