"""Looking into a dataset folder: in a fixed order, reading only, faults told as rejects."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from vtencode.errors import CodeError, SampleError, SourceError, TargetError
from vtencode.targets import Array

T = TypeVar("T")


def existing(path: Path) -> Path:
    """The path, if something readable is there; raises `SourceError` otherwise."""
    if not path.exists():
        raise SourceError(f"{path} must be a dataset on disk, and nothing is there.")
    if not (path.is_file() or path.is_dir()):
        raise SourceError(f"{path} must be a file or a folder, and is a device or the like.")
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        raise SourceError(f"{path} must be readable, and this user may not read it.")
    return path


def walk(root: Path, pattern: re.Pattern[str] | None = None) -> Iterator[tuple[str, int]]:
    """(relative path with '/', size) of every regular file below `root`, in a fixed order.

    With a `pattern`, of those whose whole path it matches. Links to files are followed; links to
    folders are not, so that no loop is walked.
    """
    folders = [""]
    while folders:
        folder = folders.pop()
        with os.scandir(root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name, reverse=True)
        inner = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        folders += [f"{folder}{name}/" for name in inner]
        for entry in reversed(entries):
            name = f"{folder}{entry.name}"
            if (pattern is not None and not pattern.fullmatch(name)) or not entry.is_file():
                continue
            try:
                size = entry.stat().st_size
            except FileNotFoundError:  # gone since the folder was listed
                continue
            yield _utf8(name, root), size


def _utf8(name: str, root: Path) -> str:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise SourceError(f"{root}: file names must be UTF-8, got {name!a}.") from error
    return name


def read_bytes(root: Path, name: str, *, field: str) -> bytes:
    """The bytes of one file of a sample; a file that is not there is a reject."""
    try:
        return (root / name).read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise SampleError("MISSING", field, name, "the file is not there") from error


def decoded(read: Callable[[], T], *, field: str, where: str) -> T:
    """What `read` returns; a picture or target that breaks its contract is a reject."""
    try:
        return read()
    except CodeError as error:
        raise SampleError("DECODE", field, where, str(error)) from error
    except TargetError as error:
        raise SampleError("RANGE", field, where, str(error)) from error


def check_shape(plane: Array, shape: tuple[int, ...], *, field: str, where: str) -> None:
    """Raise `SampleError` for a plane that is not as large as its image."""
    if plane.shape != shape:
        message = f"must be as large as its image {shape}, got {plane.shape}"
        raise SampleError("SHAPE", field, where, message)
