"""The axes of a normals file, by the depth file that lies beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vtencode.doctor.arrays import contents
from vtencode.errors import CodeError, TargetError
from vtencode.formats.npy import read_npy
from vtencode.formats.text_matrix import read_text_matrix
from vtencode.frame_check import check_frame
from vtencode.targets import Array, Camera, DepthMap

#: A stem without what its picture is of.
_KIND = re.compile(r"(?i:[-_.]?(normals?|norm|depths?)(_?(cam|map|gt|zbuffer|euclidean))?)")
#: Endings of files that hold a 3x3 camera matrix.
_CAMERAS = ("_intrins.npy", "_intrinsics.npy", "_intrinsics.txt", "_K.npy", "_K.txt")
#: A lens of 60 degrees: axes are told apart by far more than a lens can bend.
_USUAL_FOCAL = 0.87


def axes_beside(path: Path, normals: Array) -> Iterator[str]:
    """What a depth file of the same stem says of the axes; nothing where there is none.

    The scale of depth does not matter for that.
    """
    for other in _siblings(path):
        for values in contents(other).arrays.values():
            plane = np.squeeze(values)
            if plane.shape != normals.shape[:2] or plane.dtype.kind not in "uif":
                continue
            camera, whose = _camera(path, normals.shape[:2])
            try:
                report = check_frame(_as_vectors(normals), _as_depth(plane), camera)
            except TargetError as error:
                yield f"  {other.name} beside it does not tell its axes: {error}"
            else:
                yield f"  by {other.name} beside it, and {whose}: {report}"
            return


def _siblings(path: Path) -> Iterator[Path]:
    stem, told = _stem(path), sorted(path.parent.iterdir())
    for other in told:
        if (
            "depth" in other.name.lower()
            and other.is_file()
            and other != path
            and _stem(other) == stem
        ):
            yield other


def _stem(path: Path) -> str:
    return _KIND.sub("", path.name.split(".")[0] if path.suffix else path.name)


def _camera(path: Path, shape: tuple[int, int]) -> tuple[Camera, str]:
    height, width = shape
    for ending in _CAMERAS:
        beside = path.with_name(_stem(path) + ending)
        if not beside.is_file():
            continue
        data = beside.read_bytes()
        try:
            matrix = read_npy(data) if ending.endswith("npy") else read_text_matrix(data, (3, 3))
            (fx, _, cx), (_, fy, cy) = np.asarray(matrix, float)[:2, :3].tolist()
            return Camera(fx, fy, cx, cy), beside.name
        except (CodeError, TargetError, ValueError):
            continue
    focal = _USUAL_FOCAL * max(height, width)
    return Camera(focal, focal, (width - 1) / 2, (height - 1) / 2), "a lens of 60 degrees"


def _as_vectors(normals: Array) -> Array:
    if normals.dtype == np.uint16:
        return 2 * normals.astype(np.float64) / 65535 - 1
    return normals


def _as_depth(plane: Array) -> DepthMap:
    """Depth of any scale; what marks the unknown and the sky is unknown."""
    lengths = plane.astype(np.float64)
    lengths[~np.isfinite(lengths) | (lengths <= 0)] = np.nan
    if plane.dtype == np.uint16:
        lengths[plane == 65535] = np.nan
    return DepthMap(lengths / np.nanmax(lengths, initial=1.0))
