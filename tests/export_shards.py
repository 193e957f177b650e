"""Datasets made up by a test: any prompt, small pictures, shards as short as one likes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vtencode.images import Picture
from vtencode.manifest import MANIFEST_FIELDS, json_sha256
from vtencode.registry import find
from vtencode.sinks.base import Record
from vtencode.sinks.meta import PairMeta


def made_dataset(
    out: Path,
    asked: Sequence[str],
    *,
    size: tuple[int, int] = (64, 48),
    per_shard: int = 20,
    sink: str = "webdataset",
) -> Path:
    """A dataset in `out` of one pair for each prompt; pictures differ, and are of one size."""
    out.mkdir(parents=True, exist_ok=True)
    writer, shards = find("sink", sink)(), []
    for start in range(0, len(asked), per_shard):
        name = f"train-{len(shards):05d}{writer.suffix}"
        with writer.writing(out / name) as opened:
            for number, prompt in enumerate(asked[start : start + per_shard], start):
                opened.append(made_record(number, prompt, size))
        stored = opened.stored()
        written = len(asked[start : start + per_shard])
        shard = {"name": name, "written": written, "bytes": stored.bytes, "sha256": stored.sha256}
        shards.append(shard)
    manifest = {
        **dict.fromkeys(MANIFEST_FIELDS),
        "dataset": "made",
        "counts": {"written": len(asked)},
        "recipe": {"output": {"format": sink}},
        "shards": shards,
    }
    told = {**manifest, "self_sha256": json_sha256(manifest)}
    (out / "manifest.json").write_text(json.dumps(told))
    return out


def made_record(number: int, prompt: str, size: tuple[int, int]) -> Record:
    """The pair of that number: an input and a target of one color each."""
    plain = {name: field.annotation() for name, field in PairMeta.model_fields.items()}
    shown, painted = (
        Picture.from_rgb(np.full((size[1], size[0], 3), (number % 256, kind, 0), dtype=np.uint8))
        for kind in (0, 255)
    )
    meta = {**plain, "key": f"k{number}", "instruction": prompt, "task": "depth"}
    return Record(f"k{number}", shown, painted, prompt, meta)
