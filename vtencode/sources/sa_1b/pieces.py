"""Where the pictures and masks of SA-1B are: files of their own, or members of its shards."""

from __future__ import annotations

import re
import tarfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from vtencode.errors import SampleError, SourceError

#: A picture, its masks, or a shard of both, by the whole path.
PATTERN = re.compile(r"(?:.*/)?sa_(?:\d{6}\.tar|(?P<number>\d+)\.(?P<ending>jpg|json))")
_SHARD = re.compile(r"sa_\d{6}")
#: The first bytes of a gzip file (RFC 1952, section 2.3.1).
_GZIP = b"\x1f\x8b"


class Piece(NamedTuple):
    """A file, all of it or the bytes of one member."""

    file: str
    start: int
    size: int


#: The picture and the masks of an image ("jpg" and "json"), those that are there.
Pair = dict[str, Piece]


def pairs(
    root: Path, sizes: Mapping[str, int], scenes: Collection[str]
) -> Iterator[tuple[str, dict[int, Pair]]]:
    """Images by number: those of the loose files of each shard, and those of one shard a time.

    An image that is a loose file is left out of its shard. Where `scenes` are named, no other
    shard is looked into. Raises `SourceError` for shards that cannot be read in place.
    """
    names = [name for name in sizes if not name.endswith(".tar")]
    loose = _paired((name, Piece(name, 0, sizes[name])) for name in names)
    of_folder: defaultdict[str, dict[int, Pair]] = defaultdict(dict)
    for number, pair in loose.items():
        of_folder[_folder(pair)][number] = pair
    yield from of_folder.items()
    for name in _shards(root, sizes, scenes, extracted=bool(loose)):
        members = _members(root, name)
        yield _scene(name), {at: pair for at, pair in members.items() if at not in loose}


def read(root: Path, piece: Piece, *, field: str, where: str) -> bytes:
    """The bytes of a piece; raises `SampleError` where they are not there."""
    if not piece.file:
        raise SampleError("MISSING", field, where, "the file is not there")
    try:
        with path_of(root, piece.file).open("rb") as file:
            file.seek(piece.start)
            data = file.read(piece.size)
    except FileNotFoundError as error:
        raise SampleError("MISSING", field, where, "the file is not there") from error
    if len(data) < piece.size:
        message = f"must have {piece.size} bytes, and is cut short after {len(data)}"
        raise SampleError("DECODE", field, where, message)
    return data


def path_of(root: Path, name: str) -> Path:
    """Where a file is; `root` may be the one shard."""
    return root if root.is_file() else root / name


def _shards(
    root: Path, sizes: Mapping[str, int], scenes: Collection[str], *, extracted: bool
) -> list[str]:
    """The shards to look into; gzipped ones are what loose files were extracted from."""
    names = [name for name in sizes if name.endswith(".tar")]
    asked = [name for name in names if not scenes or _scene(name) in scenes]
    zipped = [name for name in asked if _starts(path_of(root, name)) == _GZIP]
    if zipped and not extracted:
        raise SourceError(
            f"{root}: {zipped[0]} is gzipped, though its name does not say so ({len(zipped)} such "
            "shards). Extract it, or unpack it to a plain .tar: gzip -d < OLD.tar > NEW/OLD.tar"
        )
    return [name for name in asked if name not in zipped]


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_GZIP))


def _members(root: Path, name: str) -> dict[int, Pair]:
    """What a shard holds, by the number of the image."""
    try:
        with tarfile.open(path_of(root, name), "r:") as archive:
            regular = [each for each in archive if each.isreg()]
    except (tarfile.TarError, EOFError) as error:
        raise SourceError(
            f"{root}: {name} must be a whole archive, and is not ({error}). Fetch it again."
        ) from error
    return _paired((each.name, Piece(name, each.offset_data, each.size)) for each in regular)


def _paired(found: Iterable[tuple[str, Piece]]) -> dict[int, Pair]:
    """Pictures and masks by the number in their names, in the order of these.

    Raises `SourceError` for two of one name.
    """
    paired: defaultdict[int, Pair] = defaultdict(dict)
    for name, piece in found:
        match = PATTERN.fullmatch(name)
        if match is None or match["number"] is None:
            continue
        other = paired[int(match["number"])].setdefault(match["ending"], piece)
        if other is not piece:
            raise SourceError(
                f"{other.file} and {piece.file} both hold {name.rpartition('/')[2]}: point "
                "--source at the one you mean."
            )
    return dict(sorted(paired.items()))


def _scene(shard: str) -> str:
    return shard.rpartition("/")[2].removesuffix(".tar")


def _folder(pair: Pair) -> str:
    """The shard that loose files were extracted from, where a folder is named after it."""
    folders = next(iter(pair.values())).file.split("/")[:-1]
    return next((name for name in reversed(folders) if _SHARD.fullmatch(name)), "")
