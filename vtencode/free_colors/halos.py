"""Small cores that are the blend of two neighbors: halos of blur and of chroma subsampling."""

from __future__ import annotations

import numpy as np

from vtencode.targets import Array

#: Pixels from a core to its neighbors' cores: a border of two, blurred, on either side.
_REACH = 5
_RAYS = [
    (far * down, far * right)
    for down, right in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
    for far in range(1, _REACH + 1)
]


def halos(labels: Array, size: Array, colors: Array, *, small: float, tolerance: float) -> Array:
    """Tell which labels 0 … N are halos: bool (N + 1,).

    A halo has fewer than `small` pixels, and a color within `tolerance` of the segment between
    the colors of two larger regions within 5 pixels of it.
    """
    halo = np.zeros(len(size), dtype=bool)
    candidates = np.flatnonzero((size < small) & (np.arange(len(size)) > 0))
    row_of = np.full(len(size), -1)
    row_of[candidates] = np.arange(len(candidates))
    near = _near(labels, row_of, len(candidates))
    near[:, 0] = False
    for candidate, beside in zip(candidates, near, strict=True):
        larger = colors[beside & (size > size[candidate])]
        halo[candidate] = _off_segments(colors[candidate], larger) <= tolerance
    return halo


def _near(labels: Array, row_of: Array, rows: int) -> Array:
    """Which labels the eight rays from each candidate meet: bool (rows, N + 1)."""
    near = np.zeros((rows, len(row_of)), dtype=bool)
    height, width = labels.shape
    y, x = np.nonzero((row_of >= 0)[labels])
    row = row_of[labels[y, x]]
    for down, right in _RAYS:
        there = np.clip(y + down, 0, height - 1), np.clip(x + right, 0, width - 1)
        near[row, labels[there]] = True
    return near


def _off_segments(color: Array, ends: Array) -> float:
    """Distance from a color to the nearest of the segments between any two ends."""
    one, other = np.triu_indices(len(ends), 1)
    if not len(one):
        return np.inf
    along = ends[other] - ends[one]
    share = ((color - ends[one]) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1)
    blend = ends[one] + np.clip(share, 0, 1)[:, None] * along
    return float(np.sqrt(((blend - color) ** 2).sum(axis=1).min()))
