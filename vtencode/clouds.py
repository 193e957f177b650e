"""Point clouds of depth maps, and the PLY files that viewers open.

A cloud of points is thirteen numbers a point and a header, so that it is written here: the same
cloud gives the same bytes, and nobody needs a package of 450 MB to look at depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vtencode.errors import CodeError, TargetError
from vtencode.targets import Array, DepthMap
from vtencode.targets.arrays import ReadOnly

#: PLY, "vertex" elements of this form; what MeshLab, CloudCompare, Blender and Open3D read.
_POINT = np.dtype(
    [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")]
)
_TYPES = {"<f4": "float", "|u1": "uchar"}
_PROPERTIES = "".join(
    f"property {_TYPES[_POINT[name].str]} {name}\n" for name in _POINT.names or ()
)
_HEAD = (
    "ply\nformat binary_little_endian 1.0\n"
    "comment vtencode: meters in the camera's frame, +x right, +y down, +z forward\n"
    "element vertex "
)
_TAIL = f"\n{_PROPERTIES}end_header\n"


@dataclass(frozen=True, eq=False)
class PointCloud(ReadOnly):
    """Colored points in the frame of the camera that saw them: +x right, +y down, +z forward.

    `xyz` is float32 (N, 3) in meters, or in the depth's own length where that is known up to
    scale only; `rgb` is uint8 (N, 3).
    """

    xyz: Array
    rgb: Array

    def __post_init__(self) -> None:
        for name, dtype in (("xyz", np.float32), ("rgb", np.uint8)):
            given: Any = np.asarray(getattr(self, name))
            if given.dtype != dtype or given.shape != (len(self.xyz), 3):
                raise TargetError(
                    f"PointCloud.{name} must be {np.dtype(dtype)} ({len(self.xyz)}, 3), "
                    f"got {given.dtype} {given.shape}."
                )
            own = np.array(given, order="C")
            own.setflags(write=False)
            object.__setattr__(self, name, own)

    def __len__(self) -> int:
        return len(self.xyz)


def cloud_of(depth: DepthMap, rgb: Array) -> PointCloud:
    """A point for every pixel whose finite depth is known, row by row, in its picture's color.

    Raises `TargetError` for depth without a camera, and for a picture of another size.
    """
    if depth.camera is None:
        raise TargetError("DepthMap.camera must be known to place points, got None.")
    if rgb.shape != (*depth.shape, 3):
        raise TargetError(f"cloud_of: rgb must be uint8 {(*depth.shape, 3)}, got {rgb.shape}.")
    z = depth.as_measure("z").meters[depth.valid].astype(np.float64)
    v, u = np.nonzero(depth.valid)
    camera = depth.camera
    xyz = np.stack([(u - camera.cx) / camera.fx * z, (v - camera.cy) / camera.fy * z, z], axis=1)
    return PointCloud(xyz.astype(np.float32), rgb[depth.valid])


def write_ply(cloud: PointCloud) -> bytes:
    """A binary PLY, which depends on the cloud alone."""
    points = np.empty(len(cloud), dtype=_POINT)
    for at, name in enumerate("xyz"):
        points[name] = cloud.xyz[:, at]
    for at, name in enumerate(("red", "green", "blue")):
        points[name] = cloud.rgb[:, at]
    return f"{_HEAD}{len(cloud)}{_TAIL}".encode() + points.tobytes()


def read_ply(data: bytes) -> PointCloud:
    """What `write_ply` wrote. Raises `CodeError` for any other PLY, and for one that is cut."""
    head, tail = _HEAD.encode(), _TAIL.encode()
    end = data.find(tail, len(head), len(head) + len(tail) + 20)
    count = data[len(head) : end]
    if not data.startswith(head) or end < 0 or not count.isdigit():
        raise CodeError(f"must be a PLY of vtencode, got one that starts with {data[:40]!r}.")
    rest = data[end + len(tail) :]
    if len(rest) != int(count) * _POINT.itemsize:
        raise CodeError(f"a PLY of {int(count)} points must be whole, got {len(rest)} bytes.")
    points = np.frombuffer(rest, dtype=_POINT)
    return PointCloud(
        np.stack([points[name] for name in "xyz"], axis=1),
        np.stack([points[name] for name in ("red", "green", "blue")], axis=1),
    )
