"""Datasets that `build` wrote, read as sources: their inputs, and the answers they painted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from vtencode.errors import SampleError, SourceError
from vtencode.generic.answers import ANSWERS, CARRIED, Pair, answer_in, pairs_of
from vtencode.generic.partners import check_partners
from vtencode.generic.tars import read_member
from vtencode.images import Picture
from vtencode.manifest import MANIFEST, read_manifest
from vtencode.recipe import Mix
from vtencode.sources.base import Row, Sample, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.lazy import LazyTargets
from vtencode.targets import Camera, DepthMap


@dataclass(frozen=True)
class Built:
    """A built dataset as samples; `keep` names the targets to read, or is empty for all."""

    root: Path
    prefix: str
    keep: Sequence[str]
    skip: bool

    @property
    def files(self) -> tuple[tuple[str, int], ...]:
        """The shards of the manifest, and their sizes."""
        return tuple((entry["name"], entry["bytes"]) for entry in self._manifest["shards"])

    @property
    def fingerprint(self) -> str:
        """The manifest's own hash, which covers the hash of every shard."""
        return str(self._manifest["self_sha256"])

    @cached_property
    def targets(self) -> Mapping[str, type]:
        """The targets that some sample has."""
        found = {pair.answer for pairs in self._groups.values() for pair in pairs}
        return {name: kind for name, kind in ANSWERS.items() if name in found}

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row an image and way of cutting it, with the shards and places of its members."""
        stems = Counter(self._stem(pairs[0].key) for pairs in self._groups.values())
        rows = [self._row(pairs, stems) for pairs in self._groups.values()]
        if not rows:
            told = ", ".join(self.keep) or "any task that is known here"
            raise SourceError(f"{self.root} must hold answers of {told}, and holds none.")
        needs = {name: partial(_need, name=name) for name in self.targets}
        check_partners(rows, needs, skip=self.skip, where=str(self.root))
        return [row for row in rows if not self.skip or all(row[name] for name in self.targets)]

    def load(self, row: Row) -> Sample:
        """Read one input; answers are decoded as they are asked for."""
        data = self._read(row["input"], field="image", where=row["member"])
        picture = decoded(lambda: Picture.from_bytes(data), field="image", where=row["member"])
        makers: dict[str, Callable[[], Any]] = {
            name: partial(self._target, row, name) for name in self.targets
        }
        facts = {name: row[name] for name in ("file", "member", "image_id", *CARRIED)}
        facts["sha256"] = row["source_sha256"]
        return Sample(row["key"], picture, LazyTargets(makers), facts)

    def _target(self, row: Row, name: str) -> Any:
        """The answer that a picture stands for, decoded by what its own file says."""
        where = f"{row['member']}: {name}"
        if not row[name]:
            raise SampleError("MISSING", name, row["member"], _need(row, name=name))
        shard, at, size, json_at, json_size = row[name]
        data = self._read((shard, at, size), field=name, where=where)
        meta = json.loads(self._read((shard, json_at, json_size), field=name, where=where))
        found = decoded(partial(answer_in, data), field=name, where=where)
        if isinstance(found, DepthMap):
            camera = Camera(**json.loads(meta["camera"])) if meta["camera"] else None
            kind = ANSWERS[name]
            made = partial(kind, found.meters, found.state, found.measure, camera)
            return decoded(made, field=name, where=where)
        if not isinstance(found, ANSWERS[name]):
            message = f"must be a {ANSWERS[name].__name__}, got a {type(found).__name__}"
            raise SampleError("MODE", name, where, message)
        return found

    def _read(self, place: Sequence[int], *, field: str, where: str) -> bytes:
        shard, at, size = place
        return read_member(self.root / self._shards[shard], at, size, field=field, where=where)

    def _row(self, pairs: Sequence[Pair], stems: Mapping[str, int]) -> dict[str, Any]:
        first = pairs[0]
        stem = self._stem(first.key)
        begun = [self.prefix] if self.prefix else []
        chosen: dict[str, list[int]] = {name: [] for name in self.targets}
        # The most exact answer comes last, and stays; of equal ones the first key's.
        for pair in sorted(pairs, key=lambda p: (p.meta["worst_error"], p.key), reverse=True):
            places = pair.shard, pair.target.at, pair.target.size, pair.json.at, pair.json.size
            chosen[pair.answer] = [*places]
        return {
            "key": sample_key(*begun, stem if stems[stem] == 1 else first.key),
            "image": first.input.name.rpartition(".")[2],
            "split": first.meta["split"],
            "image_id": first.meta["image_id"],
            "file": self._shards[first.shard],
            "member": first.input.name,
            "input": [first.shard, first.input.at, first.input.size],
            "source_sha256": first.meta["source_sha256"],
            **{name: first.meta[name] for name in CARRIED},
            **chosen,
        }

    @cached_property
    def _groups(self) -> dict[tuple[Any, ...], list[Pair]]:
        """Pairs of one image and way of cutting it, by what they share; each sorted by key."""
        groups: dict[tuple[Any, ...], list[Pair]] = {}
        for pair in sorted(pairs_of(self.root, self._manifest), key=lambda pair: pair.key):
            if pair.answer in (self.keep or ANSWERS):
                shared = pair.shared
                groups.setdefault(shared, []).append(pair)
        return groups

    def _stem(self, key: str) -> str:
        """The key of a pair without what its task added."""
        return self._added.sub("", key)

    @cached_property
    def _added(self) -> re.Pattern[str]:
        mix = Mix.from_identity(self._manifest["recipe"])
        tasks = {task.key for part in mix.parts for task in part.recipe.tasks}
        longest = sorted(tasks, key=lambda task: (-len(task), task))
        return re.compile(f"-(?:{'|'.join(map(re.escape, longest))})(?:-r[0-9]+)?$")

    @property
    def _shards(self) -> list[str]:
        return [str(entry["name"]) for entry in self._manifest["shards"]]

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        if not (self.root / MANIFEST).is_file():
            raise SourceError(
                f"{self.root} must be a dataset that vtencode built, with its {MANIFEST}, or the "
                "recipe's source must say which members are images, as image: jpg."
            )
        manifest = read_manifest(self.root)
        stored = manifest["recipe"]["output"]["format"]
        if stored != "webdataset":
            raise SourceError(
                f"{self.root} must be built as webdataset, and is built as {stored}: vtencode "
                f"export {self.root} --to webdataset --out PATH writes it so."
            )
        return manifest


def _need(row: Row, *, name: str) -> str:
    return f"{row['member']} has no answer of {name} beside it"
