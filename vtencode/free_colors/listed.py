"""Painted pictures whose colors are listed: flat cores take listed colors, and grow."""

from __future__ import annotations

import numpy as np

from vtencode.free_colors.growth import grow
from vtencode.free_colors.regions import medians
from vtencode.free_colors.seeded import SeededColors
from vtencode.nearest import Nearest, nearest_color
from vtencode.targets import Array

_CORES = SeededColors()


def read_listed(rgb: Array, nearest: Nearest, colors: Array, *, reach: float) -> Array:
    """Which of the colors each pixel is, or -1 for none of them: int64 (H, W).

    A core is the color nearest its median, or none where that is farther than `reach`; a pixel of
    just a listed color is that one, wherever it lies, so that a faithful copy is read exactly.
    Both grow over the rest. A picture without either is read pixel by pixel.
    """
    index = nearest.index.astype(np.int64)
    labels = np.zeros(rgb.shape[:2], dtype=np.int32)
    table = np.vstack([np.zeros((1, 3)), colors])
    if rgb.size:
        cores, tally = _CORES.cores(rgb)
        middles = medians(tally)
        of_core = nearest_color(colors).read(np.rint(middles).astype(np.uint8)[None])
        number = of_core.index[0].astype(np.int32) + 1
        strange = np.flatnonzero(of_core.residual[0] > reach)
        number[strange] = len(table) + np.arange(len(strange))
        number[0] = 0
        table = np.vstack([table, middles[strange]])
        labels = number[cores]
    exact = nearest.residual == 0
    labels[exact] = index[exact] + 1
    if not labels.any():
        return np.where(nearest.residual > reach, -1, index)
    grown = grow(rgb, labels, table) - 1
    return np.where(grown < len(colors), grown, -1)
