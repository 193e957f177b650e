"""Paths through the RGB cube, and the nearest point of a path to any color."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np

from vtencode.pixels import pack
from vtencode.targets import Array

RGB = tuple[int, int, int]

#: Level bits of a `nearest_table` entry; the squared distance lies above them.
LEVEL_BITS = 11
LEVEL_MASK = (1 << LEVEL_BITS) - 1

#: Black, red, yellow, green, cyan, blue, magenta, white: the order of Vision Banana
#: (arXiv:2604.20329), a Gray code, so that consecutive corners differ in one channel.
_CORNERS = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [1, 1, 1]]
)


@dataclass(frozen=True, kw_only=True)
class CubePath:
    """Black to white along seven edges of the RGB cube, one step of one channel a level.

    On 8-bit colors the nearest point of an axis-aligned edge is where the moving channel says;
    so decoding is integer arithmetic and total: the squared distance to an edge is what its two
    still channels are off, and the first of the nearest edges wins.
    """

    name: ClassVar[str] = "cube"

    k: Literal[2] = 2

    @property
    def levels(self) -> int:
        """How many colors the path has."""
        return 7 * 255 + 1

    def colors(self) -> Array:
        """The color of each level: uint8 (levels, 3)."""
        edge, step = np.divmod(np.arange(self.levels), 255)
        start = _CORNERS[edge]
        toward = _CORNERS[np.minimum(edge + 1, 7)] - start
        colors: Array = 255 * start + step[:, None] * toward
        return colors.astype(np.uint8)


@lru_cache(maxsize=4)
def nearest_table(path: CubePath, reserved: RGB) -> Array:
    """The level nearest to each of the 2**24 colors, and how far it is.

    uint32, indexed by packed color: `squared distance << LEVEL_BITS | level`. Colors strictly
    nearer to `reserved` than to the path get the level `path.levels`; among equally near levels
    the smallest wins. An entry is the smallest of sums of three one-channel terms.
    """
    table = np.empty((256, 256, 256), dtype=np.uint32)
    choices = [*_edge_terms(), _point_terms(path.levels, reserved)]
    planes = [(red[None, :] + green[:, None], blue) for red, green, blue in choices]
    term = np.empty((256, 256), dtype=np.uint32)
    for value, plane in enumerate(table):
        np.add(planes[0][0], planes[0][1][value], out=plane)
        for plane_of_choice, blue in planes[1:]:
            np.minimum(plane, np.add(plane_of_choice, blue[value], out=term), out=plane)
    table.setflags(write=False)
    return table.reshape(-1)


def _edge_terms() -> list[tuple[Array, Array, Array]]:
    """One (red, green, blue) triple of terms a path edge, each uint32 (256,)."""
    value = np.arange(256, dtype=np.int64)
    terms = []
    for edge in range(7):
        toward = _CORNERS[edge + 1] - _CORNERS[edge]
        triple = []
        for channel in range(3):
            still = (value - 255 * _CORNERS[edge, channel]) ** 2 << LEVEL_BITS
            moved = value if toward[channel] > 0 else 255 - value
            triple.append(still if toward[channel] == 0 else 255 * edge + moved)
        terms.append(_uint32(triple))
    return terms


def _point_terms(level: int, color: RGB) -> tuple[Array, Array, Array]:
    """Terms of a lone color; its level rides on the red one."""
    value = np.arange(256, dtype=np.int64)
    triple = [(value - channel) ** 2 << LEVEL_BITS for channel in color]
    triple[0] = triple[0] + level
    return _uint32(triple)


def _uint32(triple: list[Array]) -> tuple[Array, Array, Array]:
    red, green, blue = (term.astype(np.uint32) for term in triple)
    return red, green, blue


def packed_with(path: CubePath, reserved: RGB) -> Array:
    """Colors of all levels, then the reserved one, packed: uint32 (levels + 1,)."""
    return pack(np.vstack([path.colors(), np.array(reserved, dtype=np.uint8)]))
