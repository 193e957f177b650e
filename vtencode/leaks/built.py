"""The images of a dataset that vtencode built: each once, however many pairs it is in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vtencode.errors import CodeError, ShardError
from vtencode.leaks.fingerprints import Fingerprint, fingerprint
from vtencode.manifest import read_manifest
from vtencode.registry import find

if TYPE_CHECKING:
    from vtencode.images import Picture

#: Told (pairs read, pairs there are).
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class BuiltImage:
    """One input picture and the keys of its pairs; `image_id` is "" where it has none."""

    keys: tuple[str, ...]
    image_id: str
    fingerprint: Fingerprint

    def seen(self) -> Fingerprint:
        """The fingerprint, for those who ask only if they need it."""
        return self.fingerprint


@dataclass(frozen=True)
class _ReadShard:
    """Reads one shard: (key, image id, fingerprint) of each pair."""

    root: Path
    format: str
    names: tuple[str, ...]

    def __call__(
        self, item: int, tick: Callable[[int], None]
    ) -> list[tuple[str, str, Fingerprint]]:
        return list(self._read(self.names[item], tick))

    def _read(
        self, name: str, tick: Callable[[int], None]
    ) -> Iterator[tuple[str, str, Fingerprint]]:
        seen: dict[bytes, Fingerprint] = {}
        for record in find("sink", self.format)().read(self.root / name):
            data = hashlib.sha256(record.input.data).digest()
            if data not in seen:
                seen[data] = _whole(record.input, where=f"{name}: {record.key}")
            yield record.key, str(record.meta.get("image_id", "")), seen[data]
            tick(1)


def built_images(
    root: Path, *, workers: int = 1, report: Report | None = None
) -> tuple[BuiltImage, ...]:
    """Every distinct image of the dataset in `root`, in the order of its pairs.

    Raises as `read_manifest` does, and `ShardError` for shards that are not whole.
    """
    manifest = read_manifest(root)
    names = tuple(shard["name"] for shard in manifest["shards"])
    work = _ReadShard(root, manifest["recipe"]["output"]["format"], names)
    done, total = 0, int(manifest["counts"]["written"])

    def tick(count: int) -> None:
        nonlocal done
        done += count
        if report is not None:
            report(done, total)

    run = find("engine", "local")().run(work, range(len(names)), workers=workers, tick=tick)
    shards = dict(run)
    keys: dict[tuple[str, Fingerprint], list[str]] = {}
    for shard in range(len(names)):
        for key, image_id, found in shards[shard]:
            keys.setdefault((image_id, found), []).append(key)
    return tuple(BuiltImage(tuple(same), *image) for image, same in keys.items())


def _whole(picture: Picture, *, where: str) -> Fingerprint:
    try:
        return fingerprint(picture)
    except CodeError as error:
        raise ShardError(f"{where}: the input must be a whole picture: {error}") from error
