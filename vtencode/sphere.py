"""Unit vectors as three bytes: the cells of the RGB cube that the unit sphere meets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vtencode.targets import Array

Rounding = Literal["round", "trunc", "scale128"]

#: Scale and shift of c = floor(scale * n + shift): the nearest of (2 c - 255) / 255; floor(255 u)
#: of u = (n + 1) / 2, as many encoders write it; floor(256 u), as DSINE's examples were.
_FORMS = {"round": (127.5, 128.0), "trunc": (127.5, 127.5), "scale128": (128.0, 128.0)}
#: A cell is at most 2 / 255 wide, on a sphere of radius 1. So no point of it is farther from its
#: middle than sqrt(3) / 255, and no direction through it turns more from the middle's than this.
CELL_DEG = float(np.degrees(np.arcsin(np.sqrt(3) / 255)))
#: A color is a direction when its vector is this long. The gray in the middle of the cube is
#: 0.007 long, its corners 1.73; Vision Banana's edges between surfaces come down to about 0.5.
SHORTEST, LONGEST = 0.5, 1.35


@dataclass(frozen=True)
class Cells:
    """Coordinates in [-1, 1] as bytes 0 … 255, and bytes as the middles of their cells.

    Arrays are planes: (3, N). For each of the 2**24 colors, `settle` returns one that it does
    not change again; what `colors` returns settles in one step.
    """

    rounding: Rounding = "round"

    def colors(self, unit: Array) -> Array:
        """The cell of each unit vector, float32 (3, N): uint8 (3, N)."""
        scale, shift = _FORMS[self.rounding]
        level = np.multiply(unit, np.float32(scale))
        if shift % 1:
            level += np.float32(shift % 1)
        np.floor(level, out=level)  # before the shift, so that flipped vectors get flipped colors
        level += np.float32(shift // 1)
        return level.clip(0, 255, out=level).astype(np.uint8)

    def directions(self, colors: Array) -> tuple[Array, Array]:
        """Unit vector through each cell's middle, (3, N), and how long the middle's is, (N,).

        Float32; the middles are whole numbers in units of half a cell. In the middle of the
        cube the vector may be 0.
        """
        scale, shift = _FORMS[self.rounding]
        middle = colors.astype(np.float32)
        middle += middle
        middle += np.float32(1 - 2 * shift)
        length = np.sqrt(np.einsum("cn,cn->n", middle, middle))
        middle /= np.maximum(length, 1)
        return middle, length / np.float32(2 * scale)

    def settle(self, colors: Array, *, times: int = 2) -> Array:
        """Encode what the colors decode to, `times` over."""
        for _ in range(times):
            colors = self.colors(self.directions(colors)[0])
        return colors
