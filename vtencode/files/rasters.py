"""Arrays in files: .npy, and PNGs of one number a pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import CodeError, SourceError, SpecError
from vtencode.formats import npy
from vtencode.png import read_png_numbers
from vtencode.targets import Array


def read_bytes(file: str) -> bytes:
    """A file's bytes; raises `SourceError` when there are none to be had."""
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error}") from error


def read_npy(file: str) -> Array:
    """The numbers in a .npy; raises `SourceError` for other things, pickles too."""
    try:
        return npy.read_npy(read_bytes(file))
    except CodeError as error:
        raise SourceError(f"{file} {error}") from error


def write_npy(out: Path, values: Array) -> None:
    """Write an array, whole or not at all."""
    write_whole(out, npy.write_npy(values))


def read_numbers(file: str) -> Array:
    """What the pixels of a gray or palette PNG hold, palette indices as they are."""
    try:
        return read_png_numbers(read_bytes(file))
    except CodeError as error:
        raise SourceError(f"{file} {error}") from error


def suffix_error(out: Path, *known: str) -> SpecError:
    """The error for a name that no format is known by."""
    return SpecError(f"--out must end in {' or '.join(known)}, got {out.name!r}.")


def plane(values: Any) -> Array:
    """(H, W, 1) as (H, W); anything else as it is."""
    array = np.asarray(values)
    flat: Array = array.squeeze(-1) if array.ndim == 3 and array.shape[-1] == 1 else array
    return flat
