"""Every color of a depth code: one a level, one for far, one for unknown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from vtencode.colors import RGB
from vtencode.paths.base import Path
from vtencode.paths.projection import Projection
from vtencode.pixels import pack
from vtencode.targets import Array


@dataclass(frozen=True, kw_only=True)
class Codebook:
    """Colors of the finite levels 0 … top - 1, then of far, then of unknown."""

    path: Path
    unknown: RGB

    @cached_property
    def top(self) -> int:
        """How many finite levels there are, which is the index of far."""
        return self.path.levels - self.path.ends_far

    @cached_property
    def colors(self) -> Array:
        """uint8 (top + 2, 3)."""
        finite = self.path.colors()[: self.top]
        return np.vstack([finite, np.array([self.path.far, self.unknown], dtype=np.uint8)])

    @cached_property
    def packed(self) -> Array:
        """The colors as uint32 (top + 2,)."""
        return pack(self.colors)

    @cached_property
    def nearest(self) -> Projection:
        """Finds the color nearest to any."""
        return Projection(self.colors)

    @cached_property
    def correction_radius(self) -> float:
        """Half the distance of unknown, and of far where it is off the path, to all others."""
        colors = self.colors.astype(np.int64)
        lone = [self.top + 1] if self.path.ends_far else [self.top, self.top + 1]
        off = ((colors[lone, None] - colors) ** 2).sum(axis=2)
        off[range(len(lone)), lone] = np.iinfo(np.int64).max
        return float(np.sqrt(off.min()) / 2)


#: A codebook with its table takes 64 MiB; a few are kept.
codebook = lru_cache(maxsize=4)(Codebook)
