"""Connected components of pixels whose colors are near, whole rows at a time.

The pieces of rows that hang together are the nodes; a table of joints between them, made with
array operations, replaces the pixel-by-pixel flood.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from vtencode.targets import Array

#: Where a pixel's later neighbors lie, as (down, right).
EIGHT = ((0, 1), (1, -1), (1, 0), (1, 1))
#: With the knight's moves, which reach the eight pixels just beyond.
SIXTEEN = (*EIGHT, (1, -2), (1, 2), (2, -1), (2, 1))


def components(
    rgb: Array, mask: Array, *, step: float, neighbors: Sequence[tuple[int, int]] = EIGHT
) -> Array:
    """Label the pixels of `mask` that chains of steps join: int32 (H, W), 1, 2, … in raster order.

    A chain steps between neighbors whose colors differ by `step` RGB levels (L2) at most, without
    leaving the mask. Pixels outside the mask are 0.
    """
    if not mask.any():
        return np.zeros(mask.shape, dtype=np.int32)
    planes = cv2.split(rgb)
    starts = mask.copy()
    starts[:, 1:] &= ~_near(planes, mask, (0, 1), step)
    run = np.cumsum(starts.reshape(-1), dtype=np.int32).reshape(mask.shape)
    moves = [move for move in neighbors if move != (0, 1)]
    joints = (_joints(run, _near(planes, mask, move, step), move) for move in moves)
    root = join(int(run[-1, -1]) + 1, joints)
    root[0] = -1  # what comes before the first run
    number = np.unique(root, return_inverse=True)[1].astype(np.int32)
    labels: Array = number[run]
    labels[~mask] = 0
    return labels


def linked(rgb: Array, mask: Array, *, step: float, neighbors: Sequence[tuple[int, int]]) -> Array:
    """Where a pixel of the mask has a neighbor in it that is at most a step away: bool (H, W)."""
    has = np.zeros(mask.shape, dtype=bool)
    planes = cv2.split(rgb) if rgb.size else ()
    for move in neighbors:
        near = _near(planes, mask, move, step)
        here, there = shifted(has, move)
        here |= near
        there |= near
    return has


def join(count: int, joints: Iterable[tuple[Array, Array]]) -> Array:
    """For each of `count` nodes the smallest node that it is joined to: int64 (count,).

    Roots hook onto smaller roots, and every path is halved until it is flat; a few rounds do.
    """
    root = np.arange(count)
    for left, right in joints:
        one, other = root[left], root[right]
        while (apart := one != other).any():
            one, other = one[apart], other[apart]
            root[np.maximum(one, other)] = np.minimum(one, other)
            while not np.array_equal(flat := root[root], root):
                root = flat
            one, other = root[one], root[other]
    return root


def shifted(array: Array, move: tuple[int, int]) -> tuple[Array, Array]:
    """Views of an array (H, W): each pixel that has a neighbor there, and that neighbor."""
    down, right = move
    height, width = array.shape
    here = array[: max(height - down, 0), max(-right, 0) : max(width - max(right, 0), 0)]
    there = array[down:, max(right, 0) : max(width + min(right, 0), 0)]
    return here, there


def _near(planes: Sequence[Array], mask: Array, move: tuple[int, int], step: float) -> Array:
    """Where a pixel and its neighbor are both in the mask and near in color: bool."""
    here, there = shifted(mask, move)
    if not here.size:
        return np.zeros(here.shape, dtype=bool)
    squared = np.zeros(here.shape, dtype=np.float32)
    for plane in planes:
        cv2.accumulateSquare(cv2.absdiff(*shifted(plane, move)), squared)
    near: Array = squared <= step * step
    near &= here
    near &= there
    return near


def _joints(run: Array, near: Array, move: tuple[int, int]) -> tuple[Array, Array]:
    """Pairs of runs that are linked, most repetitions left out."""
    here, there = shifted(run, move)
    one, other = here[near], there[near]
    new = np.ones(len(one), dtype=bool)
    new[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    return one[new], other[new]
