"""What an annotation's `segmentation` says: polygons, or run lengths of either form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtencode.errors import TargetError
from vtencode.polygons import mask_of_polygons
from vtencode.rle import mask_of_runs
from vtencode.targets import Array


def segmentation_mask(segmentation: Any, shape: tuple[int, int]) -> Array | None:
    """The bool (H, W) mask of a `segmentation`; None where there is none.

    Polygons are filled as COCO's own tools fill them; crowds have run lengths as numbers, others
    packed ones. Raises `TargetError` for anything else, and for what does not fit the image.
    """
    if not segmentation:
        return None
    if isinstance(segmentation, list):
        if not all(isinstance(polygon, list) for polygon in segmentation):
            raise TargetError("segmentation must be a list of polygons.")
        return mask_of_polygons(segmentation, shape)
    if not isinstance(segmentation, Mapping):
        raise TargetError("segmentation must be polygons or run lengths.")
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != list(shape) or not isinstance(counts, list | str):
        raise TargetError(
            f"segmentation must have counts and the image's size {list(shape)}, got {size}."
        )
    return mask_of_runs(counts, shape)
