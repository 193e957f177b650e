"""Random shapes that hide one another, painted in free colors, and how well they are read."""

from __future__ import annotations

import cv2
import numpy as np

from vtencode.palettes import seeded
from vtencode.seeds import generator

#: Edges are anti-aliased by so many subpixels a side.
FINE = 4
#: What is seen of a shape, as a share of the picture, or else it is left out: 2.5 times the
#: smallest instance that a decoder returns.
LEAST_SEEN = 5e-4
#: Areas of the shapes, before they hide one another, as a share of the picture.
COVER = 4.5


def shape_scene(
    seed: int, count: int, *, height: int = 896, width: int = 1200, apart: float = 20.0
) -> tuple[np.ndarray, np.ndarray]:
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
        ids = fine[FINE // 2 :: FINE, FINE // 2 :: FINE].astype(np.int32)
        seen = np.bincount(ids.reshape(-1), minlength=count + 1)[1:]
        gone = set((np.flatnonzero(seen < LEAST_SEEN * ids.size) + 1).tolist())
        if gone <= hidden:
            break
        hidden |= gone
    colors = np.vstack([[(0, 0, 0)], _free_colors(seed, count, apart)]).astype(np.uint8)
    return ids, cv2.resize(colors[fine], (width, height), interpolation=cv2.INTER_AREA)


def _shape(rng: np.random.Generator, count: int, height: int, width: int) -> np.ndarray:
    """Corners of one shape, in subpixels: int32 (N, 2)."""
    radius = np.sqrt(height * width * COVER / count / np.pi) * rng.uniform(0.5, 1.2)
    center, turn = rng.uniform([0, 0], [width, height]), rng.uniform(0, 2 * np.pi)
    corners, flat = ((64, rng.uniform(0.5, 1)), (4, 0.7), (3, 1.0))[rng.integers(3)]
    angle = (np.arange(corners) + 0.5) * 2 * np.pi / corners
    local = np.stack([np.cos(angle), flat * np.sin(angle)])
    rotated = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ local
    return np.rint((center[:, None] + radius * rotated).T * FINE).astype(np.int32)


def _free_colors(seed: int, count: int, apart: float) -> np.ndarray:
    far = seeded(2 * count, seed=seed, apart=apart) if 2 * count <= 1000 else None
    colors = seeded(1000, seed=seed, apart=apart) if far is None else far
    return colors[(colors.astype(np.int64) ** 2).sum(axis=1) >= 40**2][:count]


def panoptic_quality(truth: np.ndarray, read: np.ndarray) -> float:
    """PQ of one class (arXiv:1801.00868, equation 1) of two id maps; 0 is background."""
    ours, theirs = (np.unique(ids, return_inverse=True) for ids in (truth, read))
    table = np.zeros((len(ours[0]), len(theirs[0])))
    np.add.at(table, (ours[1].reshape(-1), theirs[1].reshape(-1)), 1)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    matched = (table / union)[ours[0] > 0][:, theirs[0] > 0]
    segments = np.count_nonzero(ours[0]) + np.count_nonzero(theirs[0])
    return float(2 * matched[matched > 0.5].sum() / segments) if segments else 1.0
