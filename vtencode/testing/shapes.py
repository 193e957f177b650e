"""Random shapes that hide one another, painted in free colors: what instances are read from."""

from __future__ import annotations

import cv2
import numpy as np

from vtencode.palettes import CAPACITY, seeded
from vtencode.seeds import generator
from vtencode.targets import Array
from vtencode.testing.fine import FINE, painted, seen

#: What is seen of a shape, as a share of the picture, or else it is left out: 2.5 times the
#: smallest instance that a decoder returns.
LEAST_SEEN = 5e-4
#: Areas of the shapes, before they hide one another, as a share of the picture.
COVER = 4.5


def shape_scene(
    seed: int, count: int, *, height: int = 896, width: int = 1200, apart: float = 20.0
) -> tuple[Array, Array]:
    """(ids int32 (H, W), 0 for background; uint8 RGB): ellipses, rectangles, triangles on black.

    Colors are random, at least `apart` levels from one another and 40 from black.
    """
    rng = generator(seed, "shapes", str(count))
    shapes = [_shape(rng, count, height, width) for _ in range(count)]
    hidden: set[int] = set()
    while True:
        fine = np.zeros((height * FINE, width * FINE), dtype=np.int16)
        for id_, shape in enumerate(shapes, start=1):
            if id_ not in hidden:
                cv2.fillPoly(fine, [shape], id_)
        ids = seen(fine)
        areas = np.bincount(ids.reshape(-1), minlength=count + 1)[1:]
        gone = set((np.flatnonzero(areas < LEAST_SEEN * ids.size) + 1).tolist())
        if gone <= hidden:
            break
        hidden |= gone
    colors = np.vstack([[(0, 0, 0)], _free_colors(seed, count, apart)]).astype(np.uint8)
    return ids, painted(fine, colors)


def _shape(rng: np.random.Generator, count: int, height: int, width: int) -> Array:
    """Corners of one shape, in subpixels: int32 (N, 2)."""
    radius = np.sqrt(height * width * COVER / count / np.pi) * rng.uniform(0.5, 1.2)
    center, turn = rng.uniform([0, 0], [width, height]), rng.uniform(0, 2 * np.pi)
    corners, flat = ((64, rng.uniform(0.5, 1)), (4, 0.7), (3, 1.0))[rng.integers(3)]
    angle = (np.arange(corners) + 0.5) * 2 * np.pi / corners
    local = np.stack([np.cos(angle), flat * np.sin(angle)])
    rotated = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ local
    outline: Array = np.rint((center[:, None] + radius * rotated).T * FINE).astype(np.int32)
    return outline


def _free_colors(seed: int, count: int, apart: float) -> Array:
    colors = seeded(min(2 * count, CAPACITY), seed=seed, apart=apart)
    free: Array = colors[(colors.astype(np.int64) ** 2).sum(axis=1) >= 40**2][:count]
    return free
