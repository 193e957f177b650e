"""How far a decoded target is from the true one, in the measures that papers report.

All take two maps of one shape and compare pixel with pixel; nan says that nothing could be
compared.
"""

from __future__ import annotations

import numpy as np

from vtencode.targets import Array


def abs_rel(truth: Array, found: Array) -> float:
    """Mean |found - truth| / truth of depths, where both are finite and truth is > 0.

    "Abs Relative difference" of Eigen, Puhrsch and Fergus, arXiv:1406.2283.

    >>> abs_rel(np.array([1.0, 2.0, np.inf]), np.array([1.5, 2.0, 3.0]))
    0.25
    """
    both = _measured(truth, found)
    true = truth[both].astype(np.float64)
    return _mean(np.abs(found[both] - true) / true)


def within_ratio(truth: Array, found: Array, ratio: float = 1.25) -> float:
    """Share of depths with max(found / truth, truth / found) < ratio, where both are measured.

    "Threshold" of Eigen, Puhrsch and Fergus, arXiv:1406.2283; with 1.25 it is called delta 1.

    >>> within_ratio(np.array([1.0, 1.0, 1.0, 1.0]), np.array([1.2, 0.81, 1.3, 0.79]))
    0.5
    """
    both = _measured(truth, found)
    true, read = truth[both].astype(np.float64), found[both].astype(np.float64)
    return _mean((read < ratio * true) & (true < ratio * read))


def mean_iou(truth: Array, found: Array, classes: int) -> float:
    """Mean over the classes that occur in truth of intersection / union; ids 0 to classes - 1.

    "Mean IU" of Long, Shelhamer and Darrell, arXiv:1411.4038, section 5. Pixels whose true id is
    another one, as void's is, do not count; where only the found one is, the class is missed.

    >>> mean_iou(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), 2) == (2 / 3 + 1 / 2) / 2
    True
    """
    known = (truth >= 0) & (truth < classes)
    true, read = truth[known].astype(np.int64), found[known].astype(np.int64)
    read[(read < 0) | (read >= classes)] = classes
    pairs = _crossed(true, read, classes, classes + 1)
    hits = np.diagonal(pairs)
    size = pairs.sum(axis=1)
    union = size + pairs[:, :classes].sum(axis=0) - hits
    return _mean(hits[size > 0] / union[size > 0])


def panoptic_quality(truth: Array, found: Array) -> float:
    """PQ of two id maps of one class, where 0 is background; 1 if there is nothing to find.

    Kirillov et al. 2019, arXiv:1801.00868, equation 1: segments match where their IoU is over
    1/2; PQ is the sum of the matches' IoU, divided by matches + half of all other segments.

    >>> panoptic_quality(np.array([1, 1, 1, 0, 2]), np.array([7, 7, 7, 7, 0])) == 0.75 / 1.5
    True
    """
    (ours, one), (theirs, other) = (np.unique(ids, return_inverse=True) for ids in (truth, found))
    table = _crossed(one.reshape(-1), other.reshape(-1), len(ours), len(theirs))
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    iou = (table / union)[ours != 0][:, theirs != 0]
    segments = np.count_nonzero(ours) + np.count_nonzero(theirs)
    return float(2 * iou[iou > 0.5].sum() / segments) if segments else 1.0


def _measured(truth: Array, found: Array) -> Array:
    both: Array = np.isfinite(truth) & np.isfinite(found) & (truth > 0)
    return both


def _crossed(rows: Array, columns: Array, height: int, width: int) -> Array:
    """How often each pair of a row and a column occurs: int64 (height, width)."""
    counts = np.bincount(rows * width + columns, minlength=height * width)
    return counts.reshape(height, width)


def _mean(values: Array) -> float:
    return float(values.mean()) if values.size else float("nan")
