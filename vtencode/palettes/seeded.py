"""Random palettes that keep a guaranteed distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.palettes.optimized import CAPACITY, distinct
from vtencode.palettes.separation import as_colors, min_distance
from vtencode.seeds import generator
from vtencode.targets import Array

#: Random colors looked at for a palette.
_DARTS = 1 << 15
#: Of the distance that `distinct` reaches: what darts at random keep for any count.
_SHARE = 0.5


def seeded(
    count: int, *, seed: int, apart: float | None = None, reserved: Sequence[RGB] = ()
) -> Array:
    """`count` random colors, at least `apart` levels from one another and from `reserved`.

    uint8 (count, 3), the same for the same arguments. Left out, `apart` is half of what `distinct`
    reaches for as many. Raises `SpecError` when the colors do not fit.
    """
    if not 1 <= count <= CAPACITY:
        raise SpecError(f"a palette must have 1 to {CAPACITY} colors, got {count}.")
    taken = as_colors(reserved)
    need = _SHARE * _reach(count, taken) if apart is None else apart
    darts = generator(seed, "palette", str(count)).integers(
        0, 256, size=(_DARTS, 3), dtype=np.int64
    )
    for color in taken.astype(np.int64):
        darts = _clear(darts, color, need)
    colors: list[Array] = []
    while len(colors) < count:
        if not len(darts):
            raise SpecError(
                f"{count} random colors {need:g} levels apart do not fit: {len(colors)} did. "
                "Ask for fewer, or for a smaller distance."
            )
        colors.append(darts[0])
        darts = _clear(darts, darts[0], need)
    return np.array(colors, dtype=np.uint8)


def _reach(count: int, taken: Array) -> float:
    """The distance of `distinct` for as many colors, those inside `taken` not counted."""
    colors = distinct(count, reserved=[tuple(color) for color in taken.tolist()])
    within = min_distance(colors)
    offsets = colors.astype(np.int64)[:, None] - taken.astype(np.int64)
    across = np.sqrt((offsets**2).sum(axis=2)).min(initial=np.inf)
    return float(min(within, across, 441.0))


def _clear(darts: Array, color: Array, apart: float) -> Array:
    """The darts that are no closer to a color than `apart`, and not that color."""
    squared = ((darts - color) ** 2).sum(axis=1)
    clear: Array = darts[(squared >= apart**2) & (squared > 0)]
    return clear
