"""What a decoder of free colors found, in the form that codecs hand on."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import cv2
import numpy as np

from vtencode.colors import RGB
from vtencode.free_colors.regions import largest, sizes
from vtencode.targets import Array, InstanceMasks

#: Instances that are kept, the largest ones: as many as one code can hold.
MOST = 1000


class Found(NamedTuple):
    """Instances 1, 2, … in raster order of their first pixels, and how sure each pixel is.

    `residual` is float32 (H, W): RGB levels between a pixel and the color it was read as.
    `confidence` is float32 (H, W): 1 on that color, 0 a background radius away from it.
    """

    instances: InstanceMasks
    confidence: Array
    residual: Array


class FreeColors(Protocol):
    """A decoder of instances in colors that a model chose."""

    def find(self, rgb: Array, background: RGB) -> Found:
        """Find the instances in any uint8 (H, W, 3) picture on a background of that color."""


def found(
    rgb: Array, labels: Array, *, colors: Array, background: RGB, least: float, radius: float
) -> Found:
    """Keep the labels 1 … of `least` pixels and more, and measure how well they fit.

    `labels` is int32 (H, W), 0 for background; `colors` is (N + 1, 3), row 0 unused.
    """
    size = sizes(labels, len(colors) - 1)
    size[0] = 0
    keep = (size >= max(least, 1)) & largest(size, MOST)
    table = np.rint(colors).astype(np.uint8)
    table[~keep] = background
    squared = np.zeros(labels.shape, dtype=np.float32)
    for channel in range(3 if labels.size else 0):
        painted = table[:, channel][labels]
        cv2.accumulateSquare(cv2.absdiff(painted, rgb[:, :, channel]), squared)
    residual = np.sqrt(squared)
    confidence = np.maximum(0, 1 - residual / np.float32(radius))
    first = np.full(len(size), labels.size)
    flat = labels.reshape(-1)
    starts = np.flatnonzero(np.diff(flat, prepend=-1))
    np.minimum.at(first, flat[starts], starts)
    number = np.zeros(len(size), dtype=np.int32)
    ranked = np.argsort(np.where(keep, first, labels.size), kind="stable")[: keep.sum()]
    number[ranked] = np.arange(1, len(ranked) + 1)
    return Found(InstanceMasks.from_ids(number[labels]), confidence, residual)
