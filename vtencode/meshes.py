"""Depth, normals and objects that a camera sees of a mesh: a scan, or a model of a room.

Rays are cast by Open3D (Embree). It is an optional package of 450 MB, imported when a mesh is
looked at; where it cannot be, the error names the extra to install, or the system's package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from vtencode.errors import MissingExtraError, SourceError, TargetError
from vtencode.geometry import facing, lines_of_sight, unit
from vtencode.targets import Array, Camera, DepthMap, NormalMap
from vtencode.targets.arrays import ReadOnly

#: What Open3D 0.18 to 0.20 links to and does not bring along, and the Debian package it is in.
DEBIAN = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libgomp.so.1": "libgomp1",
    "libidn2.so.0": "libidn2-0",
    "libudev.so.1": "libudev1",
    "libusb-1.0.so.0": "libusb-1.0-0",
}
_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")
#: How far from a rotation a pose may be: files keep six decimals.
_ROTATION = 1e-3


class MissingLibraryError(MissingExtraError):
    """An optional package is installed, and cannot be imported: the system lacks a library."""

    def __str__(self) -> str:
        package, library = self.args
        debian = DEBIAN.get(library)
        how = f"apt-get install {debian}" if debian else "install the package that has it"
        return f"the package {package!r} needs {library} of the system, which is not there: {how}"


@dataclass(frozen=True, eq=False)
class Mesh(ReadOnly):
    """Triangles in a frame of their own.

    `vertices` is float (V, 3) in meters; `triangles` is integer (T, 3), places in `vertices`;
    `objects` is integer (T,), the number of the object that each triangle is part of, 0 for none;
    left out, there are no objects.
    """

    vertices: Array
    triangles: Array
    objects: Array = None  # type: ignore[assignment]  # zeros when left out

    def __post_init__(self) -> None:
        vertices, triangles = np.asarray(self.vertices), np.asarray(self.triangles)
        objects: Any = self.objects
        given = np.zeros(triangles.shape[:1], int) if objects is None else np.asarray(objects)
        _check(vertices, "vertices", "f", (*vertices.shape[:1], 3))
        _check(triangles, "triangles", "iu", (*triangles.shape[:1], 3))
        _check(given, "objects", "iu", triangles.shape[:1])
        if not np.isfinite(vertices).all():
            raise TargetError("Mesh.vertices must be finite.")
        if triangles.size and not 0 <= triangles.min() <= triangles.max() < len(vertices):
            raise TargetError(
                f"Mesh.triangles must be places among {len(vertices)} vertices, got "
                f"{triangles.min()} to {triangles.max()}."
            )
        kinds = {"vertices": np.float64, "triangles": np.uint32, "objects": np.int32}
        for name, array in zip(kinds, (vertices, triangles, given), strict=True):
            own: Array = array.astype(kinds[name])
            own.setflags(write=False)
            object.__setattr__(self, name, own)

    def __reduce__(self) -> tuple[Any, ...]:
        return Mesh, (self.vertices, self.triangles, self.objects)

    @cached_property
    def center(self) -> Array:
        """The middle of the box around it: float32 keeps more digits of what is near 0."""
        return np.asarray((self.vertices.min(axis=0) + self.vertices.max(axis=0)) / 2)

    @cached_property
    def scene(self) -> Any:
        """Open3D's tree of the triangles, `center` moved to 0; built once."""
        o3d = open3d()
        scene = o3d.t.geometry.RaycastingScene()
        moved = np.ascontiguousarray(self.vertices - self.center, dtype=np.float32)
        tensor = o3d.core.Tensor
        scene.add_triangles(tensor(moved), tensor(np.array(self.triangles)))
        return scene


class Seen(NamedTuple):
    """What a camera sees of a mesh; `objects` is int32 (H, W), 0 where there is none."""

    depth: DepthMap
    normals: NormalMap
    objects: Array


