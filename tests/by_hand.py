"""Datasets as a build writes them, of pictures that a test gives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from vtencode.images import Picture
from vtencode.manifest import MANIFEST, MANIFEST_FIELDS, json_sha256
from vtencode.sinks.base import Record
from vtencode.sinks.webdataset import WebDatasetSink


def dataset(root: Path, pairs: Iterable[tuple[str, Picture, str]]) -> Path:
    """Write (key, input, image id) as a finished dataset of one shard; the target is the input."""
    root.mkdir()
    sink, count = WebDatasetSink(), 0
    with sink.writing(root / "train-00000.tar") as shard:
        for key, picture, image_id in pairs:
            target = Picture.from_rgb(picture.rgb[:1, :1].copy())
            shard.append(Record(key, picture, target, "Paint it.", {"image_id": image_id}))
            count += 1
    manifest = {
        **dict.fromkeys(MANIFEST_FIELDS, 0),
        "counts": {"planned": count, "written": count, "rejected": 0, "filtered": 0},
        "recipe": {"output": {"format": "webdataset"}},
        "shards": [{"name": "train-00000.tar"}],
    }
    sealed = {**manifest, "self_sha256": json_sha256(manifest)}
    (root / MANIFEST).write_text(json.dumps(sealed))
    return root
