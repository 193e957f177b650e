"""Polygons as pixels, exactly as COCO's own tools fill them (cocoapi, common/maskApi.c).

Corners are taken to a grid 5 times as fine; an edge is every fifth of a pixel along its longer
side. Where it crosses the middle of a column, all pixels below, and all columns after, change
between out and in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets import Array

_FINE = 5.0


def mask_of_polygons(polygons: Iterable[Sequence[float]], shape: tuple[int, int]) -> Array:
    """The bool (H, W) mask of everything inside any of the polygons x0, y0, x1, y1, ...

    Raises `TargetError` for corners that are not finite or lie farther from the image than it is
    large, and for fewer than 3 corners.
    """
    mask = np.zeros(shape, dtype=bool)
    for polygon in polygons:
        _fill(_corners(polygon, shape), mask)
    return mask


def _corners(polygon: Sequence[float], shape: tuple[int, int]) -> Array:
    """Float64 (N, 2) of x, y."""
    try:
        corners = np.array(polygon, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise TargetError(f"a polygon must be numbers x0, y0, x1, y1, …: {error}.") from error
    if corners.ndim != 1 or corners.size < 6 or corners.size % 2:
        raise TargetError(
            f"a polygon must have 3 corners or more, as x0, y0, x1, y1, …, got {corners.shape}."
        )
    corners = corners.reshape(-1, 2)
    height, width = shape
    size = np.array([width, height])
    if not (np.isfinite(corners) & (corners >= -size) & (corners <= 2 * size)).all():
        raise TargetError(
            f"a polygon must be finite and near its image of {height} x {width} pixels, got "
            f"corners from {corners.min()} to {corners.max()}."
        )
    return corners


def _fill(corners: Array, mask: Array) -> None:
    """Set what is inside one polygon, in the columns that it touches."""
    height, width = mask.shape
    x, y = _outline(np.trunc(_FINE * corners + 0.5))
    moved = x[1:] != x[:-1]
    column = (np.minimum(x[1:], x[:-1])[moved] + 0.5) / _FINE - 0.5
    row = (np.minimum(y[1:], y[:-1])[moved] + 0.5) / _FINE - 0.5
    inside = (np.floor(column) == column) & (column >= 0) & (column <= width - 1)
    if not inside.any():
        return
    first = np.ceil(np.clip(row[inside], 0, height)).astype(np.int64)
    columns = column[inside].astype(np.int64)
    left, right = columns.min(), columns.max() + 1
    at = (columns - left) * height + first
    changes = np.bincount(at, minlength=(right - left) * height + 1)[:-1].astype(np.uint8)
    odd = np.bitwise_xor.accumulate(changes & 1) == 1
    mask[:, left:right] |= odd.reshape(right - left, height).T


def _outline(corners: Array) -> tuple[Array, Array]:
    """Every point of the edges, whose corners are whole numbers: x and y."""
    start, end = corners, np.roll(corners, -1, axis=0)
    span = np.abs(end - start)
    steep = span[:, 1] > span[:, 0]
    axis = steep.astype(np.int64)
    edges = np.arange(len(corners))
    length = span.max(axis=1)
    backward = start[edges, axis] > end[edges, axis]
    low = np.where(backward[:, None], end, start)
    high = np.where(backward[:, None], start, end)
    slope = (high - low)[edges, 1 - axis] / np.maximum(length, 1)

    count = length.astype(np.int64) + 1
    edge = np.repeat(edges, count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    step = np.where(backward[edge], length[edge] - step, step)
    along = low[edge, axis[edge]] + step
    across = np.trunc(low[edge, 1 - axis[edge]] + slope[edge] * step + 0.5)
    return np.where(steep[edge], across, along), np.where(steep[edge], along, across)
