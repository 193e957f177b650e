"""Disparity and calibration as Cityscapes stores them.

Disparity is uint16 p: 0 where nothing was measured, else (p - 1) / 256 pixels (README of
cityscapesScripts, `disparity`), so that 1 is a disparity of 0: infinitely far. Depth along the
optical axis is the focal length times the baseline, over the disparity. Calibration is JSON:
`extrinsic.baseline` in meters, `intrinsic` fx, fy, u0, v0 in pixels, pixel centers at integers
(`docs/csCalibration.pdf`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from vtencode.errors import CodeError, TargetError
from vtencode.targets import Array, Camera, DepthMap, DepthState

_STEPS_A_PIXEL = 256
#: p of a disparity of 0, and the largest that 16 bits hold.
_NO_SHIFT, _MOST = 1, 2**16 - 1
_INTRINSIC = ("fx", "fy", "u0", "v0")


@dataclass(frozen=True)
class StereoRig:
    """The left camera of a stereo pair, and the meters from it to the right one."""

    camera: Camera
    baseline_m: float


def read_rig(data: bytes) -> StereoRig:
    """The rig of a `*_camera.json`. Raises `CodeError` for no such file."""
    try:
        document = json.loads(data, object_pairs_hook=_once)
        lengths = [_number(document["intrinsic"], name) for name in _INTRINSIC]
        baseline = _number(document["extrinsic"], "baseline")
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise CodeError(f"must be JSON of a calibration: {error!r}.") from error
    if not baseline > 0:
        raise CodeError(f"must have a baseline > 0 (meters), got {baseline}.")
    try:
        return StereoRig(Camera(*lengths), baseline)
    except TargetError as error:
        raise CodeError(f"must have a camera: {error}") from error


def write_rig(rig: StereoRig) -> bytes:
    """Write a `*_camera.json`; the camera looks straight ahead, as far as the file tells."""
    camera = rig.camera
    lengths = dict(zip(_INTRINSIC, (camera.fx, camera.fy, camera.cx, camera.cy), strict=True))
    place = dict.fromkeys(("pitch", "roll", "x", "y", "yaw", "z"), 0.0)
    document = {"extrinsic": {"baseline": rig.baseline_m, **place}, "intrinsic": lengths}
    return json.dumps(document, indent=4, sort_keys=True).encode()


def read_disparity(steps: Array, rig: StereoRig) -> DepthMap:
    """Depth of uint16 (H, W): far where the disparity is 0, unknown where there is none."""
    state = np.full(steps.shape, DepthState.VALID, dtype=np.uint8)
    state[steps == _NO_SHIFT] = DepthState.FAR
    state[steps < _NO_SHIFT] = DepthState.UNKNOWN
    pixels = np.maximum(steps.astype(np.float64) - _NO_SHIFT, 1) / _STEPS_A_PIXEL
    return DepthMap(rig.camera.fx * rig.baseline_m / pixels, state, camera=rig.camera)


def write_disparity(depth: DepthMap, rig: StereoRig) -> Array:
    """Write depth: nearest steps, cut to those that mean depths."""
    steps = np.zeros(depth.shape, dtype=np.uint16)
    pixels = rig.camera.fx * rig.baseline_m / depth.meters[depth.valid].astype(np.float64)
    nearest = np.floor(pixels * _STEPS_A_PIXEL + 0.5) + _NO_SHIFT
    steps[depth.valid] = np.clip(nearest, _NO_SHIFT + 1, _MOST)
    steps[depth.state == DepthState.FAR] = _NO_SHIFT
    return steps


def _number(section: Any, name: str) -> float:
    value = section[name]
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number, got {value!r:.40}")
    return float(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found
