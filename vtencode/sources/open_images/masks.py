"""The masks of one image, looked up at its pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from vtencode.errors import SampleError
from vtencode.png import GRAY, png_header, read_png_numbers
from vtencode.sources.files import decoded
from vtencode.targets import Array, InstanceMasks, Region

#: How far the proportions of a mask may be off those of its image: rounding of a side of 20
#: pixels or more is within, and a mask that was turned is not, unless it is nearly square.
_PROPORTION = 1.05


class Listed(NamedTuple):
    """A mask's file, its class, and whether all that the image shows of this class has masks."""

    file: str
    name: str
    whole: bool


def instances(
    listed: Sequence[Listed],
    absent: Sequence[str],
    shape: tuple[int, int],
    read: Callable[[str], bytes],
) -> InstanceMasks:
    """The objects of the classes that are whole, the smaller on top of the larger.

    An object of which no pixel of the image is left has no region, and its class is then known
    neither to be there nor not to be.
    """
    told = [each for each in listed if each.whole]
    twice = next((each.file for each in told if told.count(each) > 1), None)
    if twice is not None:
        raise SampleError("RANGE", "instances", twice, "must be listed once, and is listed twice")
    found = [(each.name, resized(_mask(each.file, read, shape), shape)) for each in told]
    found.sort(key=lambda each: -int(each[1].sum()))
    regions = tuple(
        Region.from_mask(mask, id=at, label=name)
        for at, (name, mask) in enumerate(found, 1)
        if mask.any()
    )
    seen = dict.fromkeys(region.label for region in regions if region.label)
    return InstanceMasks(shape, regions, tuple(sorted({*seen, *absent})))


def resized(mask: Array, shape: tuple[int, int]) -> Array:
    """What lies at the center of each pixel of an image of that shape (H, W).

    >>> resized(np.array([[1, 2, 3, 4]]), (1, 2))
    array([[2, 4]])
    """
    rows, columns = (
        (2 * np.arange(size) + 1) * stored // (2 * size)
        for size, stored in zip(shape, mask.shape, strict=True)
    )
    found: Array = mask[rows[:, None], columns]
    return found


def _mask(name: str, read: Callable[[str], bytes], shape: tuple[int, int]) -> Array:
    data = read(name)
    header = decoded(lambda: png_header(data), field="instances", where=name)
    if header.color_type != GRAY or header.bit_depth not in (1, 8):
        message = f"must be a 1-bit gray PNG, got {header}"
        raise SampleError("MODE", "instances", name, message)
    across, down = header.width * shape[0], header.height * shape[1]
    if max(across, down) > _PROPORTION * min(across, down):
        message = f"must have the proportions of its image {shape}, got {header}"
        raise SampleError("SHAPE", "instances", name, message)
    return decoded(lambda: read_png_numbers(data), field="instances", where=name) > 0
