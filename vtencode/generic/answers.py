"""The pairs of a built dataset, and the answers that their pictures stand for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vtencode.codecs.base import codec_from_spec
from vtencode.errors import CodeError, SampleError, SourceError, SpecError
from vtencode.generic.tars import Member, members_of, read_member
from vtencode.painted import read_painted
from vtencode.targets import (
    DepthMap,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    RelativeDepthMap,
    SemanticMask,
)

#: What a sample of a built dataset may have: the answer of each task, under the name of the target
#: that the task asks about; masks of words under the task's own.
ANSWERS: Mapping[str, type] = {
    "depth": DepthMap,
    "relative_depth": RelativeDepthMap,
    "normals": NormalMap,
    "semantic": SemanticMask,
    "parts": SemanticMask,
    "binary": SemanticMask,
    "referring": SemanticMask,
    "reasoning": SemanticMask,
    "instances": InstanceMasks,
    "panoptic": PanopticMap,
    "keypoints": Keypoints,
}
#: Tasks whose answers go by another name than their own.
_RENAMED = {"relative-depth": "relative_depth", "part": "parts", "instance": "instances"}

#: What two pairs share that were cut from one image in one way. The size of the input is a
#: safeguard: inputs of one source, cut alike, are the same bytes.
_SAME = (
    "recipe",
    "dataset",
    "split",
    "image_id",
    "source_file",
    "source_member",
    "source_sha256",
    "framing",
)
#: What carries over of where an image came from.
CARRIED = ("license", "dataset", "source_file", "source_member", "framing", "source")


class Pair(NamedTuple):
    """One pair: its key, its metadata, and where its members are."""

    key: str
    meta: Mapping[str, Any]
    shard: int
    input: Member
    target: Member
    json: Member

    @property
    def answer(self) -> str:
        """The name of the target that its picture stands for."""
        task = str(self.meta["task"])
        return _RENAMED.get(task, task)

    @property
    def shared(self) -> tuple[Any, ...]:
        """What all pairs have alike that were cut from the same image in the same way."""
        return (*(self.meta[name] for name in _SAME), self.input.size)


def pairs_of(root: Path, manifest: Mapping[str, Any]) -> Iterator[Pair]:
    """Every pair of the shards that a manifest lists; `Pair.shard` is their number there.

    Raises `SourceError` where a shard is not what the manifest says.
    """
    for number, entry in enumerate(manifest["shards"]):
        path = root / entry["name"]
        size = path.stat().st_size if path.is_file() else 0
        if size != entry["bytes"]:
            raise SourceError(
                f"{path} must have the {entry['bytes']} bytes that the manifest says, got {size}. "
                f"`vtencode verify {root}` tells more."
            )
        held: dict[str, dict[str, Member]] = {}
        for member in members_of(path):
            key, _, ending = member.name.partition(".")
            held.setdefault(key, {})[ending] = member
        yield from (_pair(path, number, key, members) for key, members in held.items())


def _pair(path: Path, number: int, key: str, members: Mapping[str, Member]) -> Pair:
    images = [members[name] for name in ("input.jpg", "input.png") if name in members]
    if len(images) != 1 or not {"target.png", "json"} <= set(members):
        raise SourceError(f"{path}: the pair {key!r} must have an input, a target and a json.")
    place = members["json"]
    try:
        meta = json.loads(read_member(path, place.at, place.size, field="json", where=key))
        lacking = {*_SAME, *CARRIED, "task", "worst_error", "camera"} - set(meta)
    except (ValueError, TypeError, SampleError) as error:
        raise SourceError(f"{path}: the metadata of {key!r} cannot be read: {error}") from error
    if lacking:
        raise SourceError(
            f"{path}: the metadata of {key!r} must have {', '.join(sorted(lacking))}: build it "
            "with this version of vtencode."
        )
    return Pair(key, meta, number, images[0], members["target.png"], place)


def answer_in(data: bytes) -> Any:
    """The target of a picture that says which codec painted it; raises `CodeError` for others."""
    code, spec = read_painted(data)
    if spec is None:
        raise CodeError("must say which codec painted it, and does not.")
    try:
        return codec_from_spec(json.loads(spec)).decode(code).target
    except (SpecError, ValueError) as error:
        raise CodeError(f"must be painted by a codec that is known here: {error}") from error
