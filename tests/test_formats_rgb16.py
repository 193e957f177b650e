"""16-bit RGB PNGs: every number comes back, and other PNGs are refused."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from vtencode.errors import CodeError
from vtencode.formats.rgb16 import read_rgb16, write_rgb16
from vtencode.png import png_header, write_png, write_png_gray


def numbers(height: int = 13, width: int = 7) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2**16, (height, width, 3), dtype=np.uint16)


def by_hand(values: np.ndarray) -> bytes:
    """A PNG written from its specification: filter 0, big-endian samples."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("shape", [(1, 1), (13, 7), (64, 65)])
def test_every_number_comes_back(shape):
    values = numbers(*shape)
    data = write_rgb16(values)

    assert str(png_header(data)) == f"16-bit RGB {shape[1]}x{shape[0]}"
    assert np.array_equal(read_rgb16(data), values)
    assert write_rgb16(values.copy()) == data


def test_a_file_written_by_hand_is_read():
    values = numbers()

    assert np.array_equal(read_rgb16(by_hand(values)), values)


def test_other_pngs_are_refused():
    gray = io.BytesIO()
    Image.new("RGBA", (4, 4)).save(gray, "PNG")
    for data in (
        write_png(np.zeros((4, 4, 3), np.uint8)),
        write_png_gray(np.zeros((4, 4), np.uint16)),
        gray.getvalue(),
    ):
        with pytest.raises(CodeError, match="must be a 16-bit RGB PNG, got"):
            read_rgb16(data)


@pytest.mark.parametrize("kept", [0, 20, 50, -13, -1])
def test_a_file_cut_short_is_refused(kept):
    with pytest.raises(CodeError):
        read_rgb16(write_rgb16(numbers())[:kept])


def test_only_16_bit_rgb_is_written():
    for values in (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint16), numbers()[:0]):
        with pytest.raises(CodeError, match=r"must be of uint16 \(H, W, 3\), got"):
            write_rgb16(values)
