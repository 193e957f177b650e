"""Overlapping masks spread over pages on which nothing overlaps."""

from __future__ import annotations

import numpy as np

from vtencode.palettes import CAPACITY
from vtencode.targets import InstanceMasks, Region
from vtencode.targets.spans import pixels


def pages(target: InstanceMasks) -> tuple[InstanceMasks, ...]:
    """Put each mask, whole, on the first page where it overlaps nothing and has a color.

    Masks are placed in an order that geometry decides, ids only between equal masks; so neither
    numbering nor order changes a page. Instances that don't overlap, up to 1000, are one page.
    """
    left = sorted(target.regions, key=_geometry)
    made: list[InstanceMasks] = []
    while left or not made:
        page, left = _page(left, target.shape)
        made.append(InstanceMasks(target.shape, tuple(page)))
    return tuple(made)


def _geometry(region: Region) -> tuple[int, list[list[int]], int]:
    return -region.area, region.spans.tolist(), region.id


def _page(regions: list[Region], shape: tuple[int, int]) -> tuple[list[Region], list[Region]]:
    """What the next page takes of the regions, and what it leaves."""
    taken = np.zeros(shape[0] * shape[1], dtype=bool)
    page: list[Region] = []
    left: list[Region] = []
    for region in regions:
        inside = pixels(region.spans, shape[1])
        if len(page) == CAPACITY or taken[inside].any():
            left.append(region)
        else:
            taken[inside] = True
            page.append(region)
    return page, left
