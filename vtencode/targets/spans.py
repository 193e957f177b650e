"""Masks as spans: the pieces of rows that they cover, int32 (S, 3) of row, left, right.

Pixel (x, y) is covered when some span has row = y and left <= x < right. Spans stand in raster
order, and those of one row never touch, so that a mask has one form. Room is what the outline
takes: an image of 1 MP cut into any number of disjoint masks has at most 1 M spans in all.
"""

from __future__ import annotations

import numpy as np

from vtencode.targets.arrays import Array


def mask_spans(mask: Array, *, left: int = 0, top: int = 0) -> Array:
    """Spans of a bool (H, W) mask whose first pixel is at (left, top)."""
    height, width = mask.shape
    walled = np.zeros((height, width + 2), dtype=bool)
    walled[:, 1:-1] = mask
    edges = np.flatnonzero(walled[:, 1:] != walled[:, :-1])
    row, column = np.divmod(edges, width + 1)
    spans = np.stack([row[0::2] + top, column[0::2] + left, column[1::2] + left], axis=1)
    return spans.astype(np.int32)


def id_spans(id_map: Array) -> tuple[Array, list[Array]]:
    """Every id > 0 of an integer (H, W) map, ascending, and its spans."""
    height, width = id_map.shape
    starts_here = np.ones((height, width), dtype=bool)
    np.not_equal(id_map[:, 1:], id_map[:, :-1], out=starts_here[:, 1:])
    starts = np.flatnonzero(starts_here)
    lengths = np.diff(starts, append=id_map.size)
    ids = id_map.reshape(-1)[starts]
    order = np.argsort(ids, kind="stable")
    order = order[np.searchsorted(ids[order], 0, side="right") :]
    row, left = np.divmod(starts[order], max(width, 1))
    spans = np.stack([row, left, left + lengths[order]], axis=1).astype(np.int32)
    found, first = np.unique(ids[order], return_index=True)
    return found, np.split(spans, first[1:]) if len(found) else []


def pixels(spans: Array, width: int) -> Array:
    """Raster index, in an image of that width, of every pixel of the spans: int64, in order."""
    lengths = (spans[:, 2] - spans[:, 1]).astype(np.int64)
    starts = spans[:, 0].astype(np.int64) * width + spans[:, 1]
    index = np.arange(lengths.sum(), dtype=np.int64)
    index += np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    return index


def has_overlap(spans: Array, width: int) -> bool:
    """Tell whether any pixel is covered twice, by spans in any order."""
    row = spans[:, 0].astype(np.int64) * width
    order = np.argsort(row + spans[:, 1], kind="stable")
    start, stop = (row + spans[:, 1])[order], (row + spans[:, 2])[order]
    return bool(np.any(start[1:] < np.maximum.accumulate(stop)[:-1]))
