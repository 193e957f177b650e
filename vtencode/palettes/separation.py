"""How far apart colors are, in RGB levels: half of it is what decoding can correct."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtencode.errors import SpecError
from vtencode.targets import Array


def min_distance(colors: Any) -> float:
    """The smallest distance between two of the colors (N, 3): +inf for fewer than two."""
    left = as_colors(colors).astype(np.int64)
    smallest = min(
        (((left[row + 1 :] - color) ** 2).sum(axis=1).min() for row, color in enumerate(left[:-1])),
        default=np.inf,
    )
    return float(np.sqrt(smallest))


def clash(colors: Any) -> tuple[int, int] | None:
    """The first two equal colors, by their positions; None when all differ.

    >>> clash([(0, 0, 0), (140, 140, 140), (9, 9, 9), (140, 140, 140)])
    (1, 3)
    """
    first: dict[bytes, int] = {}
    for position, color in enumerate(as_colors(colors)):
        earlier = first.setdefault(color.tobytes(), position)
        if earlier != position:
            return earlier, position
    return None


def farthest_first(
    colors: Array, reserved: Array, *, steps: int | None = None
) -> tuple[Array, Array]:
    """The colors, each the farthest from those before it and from `reserved`; `steps` at most.

    With the smallest distance among the first 1, 2, ... of them: float64 (N,); distances inside
    `reserved` do not count. With nothing reserved the first color comes first. Of equally far
    colors the earlier is taken.
    """
    wide = colors.astype(np.int64)
    nearest = np.full(len(colors), np.iinfo(np.int64).max)
    for color in reserved.astype(np.int64):
        np.minimum(nearest, ((wide - color) ** 2).sum(axis=1), out=nearest)
    count = len(colors) if steps is None else min(steps, len(colors))
    order = np.empty(count, dtype=np.int64)
    distance = np.empty(count)
    for step in range(count):
        order[step] = pick = nearest.argmax()
        distance[step] = np.sqrt(nearest[pick]) if step or len(reserved) else np.inf
        np.minimum(nearest, ((wide - wide[pick]) ** 2).sum(axis=1), out=nearest)
        nearest[pick] = -1
    return colors[order], distance


def as_colors(colors: Any) -> Array:
    """Anything that is N 8-bit colors, as uint8 (N, 3); raises `SpecError` for the rest."""
    values = np.asarray(colors)
    if values.size == 0:
        return np.empty((0, 3), dtype=np.uint8)
    if values.ndim != 2 or values.shape[1] != 3 or values.dtype.kind not in "iu":
        raise SpecError(f"colors must be whole numbers (N, 3), got {values.dtype} {values.shape}.")
    if values.min() < 0 or values.max() > 255:
        raise SpecError(f"colors must be 8-bit, got {values.min()} to {values.max()}.")
    return values.astype(np.uint8)