def raycast(
    mesh: Mesh,
    camera: Camera,
    pose: Array,
    height: int,
    width: int,
    *,
    misses: Literal["unknown", "far"] = "unknown",
) -> Seen:
    """What every pixel's ray meets first.

    `pose` is 4x4, from the camera's frame (+x right, +y down, +z forward) to the mesh's, as
    ScanNet's and Replica's are. Depth is along the optical axis; normals are those of the
    triangles, turned toward the camera. A ray that meets nothing passes through a hole of a scan,
    where depth is unknown; of an outdoor model without holes, say that `misses` are "far".

    Depth is within 1e-6 of itself: Embree computes in float32.
    """
    if misses not in ("unknown", "far"):
        raise TargetError(f"raycast: misses must be 'unknown' or 'far', got {misses!r}.")
    if not mesh.triangles.size:
        raise TargetError("raycast: the mesh must have triangles, got none.")
    turn, place = _checked(pose)
    lines = lines_of_sight(camera, height, width)
    rays = np.empty((height, width, 6), dtype=np.float32)
    rays[..., :3] = place - mesh.center
    # With a z of 1 in the camera's frame, the length along a ray is the depth.
    rays[..., 3:] = (lines * (1, -1, -1)) @ turn.T
    found = mesh.scene.cast_rays(open3d().core.Tensor(rays))
    z, which = found["t_hit"].numpy(), found["primitive_ids"].numpy()
    hit = np.isfinite(z)
    hits = which[hit].astype(np.int64)
    meters = np.where(hit, z, np.inf if misses == "far" else np.nan)
    vectors = np.zeros((height, width, 3))
    vectors[hit] = _normals(mesh, hits) @ turn * (1, -1, -1)
    objects = np.zeros((height, width), dtype=np.int32)
    objects[hit] = mesh.objects[hits]
    return Seen(DepthMap(meters, camera=camera), NormalMap(unit(facing(vectors, lines))), objects)


def read_mesh(path: Path, *, objects: Array | None = None) -> Mesh:
    """The triangles of a .ply, .obj, .glb or .stl; `objects` as in `Mesh`, from files of its own.

    Open3D reads no property of a triangle but its corners, so that objects have to be given.
    Raises `SourceError` for a file without triangles.
    """
    o3d = open3d()
    if not path.is_file():
        raise SourceError(f"{path} must be a mesh, and is not there.")
    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        found = o3d.io.read_triangle_mesh(str(path))
    triangles = np.asarray(found.triangles)
    if not triangles.size:
        raise SourceError(f"{path} must be a mesh of triangles, and has none that can be read.")
    if objects is not None and len(objects) != len(triangles):
        raise SourceError(
            f"{path} must have as many triangles as there are objects' numbers, got "
            f"{len(triangles)} and {len(objects)}."
        )
    return Mesh(np.asarray(found.vertices), triangles, objects)  # type: ignore[arg-type]


def open3d() -> Any:
    """The package; raises `MissingExtraError` or `MissingLibraryError` where it cannot be had."""
    try:
        return import_module("open3d")
    except ModuleNotFoundError as error:
        raise MissingExtraError("open3d", "geometry") from error
    except (ImportError, OSError) as error:
        library = _LIBRARY.search(str(error))
        if library is None:
            raise
        raise MissingLibraryError("open3d", library[1]) from error


def _normals(mesh: Mesh, which: Array) -> Array:
    """Unit normals (N, 3) of triangles, in the mesh's frame; 0 for one without an area."""
    a, b, c = (mesh.vertices[mesh.triangles[which, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unknown: Array = np.zeros_like(normals)
    np.divide(normals, length, where=length > 0, out=unknown)
    return unknown


def _checked(pose: Array) -> tuple[Array, Array]:
    """The rotation of a camera, free of rounding, and its place."""
    matrix = np.asarray(pose, dtype=np.float64)
    rigid = matrix.shape == (4, 4) and np.isfinite(matrix).all()
    if rigid:
        turn = matrix[:3, :3]
        off = np.abs(turn @ turn.T - np.eye(3)).max()
        rigid = off <= _ROTATION and np.linalg.det(turn) > 0 and (matrix[3] == (0, 0, 0, 1)).all()
    if not rigid:
        raise TargetError(
            "raycast: pose must be a 4x4 rotation and place, from the camera's frame to the "
            f"mesh's, got {np.array2string(matrix, precision=4)}."
        )
    left, _, right = np.linalg.svd(matrix[:3, :3])
    return left @ right, matrix[:3, 3]


def _check(array: Array, name: str, kinds: str, shape: tuple[int, ...]) -> None:
    if array.dtype.kind not in kinds or array.shape != shape:
        kind = "float" if kinds == "f" else "integers"
        raise TargetError(f"Mesh.{name} must be {kind} {shape}, got {array.dtype} {array.shape}.")
