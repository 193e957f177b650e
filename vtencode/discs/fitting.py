"""The centers of discs from a picture of them: least squares over everything they paint.

Rendering a guess and comparing it with the picture says how each center must move; rims and
dividing lines carry that news, each pixel of at most two discs. Gauss-Newton steps solve for all
discs together, which no centroid can where discs cut one another.
"""

from __future__ import annotations

import numpy as np

from vtencode.discs.painting import RIM, Cover, Discs, cover, mixed
from vtencode.targets import Array

#: Guesses are within a radius and steps are at most a pixel; crowds settle in 4 to 8.
_STEPS = 16
_LONGEST_PX = 1.0
#: An eighth of the grid that positions are rounded to.
_SETTLED_PX = 1 / 512
#: Levenberg's damping, as a share of the mean curvature: keeps unseen directions where they are.
_DAMPING = 1e-4


def fit(rgb: Array, guess: Discs) -> Discs:
    """The discs whose painting is nearest to the picture, from a guess at where they are."""
    discs = guess
    for _ in range(_STEPS if len(guess.ranks) else 0):
        step = _step(rgb, discs)
        length = np.sqrt((step**2).sum(axis=1, keepdims=True))
        shortened = step * (_LONGEST_PX / np.maximum(length, _LONGEST_PX))
        discs = discs._replace(xy_px=discs.xy_px + shortened)
        if length.max() < _SETTLED_PX:
            break
    return discs


def rim_error(rgb: Array, discs: Discs) -> Array:
    """How far the picture's rims are from painted ones, RMS, as shares of the discs' colors."""
    covered = cover(discs, rgb.shape[:2], edges=True)
    levels = covered.coverage[:, None] * mixed(covered, discs.colors)
    squares = ((rgb[covered.rows, covered.columns] - levels) ** 2).sum(axis=1)
    rim = np.abs(covered.distance_px - discs.radius_px) < RIM
    count, total = (
        np.bincount(covered.first[rim], weight, minlength=len(discs.ranks))
        for weight in (None, squares[rim])
    )
    error: Array = np.sqrt(total / np.maximum(count, 1) / (discs.colors**2).sum(axis=1))
    return error


def _step(rgb: Array, discs: Discs) -> Array:
    """The Gauss-Newton step of every center: float64 (n, 2)."""
    covered = cover(discs, rgb.shape[:2], edges=True)
    rim = np.abs(covered.distance_px - discs.radius_px) < RIM
    line = covered.lead_px < RIM
    edge = np.flatnonzero(rim | line)
    covered = Cover(*(part[edge] for part in covered))
    levels = covered.coverage[:, None] * mixed(covered, discs.colors)
    residual = rgb[covered.rows, covered.columns] - levels
    slopes = _slopes(covered, discs, rim[edge], line[edge])
    return _solve(covered, slopes, residual, len(discs.ranks))


def _slopes(covered: Cover, discs: Discs, rim: Array, line: Array) -> Array:
    """How each pixel's color changes with its two centers: float64 (P, 4, 3).

    The four are x and y of the first center, then of the second.
    """
    first, second = covered.first, covered.second
    sites = discs.sites
    pixel = np.stack([covered.columns, covered.rows], axis=1)
    outward = (pixel - discs.xy_px[first]) / np.maximum(covered.distance_px, RIM)[:, None]
    toward = (sites[first] - sites[second]) / covered.gap_px[:, None]
    lead = np.where(line, covered.lead_px, 0)[:, None]
    bend = np.where(line, covered.coverage / covered.gap_px, 0)[:, None]
    contrast = (discs.colors[first] - discs.colors[second])[:, None, :]
    slopes = np.empty((len(pixel), 4, 3))
    slopes[:, :2] = (bend * (pixel - sites[first] - lead * toward))[:, :, None] * contrast
    slopes[:, 2:] = (bend * (sites[second] - pixel + lead * toward))[:, :, None] * contrast
    slopes[:, :2] += (rim[:, None] * outward)[:, :, None] * mixed(covered, discs.colors)[:, None]
    return slopes


def _solve(covered: Cover, slopes: Array, residual: Array, count: int) -> Array:
    """Solve the normal equations of all centers, summed pair of discs by pair of discs."""
    pair = covered.first * count + covered.second
    order = np.argsort(pair, kind="stable")
    pairs, starts = np.unique(pair[order], return_index=True)
    curvature, pull = np.zeros((2 * count, 2 * count)), np.zeros(2 * count)
    if not len(pairs):
        return np.zeros((count, 2))
    slopes, residual = slopes[order], residual[order]
    squares = np.einsum("pac,pbc->pab", slopes, slopes).reshape(-1, 16)
    blocks = np.add.reduceat(squares, starts).reshape(-1, 4, 4)
    pulls = np.add.reduceat(np.einsum("pac,pc->pa", slopes, residual), starts)
    first, second = np.divmod(pairs, count)
    unknowns = np.stack([2 * first, 2 * first + 1, 2 * second, 2 * second + 1], axis=1)
    np.add.at(curvature, (unknowns[:, :, None], unknowns[:, None, :]), blocks)
    np.add.at(pull, unknowns, pulls)
    damping = _DAMPING * np.trace(curvature) / len(curvature) + 1e-9
    curvature[np.diag_indices_from(curvature)] += damping
    return np.linalg.solve(curvature, pull).reshape(count, 2)
