"""OpenEXR files of one picture with three channels, R, G and B, of 32-bit or 16-bit floats.

Needs the package OpenEXR (the extra `exr`), 3.4 or newer: 3.3 reads no header on its own. Until
3.5 it reads and writes files only, so that bytes go through a temporary one.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError, MissingExtraError
from vtencode.png import MAX_PIXELS

Array = NDArray[Any]

MAGIC = b"\x76\x2f\x31\x01"
_CHANNELS = ("R", "G", "B")


def openexr() -> Any:
    """The package OpenEXR. Raises `MissingExtraError` where it is not installed."""
    try:
        return import_module("OpenEXR")
    except ImportError as error:
        raise MissingExtraError("OpenEXR", "exr") from error


def read_exr(data: bytes) -> Array:
    """The channels R, G and B as float32 or float16 (H, W, 3), whatever their numbers.

    Other channels are not looked at. Raises `CodeError` for other files, for those with several
    parts, subsampled channels or whole numbers, and for those that are cut short or do not
    decompress: the format has no checksums.
    """
    package = openexr()
    if not data.startswith(MAGIC):
        raise CodeError(f"must be an OpenEXR file, got one that starts with {data[:4]!r}.")
    with _as_file(data) as path, contextlib.redirect_stdout(io.StringIO()):  # its warnings
        try:
            shape = _shape(package.File(path, header_only=True))
            found = package.File(path, separate_channels=True).channels()
        except (RuntimeError, ValueError, TypeError, KeyError) as error:
            if isinstance(error, CodeError):
                raise
            raise CodeError(f"an OpenEXR file must be whole: {error}.") from error
    planes = [found[name].pixels for name in _CHANNELS if name in found]
    told = {(plane.shape, plane.dtype.name) for plane in planes}
    if len(planes) != 3 or told not in ({(shape, "float32")}, {(shape, "float16")}):
        raise CodeError(
            f"an OpenEXR file must have float channels R, G and B of {shape}, got "
            f"{ {name: (c.pixels.dtype.name, c.pixels.shape) for name, c in found.items()} }."
        )
    return np.stack(planes, axis=2)


def write_exr(values: Array) -> bytes:
    """The bytes of a file of float32 or float16 (H, W, 3), losslessly compressed (ZIP).

    They depend on the array alone, for one version of the package.
    """
    package = openexr()
    floats = values.dtype.name in ("float32", "float16")
    if not floats or values.shape[2:] != (3,) or not values.size:
        raise CodeError(
            f"an OpenEXR file must be of float32 or float16 (H, W, 3), got {values.dtype} "
            f"{values.shape}."
        )
    header = {"compression": package.ZIP_COMPRESSION, "type": package.scanlineimage}
    planes = np.moveaxis(values, 2, 0)
    channels = {name: plane.copy() for name, plane in zip(_CHANNELS, planes, strict=True)}
    with _as_file(b"") as path:
        package.File(header, channels).write(path)
        return Path(path).read_bytes()


def _shape(file: Any) -> tuple[int, int]:
    """Rows and columns of the only part, once they are known to be few enough."""
    if len(file.parts) != 1:
        raise CodeError(f"an OpenEXR file must have one part, got {len(file.parts)}.")
    (left, top), (right, bottom) = file.header()["dataWindow"]
    height, width = int(bottom) - int(top) + 1, int(right) - int(left) + 1
    if not 0 < height * width <= MAX_PIXELS:
        raise CodeError(f"a picture must have 1 to {MAX_PIXELS} pixels, got {width}x{height}.")
    return height, width


@contextlib.contextmanager
def _as_file(data: bytes) -> Iterator[str]:
    """The path of a temporary file of these bytes."""
    with TemporaryDirectory(prefix="vtencode-exr-") as folder:
        path = Path(folder, "picture.exr")
        path.write_bytes(data)
        yield str(path)
