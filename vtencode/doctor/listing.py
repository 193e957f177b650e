"""What lies below a path: names and sizes, in one walk that ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from vtencode.errors import SourceError
from vtencode.sources.archives import ARCHIVE, PACKED, Archive
from vtencode.sources.files import existing, walk

#: Files that are looked at; the largest dataset here that people have on one disk has more, and
#: is recognized by its first.
MOST_FILES = 100_000


@dataclass(frozen=True)
class Listing:
    """The files below `root`, members of its archives among them, by their path.

    `packed` are archives that have to be extracted, `broken` those that are not whole, each with
    what is wrong; `cut` says that there are more files than were looked at.
    """

    root: Path
    sizes: Mapping[str, int]
    packed: tuple[str, ...]
    broken: tuple[str, ...]
    cut: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Every path."""
        return tuple(self.sizes)


def listing(path: Path, *, most: int = MOST_FILES) -> Listing:
    """Look below a folder, or into an archive.

    Raises `SourceError` where nothing is there, or a folder may not be read.
    """
    root = existing(path)
    try:
        return _listed(root, most)
    except PermissionError as error:
        raise SourceError(f"{error.filename} must be readable, and this user may not.") from error


def _listed(root: Path, most: int) -> Listing:
    found: dict[str, int] = {}
    broken: list[str] = []
    if root.is_file():
        loose: Iterator[tuple[str, int]] = iter([(root.name, root.stat().st_size)])
        archives = [root]
    else:
        loose = walk(root)
        top = sorted(each for each in root.iterdir() if each.is_file())
        archives = [each for each in top if ARCHIVE.fullmatch(each.name)]
    found.update(islice(loose, most + 1))
    for archive in archives:
        if ARCHIVE.fullmatch(archive.name):
            found.update(_members(archive, most + 1 - len(found), broken))
    packed = tuple(name for name in found if PACKED.fullmatch(name))
    cut = len(found) > most
    return Listing(root, dict(islice(found.items(), most)), packed, tuple(broken), cut)


def _members(archive: Path, most: int, broken: list[str]) -> dict[str, int]:
    try:
        return dict(islice(Archive(archive).sizes.items(), max(most, 0)))
    except SourceError as error:
        broken.append(str(error))
        return {}
