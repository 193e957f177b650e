"""The arrays in a file, by its first bytes and not by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.errors import CodeError, MissingExtraError
from vtencode.formats.dpt import TAG, read_dpt
from vtencode.formats.exr import MAGIC, read_exr
from vtencode.formats.float_png import read_float_png
from vtencode.formats.npy import read_npy
from vtencode.formats.pfm import read_pfm
from vtencode.formats.rgb16 import read_rgb16
from vtencode.formats.tiff import read_tiff
from vtencode.images import Picture
from vtencode.mat5 import read_mat5
from vtencode.painted import CODEC_CHUNK
from vtencode.png import (
    GRAY,
    INDEXED,
    RGB_TYPE,
    RGBA_TYPE,
    SIGNATURE,
    png_header,
    png_text,
    read_png,
    read_png_numbers,
)
from vtencode.targets import Array

#: Larger files are no single frame, and are not read.
MOST_BYTES = 2**28
#: Arrays of a container that are looked at.
_MOST_ARRAYS = 4


@dataclass(frozen=True)
class Contents:
    """What a file is, in words, and arrays that it holds; `notes` say what cannot be read."""

    what: str
    arrays: dict[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    codec: str = ""


def contents(path: Path) -> Contents:
    """Look into a file. What is damaged, or needs a package, is told in `notes`."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(128)
    if start.startswith((b"\x89HDF", b"MATLAB 7.3")):
        return _hdf5(path)
    reader = next((read for magic, read in _READERS if start.startswith(magic)), None)
    if size > MOST_BYTES:
        return Contents(f"a file of {size / 1e9:.3g} GB", notes=("too large for one frame",))
    if reader is None:
        return _unknown(path, start, size)
    try:
        return reader(path.read_bytes())
    except (CodeError, ValueError) as error:
        return Contents("a damaged or unusual file", notes=(str(error),))
    except MissingExtraError as error:
        return Contents("a file that needs an optional package", notes=(str(error),))


def _png(data: bytes) -> Contents:
    header = png_header(data)
    text = png_text(data)
    what = f"a PNG, {header}"
    if CODEC_CHUNK in text:
        return Contents(f"{what}, painted by vtencode", codec=text[CODEC_CHUNK])
    kind = (header.bit_depth, header.color_type)
    if kind == (8, RGB_TYPE):
        return Contents(what, {"pixels": read_png(data)})
    if kind == (16, RGB_TYPE):
        return Contents(what, {"pixels": read_rgb16(data)})
    if kind == (8, RGBA_TYPE):
        note = "four bytes a pixel: a picture with transparency, or a float32 (TartanAir v2)"
        return Contents(what, {"as float32": read_float_png(data)}, (note,))
    if header.color_type in (GRAY, INDEXED):
        return Contents(what, {"pixels": read_png_numbers(data)})
    return Contents(what)


def _jpeg(data: bytes) -> Contents:
    try:
        picture = Picture.from_bytes(data)
    except CodeError as error:
        return Contents("a JPEG that no recipe takes", notes=(str(error),))
    return Contents(f"a JPEG picture {picture.width}x{picture.height}")


def _npy(data: bytes) -> Contents:
    return Contents("a NumPy array", {"array": read_npy(data)})


def _mat(data: bytes) -> Contents:
    arrays = read_mat5(data)
    note = () if arrays else ("no plain matrix: structs and cells are not looked into",)
    return Contents("a MATLAB 5 file", dict(list(arrays.items())[:_MOST_ARRAYS]), note)


def _hdf5(path: Path) -> Contents:
    """Plain arrays of an HDF5 or MATLAB 7.3 file; one of a container, its first frame."""
    import h5py

    found: list[tuple[str, str]] = []
    arrays: dict[str, Array] = {}

    def look(name: str, each: Any) -> None:
        if not isinstance(each, h5py.Dataset) or each.dtype.kind not in "iufb":
            return
        found.append((name, f"{name} {each.dtype} {each.shape}"))
        many = each.ndim == 4 or (each.ndim == 3 and each.shape[-1] != 3 != each.shape[0])
        own = not each.external and not each.is_virtual and 2 <= each.ndim <= 4 and each.size
        small = own and each.nbytes / (len(each) if many else 1) <= MOST_BYTES
        if small and len(arrays) < _MOST_ARRAYS:
            arrays[f"{name}[0]" if many else name] = np.asarray(each[0] if many else each[()])

    try:
        with h5py.File(path, "r") as file:
            file.visititems(look)
    except (OSError, RuntimeError, ValueError) as error:
        return Contents("a damaged HDF5 file", notes=(str(error),))
    listed = "; ".join(text for _, text in found[:12]) or "no plain array"
    return Contents(f"an HDF5 file: {listed}", arrays)


def _pnm(data: bytes) -> Contents:
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=["PPM"]) as image:
            values = np.asarray(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise CodeError(f"a PGM or PPM must be whole: {error}.") from error
    wide = values.dtype.kind == "i"
    return Contents("a PGM or PPM", {"pixels": values.astype(np.uint16) if wide else values})


def _unknown(path: Path, start: bytes, size: int) -> Contents:
    if size and size % 4 == 0 and path.suffix.lower() in (".jpg", ".bin", ".raw"):
        values = np.fromfile(path, "<f4")
        if (np.isfinite(values) | np.isposinf(values)).all() and (values >= 0).all():
            note = "bare float32 without a size, as ETH3D's depth named .JPG is"
            return Contents(f"{values.size} floats without a header", {"floats": values}, (note,))
    if start and all(32 <= byte < 127 or byte in (9, 10, 13) for byte in start):
        line = start.split(b"\n")[0].decode().strip()
        return Contents(f"a text that starts {line[:60]!r}")
    return Contents(f"a file of {size} bytes that start {start[:8]!r}")


_READERS: tuple[tuple[bytes, Callable[[bytes], Contents]], ...] = (
    (SIGNATURE, _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"\x93NUMPY", _npy),
    (b"MATLAB 5.0", _mat),
    (TAG, lambda data: Contents("a Sintel .dpt", {"depth": read_dpt(data)})),
    (MAGIC, lambda data: Contents("an OpenEXR file", {"RGB": read_exr(data)})),
    (b"II*\0", lambda data: Contents("a TIFF", {"pixels": read_tiff(data)})),
    (b"MM\0*", lambda data: Contents("a TIFF", {"pixels": read_tiff(data)})),
    (b"Pf", lambda data: Contents("a PFM", {"floats": read_pfm(data)})),
    (b"PF", lambda data: Contents("a color PFM", {"floats": read_pfm(data)})),
    (b"P5", _pnm),
    (b"P6", _pnm),
)
