"""Normals of rendered depth that is stored in whole centimeters.

The authors publish none: these are vtencode's, derived from their depth.
"""

from __future__ import annotations

import numpy as np

from vtencode.errors import TargetError
from vtencode.geometry import normals_from_depth
from vtencode.targets import Array, DepthMap, NormalMap

#: What tangents reach to either side, in all. Two depths that are each rounded to a centimeter,
#: so far apart, tilt a normal by at most atan(0.01 / 0.1), 6 degrees, on the optical axis, and by
#: 10 at the sides of the image.
SPAN_M = 0.1
#: Longest step in pixels: 2 x 16 of them reach `SPAN_M` from 2.3 m on.
LONGEST_STEP = 16
#: What the rounding of three depths can bend a plane by: 4 x 0.005 m, as a part of the depth ...
ROUNDING_M = 0.02
#: ... and what a surface may bend beside that: a crease between two surfaces bends more.
MAX_BEND = 0.002


def normals_of_rounded(depth: DepthMap) -> NormalMap:
    """Normals from tangents that are longer where a pixel sees less of a surface.

    Each pixel takes the shortest step of 1, 2, 4, 8, 16 pixels that reaches `SPAN_M`. Not valid
    within a step of the border, of the sky, of the edge of an object, and of a crease.

    In rendered streets, 77 % of the pixels with a depth have a normal, half of them within 0.5
    degrees of the surface's and 99 % within 6; tangents of one pixel alone are within 6 degrees
    for 69 to 83 %.
    """
    if depth.camera is None:
        raise TargetError("DepthMap.camera must be known to derive normals, got None.")
    meters = depth.as_measure("z").meters.astype(np.float64)
    reach = 2 * meters / max(depth.camera.fx, depth.camera.fy)
    xyz = np.zeros((*depth.shape, 3), dtype=np.float32)
    left, step = depth.valid.copy(), 1
    while left.any():
        now = left & (reach * step >= SPAN_M) if step < LONGEST_STEP else left
        if now.any():
            flat = now & (_bend(meters, step) <= ROUNDING_M / meters + MAX_BEND)
            xyz[flat] = normals_from_depth(depth, step=step).xyz[flat]
        left, step = left & ~now, 2 * step
    return NormalMap(xyz)


def _bend(meters: Array, step: int) -> Array:
    """How far inverse depth is from a plane's across 2 `step` pixels, as a part of it.

    NaN within a step of the border, and of what has no depth.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(np.isfinite(meters), 1 / meters, np.nan)
        bend = np.full(meters.shape, np.nan)
        middle = inverse[step:-step, step:-step]
        across = inverse[step:-step, 2 * step :] + inverse[step:-step, : -2 * step]
        down = inverse[2 * step :, step:-step] + inverse[: -2 * step, step:-step]
        off = np.maximum(np.abs(across - 2 * middle), np.abs(down - 2 * middle))
        bend[step:-step, step:-step] = off / middle
    return bend
