"""Discs in a picture whose pixels are told apart by color: which there are, and about where.

The largest blob of a color is its disc. Rims mix colors into others, but only into slivers, and
those lie on ground to which another disc, or the background, has the better claim.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from vtencode.discs.painting import RIM, Discs, cover
from vtencode.targets import Array

#: Smaller blobs, as a share of a disc's area, are slivers of rims or noise: eight discs on one
#: spot leave each an eighth.
_LEAST_AREA = 0.06
_SQUARE = np.ones((3, 3), dtype=np.uint8)


class Blobs(NamedTuple):
    """The blobs that may be discs: n of them, by rising code.

    `sizes` counts the pixels inside each, and as a fraction all its pixels.
    `owner` is int16 (H, W): which blob a pixel belongs to, -1 none, -2 background.
    """

    codes: Array
    sizes: Array
    xy_px: Array
    owner: Array


def blobs(labels: Array, radius_px: float) -> Blobs:
    """The blob of every code that is largest inside, and its center of mass.

    `labels` is uint16 (H, W), 0 for background, else 1 and the code. The inside of a blob is what
    has nothing else around it; a ring has none.
    """
    component, label, area = _components(labels)
    if not len(area):
        none = np.zeros(0, dtype=np.int64)
        return Blobs(none, none, np.zeros((0, 2)), np.full(labels.shape, -2, dtype=np.int16))
    inside = (cv2.erode(labels, _SQUARE) == cv2.dilate(labels, _SQUARE)) & (labels > 0)
    size = np.bincount(component[inside], minlength=len(area)) + area / (labels.size + 1)
    large = np.flatnonzero(area >= max(3, _LEAST_AREA * np.pi * radius_px**2))
    order = np.lexsort((large, -size[large], label[large]))
    chosen = large[order[np.unique(label[large][order], return_index=True)[1]]]
    index = np.full(len(area) + 1, -1, dtype=np.int16)
    index[chosen] = np.arange(len(chosen))
    index[-1] = -2
    owner = index[component]
    rows, columns = np.nonzero(owner >= 0)
    xy = _centers(owner[rows, columns], rows, columns, np.ones(len(rows)), len(chosen))
    return Blobs(label[chosen] - 1, size[chosen], xy, owner)


def _components(labels: Array) -> tuple[Array, Array, Array]:
    """4-connected components of equal labels: int32 (H, W), -1 background; label; area.

    A picture twice as fine holds the pixels and, between them, whether neighbors are equal.
    Components are numbered by their first pixels.
    """
    height, width = labels.shape
    ink = labels > 0
    component = np.full(labels.shape, -1, dtype=np.int32)
    if not ink.any():
        return component, *np.zeros((2, 0), dtype=np.int64)
    links = np.zeros((2 * height, 2 * width), dtype=np.uint8)
    links[::2, ::2] = ink
    links[1:-1:2, ::2] = ink[1:] & (labels[1:] == labels[:-1])
    links[::2, 1:-1:2] = ink[:, 1:] & (labels[:, 1:] == labels[:, :-1])
    fine = cv2.connectedComponents(links, connectivity=4, ltype=cv2.CV_32S)[1][::2, ::2]
    _, first, number = np.unique(fine[ink], return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))
    component[ink] = place[number]
    return component, labels[ink][np.sort(first)].astype(np.int64), np.bincount(component[ink])


def _centers(of: Array, rows: Array, columns: Array, weight: Array, count: int) -> Array:
    """Centers of mass of pixels that belong to `count` things: float64 (count, 2), NaN of none."""
    mass, x, y = (
        np.bincount(of, weight * value, minlength=count) for value in (1.0, columns, rows)
    )
    with np.errstate(invalid="ignore"):
        centers: Array = np.stack([x, y], axis=1) / mass[:, None]
    return centers


def centered(rgb: Array, discs: Discs) -> Discs:
    """Discs moved to the center of mass of what they cover: how much of its color is there.

    They look one pixel beyond their rims, and twice, because the first look was from elsewhere.
    """
    for _ in range(2):
        around = cover(discs._replace(radius_px=discs.radius_px + 1), rgb.shape[:2])
        of, rows, columns = around.first, around.rows, around.columns
        own = discs.colors[of]
        weight = np.einsum("ij,ij->i", rgb[rows, columns].astype(np.float64), own)
        weight = np.clip(weight / np.einsum("ij,ij->i", own, own), 0, 1)
        xy = _centers(of, rows, columns, weight, len(discs.ranks))
        discs = discs._replace(xy_px=np.where(np.isnan(xy), discs.xy_px, xy))
    return discs


def supported(owner: Array, discs: Discs) -> Array:
    """Which of n discs own the ground that they would paint full: places, rising.

    A disc with less than half of it is dropped, unless one next to it has still less; then all
    are judged again. Ground that is nobody's, because its colors are of no use, does not count.
    """
    places = np.arange(len(discs.ranks))
    while True:
        share = _share(owner, discs.of(places), places)
        poor = np.flatnonzero(share < 1 / 2)
        if not len(poor):
            return places
        squared = _squares(discs.xy_px[places[poor]])
        rivals = (squared < (2 * discs.radius_px) ** 2) & (share[poor] < share[poor, None])
        places = np.delete(places, poor[~rivals.any(axis=1)])


def _share(owner: Array, discs: Discs, places: Array) -> Array:
    """How much of the ground that discs paint full and somebody owns is their own: (n,)."""
    covered = cover(discs, owner.shape)
    full = (covered.coverage == 1) & (covered.share == 1)
    claim = owner[covered.rows[full], covered.columns[full]]
    of = covered.first[full][claim != -1]
    own = of[places[of] == claim[claim != -1]]
    count = np.bincount(of, minlength=len(places))
    share: Array = np.bincount(own, minlength=len(places)) / np.maximum(count, 1)
    return share


def _squares(xy_px: Array) -> Array:
    """Squared distances between all points, and inf to themselves: float64 (n, n)."""
    squares: Array = ((xy_px[:, None] - xy_px) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    return squares


def touching(discs: Discs, shape: tuple[int, int]) -> Array:
    """Which discs overlap another, or the image's border: bool (n,)."""
    reach = discs.radius_px + RIM
    low, high = reach, np.array(shape[::-1]) - 1 - reach
    cut = ((discs.xy_px < low) | (discs.xy_px > high)).any(axis=1)
    near = _squares(discs.xy_px) < (2 * reach) ** 2
    met: Array = np.logical_or(cut, near.any(axis=1))
    return met
