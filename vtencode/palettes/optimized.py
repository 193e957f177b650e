"""Colors as far apart as we know how to place them, around colors that are taken already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import product

import numpy as np

from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.palettes.separation import as_colors, farthest_first
from vtencode.targets import Array

#: The most colors `distinct` places.
CAPACITY = 1000
#: Cells along an edge of the cube: lattices of 14, 63, 172, 365, 666 and 1099 colors, 179.6, 89.1,
#: 59.4, 43.8, 35.4 and 29.7 levels apart. From 258 colors on nothing better is known.
_LATTICES = (1, 2, 3, 4, 5, 6)


def distinct(count: int, *, reserved: Sequence[RGB] = ()) -> Array:
    """`count` colors far from one another and from the `reserved` ones: uint8 (count, 3).

    Chosen farthest first, so any number of the first colors is a good palette too, from the
    stored max-min palette or cubic lattice that serves best. Always the same for the same
    arguments, and read-only.

    >>> distinct(3, reserved=[(0, 0, 0)]).tolist()
    [[255, 255, 0], [255, 0, 255], [0, 255, 255]]
    """
    if not 1 <= count <= CAPACITY:
        raise SpecError(f"a palette must have 1 to {CAPACITY} colors, got {count}.")
    taken = as_colors(reserved)
    # Stored palettes hold black; mirrored ones serve those who reserve another corner instead.
    mirrors = range(8 if len(taken) and taken.any(axis=1).all() else 1)
    steps = 1 << (count - 1).bit_length()
    ladders = (
        _ladder(position, mirror, taken.tobytes(), steps)
        for position, mirror in product(_fitting(count), mirrors)
    )
    colors, distance = max(ladders, key=lambda ladder: ladder[1][count - 1])
    if distance[count - 1] == 0:
        raise SpecError(f"{count} colors beside {len(taken)} reserved ones are too many.")
    chosen: Array = colors[:count]
    return chosen


def _fitting(count: int) -> Iterator[int]:
    """Positions of the stored palettes that are large enough, and not far larger.

    Picking few from many is 15 to 25 % worse than what was optimized for few.
    """
    for position, colors in enumerate(_stored()):
        if count <= len(colors) <= 2 * count + 64:
            yield position


@lru_cache(maxsize=1024)
def _ladder(position: int, mirror: int, reserved: bytes, steps: int) -> tuple[Array, Array]:
    """A stored palette's first so many colors, farthest first, and how far apart 1, 2, … are."""
    flips = np.array([255 * (mirror >> channel & 1) for channel in range(3)], dtype=np.uint8)
    taken = np.frombuffer(reserved, dtype=np.uint8).reshape(-1, 3)
    colors, distance = farthest_first(_stored()[position] ^ flips, taken, steps=steps)
    colors.setflags(write=False)
    return colors, distance


@cache
def _stored() -> tuple[Array, ...]:
    """Optimized palettes, then lattices: each uint8 (N, 3)."""
    text = files("vtencode.palettes").joinpath("optimized.txt").read_text("ascii")
    optimized = [bytes.fromhex(line) for line in text.split()]
    palettes = [np.frombuffer(data, dtype=np.uint8).reshape(-1, 3) for data in optimized]
    return (*palettes, *map(_lattice, _LATTICES))


def _lattice(cells: int) -> Array:
    """The face-centered cubic lattice, the densest packing of spheres, across the RGB cube."""
    half_steps = np.indices((2 * cells + 1,) * 3).reshape(3, -1).T
    points = half_steps[half_steps.sum(axis=1) % 2 == 0]
    levels: Array = (255 * points + cells) // (2 * cells)
    return levels.astype(np.uint8)
