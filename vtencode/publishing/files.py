"""The files of a dataset that are published, each proved to be what the manifest says."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vtencode.building.ledger import FILTERED, REJECTS
from vtencode.durable import file_sha256
from vtencode.errors import PushRefusedError, VerificationError
from vtencode.manifest import MANIFEST, read_manifest
from vtencode.registry import find

#: The dataset's card, and the same for programs.
CARD, CROISSANT = "README.md", "croissant.json"

#: Entries that one folder of the Hub holds well: "Storage limits" in its documentation.
MOST_SHARDS = 10_000
#: Loose pictures that are published one by one: each is a transfer, and a line of a commit.
MOST_LOOSE = 5_000

_CHUNK = 2**20

_MEND = "Run what wrote it again."

#: Told (bytes done, bytes there are).
Report = Callable[[int, int | None], None]


@dataclass(frozen=True)
class LocalFile:
    """A file here; `name` is its path in the dataset, with slashes, `sha256` is hex."""

    name: str
    path: Path
    bytes: int
    sha256: str

    def blob(self) -> str:
        """What git calls the file's bytes: the hex sha1 of their number and themselves."""
        digest = hashlib.sha1(f"blob {self.bytes}\0".encode(), usedforsecurity=False)
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()


@dataclass(frozen=True)
class Whole:
    """A finished dataset whose files are what its manifest says; the last file is the manifest."""

    manifest: dict[str, Any]
    files: tuple[LocalFile, ...]
    card: str


def whole(root: Path, *, report: Report | None = None) -> Whole:
    """Prove the dataset in `root`, and list the files of it that are published.

    Nothing else in the folder is: `.vtencode` says where the source lies on this machine.
    Raises as `read_manifest` does, `VerificationError` for a shard or list that is not what the
    manifest says, and `PushRefusedError` for a dataset without a card, or of more files than the
    Hub takes well.
    """
    manifest = read_manifest(root)
    _check_count(root, manifest)
    card = _card(root)
    files = [*_shards(root, manifest, report or _silent), *_lists(root, manifest)]
    named = [CARD, *([CROISSANT] if (root / CROISSANT).is_file() else []), MANIFEST]
    files += (_file(root, name) for name in named)
    return Whole(manifest, tuple(files), card)


def _silent(_done: int, _total: int | None) -> None:
    pass


def _card(root: Path) -> str:
    """The text of the dataset's card."""
    try:
        return (root / CARD).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PushRefusedError(
            f"{root} must hold a {CARD}, its card on the Hub, and does not: "
            f"`vtencode card {shlex.quote(str(root))}` writes it."
        ) from error
    except UnicodeDecodeError as error:
        raise PushRefusedError(f"{root / CARD} must be UTF-8: {error}.") from error


def _shards(root: Path, manifest: Mapping[str, Any], report: Report) -> Iterator[LocalFile]:
    """The files of every shard."""
    done, total = 0, sum(shard["bytes"] for shard in manifest["shards"])
    report(done, total)
    for shard in manifest["shards"]:
        yield from _shard(root, shard, manifest["recipe"]["output"]["format"])
        done += shard["bytes"]
        report(done, total)


def _lists(root: Path, manifest: Mapping[str, Any]) -> Iterator[LocalFile]:
    """The lists of pairs that were left out."""
    for name, stated in ((REJECTS, "rejects_sha256"), (FILTERED, "filtered_sha256")):
        if not (root / name).is_file():
            raise VerificationError(f"{root / name} must be a file, and is not there. {_MEND}")
        file = _file(root, name)
        _agree(file.path, file.sha256, manifest[stated])
        yield file


def _check_count(root: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse more files than the Hub takes well."""
    shards, output = manifest["shards"], manifest["recipe"]["output"]
    loose = 2 * sum(shard["written"] for shard in shards)
    if output["format"] == "folder" and loose > MOST_LOOSE:
        raise PushRefusedError(
            f"{root} must hold at most {MOST_LOOSE} pictures to be published one by one, got "
            f"{loose}: `vtencode export {shlex.quote(str(root))} --to parquet --out OUT` packs "
            "them."
        )
    if len(shards) > MOST_SHARDS:
        raise PushRefusedError(
            f"{root} must hold at most {MOST_SHARDS} shards, as many as a folder of the Hub takes, "
            f"got {len(shards)}: build it with more output.samples_per_shard."
        )


def _shard(root: Path, shard: Mapping[str, Any], form: str) -> Iterator[LocalFile]:
    """The files of a shard: itself, or those in its folder."""
    name = str(shard["name"])
    if PurePosixPath(name).name != name or name.startswith("."):
        raise VerificationError(f"{root / MANIFEST} must name shards in its folder, got {name!r}.")
    path = root / name
    try:
        stored = find("sink", form)().stored(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise VerificationError(f"{path} must be a shard, and is not there. {_MEND}") from error
    _agree(path, stored.sha256, shard["sha256"])
    if path.is_dir():
        below = sorted(file.relative_to(root) for file in path.rglob("*") if file.is_file())
        yield from (_file(root, file.as_posix()) for file in below)
    else:
        yield LocalFile(name, path, stored.bytes, stored.sha256)


def _agree(path: Path, found: str, stated: str) -> None:
    if found != stated:
        raise VerificationError(
            f"{path} must have the sha256 of the manifest, {stated}, got {found}: it was changed "
            f"after it was written. {_MEND}"
        )


def _file(root: Path, name: str) -> LocalFile:
    path = root / name
    return LocalFile(name, path, path.stat().st_size, file_sha256(path))
