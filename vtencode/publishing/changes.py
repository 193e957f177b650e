"""What a push would change on the Hub, and what it must not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtencode.building.ledger import FILTERED, REJECTS
from vtencode.errors import PushRefusedError
from vtencode.manifest import MANIFEST
from vtencode.publishing.files import LocalFile, Whole
from vtencode.registry import find


@dataclass(frozen=True)
class HeldFile:
    """A file on the Hub.

    `sha256` is of its bytes where it is stored as a large file, else None, and then `blob` is
    what git calls them.
    """

    bytes: int
    blob: str
    sha256: str | None = None

    def same(self, file: LocalFile) -> bool:
        """Whether it holds the bytes of a file here."""
        if self.bytes != file.bytes:
            return False
        return self.blob == file.blob() if self.sha256 is None else self.sha256 == file.sha256


@dataclass(frozen=True)
class Published:
    """The dataset that a manifest on the Hub tells of."""

    dataset: str
    self_sha256: str
    entries: frozenset[str]

    @classmethod
    def of(cls, manifest: bytes, *, repo: str) -> Published:
        """Read a manifest of any version; raises `PushRefusedError` for what is none."""
        try:
            value: dict[str, Any] = json.loads(manifest)
            shards = (str(shard["name"]) for shard in value["shards"])
            own = frozenset((*shards, REJECTS, FILTERED, MANIFEST))
            return cls(str(value["dataset"]), str(value["self_sha256"]), own)
        except (ValueError, KeyError, TypeError) as error:
            raise PushRefusedError(
                f"{repo} must be new or hold a dataset of vtencode, and holds another {MANIFEST}: "
                "choose another REPO."
            ) from error


@dataclass(frozen=True)
class Change:
    """Files to send, the manifest last, and paths to remove.

    `outdated` says that the manifest that is there tells of another dataset.
    """

    send: tuple[LocalFile, ...]
    remove: tuple[str, ...]
    outdated: bool

    def __bool__(self) -> bool:
        return bool(self.send or self.remove)


def lacking(files: Sequence[LocalFile], held: Mapping[str, HeldFile]) -> tuple[LocalFile, ...]:
    """The files of which `held` has not the very bytes."""
    return tuple(file for file in files if file.name not in held or not held[file.name].same(file))


def change(
    dataset: Whole,
    held: Mapping[str, HeldFile],
    published: Published | None,
    *,
    repo: str,
    replace: bool,
) -> Change:
    """What makes a branch that holds `held` hold the dataset.

    Raises `PushRefusedError` where a file would be replaced or removed without `replace`, or
    where readers would take a file of somebody else for a shard.
    """
    send = lacking(dataset.files, held)
    if not replace:
        _check_dataset(published, dataset.manifest, repo)
        _check_contents(send, held, repo)
    others = set(held) - {file.name for file in dataset.files}
    listed = published.entries if published is not None and replace else frozenset()
    remove = {path for path in others if _entry(path) in listed}
    _check_shards(others - remove, dataset.manifest, repo)
    outdated = any(file.name == MANIFEST for file in send) and MANIFEST in held
    return Change(send, tuple(sorted(remove)), outdated)


def _check_dataset(published: Published | None, manifest: Mapping[str, Any], repo: str) -> None:
    if published is not None and published.self_sha256 != manifest["self_sha256"]:
        raise PushRefusedError(
            f"{repo} must be new or hold this dataset, and holds another: {published.dataset}, "
            f"self_sha256 {published.self_sha256}. Choose another REPO; or --replace puts "
            f"{manifest['dataset']} in its place."
        )


def _check_contents(send: Sequence[LocalFile], held: Mapping[str, HeldFile], repo: str) -> None:
    other = next((file.name for file in send if file.name in held), None)
    if other is not None:
        raise PushRefusedError(
            f"{repo} holds another {other}: --replace puts this dataset's in its place."
        )


def _check_shards(strange: set[str], manifest: Mapping[str, Any], repo: str) -> None:
    """Refuse beside a file that is named as this dataset's shards are, and is none of them."""
    suffix = find("sink", manifest["recipe"]["output"]["format"])().suffix
    shard = re.compile(rf"{re.escape(manifest['split'])}-\d+{re.escape(suffix)}")
    taken = next((path for path in sorted(strange) if shard.fullmatch(_entry(path))), None)
    if taken is not None:
        raise PushRefusedError(
            f"{repo} holds {taken}, which is not of this dataset, and readers would take it for a "
            "shard: remove it there, or choose another REPO."
        )


def _entry(path: str) -> str:
    """The first part of a path: a shard, or a file beside shards."""
    return path.partition("/")[0]
