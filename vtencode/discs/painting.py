"""Anti-aliased discs of one radius on black: who covers which pixel, and by how much.

A pixel belongs to the disc whose center is nearest, so that discs that meet share the ground
between them along a straight line, and two on one spot are both seen; of more, some are lost.
Pixels on a rim or on such a line are mixed by how much of them lies on either side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vtencode.targets import Array

#: Discs on one spot are divided as if each stood this far off it, its own way, so that each keeps
#: a slice wide enough to be read: with 1/8, two joints on one spot come back exactly; a turn by
#: the golden angle never comes round to where it was.
_PUSH_PX = 1 / 8
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
#: Half a pixel: what anti-aliasing adds around a rim.
RIM = 0.5


class Discs(NamedTuple):
    """n discs of one radius, in pixels, pixel centers at integers.

    `xy_px` is float64 (n, 2); `ranks` are n different whole numbers; `colors` is float64 (n, 3).
    """

    xy_px: Array
    ranks: Array
    colors: Array
    radius_px: float

    def of(self, chosen: Array) -> Discs:
        """These discs alone, by their places."""
        return Discs(self.xy_px[chosen], self.ranks[chosen], self.colors[chosen], self.radius_px)

    @property
    def sites(self) -> Array:
        """What the ground is divided by: the centers, pushed apart by rank."""
        angle = _GOLDEN_ANGLE * self.ranks
        # Rounded, because the last bits of sines differ between machines.
        push = np.round(_PUSH_PX * np.stack([np.cos(angle), np.sin(angle)], axis=1), 9)
        pushed: Array = self.xy_px + push
        return pushed


class Cover(NamedTuple):
    """The P pixels that discs touch: where, whose, and how much.

    A pixel's color is `coverage * (share * color[first] + (1 - share) * color[second])`;
    `second` is `first` where a disc is alone. `distance_px` is the distance to the first's
    center, `lead_px` to the line that divides the two, `gap_px` between their sites.
    """

    rows: Array
    columns: Array
    first: Array
    second: Array
    coverage: Array
    share: Array
    distance_px: Array
    lead_px: Array
    gap_px: Array


def cover(discs: Discs, shape: tuple[int, int], *, edges: bool = False) -> Cover:
    """Divide the pixels of an image (height, width) among discs.

    With `edges`, pixels that one disc alone covers, a pixel and more inside its rim, are left out.
    """
    sites = discs.sites
    reach = discs.radius_px + RIM
    rows, columns, first, second, squared = _nearest_two(sites, reach + _PUSH_PX, shape)
    if edges:
        edge = np.flatnonzero((second >= 0) | (squared > (discs.radius_px - 1) ** 2))
        rows, columns, first, second = (of[edge] for of in (rows, columns, first, second))
    alone = second < 0
    second = np.where(alone, first, second)
    pixel = np.stack([columns, rows], axis=1)
    distance = _length(pixel - discs.xy_px[first])
    gap = np.where(alone, np.inf, np.maximum(_length(sites[first] - sites[second]), 1e-9))
    squared, farther = (_squared(pixel - sites[of]) for of in (first, second))
    lead = np.where(alone, np.inf, (farther - squared) / (2 * gap))
    return Cover(
        rows,
        columns,
        first,
        second,
        coverage=np.clip(reach - distance, 0, 1),
        share=np.clip(RIM + lead, 0, 1),
        distance_px=distance,
        lead_px=lead,
        gap_px=gap,
    )


def mixed(covered: Cover, colors: Array) -> Array:
    """What the discs of each pixel mix to before coverage: float64 (P, 3)."""
    share = covered.share[:, None]
    blend: Array = share * colors[covered.first] + (1 - share) * colors[covered.second]
    return blend


def paint(discs: Discs, shape: tuple[int, int]) -> Array:
    """Discs on black: uint8 (height, width, 3)."""
    rgb = np.zeros((*shape, 3), dtype=np.uint8)
    covered = cover(discs, shape)
    levels = covered.coverage[:, None] * mixed(covered, discs.colors)
    rgb[covered.rows, covered.columns] = np.floor(levels + 0.5)
    return rgb


def _squared(vectors: Array) -> Array:
    squares: Array = np.einsum("ij,ij->i", vectors, vectors)
    return squares


def _length(vectors: Array) -> Array:
    lengths: Array = np.sqrt(_squared(vectors))
    return lengths


def _nearest_two(sites: Array, reach_px: float, shape: tuple[int, int]) -> tuple[Array, ...]:
    """Pixels nearer than `reach_px` to a site, and which sites these are.

    Rows, columns, the nearest site, the next (-1 where only one is in reach; of equally near
    ones the first wins), and float32 squares of the distances to the nearest.
    """
    if not len(sites):
        return (np.zeros(0, dtype=np.int64),) * 5
    low = np.clip(np.ceil(sites - reach_px), 0, shape[::-1]).astype(np.int64)
    high = np.clip(np.floor(sites + reach_px) + 1, low, shape[::-1]).astype(np.int64)
    left, top = low.min(axis=0)
    width, height = high.max(axis=0) - (left, top)
    squared = np.full((2, height, width), reach_px**2, dtype=np.float32)
    nearest = np.full((2, height, width), -1, dtype=np.int32)
    for index, (site, start, stop) in enumerate(zip(sites, low, high, strict=True)):
        across, down = (np.arange(start[axis], stop[axis]) - site[axis] for axis in (0, 1))
        off = (down[:, None] ** 2 + across**2).astype(np.float32)
        window = np.s_[start[1] - top : stop[1] - top, start[0] - left : stop[0] - left]
        _insert(index, off, squared[:, *window], nearest[:, *window])
    rows, columns = np.nonzero(nearest[0] >= 0)
    first, second = nearest[:, rows, columns].astype(np.int64)
    return rows + top, columns + left, first, second, squared[0, rows, columns]


def _insert(index: int, off: Array, squared: Array, nearest: Array) -> None:
    """Keep the two smallest squared distances of each pixel, and whose they are."""
    second = off < squared[1]
    squared[1][second], nearest[1][second] = off[second], index
    first = off < squared[0]
    squared[1][first], nearest[1][first] = squared[0][first], nearest[0][first]
    squared[0][first], nearest[0][first] = off[first], index
