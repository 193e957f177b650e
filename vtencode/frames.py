"""Axis conventions of surface normals: what a file's three numbers mean.

Every one is told for the normal that faces the camera, as the directions in which its first,
second and third number grow. Files that keep the outward normal hold its negative: "outward,
right, down, forward" is left, up, backward here. Backward is toward the viewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vtencode.errors import UnknownNameError
from vtencode.targets import Array, NormalMap

#: Directions as vectors of `NormalMap`'s frame: +x right, +y up, +z toward the viewer.
DIRECTIONS = {
    "right": (1, 0, 0),
    "left": (-1, 0, 0),
    "up": (0, 1, 0),
    "down": (0, -1, 0),
    "backward": (0, 0, 1),
    "forward": (0, 0, -1),
}


@dataclass(frozen=True)
class Frame:
    """Three axes, one along each line of space, and who says that they are used.

    >>> Frame(("left", "up", "backward")).matrix.tolist()
    [[-1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """

    axes: tuple[str, str, str]
    source: str = ""

    @cached_property
    def matrix(self) -> Array:
        """int64 (3, 3), a signed permutation M: stored = M @ xyz, and xyz = M.T @ stored."""
        return np.array([DIRECTIONS[axis] for axis in self.axes])

    def write(self, xyz: Array) -> Array:
        """Coordinates of `NormalMap`'s frame, planes (3, ...), as this frame's."""
        stored = np.empty(xyz.shape, dtype=xyz.dtype)
        for plane, axis, sign in zip(stored, *self._axis_and_sign, strict=True):
            np.multiply(xyz[axis], sign, out=plane)
        return stored

    def read(self, stored: Array, *, out: Array) -> Array:
        """Write this frame's coordinates, planes (3, ...), into `out` as `NormalMap`'s."""
        for plane, axis, sign in zip(stored, *self._axis_and_sign, strict=True):
            np.multiply(plane, sign, out=out[axis])
        return out

    @property
    def _axis_and_sign(self) -> tuple[list[int], list[int]]:
        """For each stored coordinate, the one of xyz it is, and its sign there."""
        return np.abs(self.matrix).argmax(axis=1).tolist(), self.matrix.sum(axis=1).tolist()


_BANANA = ("left", "up", "backward")
_OPENGL = ("right", "up", "backward")
_OPENCV = ("right", "down", "forward")
_DIRECTX = ("right", "down", "backward")

FRAMES = {
    "vision-banana": Frame(_BANANA, "arXiv:2604.20329, R = (1 - x) / 2"),
    "dsine": Frame(_BANANA, "DSINE README: outward normals as right, down, front"),
    "lotus": Frame(_BANANA, "Lotus, utils/hypersim_dataset.py: x negated"),
    "sensenova": Frame(_BANANA, "SenseNova-Vision, prepare_normal.py"),
    "opengl": Frame(_OPENGL, "the camera frame of OpenGL"),
    "marigold": Frame(_OPENGL, "diffusers, Marigold: right, top, facing the observer"),
    "hypersim": Frame(_OPENGL, "ml-hypersim README, normal_cam; some face away from the camera"),
    "matterport3d": Frame(_OPENGL, "Metric3D's loader"),
    "geonet": Frame(_OPENGL, "FE2E's loader of GeoNet NYU and FrameNet ScanNet arrays"),
    "diode": Frame(_OPENGL, "Metric3D's loader; some face away from the camera"),
    "opencv": Frame(_OPENCV, "the camera frame of OpenCV"),
    "moge-array": Frame(_OPENCV, "MoGe README; its PNGs hold OpenGL colors"),
    "geowizard": Frame(_OPENCV, "GeoWizard, dataloader/file_io.py"),
    "omnidata": Frame(_OPENCV, "Taskonomy and Omnidata PNGs, by `check_frame`"),
    "directx": Frame(_DIRECTX, "tangent maps of DirectX: y down"),
    "oasis": Frame(_DIRECTX, "FE2E's loader negates x and y to reach DSINE"),
    "nyu-eigen": Frame(
        ("right", "forward", "up"), "NYU norm_gt PNGs of Eigen and Fergus, by `check_frame`"
    ),
}


def frame(name: str) -> Frame:
    """Return the frame of that name, or raise `UnknownNameError`."""
    if name not in FRAMES:
        raise UnknownNameError("frame", name, tuple(sorted(FRAMES)))
    return FRAMES[name]


def names_of(axes: tuple[str, str, str]) -> tuple[str, ...]:
    """Every name under which these axes are known."""
    return tuple(name for name, known in FRAMES.items() if known.axes == axes)


def to_frame(normals: NormalMap, name: str) -> Array:
    """The vectors as that frame writes them: float32 (H, W, 3), 0 where not valid."""
    stored = frame(name).write(np.moveaxis(normals.xyz, 2, 0))
    return np.ascontiguousarray(np.moveaxis(stored, 0, 2))


def from_frame(vectors: Array, name: str, *, valid: Array | None = None) -> NormalMap:
    """Read vectors of that frame, float (H, W, 3); `valid` is as in `NormalMap`."""
    source, given = frame(name), np.asarray(vectors)
    if given.dtype.kind == "f" and given.ndim == 3 and given.shape[2] == 3:
        planes, given = np.moveaxis(given, 2, 0), np.empty_like(given)
        source.read(planes, out=np.moveaxis(given, 2, 0))
    return NormalMap(given) if valid is None else NormalMap(given, valid)
