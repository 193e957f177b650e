"""Panoptic maps in files: COCO's PNG of ids, R + 256 G + 65536 B, and the JSON beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import CodeError, SourceError, SpecError, TargetError
from vtencode.files.documents import entries, field, read_json
from vtencode.files.rasters import read_bytes, suffix_error
from vtencode.png import read_png, write_png
from vtencode.targets import Array, PanopticMap, Segment


def ids_of_rgb(rgb: Array) -> Array:
    """The ids that colors stand for: int32 (H, W) (panopticapi, utils.py, rgb2id).

    >>> ids_of_rgb(np.array([[[1, 2, 3]]], dtype=np.uint8)).tolist()
    [[197121]]
    """
    wide = rgb.astype(np.int32)
    ids: Array = wide[..., 0] | wide[..., 1] << 8 | wide[..., 2] << 16
    return ids


def rgb_of_ids(ids: Array) -> Array:
    """The colors of ids below 2**24: uint8 (H, W, 3); raises `SpecError` for others."""
    if ids.size and not 0 <= ids.min() <= ids.max() < 1 << 24:
        raise SpecError(f"ids must be 0 to {(1 << 24) - 1}, got {ids.min()} to {ids.max()}.")
    return np.stack([ids >> shift & 255 for shift in (0, 8, 16)], axis=2).astype(np.uint8)


def read_panoptic(file: str, segments: str | None = None) -> PanopticMap:
    """Read `x.png` and what COCO's JSON, `segments` or else `x.json`, says of its segments.

    Raises `SourceError` for what cannot be read.
    """
    document_file = segments or str(Path(file).with_suffix(".json"))
    document = read_json(document_file)
    if not isinstance(document, dict):
        raise SourceError(f"{document_file} must be an object with annotations and categories.")
    try:
        ids = ids_of_rgb(read_png(read_bytes(file)))
        known = _segments(document, Path(file).name, document_file)
        return PanopticMap(ids, known)
    except (CodeError, TargetError) as error:
        raise SourceError(f"{file}: {error}") from error


def write_panoptic(out: Path, panoptic: PanopticMap) -> list[str]:
    """Write the ids to a .png and the segments to a .json beside it; returns what was changed."""
    if out.suffix != ".png":
        raise suffix_error(out, ".png")
    labels = sorted({(segment.label, segment.thing) for segment in panoptic.segments})
    numbers = {each: number for number, each in enumerate(labels, start=1)}
    segments = [
        {
            "id": segment.id,
            "category_id": numbers[segment.label, segment.thing],
            "iscrowd": int(segment.crowd),
            "area": int((panoptic.ids == segment.id).sum()),
        }
        for segment in panoptic.segments
    ]
    document = {
        "annotations": [{"image_id": 1, "file_name": out.name, "segments_info": segments}],
        "categories": [
            {"id": number, "name": label, "isthing": int(thing)}
            for (label, thing), number in numbers.items()
        ],
    }
    write_whole(out, write_png(rgb_of_ids(panoptic.ids)))
    write_whole(out.with_suffix(".json"), json.dumps(document).encode())
    return []


def _segments(document: dict[str, object], name: str, file: str) -> tuple[Segment, ...]:
    """The segments of the PNG of that name."""
    categories = {
        field(category, "id", int, file): category
        for category in entries(document, "categories", file)
    }
    annotations = entries(document, "annotations", file)
    own = [entry for entry in annotations if entry.get("file_name") == name]
    if len(own) != 1:
        raise SourceError(f"{file} must have one annotation of {name}, got {len(own)}.")
    found = []
    for entry in entries(own[0], "segments_info", file):
        number = field(entry, "category_id", int, file)
        if number not in categories:
            raise SourceError(f"{file}: categories must have {number}.")
        label = field(categories[number], "name", str, file)
        thing, crowd = bool(categories[number].get("isthing")), bool(entry.get("iscrowd"))
        found.append(Segment(field(entry, "id", int, file), label, thing, crowd))
    return tuple(found)
