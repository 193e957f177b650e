"""Black to white along the edges of a lattice in the RGB cube, and the same less its ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np

from vtencode.errors import SpecError
from vtencode.paths.base import Path
from vtencode.paths.lattice import lattice_path
from vtencode.targets import Array

#: Vertices along a side of the lattice; k - 1 divides 255.
K = Literal[2, 4, 6, 16]

_SOURCE = "Image Generators are Generalist Vision Learners, arXiv:2604.20329"


@dataclass(frozen=True, kw_only=True)
class CubePath(Path):
    """Black to white through every vertex of the k x k x k lattice, one channel by 1 a level.

    k = 2 is the path of Vision Banana (arXiv:2604.20329), and the coarse order of the others.
    5 356 levels for k = 4, 10 966 for 6, 69 616 for 16: the more levels, the nearer the strands.
    A color off by less than half the lattice's spacing comes back at most sqrt(5) times as many
    levels off.
    """

    name: ClassVar[str] = "cube"
    source: ClassVar[str] = _SOURCE

    k: K = 2

    @property
    def levels(self) -> int:
        """How many colors the path has."""
        return (self.k**3 - 1) * (255 // (self.k - 1)) + 1

    def colors(self) -> Array:
        """The color of each level: uint8 (levels, 3)."""
        return _colors(self.k)

    @property
    def strand_radius(self) -> float:
        """Half the lattice's spacing."""
        return 255 / (self.k - 1) / 2


@dataclass(frozen=True, kw_only=True)
class CubeCorePath(Path):
    """The cube path less its first and last levels, so that black and white lie far from it.

    `skip` says how many levels are left out at each end. White, or what stands for it, is far.
    """

    name: ClassVar[str] = "cube-core"
    source: ClassVar[str] = _SOURCE

    k: K = 4
    #: Eight vertices of k = 4: black and white are 170 levels from every other color.
    skip: tuple[int, int] = (680, 680)

    def __post_init__(self) -> None:
        first, last = self.skip
        whole = CubePath(k=self.k).levels
        if first < 0 or last < 1 or first + last > whole - 2:
            raise SpecError(
                f"cube-core: skip must be two counts that leave 2 of the {whole} levels, the "
                f"second >= 1 (white is far), got {self.skip}."
            )

    @property
    def levels(self) -> int:
        """How many colors are left."""
        return CubePath(k=self.k).levels - sum(self.skip)

    def colors(self) -> Array:
        """The color of each level: uint8 (levels, 3)."""
        first, _ = self.skip
        return _colors(self.k)[first : first + self.levels]

    @property
    def strand_radius(self) -> float:
        """Half the lattice's spacing."""
        return CubePath(k=self.k).strand_radius


@lru_cache(maxsize=4)
def _colors(k: int) -> Array:
    spacing = 255 // (k - 1)
    vertices = lattice_path(k)
    edge, step = np.divmod(np.arange((k**3 - 1) * spacing + 1), spacing)
    toward = np.diff(vertices, axis=0, append=vertices[-1:])[edge]
    colors: Array = (spacing * vertices[edge] + step[:, None] * toward).astype(np.uint8)
    colors.setflags(write=False)
    return colors
