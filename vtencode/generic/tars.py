"""Members of tar archives by where they are, so that any of them is read without the others."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vtencode.errors import SampleError, SourceError

_BLOCK = 512


class Member(NamedTuple):
    """A regular file in an archive: its name, where its bytes start, and how many there are."""

    name: str
    at: int
    size: int


def members_of(path: Path) -> Iterator[Member]:
    """Every regular file of an archive that is not compressed, in order.

    Raises `SourceError` for other files, and for an archive that is cut short, between two
    members too: it must end with an empty block.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                if member.type in (tarfile.REGTYPE, tarfile.AREGTYPE):
                    yield Member(member.name.removeprefix("./"), member.offset_data, member.size)
            end = archive.offset
        with path.open("rb") as file:
            file.seek(end)
            last = file.read(_BLOCK)
    except (tarfile.TarError, EOFError) as error:
        raise SourceError(f"{path} must be a whole tar, not compressed ({error}).") from error
    if len(last) < _BLOCK or any(last):
        raise SourceError(f"{path} must end with empty blocks, and is cut short. Fetch it again.")


def read_member(path: Path, at: int, size: int, *, field: str, where: str) -> bytes:
    """The bytes of one member; an archive that ends before them is a reject."""
    with path.open("rb") as file:
        file.seek(at)
        data = file.read(size)
    if len(data) < size:
        raise SampleError("DECODE", field, where, f"must have {size} bytes, and is cut short")
    return data
