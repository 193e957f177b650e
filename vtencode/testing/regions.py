"""Regions of classes with what is hard to read: thin poles and small discs."""

from __future__ import annotations

import cv2
import numpy as np

from vtencode.targets import Array
from vtencode.testing.fine import FINE

SITES, POLES, DISCS = 80, 25, 70
#: The borders of regions are drawn in steps of so many subpixels.
_STEP = 8


def class_regions(seed: int, classes: int, *, side: int = 512) -> Array:
    """Ids 0 to classes - 1, of FINE x FINE subpixels a pixel: uint16 (FINE side, FINE side).

    Poles are 2 to 5 pixels wide, discs 6 to 20 across; `seen` and `painted` bring them to size.
    """
    rng = np.random.default_rng(seed)
    large = FINE * side
    ids = _nearest_sites(rng, classes, large)
    for _ in range(POLES):
        x, y = rng.integers(0, large, 2).tolist()
        length, lean = rng.integers(large // 16, large // 3), rng.normal(0, 0.15)
        end = (int(x + length * np.sin(lean)), int(y + length * np.cos(lean)))
        cv2.line(ids, (x, y), end, int(rng.integers(classes)), int(rng.integers(8, 20)))
    for _ in range(DISCS):
        x, y = rng.integers(0, large, 2).tolist()
        cv2.circle(ids, (x, y), int(rng.integers(12, 40)), int(rng.integers(classes)), -1)
    return ids


def _nearest_sites(rng: np.random.Generator, classes: int, large: int) -> Array:
    """Each subpixel is of the class of the nearest of some random sites."""
    sites = rng.random((SITES, 2)) * large
    rows, columns = np.mgrid[0:large:_STEP, 0:large:_STEP]
    nearest = np.full(rows.shape, np.inf)
    ids = np.zeros(rows.shape, dtype=np.uint16)
    for row, column in sites:
        distance = (rows - row) ** 2 + (columns - column) ** 2
        ids[distance < nearest] = rng.integers(classes)
        nearest = np.minimum(nearest, distance)
    return cv2.resize(ids, (large, large), interpolation=cv2.INTER_NEAREST)
