"""Cameras in files: four numbers, or the matrix of intrinsics, as text, JSON or .npy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from vtencode.errors import CodeError
from vtencode.formats.npy import read_npy
from vtencode.targets import Array, Camera

_NAMES = ("fx", "fy", "cx", "cy")
#: Keys under which JSON files keep the matrix.
_MATRICES = ("K", "intrinsics", "intrinsic", "intrinsic_matrix", "camera_matrix", "cam_K")


def read_camera(data: bytes) -> Camera:
    """The camera of a file: fx fy cx cy, or K of 3x3 or 4x4, in rows.

    JSON may name the four, or keep the matrix under a usual name. Raises `CodeError` for others.
    """
    if data.startswith(b"\x93NUMPY"):
        return camera_of(read_npy(data))
    try:
        text = data.decode("utf-8-sig")
        if text.lstrip()[:1] in ("{", "["):
            return _of_json(json.loads(text))
        return camera_of(np.array([float(word) for word in re.split(r"[\s,;]+", text) if word]))
    except (ValueError, RecursionError) as error:
        if isinstance(error, CodeError):
            raise
        raise CodeError(f"must be a camera: fx fy cx cy, or a matrix of them: {error}.") from error


def camera_of(numbers: Array) -> Camera:
    """The camera of 4 numbers, or of a matrix K without skew; raises `CodeError` for others."""
    with np.errstate(all="ignore"):  # what does not fit is not finite, which `Camera` refuses
        flat = np.asarray(numbers, dtype=np.float64).reshape(-1)
    if flat.size == 4:
        fx, fy, cx, cy = flat.tolist()
        return Camera(fx, fy, cx, cy)
    side = {9: 3, 16: 4}.get(flat.size)
    if side is None:
        raise CodeError(f"must be fx fy cx cy, or a 3x3 or 4x4 matrix, got {flat.size} numbers.")
    matrix = flat.reshape(side, side)[:3, :3]
    (fx, skew, cx), (low, fy, cy), last = matrix.tolist()
    if (low, *last) != (0, 0, 0, 1) or abs(skew) > abs(fx) * 1e-6:
        raise CodeError(
            f"must be a camera matrix fx 0 cx, 0 fy cy, 0 0 1 in rows, got {matrix.tolist()}."
        )
    return Camera(fx, fy, cx, cy)


def _of_json(value: Any) -> Camera:
    if isinstance(value, Mapping):
        if set(_NAMES) <= set(value):
            return camera_of(np.array([value[name] for name in _NAMES], dtype=np.float64))
        found = [value[name] for name in _MATRICES if name in value]
        if len(found) != 1:
            raise CodeError(f"must be JSON with fx, fy, cx, cy or one of {', '.join(_MATRICES)}.")
        value = found[0]
    try:
        return camera_of(np.array(value, dtype=np.float64))
    except (TypeError, ValueError) as error:
        if isinstance(error, CodeError):
            raise
        raise CodeError(f"must be a camera of numbers: {error}.") from error
