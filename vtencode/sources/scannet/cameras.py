"""The two cameras of ScanNet, and depth brought into the pixels of color.

"Color and depth are already aligned, so no extrinsic matrices should be applied" (A. Dai,
ScanNet/ScanNet issue 92): both look from one place, and differ in their pixels only. A color
pixel looks up the nearest depth pixel on its own ray, u_d = fx_d (u_c - cx_c) / fx_c + cx_d, and
z stays. Not told, and taken as the rest of vtencode does: that pixel centers are at integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vtencode.errors import SampleError
from vtencode.formats.text_matrix import read_text_matrix
from vtencode.targets import Array, Camera, DepthMap

#: A principal point this far from the middle, as a part of the size, is of an image of another
#: size: those of ScanNet that could be looked at are within 0.01.
OFF_CENTER = 0.05


def pinhole(data: bytes) -> Camera:
    """The camera of a 4x4 matrix as text."""
    (fx, _, cx, _), (_, fy, cy, _), *_ = read_text_matrix(data, (4, 4)).tolist()
    return Camera(fx, fy, cx, cy)


def fits(camera: Camera, shape: tuple[int, int]) -> bool:
    """Whether the camera is of images of that size: it looks through their middle."""
    height, width = shape
    across = abs(camera.cx - (width - 1) / 2) <= OFF_CENTER * width
    return across and abs(camera.cy - (height - 1) / 2) <= OFF_CENTER * height


def in_color(
    depth: DepthMap, shape: tuple[int, int], cameras: Mapping[str, Camera], *, where: str
) -> DepthMap:
    """Depth in the pixels of a color image of that shape, with its camera.

    `cameras` are those of "depth" and "color" that are known. Depth as large as color is taken
    as it is: the authors' reader exports color so if asked, and some scans were recorded so.
    """
    if depth.shape == shape:
        fitting = [camera for camera in cameras.values() if fits(camera, shape)]
        return replace(depth, camera=fitting[0] if fitting else None)
    for of, size in (("depth", depth.shape), ("color", shape)):
        camera = cameras.get(of)
        if camera is None:
            message = f"intrinsic_{of}.txt must tell the camera of {of}, and is not there"
            raise SampleError("MISSING", "depth", where, message)
        if not fits(camera, size):
            message = (
                f"intrinsic_{of}.txt must be of images of {size[1]}x{size[0]}, and looks through "
                f"({camera.cx:g}, {camera.cy:g}): was {of} resized?"
            )
            raise SampleError("SHAPE", "depth", where, message)
    return looked_up(depth, cameras["depth"], cameras["color"], shape)


def looked_up(depth: DepthMap, own: Camera, seen: Camera, shape: tuple[int, int]) -> DepthMap:
    """The nearest depth on each pixel's ray; unknown where that is outside of the depth image."""
    rows, inside_y = _nearest(shape[0], (seen.fy, seen.cy), (own.fy, own.cy), depth.shape[0])
    columns, inside_x = _nearest(shape[1], (seen.fx, seen.cx), (own.fx, own.cx), depth.shape[1])
    meters = depth.meters[rows[:, None], columns[None, :]]
    inside = inside_y[:, None] & inside_x[None, :]
    return DepthMap(np.where(inside, meters, np.float32(np.nan)), camera=seen)


def _nearest(
    count: int, seen: tuple[float, float], own: tuple[float, float], size: int
) -> tuple[Array, Array]:
    """Along one axis, (focal length, center) of each: the nearest of `size`, and if it exists."""
    at = own[0] * (np.arange(count) - seen[1]) / seen[0] + own[1]
    nearest = np.floor(at + 0.5).astype(np.int64)
    return nearest.clip(0, size - 1), (nearest >= 0) & (nearest < size)
