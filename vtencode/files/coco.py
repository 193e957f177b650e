"""Instances as COCO's JSON: polygons and run lengths in, run lengths out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SourceError, TargetError
from vtencode.files.documents import Annotated, Entry, read_annotated
from vtencode.rle import packed, runs_of_mask
from vtencode.sources.coco.segmentation import segmentation_mask
from vtencode.targets import InstanceMasks, Region
from vtencode.targets.instances import MAX_ID

#: COCO counts categories from 1; its tools need the number.
_UNLABELED = 0


def read_coco(
    file: str, *, image: str | None = None, size: tuple[int, int] | None = None
) -> tuple[InstanceMasks, list[str]]:
    """Read the instances of one image, in the document's order, and what had to be changed.

    Annotations without a pixel are left out, and ids that do not fit 31 bits (those of COCO's
    crowds are larger) replaced by the next free ones.

    Raises `SourceError` for what cannot be read; see `read_annotated` for `image` and `size`.
    """
    read = read_annotated(file, image=image, size=size)
    numbers = list(_numbers(read.annotations))
    regions, empty = [], 0
    for entry, number in zip(read.annotations, numbers, strict=True):
        where = f"{file}: annotation {entry.get('id', number)}"
        try:
            mask = segmentation_mask(entry.get("segmentation"), read.shape)
            if mask is None or not mask.any():
                empty += 1
                continue
            label = _label(entry, read)
            crowd = bool(entry.get("iscrowd"))
            regions.append(Region.from_mask(mask, id=number, label=label, crowd=crowd))
        except TargetError as error:
            raise SourceError(f"{where}: {error}") from error
    try:
        masks = InstanceMasks(read.shape, tuple(regions))
    except TargetError as error:
        raise SourceError(f"{file}: {error}") from error
    renumbered = sum(
        entry.get("id") != number for entry, number in zip(read.annotations, numbers, strict=True)
    )
    told = {"annotations without a pixel left out": empty, "ids replaced": renumbered}
    return masks, [f"{count} {what}" for what, count in told.items() if count]


def write_coco(out: Path, masks: InstanceMasks) -> None:
    """Write instances, back to front, as the annotations of image 1: packed run lengths."""
    height, width = masks.shape
    labels = sorted({region.label for region in masks.regions if region.label is not None})
    numbers = {label: number for number, label in enumerate(labels, start=1)}
    document = {
        "images": [{"id": 1, "height": height, "width": width}],
        "annotations": [_annotation(region, masks.shape, numbers) for region in masks.regions],
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
    }
    write_whole(out, json.dumps(document).encode())


def _numbers(annotations: Sequence[Entry]) -> Iterator[int]:
    """The id of each annotation, or, where it does not fit, the next that is free."""
    fit = {id_ for id_ in (entry.get("id") for entry in annotations) if _fits(id_)}
    free = (number for number in range(1, MAX_ID) if number not in fit)
    for entry in annotations:
        id_ = entry.get("id")
        yield id_ if isinstance(id_, int) and _fits(id_) else next(free)


def _fits(id_: Any) -> bool:
    return type(id_) is int and 1 <= id_ <= MAX_ID


def _label(entry: Entry, read: Annotated) -> str | None:
    """The name of an annotation's category, or its number where it has none."""
    number = entry.get("category_id", _UNLABELED)
    category = read.categories.get(number, {}) if isinstance(number, int) else {}
    if not category and number == _UNLABELED:
        return None
    return str(category.get("name", number))


def _annotation(region: Region, shape: tuple[int, int], numbers: Mapping[str, int]) -> Entry:
    left, top, right, bottom = region.box
    whole = np.zeros(shape, dtype=bool)
    whole[top:bottom, left:right] = region.mask
    return {
        "id": region.id,
        "image_id": 1,
        "category_id": _UNLABELED if region.label is None else numbers[region.label],
        "iscrowd": int(region.crowd),
        "area": region.area,
        "bbox": [left, top, right - left, bottom - top],
        "segmentation": {"size": list(shape), "counts": packed(runs_of_mask(whole))},
    }
