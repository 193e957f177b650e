"""Arrays in files: .npy, and PNGs of one number a pixel."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import CodeError, SourceError, SpecError
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
        values = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SourceError(f"{file} cannot be read: {error}") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf":
        raise SourceError(f"{file} must hold one array of numbers.")
    return values


def write_npy(out: Path, values: Array) -> None:
    """Write an array, whole or not at all."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    write_whole(out, buffer.getvalue())


def read_numbers(file: str) -> Array:
    """What the pixels of a gray or palette PNG hold, palette indices as they are."""
    try:
        return read_png_numbers(read_bytes(file))
    except CodeError as error:
        raise SourceError(f"{file} {error}") from error


def gray_png(values: Array, text: Mapping[str, str] | None = None) -> bytes:
    """A gray PNG of uint8 or uint16 (H, W), with tEXt chunks."""
    from PIL import Image, PngImagePlugin

    if not values.size:
        raise CodeError(f"a PNG must have at least one pixel, got {values.shape}.")
    chunks = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        chunks.add_text(key, value)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


def suffix_error(out: Path, *known: str) -> SpecError:
    """The error for a name that no format is known by."""
    return SpecError(f"--out must end in {' or '.join(known)}, got {out.name!r}.")


def plane(values: Any) -> Array:
    """(H, W, 1) as (H, W); anything else as it is."""
    array = np.asarray(values)
    flat: Array = array.squeeze(-1) if array.ndim == 3 and array.shape[-1] == 1 else array
    return flat
