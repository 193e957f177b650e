"""Members of others' tars, put together into samples by their keys and endings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from vtencode.errors import SourceError
from vtencode.generic.partners import check_partners
from vtencode.generic.splits import one_split, split_of_path
from vtencode.generic.tars import Member, members_of
from vtencode.sources.base import Row, sample_key
from vtencode.sources.files import existing, walk
from vtencode.sources.tree import image_format

#: A member's key and its ending, as the package webdataset divides them.
NAME = re.compile(r"((?:.*/)?[^.]+)\.([^/]+)")
#: What a build keeps beside its shards.
PRIVATE = ".vtencode"
TAR = re.compile(r"(?s).+\.tar")


@dataclass(frozen=True)
class Members:
    """The samples of the tars below `root`; `endings` are those of each option, preferred first."""

    root: Path
    endings: Mapping[str, Sequence[str]]
    prefix: str
    split: str
    split_as: Sequence[str]
    skip: bool

    @cached_property
    def tars(self) -> dict[str, int]:
        """Every tar below the root, with its size."""
        root = existing(self.root)
        if root.is_file():
            return {root.name: root.stat().st_size}
        # What was built inside the source is no part of it.
        own = {path.parent for path in root.rglob(PRIVATE)}
        found = {n: size for n, size in walk(root, TAR) if (root / n).parent not in own}
        if not found:
            raise SourceError(f"{root} must hold .tar files, and holds none.")
        return found

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """A row a sample that has an image, with where each of its members is in its tar."""
        splits = self._splits()
        rows, endings = [], Counter[str]()
        for tar, split in splits.items():
            for key, held in self._samples(tar):
                endings.update([*held])
                row = self._row(tar, key, held)
                rows += [{**row, "split": split}] if row else []
        if not rows:
            told = ", ".join(f"{count} .{ending}" for ending, count in endings.most_common(8))
            wanted = " or .".join(self.endings["image"])
            raise SourceError(
                f"{self.root} must have members .{wanted} for images, and has {told or 'none'}."
            )
        beside = [name for name in self.endings if name != "image"]
        check_partners(
            rows,
            {name: partial(self.need, option=name) for name in beside},
            skip=self.skip,
            where=str(self.root),
        )
        return [r for r in rows if not self.skip or all(r[name] for name in beside)]

    def need(self, row: Row, *, option: str) -> str:
        """What a sample would need to have something under an option."""
        return f"{row['member']} needs .{' or .'.join(self.endings[option])} beside it"

    def _samples(self, tar: str) -> Iterator[tuple[str, dict[str, Member]]]:
        """The members of each key, by their endings in lower case."""
        held: dict[str, dict[str, Member]] = {}
        for member in members_of(self.path(tar)):
            found = NAME.fullmatch(member.name)
            if found is None:
                continue
            members = held.setdefault(found[1], {})
            if members.setdefault(found[2].lower(), member) is not member:
                raise SourceError(f"{tar} must hold {member.name} once, and holds it twice.")
        yield from held.items()

    def _row(self, tar: str, key: str, held: Mapping[str, Member]) -> dict[str, Any]:
        """The row of a sample; empty where it has no image."""
        image = _first(self.endings["image"], held)
        if image is None:
            return {}
        begun = [self.prefix] if self.prefix else []
        shard = tar.removesuffix(".tar").rpartition("/")[2]
        row = {
            "key": sample_key(*begun, shard, key),
            "image": image_format(image.name),
            "split": "",
            "image_id": "/".join([*begun, shard, key]) if begun else "",
            "file": tar,
            "member": image.name,
            "image_at": [image.at, image.size],
        }
        for name, endings in self.endings.items():
            if name != "image":
                found = _first(endings, held)
                row[name] = found.name if found else ""
                row[f"{name}_at"] = [found.at, found.size] if found else []
        return row

    def _splits(self) -> dict[str, str]:
        """The split of every shard."""
        told = {tar: split_of_path(tar, self.split_as) for tar in self.tars}
        silent = [tar for tar, split in told.items() if split is None]
        if silent and len(silent) < len(told):
            raise SourceError(
                f"{self.root}: some shards say their split, and {silent[0]} does not. Rename it, "
                "or point --source at the shards of one split."
            )
        if not silent:
            return {tar: split for tar, split in told.items() if split is not None}
        remedy = "name shards by their split, as train-0000.tar"
        return dict.fromkeys(told, one_split(self.split, where=str(self.root), remedy=remedy))

    def path(self, tar: str) -> Path:
        """Where a tar is."""
        return self.root / tar if self.root.is_dir() else self.root


def _first(endings: Sequence[str], held: Mapping[str, Member]) -> Member | None:
    return next((held[ending] for ending in endings if ending in held), None)
