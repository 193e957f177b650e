"""PNG files (ISO/IEC 15948): our own deterministic writer of RGB, and a strict look at any.

Target images are written here rather than by an imaging library because the same pixels must
give the same bytes, and because these settings are several times faster than library defaults.
Pixels are read back by Pillow, after every chunk has been checked.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vtencode.errors import CodeError
from vtencode.pixels import check_rgb
from vtencode.targets import Array

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: More than any dataset frame (ETH3D has 24 million), less than what exhausts a worker.
MAX_PIXELS = 100_000_000

#: PNG color types (ISO/IEC 15948, table 11.1).
GRAY, RGB_TYPE, INDEXED, GRAY_ALPHA, RGBA_TYPE = 0, 2, 3, 4, 6
_TYPE_NAMES = {
    GRAY: "gray",
    RGB_TYPE: "RGB",
    INDEXED: "palette",
    GRAY_ALPHA: "gray+alpha",
    RGBA_TYPE: "RGBA",
}

#: Color types and bit depths whose pixels are numbers as they are stored.
_NUMBERS = ((GRAY, 1), (GRAY, 8), (GRAY, 16))

Kind = Literal["flat", "photo"]


@dataclass(frozen=True)
class Header:
    """What a PNG says of itself in its first chunk."""

    width: int
    height: int
    bit_depth: int
    color_type: int

    def __str__(self) -> str:
        kind = _TYPE_NAMES.get(self.color_type, f"color type {self.color_type}")
        return f"{self.bit_depth}-bit {kind} {self.width}x{self.height}"


def write_png(rgb: Array, *, text: Mapping[str, str] | None = None, kind: Kind = "flat") -> bytes:
    """Write uint8 (H, W, 3) as a PNG; the same pixels and text give the same bytes.

    `text` becomes tEXt chunks (ASCII, in the order given). `kind` picks the filter: "flat" for
    codes, whose neighbors differ by little or nothing; "photo" predicts from three neighbors.
    """
    rgb = check_rgb(rgb)
    height, width, _ = rgb.shape
    if not width or not height:
        raise CodeError(f"a PNG must have at least one pixel, got {width}x{height}.")
    deflate = zlib.compressobj(*_RLE)
    rows = _paeth(rgb) if kind == "photo" else _sub(rgb)
    chunks = [
        SIGNATURE,
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, RGB_TYPE, 0, 0, 0)),
        *(_text_chunk(key, value) for key, value in (text or {}).items()),
        _chunk(b"IDAT", deflate.compress(rows) + deflate.flush()),
        _chunk(b"IEND", b""),
    ]
    return b"".join(chunks)


def write_png_gray(values: Array, *, text: Mapping[str, str] | None = None) -> bytes:
    """Write uint8 or uint16 (H, W) as a gray PNG; the same numbers and text give the same bytes."""
    if values.dtype.kind != "u" or values.dtype.itemsize > 2 or values.ndim != 2:
        raise CodeError(
            f"a gray PNG must be of uint8 or uint16 (H, W), got {values.dtype} {values.shape}."
        )
    if not values.size:
        raise CodeError(f"a PNG must have at least one pixel, got {values.shape}.")
    big = np.ascontiguousarray(values.astype(values.dtype.newbyteorder(">")))
    rows = big.view(np.uint8).reshape(len(values), -1)
    header = Header(values.shape[1], values.shape[0], 8 * values.dtype.itemsize, GRAY)
    return _packed(header, rows, text or {})


def write_png_rgba(values: Array) -> bytes:
    """Write uint8 (H, W, 4) as a PNG; alpha is a fourth number like the others."""
    if values.dtype != np.uint8 or values.ndim != 3 or values.shape[2] != 4 or not values.size:
        raise CodeError(f"RGBA must be uint8 (H, W, 4), got {values.dtype} {values.shape}.")
    header = Header(values.shape[1], values.shape[0], 8, RGBA_TYPE)
    return _packed(header, np.ascontiguousarray(values).reshape(len(values), -1), {})


def read_png_rgba(data: bytes) -> Array:
    """Read an 8-bit RGBA PNG as uint8 (H, W, 4); raises `CodeError` for anything else."""
    header = png_header(data)
    if (header.bit_depth, header.color_type) != (8, RGBA_TYPE):
        raise CodeError(f"must be an 8-bit RGBA PNG, got {header}.")
    return _pixels(data, header, bits_a_pixel=32)


def read_png(data: bytes) -> Array:
    """Read an 8-bit RGB PNG as uint8 (H, W, 3).

    Raises `CodeError` for other pixel formats (a conversion would change what they mean) and for
    files that are not whole.
    """
    header = png_header(data)
    check_rgb8(header)
    return _pixels(data, header, bits_a_pixel=24)


def check_rgb8(header: Header) -> None:
    """Raise `CodeError` unless pixels are 8-bit RGB."""
    if (header.bit_depth, header.color_type) != (8, RGB_TYPE):
        raise CodeError(f"a picture must be an 8-bit RGB PNG, got {header}.")


def read_png_gray16(data: bytes) -> Array:
    """Read a 16-bit gray PNG as uint16 (H, W); raises `CodeError` for anything else."""
    header = png_header(data)
    if (header.bit_depth, header.color_type) != (16, GRAY):
        raise CodeError(f"must be a 16-bit gray PNG, got {header}.")
    return _pixels(data, header, bits_a_pixel=16).astype(np.uint16)


def read_png_numbers(data: bytes) -> Array:
    """Read a gray PNG, or a palette PNG's indices: uint8, or of 16 bits uint16, (H, W).

    Raises `CodeError` for color, and for gray of 2 or 4 bits, which decoders scale to 8.
    """
    header = png_header(data)
    if header.color_type != INDEXED and (header.color_type, header.bit_depth) not in _NUMBERS:
        raise CodeError(f"must be a gray or palette PNG of one number a pixel, got {header}.")
    numbers = _pixels(data, header, bits_a_pixel=header.bit_depth)
    return numbers.astype(np.uint16 if header.bit_depth == 16 else np.uint8)


def png_header(data: bytes) -> Header:
    """The header of a PNG, from its first 33 bytes."""
    if data[:8] != SIGNATURE or data[12:16] != b"IHDR" or len(data) < 33:
        raise CodeError(f"must be a PNG file, got one that starts with {data[:8]!r}.")
    width, height, bit_depth, color_type = struct.unpack(">IIBB", data[16:26])
    if not 0 < width * height <= MAX_PIXELS:
        raise CodeError(f"a PNG must have 1 to {MAX_PIXELS} pixels, got {width}x{height}.")
    return Header(width, height, bit_depth, color_type)


def has_exif(data: bytes) -> bool:
    """Whether a PNG carries EXIF; raises `CodeError` when the file is not whole."""
    return any(kind == b"eXIf" for kind, _ in _chunks(data))


def png_text(data: bytes) -> dict[str, str]:
    """The tEXt chunks of a PNG; raises `CodeError` when the file is not whole."""
    texts = [body for kind, body in _chunks(data) if kind == b"tEXt"]
    pairs = (body.partition(b"\0") for body in texts)
    return {key.decode("latin-1"): value.decode("latin-1") for key, _, value in pairs}


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        size = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        check = data[at + 8 + size : at + 12 + size]
        if len(check) < 4 or zlib.crc32(kind + body) != int.from_bytes(check, "big"):
            raise CodeError(f"a PNG must be whole, got a damaged or cut chunk at byte {at}.")
        yield kind, body
        at += 12 + size


def _pixels(data: bytes, header: Header, *, bits_a_pixel: int) -> Array:
    from PIL import Image

    packed = b"".join(body for kind, body in _chunks(data) if kind == b"IDAT")
    interlaced = data[28] != 0
    rows = header.height * (1 + (header.width * bits_a_pixel + 7) // 8)
    try:
        # Pillow fills with zeros what a stream that ends early leaves out.
        if not interlaced and len(zlib.decompress(packed, bufsize=rows)) < rows:
            raise CodeError("a PNG must hold the pixels its header promises, and ends early.")
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            return np.asarray(image)
    except (OSError, ValueError, SyntaxError, zlib.error) as error:
        raise CodeError(f"a PNG must hold the pixels its header promises: {error}.") from error


def _packed(header: Header, rows: Array, text: Mapping[str, str]) -> bytes:
    """A PNG of rows of bytes, each filtered as type 2: less the byte above."""
    filtered = np.empty((header.height, 1 + rows.shape[1]), dtype=np.uint8)
    filtered[:, 0], filtered[0, 1:] = 2, rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    facts = (header.width, header.height, header.bit_depth, header.color_type, 0, 0, 0)
    chunks = [
        SIGNATURE,
        _chunk(b"IHDR", struct.pack(">IIBBBBB", *facts)),
        *(_text_chunk(key, value) for key, value in text.items()),
        _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 6)),
        _chunk(b"IEND", b""),
    ]
    return b"".join(chunks)


def _text_chunk(key: str, value: str) -> bytes:
    if not (0 < len(key) < 80 and key.isascii() and value.isascii() and "\0" not in key + value):
        raise CodeError(f"PNG text must be ASCII under a key of 1 to 79 letters, got {key!r}.")
    return _chunk(b"tEXt", f"{key}\0{value}".encode())


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


#: Level 1, run lengths only. Filtered rows hold little else to find: on a 640x480 photo this is
#: as small as zlib's level 6 in a tenth of its time.
_RLE = (1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)


def _sub(rgb: Array) -> bytes:
    """Filter type 1: each byte less the one a pixel to the left."""
    rows = np.empty((len(rgb), 1 + 3 * rgb.shape[1]), dtype=np.uint8)
    flat = rgb.reshape(len(rgb), -1)
    rows[:, 0] = 1
    rows[:, 1:4] = flat[:, :3]
    np.subtract(flat[:, 3:], flat[:, :-3], out=rows[:, 4:])
    return rows.tobytes()


def _paeth(rgb: Array) -> bytes:
    """Filter type 4: each byte less whichever neighbor is nearest to left + above - corner."""
    flat = rgb.reshape(len(rgb), -1)
    padded = np.zeros((flat.shape[0] + 1, flat.shape[1] + 3), dtype=np.int16)
    padded[1:, 3:] = flat
    left, above, corner = padded[1:, :-3], padded[:-1, 3:], padded[:-1, :-3]
    off_left, off_above = np.abs(above - corner), np.abs(left - corner)
    off_corner = np.abs(left + above - 2 * corner)
    nearest = np.where(off_above <= off_corner, above, corner)
    nearest = np.where((off_left <= off_above) & (off_left <= off_corner), left, nearest)
    rows = np.empty((len(rgb), 1 + flat.shape[1]), dtype=np.uint8)
    rows[:, 0] = 4
    rows[:, 1:] = flat - nearest
    return rows.tobytes()
