"""Depth and normals, framed: averaged within a surface, never across two, nor across states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vtencode.framing.sampling import extreme, mean, nearest, placed, shrinks
from vtencode.framing.transform import Transform
from vtencode.targets import Array, DepthMap, DepthState, NormalMap

#: Depths under one pixel that lie further apart than this part of the least are of two surfaces:
#: their mean would be of neither.
ONE_SURFACE = 0.05
#: Normals under one pixel whose mean is shorter than this disagree: two at an angle of 23 degrees
#: have a mean as long.
AGREEMENT = 0.98


def frame_depth(depth: DepthMap, transform: Transform) -> DepthMap:
    """State by the nearest pixel; depth by the mean of the valid ones that a pixel covers.

    Where those lie further apart than `ONE_SURFACE`, and where the image grows, depth is the
    nearest pixel's. Margins are unknown.
    """
    meters, state = nearest(depth.meters, transform), nearest(depth.state, transform)
    if shrinks(transform):
        meters = _mean_depth(depth, meters, transform)
    return replace(
        depth,
        meters=placed(meters, transform, np.nan),
        state=placed(state, transform, DepthState.UNKNOWN),
        camera=depth.camera and transform.camera(depth.camera),
    )


def _mean_depth(depth: DepthMap, otherwise: Array, transform: Transform) -> Array:
    """The mean of one surface, and `otherwise` elsewhere."""
    valid = depth.valid
    least = extreme(np.where(valid, depth.meters, np.float32(np.inf)), transform, np.minimum)
    most = extreme(np.where(valid, depth.meters, np.float32(-np.inf)), transform, np.maximum)
    total = mean(np.where(valid, depth.meters, np.float32(0)), transform)
    one = (least <= most) & (most - least <= ONE_SURFACE * least)
    if not valid.all():
        share = mean(valid.astype(np.float32), transform)
        total = np.divide(total, share, where=one, out=total)
    return np.where(one, np.clip(total, least, most), otherwise)


def frame_normals(normals: NormalMap, transform: Transform) -> NormalMap:
    """Valid where the nearest pixel is; the mean direction of the valid ones that a pixel covers.

    Where those disagree by more than `AGREEMENT` allows, and where the image grows, the normal is
    the nearest pixel's. A flip turns x around. Margins are not valid.
    """
    xyz, valid = nearest(normals.xyz, transform), nearest(normals.valid, transform)
    if shrinks(transform):
        xyz = _mean_direction(normals, xyz, transform)
    framed = placed(xyz, transform, 0)
    if transform.flip:
        framed = framed * np.array([-1, 1, 1], dtype=np.float32)
    return NormalMap(framed, placed(valid, transform, fill=False))


def _mean_direction(normals: NormalMap, otherwise: Array, transform: Transform) -> Array:
    """The mean of normals that agree, as a unit vector, and `otherwise` elsewhere."""
    total = mean(normals.xyz, transform)
    length = np.sqrt(total[..., 0] ** 2 + total[..., 1] ** 2 + total[..., 2] ** 2)
    share = mean(normals.valid.astype(np.float32), transform)
    agree = (length > 0) & (length >= AGREEMENT * share)
    unit = np.divide(total, length[..., None], where=agree[..., None], out=total)
    return np.where(agree[..., None], unit, otherwise)
