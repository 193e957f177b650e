"""The calibration files of KITTI.

`calib_cam_to_cam.txt` of the raw data has lines of `name: values`; `P_rect_02` and `P_rect_03` are
the projections (3, 4) of the rectified color cameras, left and right, row by row. The files of
`intrinsics/` in the depth selection are the nine numbers of one 3x3 matrix (devkit, readme.txt).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vtencode.errors import CodeError, TargetError
from vtencode.targets import Camera

_P_RECT = "P_rect_"


def read_calibration(data: bytes) -> dict[str, Camera]:
    """The rectified cameras of `calib_cam_to_cam.txt`, by their numbers ("02", "03").

    Raises `CodeError` where it tells of none.
    """
    cameras = {}
    for line in _text(data).splitlines():
        name, _, values = line.partition(":")
        if name.startswith(_P_RECT):
            numbers = _numbers(values, 12)
            cameras[name.removeprefix(_P_RECT)] = _camera([*numbers[0:3], *numbers[4:7]])
    if not cameras:
        raise CodeError(f"must have lines of {_P_RECT}XX, and has none.")
    return cameras


def write_calibration(cameras: Mapping[str, Camera]) -> bytes:
    """Write a `calib_cam_to_cam.txt` of these rectified cameras, all in one place."""
    lines = ["calib_time: 09-Jan-2012 13:57:47", "corner_dist: 9.950000e-02"]
    for name, camera in cameras.items():
        rows = (camera.fx, 0, camera.cx, 0, 0, camera.fy, camera.cy, 0, 0, 0, 1, 0)
        lines.append(f"{_P_RECT}{name}: {' '.join(f'{value:.6e}' for value in rows)}")
    return "\n".join([*lines, ""]).encode()


def read_intrinsics(data: bytes) -> Camera:
    """The camera of one image of the depth selection. Raises `CodeError` for no such file."""
    return _camera(_numbers(_text(data), 9)[:6])


def write_intrinsics(camera: Camera) -> bytes:
    """Write the camera of one image."""
    rows = (camera.fx, 0, camera.cx, 0, camera.fy, camera.cy, 0, 0, 1)
    return (" ".join(f"{value:.12e}" for value in rows) + "\n").encode()


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise CodeError(f"must be a text file of numbers, got bytes: {error}.") from error


def _numbers(text: str, count: int) -> list[float]:
    try:
        numbers = [float(word) for word in text.split()]
    except ValueError as error:
        raise CodeError(f"must be {count} numbers: {error}.") from error
    if len(numbers) != count:
        raise CodeError(f"must be {count} numbers, got {len(numbers)}.")
    return numbers


def _camera(rows: Sequence[float]) -> Camera:
    """The pinhole of the first two rows of a 3x3 matrix; raises `CodeError` for one with skew."""
    fx, skew, cx, zero, fy, cy = rows
    if skew or zero:
        raise CodeError(f"must be a camera without skew, got {skew} and {zero}.")
    try:
        return Camera(fx, fy, cx, cy)
    except TargetError as error:
        raise CodeError(f"must be a camera: {error}") from error
