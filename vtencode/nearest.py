"""The palette color nearest to any color: exact, for each of the 2**24, tabled cell by cell.

The table answers "how far, and which" in one look-up. It is filled 16 x 16 x 16 colors at a
time, when a picture first shows one of them, so that a palette used once costs what it touches.
A color can be nearest somewhere in a cell only if its distance to the cell's nearest corner is no
more than the smallest distance of any color to its farthest corner; the few that remain are
compared color by color.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from vtencode.errors import SpecError
from vtencode.pixels import blocks, check_rgb, load
from vtencode.targets import Array

#: Low bits of a table entry: the color's index plus 1, so that 0 means "not computed yet". Squared
#: distances are below 2**18, which leaves 14 of 32 bits.
_INDEX_BITS = 14
_INDEX_MASK = (1 << _INDEX_BITS) - 1
#: How many colors a palette may have.
CAPACITY = _INDEX_MASK
#: A cell's side in levels, and how many cells span the cube: 16 of 16.
_SIDE = 16


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest color of every pixel.

    `index` is uint16 (H, W), the smallest of equally near ones; `residual` float32 (H, W), the
    distance to it; `margin` float32 (H, W), how much farther the second nearest is: 0 at a tie,
    +inf where the palette has one color.
    """

    index: Array
    residual: Array
    margin: Array


class NearestColor:
    """Finds the nearest color of one palette; made by `nearest_color`, which keeps a few."""

    def __init__(self, colors: Array) -> None:
        self.colors = colors
        self._nearest = _Table(colors, rank=0)
        self._second = _Table(colors, rank=1) if len(colors) > 1 else None

    def index(self, rgb: Array) -> Array:
        """Which color each pixel of a picture is nearest to: uint16 (H, W)."""
        picture = check_rgb(rgb)
        index = np.empty(picture.shape[0] * picture.shape[1], dtype=np.uint16)
        for run, packed in _runs(picture):
            _index(self._nearest.keys(packed), out=index[run])
        return index.reshape(picture.shape[:2])

    def read(self, rgb: Array) -> Nearest:
        """The nearest color of each pixel, how far it is, and how much farther the second is."""
        picture = check_rgb(rgb)
        shape = picture.shape[:2]
        index = np.empty(shape[0] * shape[1], dtype=np.uint16)
        residual, margin = np.empty((2, index.size), dtype=np.float32)
        for run, packed in _runs(picture):
            keys = self._nearest.keys(packed)
            _index(keys, out=index[run])
            _distance(keys, out=residual[run])
            if self._second is None:
                margin[run] = np.inf
            else:
                _distance(self._second.keys(packed), out=margin[run])
                margin[run] -= residual[run]
        return Nearest(index.reshape(shape), residual.reshape(shape), margin.reshape(shape))


def nearest_color(colors: Any) -> NearestColor:
    """Return the finder for distinct 8-bit colors (N, 3), made once and kept for a while.

    Raises `SpecError` for none, too many, or two equal ones.
    """
    palette = np.asarray(colors)
    if palette.ndim != 2 or palette.shape[1] != 3 or palette.dtype.kind not in "iu":
        raise SpecError(
            f"a palette must be whole numbers (N, 3), got {palette.dtype} {palette.shape}."
        )
    if not 1 <= len(palette) <= CAPACITY:
        raise SpecError(f"a palette must have 1 to {CAPACITY} colors, got {len(palette)}.")
    if palette.min() < 0 or palette.max() > 255:
        raise SpecError(f"a palette must be 8-bit, got {palette.min()} to {palette.max()}.")
    if len(np.unique(palette, axis=0)) < len(palette):
        raise SpecError("the colors of a palette must all differ: equal ones cannot be told apart.")
    return _kept(palette.astype(np.uint8).tobytes())


@lru_cache(maxsize=4)
def _kept(data: bytes) -> NearestColor:
    return NearestColor(np.frombuffer(data, dtype=np.uint8).reshape(-1, 3))


class _Table:
    """`squared distance << 14 | index + 1` of the nearest (rank 0) or second nearest (1) color.

    Threads may share it: entries only ever turn from 0 into their one value.
    """

    def __init__(self, colors: Array, *, rank: int) -> None:
        self._rank = rank
        self._keys = np.zeros(1 << 24, dtype=np.uint32)  # untouched pages take no memory
        off = np.arange(256)[:, None] - colors.astype(np.int64).T[:, None, :]
        self._off = (off**2).astype(np.uint32)  # squared, by channel, level and color
        cells = self._off.reshape(3, 256 // _SIDE, _SIDE, len(colors))
        self._far = cells.max(axis=2)
        self._near = cells.min(axis=2)

    def keys(self, packed: Array) -> Array:
        """The entries of packed colors: uint32, freshly made."""
        keys = self._keys.take(packed)
        if keys.size and keys.min() == 0:
            self._fill(packed[keys == 0])
            self._keys.take(packed, out=keys)
        return keys

    def _fill(self, packed: Array) -> None:
        """Compute the cells of these colors."""
        cells = np.zeros((16, 16, 16), dtype=bool)
        cells[packed >> 20, packed >> 12 & 15, packed >> 4 & 15] = True
        cube = self._keys.reshape(256, 256, 256)
        for blue, green, red in np.argwhere(cells):
            blues, greens, reds = (
                slice(_SIDE * cell, _SIDE * cell + _SIDE) for cell in (blue, green, red)
            )
            far = self._far[0, red] + self._far[1, green] + self._far[2, blue]
            near = self._near[0, red] + self._near[1, green] + self._near[2, blue]
            # In index order: of equal distances the smaller index makes the smaller key.
            rivals = np.flatnonzero(near <= np.partition(far, self._rank)[self._rank])
            keys = self._off[0, reds][:, rivals] << _INDEX_BITS | (rivals + 1).astype(np.uint32)
            plane = (
                keys.T[:, None, :] + (self._off[1, greens][:, rivals].T << _INDEX_BITS)[..., None]
            )
            depth = self._off[2, blues][:, rivals].T << _INDEX_BITS
            cube[blues, greens, reds] = _smallest(depth, plane, self._rank)


def _smallest(depth: Array, plane: Array, rank: int) -> Array:
    """The smallest (rank 0) or second smallest (1), over the colors, of depth + plane.

    depth (N, 16) and plane (N, 16, 16) to (16, 16, 16).
    """
    best: Array
    if rank == 0:
        best = depth[0, :, None, None] + plane[0]
        for term, flat in zip(depth[1:], plane[1:], strict=True):
            np.minimum(best, term[:, None, None] + flat, out=best)
        return best
    best = np.full((_SIDE, _SIDE, _SIDE), 2**32 - 1, dtype=np.uint32)
    second: Array = best.copy()
    for term, flat in zip(depth, plane, strict=True):
        keys = term[:, None, None] + flat
        np.minimum(second, np.maximum(best, keys), out=second)
        np.minimum(best, keys, out=best)
    return second


def _runs(picture: Array) -> Iterator[tuple[slice, Array]]:
    """Runs of pixels, and their packed colors."""
    for start, stop in blocks(picture.shape[0] * picture.shape[1]):
        yield slice(start, stop), load(picture, start, stop)


def _index(keys: Array, *, out: Array) -> None:
    np.subtract(keys & _INDEX_MASK, 1, out=out, casting="unsafe")


def _distance(keys: Array, *, out: Array) -> None:
    np.copyto(out, keys >> _INDEX_BITS, casting="unsafe")
    np.sqrt(out, out=out)
