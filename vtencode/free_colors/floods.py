"""Flood fills that measure every color by their seed's, one seed after another."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vtencode.free_colors.links import components, linked
from vtencode.targets import Array

#: Rows below a seed, and columns on either side, that a fill looks at before it looks further.
_WINDOW = 8


def flood(
    rgb: Array, mask: Array, *, step: float, neighbors: Sequence[tuple[int, int]], least: float
) -> Array:
    """Label the pixels of `mask` by floods from seeds in raster order: int32 (H, W), 0 for none.

    A flood takes every free pixel within `step` RGB levels (L2) of its seed's color that such
    pixels connect to the seed. Floods of fewer than `least` pixels take theirs away unlabeled.
    """
    labels = np.zeros(mask.shape, dtype=np.int32)
    # One flood stays within a chain of double steps, so what a short chain joins is lost anyway.
    chains = components(rgb, mask, step=2 * step, neighbors=neighbors)
    free = mask & (np.bincount(chains.reshape(-1)) >= least)[chains]
    seeds = free & linked(rgb, free, step=step, neighbors=neighbors)
    kernel = _kernel(neighbors)
    number = start = 0
    while seeds.size and seeds.reshape(-1)[start := start + _first(seeds, start)]:
        place, filled = _fill(rgb, free, divmod(start, mask.shape[1]), step, kernel)
        if np.count_nonzero(filled) >= least:
            number += 1
            labels[place][filled] = number
        free[place][filled] = False
        seeds[place][filled] = False
    return labels


def _first(seeds: Array, start: int) -> int:
    return int(seeds.reshape(-1)[start:].argmax())


def _fill(
    rgb: Array,
    free: Array,
    seed: tuple[int, int],
    step: float,
    kernel: Array,
) -> tuple[tuple[slice, slice], Array]:
    """What one flood takes: a window, and a bool mask in it.

    Everything before the seed, in raster order, is taken: the window starts at the seed's row.
    """
    row, column = seed
    reach = _WINDOW
    while True:
        left, right, bottom = max(column - reach, 0), column + reach + 1, row + reach
        place = slice(row, bottom), slice(left, right)
        off = rgb[place].astype(np.int32) - rgb[row, column]
        near = np.einsum("ijk,ijk->ij", off, off) <= step * step
        near &= free[place]
        near[0, : column - left] = False
        filled = _connected(near, column - left, kernel)
        beyond = (
            (bottom < free.shape[0] and filled[-2:].any())
            or (right < free.shape[1] and filled[:, -2:].any())
            or (left > 0 and filled[:, :2].any())
        )
        if not beyond:
            return place, filled
        reach *= 4


def _connected(near: Array, column: int, kernel: Array) -> Array:
    """The pixels of a mask that neighbors connect to the one in its first row."""
    count, labels = cv2.connectedComponents(near.view(np.uint8), connectivity=8)
    taken = np.zeros(count, dtype=bool)
    taken[labels[0, column]] = True
    reached: Array = taken[labels]
    while count > 2 and kernel.shape > (3, 3):
        beside = cv2.dilate(reached.view(np.uint8), kernel).view(bool)
        taken[labels[beside & near]] = True
        more = taken[labels]
        if np.array_equal(more, reached):
            break
        reached = more
    return reached


def _kernel(neighbors: Sequence[tuple[int, int]]) -> Array:
    """The neighbors, on both sides, as a mask around a pixel."""
    reach = max(down for down, _ in neighbors)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.uint8)
    for down, right in neighbors:
        kernel[reach + down, reach + right] = kernel[reach - down, reach - right] = 1
    return kernel
