"""What is measured of labeled regions, and which of them are one instance."""

from __future__ import annotations

import numpy as np

from vtencode.free_colors.links import join
from vtencode.targets import Array

#: Rows of the table of pairs that are made at a time: it stays in the cache.
_PAIR_ROWS = 256


def kept(labels: Array, keep: Array) -> Array:
    """Renumber the labels that `keep` (bool, one a label) keeps to 1, 2, …; the rest become 0.

    Label 0 stays 0, whatever `keep` says of it.
    """
    keep = keep & (np.arange(len(keep)) > 0)
    number = np.zeros(len(keep), dtype=np.int32)
    number[keep] = np.arange(1, np.count_nonzero(keep) + 1)
    return number[labels]


def sizes(labels: Array, count: int) -> Array:
    """Pixels of each label 0 … count: int64 (count + 1,)."""
    return np.bincount(labels.reshape(-1), minlength=count + 1)


def largest(size: Array, most: int) -> Array:
    """Tell which of the sizes are among the `most` largest; the first of equals go first."""
    chosen = np.zeros(len(size), dtype=bool)
    chosen[np.argsort(-size, kind="stable")[:most]] = True
    return chosen


def boxes(labels: Array, count: int) -> Array:
    """Left, top, right, bottom of each label 1 … count: int64 (count + 1, 4); row 0 is junk."""
    found = np.zeros((count + 1, 4), dtype=np.int64)
    found[:, :2] = max(labels.shape)
    change = np.ones(labels.shape, dtype=bool)
    np.not_equal(labels[:, 1:], labels[:, :-1], out=change[:, 1:])
    starts = np.flatnonzero(change)
    label = labels.reshape(-1)[starts]
    row, left = np.divmod(starts, max(labels.shape[1], 1))
    right = left + np.diff(starts, append=labels.size)
    np.minimum.at(found[:, 0], label, left)
    np.minimum.at(found[:, 1], label, row)
    np.maximum.at(found[:, 2], label, right)
    np.maximum.at(found[:, 3], label, row + 1)
    return found


def tallies(rgb: Array, labels: Array, count: int) -> Array:
    """Histograms of the colors of each label 0 … count: int64 (count + 1, 3, 256); row 0 is 0."""
    inside = np.flatnonzero(labels)
    start = labels.reshape(-1)[inside].astype(np.int64) * 256
    length = 256 * (count + 1)
    tally = [np.bincount(start + plane[inside], minlength=length) for plane in rgb.reshape(-1, 3).T]
    return np.stack([one.reshape(count + 1, 256) for one in tally], axis=1)


def medians(tally: Array) -> Array:
    """Median color of each label, of its histograms: float32 (count + 1, 3)."""
    below = np.cumsum(tally, axis=2)
    half: Array = (below * 2 < below[:, :, -1:]).sum(axis=2)
    return half.astype(np.float32)


def mean_colors(rgb: Array, labels: Array, count: int) -> Array:
    """Mean color of each label 0 … count: float64 (count + 1, 3)."""
    flat = labels.reshape(-1)
    size = np.maximum(np.bincount(flat, minlength=count + 1), 1)
    sums = [np.bincount(flat, plane, count + 1) for plane in rgb.reshape(-1, 3).T]
    return np.stack(sums, axis=1) / size[:, None]


def same_instance(
    colors: Array, box: Array, size: Array, *, color_step: float, box_growth: float
) -> Array:
    """For each region the first one it is a part of: int64 (N,).

    Two are parts of one instance when their colors are within `color_step` and their joint box
    is at most `box_growth` times the sum of their sizes; and so are chains of such.
    """
    joints = []
    for start in range(0, len(colors), _PAIR_ROWS):
        rows = slice(start, start + _PAIR_ROWS)
        off = sum((plane[rows, None] - plane[None]) ** 2 for plane in colors.T)
        one, other = np.nonzero(off <= color_step**2)
        one += start
        one, other = one[one < other], other[one < other]
        low = np.minimum(box[one, :2], box[other, :2])
        high = np.maximum(box[one, 2:], box[other, 2:])
        near = (high - low).prod(axis=1) <= box_growth * (size[one] + size[other])
        joints.append((one[near], other[near]))
    return join(len(colors), joints)
