"""Labels mended from what surrounds them, for pictures that a generator painted.

A generator's boundaries are about a pixel wide and mixed: half of class i, half of class j, and
then perhaps nearest to a third. What a 5 x 5 window around the pixel shows decides better.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from vtencode.targets import Array

#: Offsets (y, x) of a 5 x 5 window, nearest first: on equal terms the nearer pixel decides.
_WINDOW = sorted(
    ((y, x) for y in range(-2, 3) for x in range(-2, 3)), key=lambda o: (o[0] ** 2 + o[1] ** 2, o)
)
_SQUARE = np.ones((5, 5), dtype=np.uint8)
#: A sure pixel's label fills so much of its 3 x 3 window: any line two pixels wide does.
_CORE = 6
#: Pixels handled at a time: their windows fit the second-level cache.
_BLOCK = 1 << 13
_NOBODY = 0xFFFF


def mode5(labels: Array) -> Array:
    """The most frequent label of each 5 x 5 window: uint16 (H, W) of labels below 65535.

    Of equally frequent ones the label nearest to the center is taken, the pixel's own first.
    """
    walled = np.pad(labels, 2, constant_values=_NOBODY)
    mended = labels.copy()
    for here, windows in _windows(walled, _mixed(labels)):
        votes = np.zeros(windows.shape, dtype=np.uint8)
        for one, label in enumerate(windows):
            for other in range(one):
                same = label == windows[other]
                votes[one] += same
                votes[other] += same
        votes[windows == _NOBODY] = 0
        best = votes.argmax(axis=0)  # the first of equals
        mended.reshape(-1)[here] = np.take_along_axis(windows, best[None], axis=0)[0]
    return mended


def local(labels: Array, sure: Array, rgb: Array, colors: Array, *, otherwise: Array) -> Array:
    """Labels whose unsure pixels take the nearest color among the sure labels around them.

    A pixel stays sure where 6 of the 9 pixels around it share its label. Unsure ones with no
    sure pixel in their 5 x 5 window get the label that `otherwise` has there. uint16 (H, W).
    """
    walled = np.pad(labels, 2, constant_values=_NOBODY)
    core = sure & (_agreeing(walled) >= _CORE)
    walled[2:-2, 2:-2][~core] = _NOBODY
    mended = np.where(core, labels, otherwise)
    palette = np.vstack([colors, [[0, 0, 0]]]).astype(np.int32)
    pixels = rgb.reshape(-1, 3)
    for here, windows in _windows(walled, ~core):
        center = pixels[here].astype(np.int32)
        best = mended.reshape(-1)[here]
        nearest = np.full(len(here), np.iinfo(np.int32).max, dtype=np.int32)
        for label in windows:
            known = label != _NOBODY
            offset = palette.take(label, axis=0, mode="clip") - center
            distance = np.einsum("ij,ij->i", offset, offset)
            closer = known & (distance < nearest)
            nearest[closer] = distance[closer]
            best[closer] = label[closer]
        mended.reshape(-1)[here] = best
    return mended


def near(sure: Array) -> Array:
    """Where a 5 x 5 window holds a sure pixel: bool (H, W)."""
    if not sure.size:
        return sure
    found: Array = cv2.dilate(sure.view(np.uint8), _SQUARE)
    return found.view(np.bool_)


def _windows(walled: Array, chosen: Array) -> Iterator[tuple[Array, Array]]:
    """The chosen pixels (H, W), some at a time: raster index (M,), their windows (25, M)."""
    width = chosen.shape[1]
    pitch = walled.shape[1]
    offsets = np.array([(y + 2) * pitch + x + 2 for y, x in _WINDOW])
    flat = walled.reshape(-1)
    everywhere = np.flatnonzero(chosen)
    for start in range(0, len(everywhere), _BLOCK):
        here = everywhere[start : start + _BLOCK]
        row, column = np.divmod(here, width)
        yield here, flat.take((row * pitch + column) + offsets[:, None])


def _mixed(labels: Array) -> Array:
    """Where a 5 x 5 window holds more than one label: bool (H, W)."""
    if not labels.size:
        return np.zeros(labels.shape, dtype=bool)
    mixed: Array = cv2.dilate(labels, _SQUARE) != cv2.erode(labels, _SQUARE)
    return mixed


def _agreeing(walled: Array) -> Array:
    """How many pixels of each 3 x 3 window have the center's label: uint8 (H, W)."""
    height, width = walled.shape[0] - 4, walled.shape[1] - 4
    center = walled[2:-2, 2:-2]
    count = np.zeros((height, width), dtype=np.uint8)
    for y in range(1, 4):
        for x in range(1, 4):
            count += walled[y : y + height, x : x + width] == center
    return count
