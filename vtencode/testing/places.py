"""Places in a picture that keep their distance: where isolated joints are put."""

from __future__ import annotations

import numpy as np

from vtencode.targets import Array

#: Pixels between the first or last cell and the border.
_MARGIN_PX = 10


def spaced(
    rng: np.random.Generator, count: int, *, side: int = 256, gap: float = 40, grid: int = 64
) -> Array:
    """(x, y) of `count` places at least gap / 2 apart, on a grid of 1 / `grid` px: (N, 2)."""
    across = int((side - 2 * _MARGIN_PX) // gap)
    cell = rng.permutation(across**2)[:count]
    if len(cell) < count:
        raise ValueError(f"count must be at most {across**2} in {side} px, got {count}.")
    corner = np.stack([cell % across, cell // across], axis=1) * gap + _MARGIN_PX + gap / 2
    places: Array = np.round((corner + rng.uniform(-gap / 4, gap / 4, (count, 2))) * grid) / grid
    return places
