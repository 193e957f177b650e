"""Random palettes that keep a guaranteed distance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.palettes.optimized import CAPACITY, distinct
from vtencode.palettes.separation import as_colors, min_distance
from vtencode.seeds import generator
from vtencode.targets import Array

#: Random colors looked at for a palette: in all, at first, and at most at a time.
_DARTS, _FIRST, _BLOCK = 1 << 15, 64, 1 << 11
#: Of the distance that `distinct` reaches: what darts at random keep for any count.
_SHARE = 0.5


def seeded(
    count: int,
    *,
    seed: int,
    apart: float | None = None,
    reserved: Sequence[RGB] = (),
    among: Array | None = None,
) -> Array:
    """`count` random colors, at least `apart` levels from one another and from `reserved`.

    uint8 (count, 3), the same for the same arguments. Left out, `apart` is half of what `distinct`
    reaches for as many. They are drawn from `among`, uint8 (N, 3), or from the whole cube. Raises
    `SpecError` when the colors do not fit.
    """
    if not 1 <= count <= CAPACITY:
        raise SpecError(f"a palette must have 1 to {CAPACITY} colors, got {count}.")
    taken = as_colors(reserved)
    need = _SHARE * _reach(count, taken.tobytes()) if apart is None else apart
    colors = np.concatenate([taken, np.empty((count, 3), dtype=np.uint8)]).astype(np.float64)
    end = len(taken)
    for darts in _darts(generator(seed, "palette", str(count)), among):
        if end == len(colors):
            break
        end = _take(darts, colors, end, need)
    if end < len(colors):
        raise SpecError(
            f"{count} random colors {need:g} levels apart do not fit: {end - len(taken)} did. "
            "Ask for fewer, or for a smaller distance."
        )
    return colors[len(taken) :].astype(np.uint8)


def _darts(stream: np.random.Generator, among: Array | None) -> Iterator[Array]:
    """Random colors, float64 (N, 3), first few at a time and then more."""
    if among is not None:
        yield stream.permutation(as_colors(among)).astype(np.float64)
        return
    thrown = 0
    while thrown < _DARTS:
        more = min(max(_FIRST, thrown), _BLOCK, _DARTS - thrown)
        yield stream.integers(0, 256, size=(more, 3), dtype=np.int64).astype(np.float64)
        thrown += more


def _take(darts: Array, colors: Array, end: int, apart: float) -> int:
    """Write into `colors`, from `end` on, every dart that is clear of those before it.

    Distances are exact: squares and products of bytes are whole numbers.
    """
    near = max(apart**2, 1)  # equal colors are never clear
    darts = darts[_squared(darts, colors[:end]).min(axis=1, initial=np.inf) >= near]
    too_near = _squared(darts, darts) < near
    clear = np.ones(len(darts), dtype=bool)
    for at in range(len(darts)):
        if end == len(colors):
            break
        if clear[at]:
            colors[end] = darts[at]
            end += 1
            clear &= ~too_near[at]
    return end


def _squared(left: Array, right: Array) -> Array:
    """Squared distances between colors (N, 3) and (M, 3): (N, M)."""
    lengths = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)
    squared: Array = lengths - 2 * (left @ right.T)
    return squared


@lru_cache(maxsize=512)
def _reach(count: int, reserved: bytes) -> float:
    """The distance of `distinct` for as many colors, those inside `reserved` not counted."""
    taken = np.frombuffer(reserved, dtype=np.uint8).reshape(-1, 3)
    colors = distinct(count, reserved=[(red, green, blue) for red, green, blue in taken.tolist()])
    within = min_distance(colors)
    offsets = colors.astype(np.int64)[:, None] - taken.astype(np.int64)
    across = np.sqrt((offsets**2).sum(axis=2)).min(initial=np.inf)
    return float(min(within, across, 441.0))
