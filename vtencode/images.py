"""Pictures as they are stored: encoded bytes that pass through untouched when nothing changes."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from vtencode.errors import CodeError
from vtencode.pixels import check_rgb
from vtencode.png import MAX_PIXELS, check_rgb8, has_exif, png_header, read_png, write_png
from vtencode.targets import Array

Format = Literal["jpg", "png"]
_MAGIC: dict[bytes, Format] = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
_PILLOW: dict[Format, str] = {"jpg": "JPEG", "png": "PNG"}
_ORIENTATION_TAG = 0x0112
#: Modes of JPEGs that become RGB.
_CONVERTED = ("RGB", "L", "CMYK")
#: What a JPEG that must be written again is written with: 4:4:4 keeps color as sharp as light.
_JPEG_QUALITY = 95


@dataclass(frozen=True, eq=False)
class Picture:
    """An 8-bit RGB picture as the bytes of a JPEG or PNG file."""

    data: bytes
    format: Format
    width: int
    height: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Picture:
        """Look at a file's bytes, whatever its name says.

        Raises `CodeError` for other formats, for pixels that are not 8-bit RGB, for more than
        `MAX_PIXELS` pixels, and for an EXIF orientation, which some loaders apply and some
        ignore.
        """
        kind = sniff(data)
        if kind == "png" and not has_exif(data):
            header = png_header(data)
            check_rgb8(header)
            return cls(data, kind, header.width, header.height)
        with _opened(data, kind) as image:
            mode, (width, height) = image.mode, image.size
            orientation = image.getexif().get(_ORIENTATION_TAG, 1)
        if kind == "png":
            check_rgb8(png_header(data))  # Pillow would quietly drop lower bits
        if mode != "RGB" or width * height > MAX_PIXELS or orientation != 1:
            raise CodeError(
                f"a picture must be 8-bit RGB, upright, of at most {MAX_PIXELS} pixels, got "
                f"mode {mode}, orientation {orientation}, {width}x{height}."
            )
        return cls(data, kind, width, height)

    @classmethod
    def as_stored(cls, data: bytes) -> Picture:
        """Look at a file whose annotations are told in the pixels as they are stored.

        What `from_bytes` takes passes through. Gray and CMYK JPEGs become RGB (as Pillow converts
        them), and an EXIF orientation, which would turn the picture away from its annotations, is
        dropped; these few are written again. Raises `CodeError` as `from_bytes` does for the rest.
        """
        try:
            return cls.from_bytes(data)
        except CodeError:
            if sniff(data) != "jpg":
                raise
        with _opened(data, "jpg") as image:
            if image.mode not in _CONVERTED or image.width * image.height > MAX_PIXELS:
                raise CodeError(
                    f"a picture must be a JPEG of RGB, gray or CMYK of at most {MAX_PIXELS} "
                    f"pixels, got mode {image.mode}, {image.width}x{image.height}."
                )
            return cls.jpeg_from_rgb(np.asarray(image.convert("RGB")))

    @classmethod
    def from_rgb(cls, rgb: Array, png: bytes | None = None) -> Picture:
        """Make a PNG picture of uint8 (H, W, 3); `png` is its file, if it is already written."""
        data = write_png(rgb, kind="photo") if png is None else png
        picture = cls(data, "png", width=rgb.shape[1], height=rgb.shape[0])
        picture.__dict__["rgb"] = rgb
        return picture

    @classmethod
    def jpeg_from_rgb(cls, rgb: Array) -> Picture:
        """Make a JPEG picture of uint8 (H, W, 3), which its pixels come close to."""
        from PIL import Image

        file = io.BytesIO()
        image = Image.fromarray(check_rgb(rgb))
        image.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling="4:4:4")
        return cls(file.getvalue(), "jpg", width=rgb.shape[1], height=rgb.shape[0])

    @cached_property
    def rgb(self) -> Array:
        """All pixels: uint8 (H, W, 3). Raises `CodeError` when the file is not whole."""
        if self.format == "png":
            return read_png(self.data)
        with _opened(self.data, self.format) as image:
            return np.asarray(image)


def sniff(data: bytes) -> Format:
    """The format that the first bytes show; raises `CodeError` for neither JPEG nor PNG."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return kind
    raise CodeError(f"a picture must be a JPEG or PNG file, got one that starts {data[:8]!r}.")


@contextlib.contextmanager
def _opened(data: bytes, kind: Format) -> Iterator[Any]:
    """The file in Pillow; whatever Pillow makes of damage is a `CodeError`."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=[_PILLOW[kind]]) as image:
            yield image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise CodeError(f"a {kind} file must be whole: {error}.") from error
