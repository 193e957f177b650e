"""Depth as SUN RGB-D stores it: millimeters whose 16 bits were rotated left by three.

After `read3dPoints.m` of the authors' toolbox: "bitor(bitshift(d,-3), bitshift(d,16-3))", then
/1000, then "depthInpaint(depthInpaint>8)=8". Nobody measured those 8 m, and so they are unknown
here. The lowest three stored bits hold what is 8192 mm and more, and so tell of such depth. They
also show depth that was not rotated: seven of eight of its pixels have some of them.
"""

from __future__ import annotations

import numpy as np

from vtencode.errors import SampleError
from vtencode.scaled import ScaledDepth
from vtencode.targets import Array, DepthMap

MILLIMETERS = ScaledDepth(per_meter=1000, unknown=0)
FARTHEST_MM = 8000
#: More of the measured pixels than this with low bits, and depth was not rotated, or is no use.
_MOST_WITH_LOW_BITS = 0.5


def rotated(millimeters: Array) -> Array:
    """uint16 depth as it is stored.

    >>> rotated(np.array([2000, 8192], dtype=np.uint16))
    array([16000,     1], dtype=uint16)
    """
    return millimeters << np.uint16(3) | millimeters >> np.uint16(13)


def unrotated(stored: Array) -> Array:
    """uint16 millimeters; undoes `rotated`.

    >>> unrotated(np.array([16000, 1], dtype=np.uint16))
    array([2000, 8192], dtype=uint16)
    """
    return stored >> np.uint16(3) | stored << np.uint16(13)


def read_depth(stored: Array, *, where: str) -> DepthMap:
    """What is measured within 8 m. Raises `SampleError` for depth that was not rotated."""
    measured = stored[stored > 0]
    share = float((measured & 7 > 0).mean()) if measured.size else 0.0
    if share > _MOST_WITH_LOW_BITS:
        message = (
            f"must be rotated by three bits, so that few pixels have any of the lowest three, and "
            f"{share:.0%} have: is it depth in plain millimeters?"
        )
        raise SampleError("MODE", "depth", where, message)
    steps = unrotated(stored)
    return MILLIMETERS.read(np.where(steps <= FARTHEST_MM, steps, 0))
