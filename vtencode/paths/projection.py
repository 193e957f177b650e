"""The nearest of a row of colors to each of the 2**24: exact, total, one look-up a pixel.

A row is cut into runs along which one channel moves by 1 a level: boxes of no width. The squared
distance from a color to a box, and the level it is nearest to, are sums of one-channel terms, so
that nothing is compared point by point. Few runs are compared over the whole cube at once; many,
16 x 16 x 16 colors at a time, when a picture first shows one of them. A run can be nearest
somewhere in a cell only if its smallest distance to the cell is no more than the least, over all
runs, of their largest.
"""

from __future__ import annotations

import numpy as np

from vtencode.pixels import pack
from vtencode.targets import Array

#: Up to so many runs are compared over the whole cube.
_FEW = 16
#: A cell's side in levels, and how many cells span the cube: 16 of 16.
_SIDE = 16


class Projection:
    """The level nearest to any color, the smallest of equally near ones, and how far it is.

    An entry is `squared distance << bits | level`. Squared distances are cut at what 32 - `bits`
    bits hold: 181 levels of the 69 616 of k = 16, and no cut below 16 384 levels.
    """

    def __init__(self, colors: Array) -> None:
        self.bits = (len(colors) - 1).bit_length()
        self.mask = (1 << self.bits) - 1
        self._terms, squared = _terms(colors.astype(np.int64), self.bits)
        self._first = int(pack(colors[:1])[0])
        self._whole = squared.shape[2] <= _FEW
        if self._whole:
            self._entries = _over_the_cube(self._terms)
            return
        # An entry of 0 is not computed yet, or the first color's own.
        self._entries = np.zeros(1 << 24, dtype=np.uint32)
        cells = squared.reshape(3, 256 // _SIDE, _SIDE, -1)
        self._nearest, self._farthest = cells.min(axis=2), cells.max(axis=2)

    def entries(self, packed: Array) -> Array:
        """The entries of packed colors: uint32, freshly made."""
        entries: Array = self._entries.take(packed)
        if not self._whole and entries.size and entries.min() == 0:
            missing = packed[entries == 0]
            missing = missing[missing != self._first]
            if missing.size:
                self._fill(missing)
                self._entries.take(packed, out=entries)
        return entries

    def _fill(self, packed: Array) -> None:
        """Compute the cells of these colors."""
        touched = np.zeros((16, 16, 16), dtype=bool)
        touched[packed >> 20, packed >> 12 & 15, packed >> 4 & 15] = True
        cube = self._entries.reshape(256, 256, 256)
        for cell in np.argwhere(touched):
            (far, near) = (
                bound[0, cell[2]] + bound[1, cell[1]] + bound[2, cell[0]]
                for bound in (self._farthest, self._nearest)
            )
            rivals = np.flatnonzero(near <= far.min())
            blues, greens, reds = (slice(_SIDE * i, _SIDE * i + _SIDE) for i in cell)
            sums = (
                self._terms[2, blues][:, rivals].T[:, :, None, None]
                + self._terms[1, greens][:, rivals].T[:, None, :, None]
                + self._terms[0, reds][:, rivals].T[:, None, None, :]
            )
            cube[blues, greens, reds] = self._narrowed(sums.min(axis=0))

    def _narrowed(self, entries: Array) -> Array:
        """Entries as uint32, their squared distances cut to fit."""
        if entries.dtype == np.uint32:
            return entries
        squared = np.minimum(entries >> self.bits, (1 << 32 - self.bits) - 1)
        narrowed: Array = (squared << self.bits | entries & self.mask).astype(np.uint32)
        return narrowed


def _terms(colors: Array, bits: int) -> tuple[Array, Array]:
    """One-channel terms of each run's entries, and of its squared distances: (3, 256, runs)."""
    level, end = _runs(colors)
    first, last = colors[level].T[:, None], colors[end].T[:, None]
    value = np.arange(256)[None, :, None]
    inside = np.clip(value, np.minimum(first, last), np.maximum(first, last))
    squared = (value - inside) ** 2
    terms = (squared << bits) + np.abs(inside - first)
    terms[0] += level
    return terms.astype(np.uint32 if bits + 18 <= 32 else np.uint64), squared.astype(np.uint32)


def _runs(colors: Array) -> tuple[Array, Array]:
    """First and last level of each run; neighboring runs share the color where they meet."""
    step = np.diff(colors, axis=0)
    straight = np.abs(step).sum(axis=1) == 1
    goes_on = straight[1:] & straight[:-1] & (step[1:] == step[:-1]).all(axis=1)
    first = np.flatnonzero(straight & ~np.append(False, goes_on))
    last = np.flatnonzero(straight & ~np.append(goes_on, False)) + 1
    alone = np.flatnonzero(~(np.append(straight, False) | np.append(False, straight)))
    return np.append(first, alone), np.append(last, alone)


def _over_the_cube(terms: Array) -> Array:
    """Every entry, from the terms of a few runs: uint32 (2**24,)."""
    table = np.empty((256, 256, 256), dtype=np.uint32)
    red, green, blue = (np.ascontiguousarray(axis.T) for axis in terms)
    planes = red[:, None, :] + green[:, :, None]
    term = np.empty((256, 256), dtype=np.uint32)
    for value, entries in enumerate(table):
        np.add(planes[0], blue[0, value], out=entries)
        for plane, of_run in zip(planes[1:], blue[1:], strict=True):
            np.minimum(entries, np.add(plane, of_run[value], out=term), out=entries)
    table.setflags(write=False)
    return table.reshape(-1)
