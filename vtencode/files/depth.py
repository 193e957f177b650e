"""Depth in files: 16-bit PNG, .npy, and arrays inside .h5 files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import CodeError, SourceError, SpecError, TargetError
from vtencode.files.rasters import (
    plane,
    read_bytes,
    read_npy,
    suffix_error,
    write_npy,
)
from vtencode.png import read_png_gray16, write_png_gray
from vtencode.scaled import ScaledDepth
from vtencode.targets import Array, DepthMap

#: Meters in one unit.
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001}
#: What is written: millimeters, 0 unknown, and for far the number of Virtual KITTI 2.
MILLIMETERS = ScaledDepth(per_meter=1000, unknown=0, far=65535)


def read_depth(file: str, unit: str | None, far: float | None = None) -> DepthMap:
    """Read `file` (`x.png`, `x.npy`, `x.h5:dataset`); 0 and NaN are unknown, inf is far.

    `unit` is "m", "cm", "mm" or meters per unit. Floats are meters unless it says otherwise;
    integers need it, since a file of integers does not say what one of them is. `far` is a
    number that stands for far, too.

    Raises `SourceError` for what cannot be read, `SpecError` for a missing or odd unit.
    """
    values = _values(file)
    if unit is None and values.dtype.kind in "iu":
        raise SpecError(
            f"{file} holds {values.dtype}: say what 1 is with --unit mm, cm, m or METERS."
        )
    scale = 1.0 if unit is None else _scale(unit)
    meters = (values * scale).astype(np.float64)
    if far is not None:
        meters[values == far] = np.inf
    try:
        return DepthMap(meters)
    except TargetError as error:
        raise SourceError(f"{file}: {error}") from error


def write_depth(out: Path, depth: DepthMap) -> list[str]:
    """Write meters to a .npy, or millimeters to a 16-bit .png; returns what was changed.

    In a PNG 0 is unknown and 65535 far; other depths are cut to 0.001 to 65.534 m.
    """
    if out.suffix == ".npy":
        write_npy(out, depth.meters)
        return []
    if out.suffix != ".png":
        raise suffix_error(out, ".npy", ".png")
    write_whole(out, write_png_gray(MILLIMETERS.write(depth)))
    cut = MILLIMETERS.cut(depth)
    return [f"{cut} depths cut to 0.001 to {MILLIMETERS.farthest_m:g} m"] if cut else []


def _values(file: str) -> Array:
    path, _, member = file.partition(".h5:")
    if member:
        values = _h5_values(Path(f"{path}.h5"), member)
    elif file.endswith(".npy"):
        values = read_npy(file)
    elif file.endswith(".png"):
        try:
            values = read_png_gray16(read_bytes(file))
        except CodeError as error:
            raise SourceError(f"{file}: depth {error}") from error
    else:
        raise SourceError(f"{file} must be a .png, a .npy or a .h5:dataset.")
    return plane(values)


def _h5_values(path: Path, member: str) -> Array:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if not isinstance(file.get(member), h5py.Dataset):
                raise SourceError(f"{path} must hold the array {member!r}; it has {sorted(file)}.")
            values = np.asarray(file[member])
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    if values.dtype.kind not in "iuf":
        raise SourceError(f"{path}:{member} must hold numbers, got {values.dtype}.")
    return values


def _scale(unit: str) -> float:
    try:
        scale = UNITS[unit] if unit in UNITS else float(unit)
    except ValueError:
        scale = 0.0
    if not 0 < scale < np.inf:
        raise SpecError(f"--unit must be mm, cm, m or meters per unit > 0, got {unit!r}.")
    return scale
