"""Id maps in files: .npy, and gray or palette PNG, whose colors mean nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SourceError, SpecError
from vtencode.files.rasters import (
    plane,
    read_npy,
    read_numbers,
    suffix_error,
    write_npy,
)
from vtencode.png import write_png_gray
from vtencode.targets import Array

#: What .npy ids of up to 32 bits are kept as by every target.
_MAX = 2**31 - 1


def read_ids(file: str) -> Array:
    """Read `x.png` or `x.npy`, whole numbers (H, W): int32. Raises `SourceError` for others."""
    if file.endswith(".png"):
        return read_numbers(file).astype(np.int32)
    if not file.endswith(".npy"):
        raise SourceError(f"{file} must be a .png or a .npy of ids.")
    ids = plane(read_npy(file))
    if ids.dtype.kind not in "iu" or ids.ndim != 2:
        raise SourceError(f"{file} must hold integers (H, W), got {ids.dtype} {ids.shape}.")
    if ids.size and not -_MAX <= int(ids.min()) <= int(ids.max()) <= _MAX:
        raise SourceError(f"{file} must hold 32-bit ids, got {ids.min()} to {ids.max()}.")
    return ids.astype(np.int32)


def write_ids(out: Path, ids: Array) -> None:
    """Write int32 (H, W) to a .npy, or to a .png of 8 bits if they will do, else of 16."""
    if out.suffix == ".npy":
        write_npy(out, ids)
        return
    if out.suffix != ".png":
        raise suffix_error(out, ".npy", ".png")
    low, high = int(ids.min(initial=0)), int(ids.max(initial=0))
    if not 0 <= low <= high <= 65535:
        raise SpecError(f"a PNG must hold ids of 0 to 65535, got {low} to {high}: --out X.npy.")
    write_whole(out, write_png_gray(ids.astype(np.uint8 if high <= 255 else np.uint16)))
