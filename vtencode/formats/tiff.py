"""TIFF of one page and one number a pixel: 32-bit floats, or whole numbers of 8 to 32 bits.

Pillow reads it: mode F is float32, I;16 (either byte order) uint16, I int32, L uint8. Depth is
stored so in copies of datasets on the Hugging Face Hub, and by GIS and photogrammetry software.
"""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]

MAGICS = (b"II*\0", b"MM\0*")
#: More pixels than any frame of a dataset (ETH3D has 24 million).
MAX_PIXELS = 100_000_000

#: What Pillow calls the kinds of pixels that are numbers, and how they are kept.
_MODES: dict[str, np.dtype[Any]] = {
    "F": np.dtype(np.float32),
    "I": np.dtype(np.int32),
    "I;16": np.dtype(np.uint16),
    "I;16B": np.dtype(np.uint16),
    "L": np.dtype(np.uint8),
}

#: What Pillow makes of damage.
_DAMAGE = (OSError, ValueError, SyntaxError, TypeError, KeyError, struct.error, Warning)


def read_tiff(data: bytes) -> Array:
    """The numbers of a TIFF (H, W), in their own type.

    Raises `CodeError` for color, for several pages, and for files that are not whole.
    """
    from PIL import Image

    if not data.startswith(MAGICS):
        raise CodeError(f"must be a TIFF file, got one that starts with {data[:4]!r}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Pillow says of damage, it says as a warning
            with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
                return _numbers(image)
    except CodeError:
        raise
    except (*_DAMAGE, Image.DecompressionBombError) as error:
        raise CodeError(f"a TIFF must be whole: {error}.") from error


def _numbers(image: Any) -> Array:
    """The pixels of a file that Pillow opened."""
    pages, mode, (width, height) = getattr(image, "n_frames", 1), image.mode, image.size
    if pages != 1 or mode not in _MODES or width * height > MAX_PIXELS:
        raise CodeError(
            f"a TIFF must have one page of at most {MAX_PIXELS} pixels, one number each, got "
            f"{pages} of {width}x{height}, mode {mode}."
        )
    values: Array = np.asarray(image)
    return values.astype(_MODES[mode])


def write_tiff(values: Array) -> bytes:
    """A TIFF of float32, int32, uint16 or uint8 (H, W), not compressed."""
    from PIL import Image

    if values.ndim != 2 or values.dtype not in _MODES.values() or not values.size:
        raise CodeError(
            f"a TIFF must be of float32, int32, uint16 or uint8 (H, W), got {values.dtype} "
            f"{values.shape}."
        )
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "TIFF")
    return buffer.getvalue()
