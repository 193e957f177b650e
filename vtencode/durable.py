"""Files that appear whole or not at all: written beside, flushed, renamed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from vtencode.locations import Location

#: Ending of files that are being written; left over only by a process that was killed.
PARTIAL = ".partial"


class Hashed:
    """A binary file to append to, which knows the size and sha256 of what was written."""

    def __init__(self, file: FileIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append all of `data`; an error names the file, which the system does not."""
        left = memoryview(data)
        with _named(self._path):
            while left:
                left = left[self._file.write(left) :]
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """Hex digest of everything written so far."""
        return self._hash.hexdigest()


@contextlib.contextmanager
def placing(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; it is moved there, flushed, when the block ends well.

    The temporary name carries the process id, so that a process which outlived its build and its
    successor cannot write into one file.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        yield partial
        with partial.open("rb+") as file, _named(path):
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    flush(path.parent)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Hashed]:
    """Write `path` piece by piece; it appears, whole, when the block ends well."""
    with placing(path) as partial, partial.open("wb", buffering=0) as file:
        yield Hashed(file, path)


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path`, all of it or nothing."""
    with writing(path) as file:
        file.write(data)


@contextlib.contextmanager
def placing_folder(path: Path) -> Iterator[Path]:
    """Give a new folder beside `path` to fill; it is moved there, flushed, at the end.

    What was at `path` before is replaced, if all of it is in the new one too: files of the same
    names. Raises `FileExistsError` where anything else would be lost.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    partial.mkdir()
    try:
        yield partial
        for file in sorted(partial.rglob("*")):
            flush(file)
        flush(partial)
        _clear(path, known={file.relative_to(partial) for file in partial.rglob("*")})
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    flush(path.parent)


def _clear(path: Path, *, known: set[Path]) -> None:
    """Remove a folder that holds nothing but what is known."""
    if not path.exists():
        return
    strange = next((f for f in sorted(path.rglob("*")) if f.relative_to(path) not in known), None)
    if strange is not None:
        raise FileExistsError(errno.EEXIST, "is not of this dataset: move it away", str(strange))
    shutil.rmtree(path)


def link_or_copy(existing: Path, path: Path) -> None:
    """Give a file a second name, or copy it, whole, where it cannot have one."""
    path.unlink(missing_ok=True)
    try:
        path.hardlink_to(existing)
    except OSError:
        with placing(path) as partial:
            shutil.copyfile(existing, partial)


def remove_partial(folder: Path) -> None:
    """Delete what killed writers left in `folder`."""
    for path in folder.glob(f".*{PARTIAL}"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def file_sha256(path: Location) -> str:
    """Hex sha256 of a file's bytes."""
    file: Any
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say which file an error of an open file is about."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
