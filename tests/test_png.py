"""PNG files: the pair write/read, other readers of the same bytes, and damage."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vtencode.errors import CodeError
from vtencode.png import (
    MAX_PIXELS,
    SIGNATURE,
    png_header,
    png_text,
    read_png,
    read_png_gray16,
    write_png,
)

kinds = st.sampled_from(["flat", "photo"])
shapes = st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))
pictures = npst.arrays(np.uint8, shapes)
texts = st.dictionaries(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=79),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=50),
    max_size=3,
)
READERS = (read_png, read_png_gray16, png_header, png_text)


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(kind: bytes, body: bytes) -> bytes:
    """A small file with one more chunk, rightly summed, after its header."""
    data = write_png(noise(3, 4))
    return data[:33] + chunk(kind, body) + data[33:]


def saved(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@given(pictures, kinds)
def test_what_is_written_is_read_back(rgb, kind) -> None:
    np.testing.assert_array_equal(read_png(write_png(rgb, kind=kind)), rgb)


@pytest.mark.parametrize("kind", ["flat", "photo"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (1, 4000), (480, 640)])
def test_pictures_of_any_shape_are_read_back(kind, shape) -> None:
    rgb = noise(*shape)
    np.testing.assert_array_equal(read_png(write_png(rgb, kind=kind)), rgb)


@given(pictures, kinds, texts)
def test_the_same_pixels_give_the_same_bytes(rgb, kind, text) -> None:
    upside_down = np.ascontiguousarray(rgb[::-1])[::-1]
    assert write_png(upside_down, kind=kind, text=text) == write_png(rgb, kind=kind, text=text)


@given(pictures, kinds)
def test_pillow_and_opencv_read_the_same_pixels(rgb, kind) -> None:
    data = write_png(rgb, kind=kind, text={"a": "b"})
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), rgb)
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(bgr[..., ::-1], rgb)


@given(pictures)
def test_files_of_other_writers_are_read(rgb) -> None:
    np.testing.assert_array_equal(read_png(saved(Image.fromarray(rgb))), rgb)
    opencv = cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()
    np.testing.assert_array_equal(read_png(opencv), rgb)


@given(texts)
def test_text_chunks_come_back_in_their_order(text) -> None:
    assert list(png_text(write_png(noise(2, 2), text=text)).items()) == list(text.items())


def test_text_is_seen_by_pillow() -> None:
    data = write_png(noise(2, 2), text={"vtencode:codec": '{"name":"depth"}'})
    with Image.open(io.BytesIO(data)) as image:
        assert image.text == {"vtencode:codec": '{"name":"depth"}'}


def test_a_file_says_its_size_and_format() -> None:
    header = png_header(write_png(noise(3, 5)))
    assert (header.width, header.height, header.bit_depth, header.color_type) == (5, 3, 8, 2)
    assert str(header) == "8-bit RGB 5x3"


def test_a_flat_picture_of_vga_size_takes_few_bytes() -> None:
    assert len(write_png(np.zeros((480, 640, 3), np.uint8))) < 5_000


def test_a_picture_without_pixels_cannot_be_written() -> None:
    with pytest.raises(CodeError, match="at least one pixel, got 4x0"):
        write_png(np.zeros((0, 4, 3), np.uint8))


@pytest.mark.parametrize(
    "rgb",
    [
        np.zeros((2, 2, 4), np.uint8),
        np.zeros((2, 2), np.uint8),
        np.zeros((2, 2, 3), np.uint16),
        np.zeros((2, 2, 3), np.float32),
    ],
)
def test_what_is_not_8_bit_rgb_cannot_be_written(rgb) -> None:
    with pytest.raises(CodeError, match=r"must be uint8 \(H, W, 3\), got"):
        write_png(rgb)


def test_a_file_cut_at_any_byte_is_refused() -> None:
    data = write_png(noise(3, 4), text={"key": "value"})
    for length in range(len(data)):
        for read in (read_png, read_png_gray16, png_text):
            with pytest.raises(CodeError):
                read(data[:length])


def test_any_flipped_byte_is_noticed() -> None:
    data = write_png(noise(3, 4), text={"key": "value"})
    for at in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            with pytest.raises(CodeError):
                read_png(bytes(damaged))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_png_or_a_code_error(data) -> None:
    for start in (b"", SIGNATURE, write_png(noise(1, 1))[:33]):
        for read in READERS:
            try:
                read(start + data)
            except CodeError:
                continue


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(
    st.sampled_from(
        b"IHDR PLTE tRNS gAMA cHRM iCCP pHYs zTXt iTXt eXIf acTL fcTL fdAT IDAT".split()
    ),
    st.binary(max_size=60),
)
def test_a_rightly_summed_chunk_of_nonsense_is_read_past_or_a_code_error(kind, body) -> None:
    for read in READERS:
        try:
            read(with_chunk(kind, body))
        except CodeError:
            continue


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (Image.new("RGBA", (3, 2)), "8-bit RGBA 3x2"),
        (Image.new("L", (3, 2)), "8-bit gray 3x2"),
        (Image.new("LA", (3, 2)), r"8-bit gray\+alpha 3x2"),
        (Image.new("P", (3, 2)), "-bit palette 3x2"),
        (Image.new("1", (3, 2)), "1-bit gray 3x2"),
        (Image.new("I;16", (3, 2)), "16-bit gray 3x2"),
    ],
)
def test_a_png_of_another_format_is_refused_as_what_it_is(image, told) -> None:
    with pytest.raises(CodeError, match=f"must be an 8-bit RGB PNG, got .*{told}"):
        read_png(saved(image))


def test_a_16_bit_rgb_png_is_refused_as_what_it_is() -> None:
    data = cv2.imencode(".png", np.full((2, 3, 3), 1000, np.uint16))[1].tobytes()
    with pytest.raises(CodeError, match="must be an 8-bit RGB PNG, got 16-bit RGB 3x2"):
        read_png(data)


def test_a_jpeg_is_told_by_how_it_starts() -> None:
    data = cv2.imencode(".jpg", noise(8, 8))[1].tobytes()
    with pytest.raises(CodeError, match="must be a PNG file, got one that starts with"):
        read_png(data)


def test_all_16_bit_values_come_through() -> None:
    depth = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)
    data = cv2.imencode(".png", depth)[1].tobytes()
    read = read_png_gray16(data)
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, depth)
    opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read, opencv)


@given(npst.arrays(np.uint16, npst.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_16_bit_files_of_pillow_and_opencv_agree(depth) -> None:
    np.testing.assert_array_equal(read_png_gray16(saved(Image.fromarray(depth))), depth)
    opencv = cv2.imencode(".png", depth)[1].tobytes()
    np.testing.assert_array_equal(read_png_gray16(opencv), depth)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
def test_depth_of_8_bits_is_refused_as_what_it_is(mode) -> None:
    with pytest.raises(CodeError, match=r"must be a 16-bit gray PNG, got [18]-bit .* 3x2"):
        read_png_gray16(saved(Image.new(mode, (3, 2))))


@pytest.mark.parametrize(
    ("width", "height"),
    [(50_000, 50_000), (MAX_PIXELS + 1, 1), (2**32 - 1, 2**32 - 1), (0, 5), (5, 0)],
)
def test_a_header_that_promises_too_many_pixels_or_none_is_refused(width, height) -> None:
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = SIGNATURE + chunk(b"IHDR", body) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    for read in (read_png, read_png_gray16, png_header):
        with pytest.raises(CodeError, match=f"must have 1 to {MAX_PIXELS} pixels"):
            read(data)


def test_pixels_cut_short_inside_a_rightly_summed_chunk_are_refused() -> None:
    data = write_png(noise(9, 9))
    pixels = data[41:-16]
    cut = data[:33] + chunk(b"IDAT", pixels[:-30]) + chunk(b"IEND", b"")
    with pytest.raises(CodeError, match="must hold the pixels its header promises"):
        read_png(cut)


def test_a_png_whose_pixels_end_early_is_refused_though_its_chunks_are_whole():
    rows = zlib.compress(bytes(4 * (1 + 3 * 5)))
    header = write_png(np.zeros((400, 5, 3), np.uint8))[:33]
    data = header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    with pytest.raises(CodeError, match="ends early"):
        read_png(data)
