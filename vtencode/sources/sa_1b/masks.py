"""The masks of one SA-1B image, as its JSON tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from vtencode.errors import CodeError, SampleError, TargetError
from vtencode.sources.coco.annotated import Annotated, Entry
from vtencode.sources.coco.document import strict
from vtencode.sources.coco.segmentation import segmentation_mask
from vtencode.targets import Array, Region
from vtencode.targets.spans import pixels

_IMAGE, _MASKS = "image", "annotations"


def annotated(data: bytes, where: str, picture: str, shape: tuple[int, int]) -> Annotated:
    """What a file says of its image, which must be the picture of its name and of that shape.

    Raises `SampleError`.
    """
    try:
        told = strict(data.decode("utf-8", "replace"))
    except CodeError as error:
        raise SampleError("DECODE", "instances", where, str(error)) from error
    image, entries = _parts(told)
    if image is None or entries is None:
        message = f"must have an object {_IMAGE!r} and a list of objects {_MASKS!r}"
        raise SampleError("DECODE", "instances", where, message)
    if image.get("file_name") != picture:
        message = f"must be of {picture}, got {image.get('file_name')!r:.40}"
        raise SampleError("RANGE", "instances", where, message)
    found = Annotated("instances", where, image, tuple(entries), {})
    if found.shape != shape:
        message = f"must be of an image of {shape}, got {found.shape}"
        raise SampleError("SHAPE", "instances", where, message)
    return found


def regions(found: Annotated, is_wanted: Callable[[Entry], bool]) -> Iterator[Region]:
    """The wanted masks, under their places in the file from 1; those without a pixel are none."""
    for number, entry in enumerate(found.annotations, 1):
        try:
            if not is_wanted(entry):
                continue
            mask = segmentation_mask(entry.get("segmentation"), found.shape)
            if mask is not None and mask.any():
                yield _region(mask, number)
        except (TargetError, TypeError) as error:
            raise found.fault("RANGE", entry, str(error)) from error


def outermost(from_large: Iterable[Region], shape: tuple[int, int]) -> list[Region]:
    """The regions that are no part of others, of regions from the largest to the smallest.

    A part has half of its pixels or more in those that are kept before it.
    """
    taken = np.zeros(shape[0] * shape[1], dtype=bool)
    kept = []
    for region in from_large:
        inside = pixels(region.spans, shape[1])
        if 2 * np.count_nonzero(taken[inside]) < len(inside):
            kept.append(region)
            taken[inside] = True
    return kept


def _parts(told: Any) -> tuple[Entry | None, list[Entry] | None]:
    """The image and the masks, each None where it is not what it must be."""
    image, entries = (told.get(k) if isinstance(told, dict) else None for k in (_IMAGE, _MASKS))
    listed = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    return image if isinstance(image, dict) else None, entries if listed else None


def _region(mask: Array, number: int) -> Region:
    """The region of a mask; cropped first, for most are small in images of 3 megapixels."""
    columns = np.flatnonzero(mask.any(axis=0))
    left, right = columns[0], columns[-1] + 1
    rows = np.flatnonzero(mask[:, left:right].any(axis=1))
    top, bottom = rows[0], rows[-1] + 1
    return Region.from_mask(mask[top:bottom, left:right], id=number, left=left, top=top)
