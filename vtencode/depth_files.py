"""Depth in files of one's own: 16-bit PNG, .npy, and arrays inside .h5 files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import CodeError, SourceError, SpecError, TargetError
from vtencode.png import read_png_gray16
from vtencode.targets import Array, DepthMap, DepthState

#: Meters in one unit.
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001}
#: What a 16-bit millimeter PNG holds for "far"; 0 is unknown. As in Virtual KITTI 2.
FAR_MM = 65535


def read_depth(file: str, unit: str | None) -> DepthMap:
    """Read `file` (`x.png`, `x.npy`, `x.h5:dataset`); 0 and NaN are unknown, inf is far.

    `unit` is "m", "cm", "mm" or meters per unit. Floats are meters unless it says otherwise;
    integers need it, since a file of integers does not say what one of them is.

    Raises `SourceError` for what cannot be read, `SpecError` for a missing or odd unit.
    """
    values = _values(file)
    if unit is None and values.dtype.kind in "iu":
        raise SpecError(
            f"{file} holds {values.dtype}: say what 1 is with --unit mm, cm, m or METERS."
        )
    scale = 1.0 if unit is None else _scale(unit)
    try:
        return DepthMap((values * scale).astype(np.float64))
    except TargetError as error:
        raise SourceError(f"{file}: {error}") from error


def write_depth(out: Path, depth: DepthMap) -> int:
    """Write meters to a .npy, or millimeters to a 16-bit .png; returns how many were cut.

    In a PNG 0 is unknown, 65535 far, and deeper than 65.534 m is cut to that.
    """
    if out.suffix == ".npy":
        buffer = io.BytesIO()
        np.save(buffer, depth.meters, allow_pickle=False)
        write_whole(out, buffer.getvalue())
        return 0
    if out.suffix != ".png":
        raise SpecError(f"--out must end in .npy or .png, got {out.name!r}.")
    millimeters = np.zeros(depth.shape)
    millimeters[depth.valid] = np.floor(depth.meters[depth.valid].astype(np.float64) * 1000 + 0.5)
    cut = int((millimeters >= FAR_MM).sum())
    millimeters = np.minimum(millimeters, FAR_MM - 1)
    millimeters[depth.state == DepthState.FAR] = FAR_MM
    write_whole(out, _png16(millimeters.astype(np.uint16)))
    return cut


def _values(file: str) -> Array:
    path, _, member = file.partition(".h5:")
    try:
        if member:
            return _h5_values(Path(f"{path}.h5"), member)
        if file.endswith(".npy"):
            values = np.load(file, allow_pickle=False)
        elif file.endswith(".png"):
            values = read_png_gray16(Path(file).read_bytes())
        else:
            raise SourceError(f"{file} must be a .png, a .npy or a .h5:dataset.")
    except (OSError, ValueError) as error:
        if isinstance(error, CodeError):
            raise SourceError(f"{file}: depth {error}") from error
        raise SourceError(f"{file} cannot be read: {error}") from error
    if values.dtype.kind not in "iuf":
        raise SourceError(f"{file} must hold numbers, got {values.dtype}.")
    plane: Array = values.squeeze(-1) if values.ndim == 3 and values.shape[-1] == 1 else values
    return plane


def _h5_values(path: Path, member: str) -> Array:
    import h5py

    with h5py.File(path, "r") as file:
        if not isinstance(file.get(member), h5py.Dataset):
            raise SourceError(f"{path} must hold the array {member!r}; it has {sorted(file)}.")
        return np.asarray(file[member])


def _scale(unit: str) -> float:
    try:
        scale = UNITS[unit] if unit in UNITS else float(unit)
    except ValueError:
        scale = 0.0
    if not 0 < scale < np.inf:
        raise SpecError(f"--unit must be mm, cm, m or meters per unit > 0, got {unit!r}.")
    return scale


def _png16(values: Array) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()
