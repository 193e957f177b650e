"""Angles between normals, and normals from depth."""

from __future__ import annotations

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets import Array, Camera, DepthMap, NormalMap

#: Largest bend of a surface, as a part of its inverse depth: more is an edge between surfaces.
MAX_BEND = 0.05
#: Vectors handled at a time.
_BLOCK = 1 << 17


def angles_deg(first: Array, second: Array) -> Array:
    """Angle between vectors along the last axis, in degrees: float64; 0 where one is 0.

    atan2 of the cross and the dot product, which is exact to rounding at every angle. Vectors are
    widened a block at a time, so that large images need no large temporaries.
    """
    one, other = np.broadcast_arrays(first, second)
    flat = one.reshape(-1, 3), other.reshape(-1, 3)
    angles = np.empty(len(flat[0]))
    for start in range(0, len(angles), _BLOCK):
        block = slice(start, start + _BLOCK)
        angles[block] = _angles(*(side[block].T.astype(np.float64) for side in flat))
    return angles.reshape(one.shape[:-1])


def _angles(a: Array, b: Array) -> Array:
    """Angles between the columns of two float64 (3, N)."""
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    sine = np.sqrt(cross[0] ** 2 + cross[1] ** 2 + cross[2] ** 2)
    return np.asarray(np.degrees(np.arctan2(sine, dot)))


def lines_of_sight(camera: Camera, height: int, width: int) -> Array:
    """From the camera to what each pixel sees, in `NormalMap`'s frame: float64 (H, W, 3).

    +x right, +y up, +z toward the viewer, so that z is -1.
    """
    x = (np.arange(width) - camera.cx) / camera.fx
    y = (camera.cy - np.arange(height)) / camera.fy
    lines = np.empty((height, width, 3))
    lines[..., 0], lines[..., 1], lines[..., 2] = x[None, :], y[:, None], -1.0
    return lines


def facing(vectors: Array, lines: Array) -> Array:
    """Vectors (H, W, 3), those that point away from the viewer turned around.

    `lines` are `lines_of_sight`: what is seen from its back is no surface of the image.
    """
    away = np.einsum("hwc,hwc->hw", vectors, lines) > 0
    return np.where(away[..., None], -vectors, vectors)


def unit(vectors: Array) -> Array:
    """Float vectors (H, W, 3) of length 1; 0 where they are not finite or no direction at all.

    Lengths of 1/2 to 3/2 are a direction that was rounded or filtered; others are none.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.sqrt(np.einsum("hwc,hwc->hw", vectors, vectors, dtype=np.float64))
        direction = (length >= 0.5) & (length <= 1.5)
        scaled = vectors / np.where(direction, length, 1)[..., None]
    return np.where(direction[..., None], scaled, 0).astype(np.float32)


def normals_from_depth(depth: DepthMap, *, step: int = 1) -> NormalMap:
    """Normals of the surface that a depth map with a camera samples, facing the camera.

    The cross product of the tangents between the points `step` pixels to either side, written
    in inverse depth r: a plane is affine in the pixel (u, v) there, and its normal is
    (-fx r_u, fy r_v, r - (u - cx) r_u - (v - cy) r_v), exact on every plane. Not valid within
    `step` pixels of the border or of an unknown pixel, and where r bends by `MAX_BEND`.
    """
    if depth.camera is None:
        raise TargetError("DepthMap.camera must be known to derive normals, got None.")
    if step < 1:
        raise TargetError(f"normals_from_depth: step must be >= 1 (pixels), got {step}.")
    camera, (height, width) = depth.camera, depth.shape
    with np.errstate(divide="ignore"):
        meters = depth.as_measure("z").meters.astype(np.float64)
        inverse = np.where(depth.valid & (meters > 0), 1 / meters, np.nan)
    slope_u, bend_u = _differences(inverse, axis=1, step=step)
    slope_v, bend_v = _differences(inverse, axis=0, step=step)
    u = (np.arange(width) - camera.cx)[None, :]
    v = (np.arange(height) - camera.cy)[:, None]
    z = inverse - u * slope_u - v * slope_v
    xyz = np.stack([-camera.fx * slope_u, camera.fy * slope_v, z], axis=2)
    length = np.sqrt((xyz**2).sum(axis=2, keepdims=True))
    flat = np.maximum(bend_u, bend_v) <= MAX_BEND * inverse
    xyz = np.divide(xyz, length, where=flat[..., None] & (length > 0), out=np.zeros_like(xyz))
    return NormalMap(xyz)


def _differences(values: Array, *, axis: int, step: int) -> tuple[Array, Array]:
    """Slope per pixel and |second difference| across 2 `step` pixels; NaN at the border."""
    slope, bend = np.full((2, *values.shape), np.nan)
    along, middle = np.moveaxis(values, axis, 0), slice(step, -step)
    before, after = along[: -2 * step], along[2 * step :]
    np.moveaxis(slope, axis, 0)[middle] = (after - before) / (2 * step)
    np.moveaxis(bend, axis, 0)[middle] = np.abs(after + before - 2 * along[middle])
    return slope, bend
