"""Pictures: bytes that pass through untouched, and the ones that are turned away at the door."""

from __future__ import annotations

import io

import cv2
import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vtencode.errors import CodeError
from vtencode.images import Picture, sniff
from vtencode.png import MAX_PIXELS, read_png, write_png

ORIENTATION = 0x0112


def saved(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(width: int = 24, height: int = 16) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def turned(orientation: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(photo(), kind, exif=exif)


@pytest.mark.parametrize(("kind", "told"), [("JPEG", "jpg"), ("PNG", "png")])
def test_a_picture_keeps_the_bytes_it_came_as(kind, told) -> None:
    data = saved(photo(), kind)
    picture = Picture.from_bytes(data)
    assert picture.data is data
    assert (picture.format, picture.width, picture.height) == (told, 24, 16)


def test_the_pixels_of_a_jpeg_are_those_pillow_decodes() -> None:
    data = saved(photo())
    rgb = Picture.from_bytes(data).rgb
    assert (rgb.dtype, rgb.shape) == (np.uint8, (16, 24, 3))
    np.testing.assert_array_equal(rgb, np.asarray(Image.open(io.BytesIO(data))))


@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 8), st.just(3))))
def test_a_picture_made_of_pixels_is_a_png_of_those_pixels(rgb) -> None:
    picture = Picture.from_rgb(rgb)
    assert picture.format == "png"
    np.testing.assert_array_equal(picture.rgb, rgb)
    np.testing.assert_array_equal(Picture.from_bytes(picture.data).rgb, rgb)
    np.testing.assert_array_equal(read_png(picture.data), rgb)


def test_a_png_that_is_already_written_is_kept_as_it_is() -> None:
    rgb = np.asarray(photo())
    png = write_png(rgb, text={"vtencode:codec": "{}"})
    assert Picture.from_rgb(rgb, png=png).data is png


@pytest.mark.parametrize(
    ("start", "told"), [(b"\xff\xd8\xff\xe0", "jpg"), (b"\x89PNG\r\n\x1a\n", "png")]
)
def test_the_format_is_seen_in_the_first_bytes(start, told) -> None:
    assert sniff(start + b"anything") == told


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<html>", b"\x89PN", b"\xff\xd8"])
def test_other_first_bytes_are_refused_and_told(data) -> None:
    with pytest.raises(CodeError, match="must be a JPEG or PNG file, got one that starts"):
        Picture.from_bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_a_picture_that_some_loaders_turn_is_refused(kind, orientation) -> None:
    with pytest.raises(CodeError, match=f"upright, .* got mode RGB, orientation {orientation}"):
        Picture.from_bytes(turned(orientation, kind))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_that_says_it_is_upright_is_taken(kind) -> None:
    assert Picture.from_bytes(turned(1, kind)).rgb.shape == (16, 24, 3)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_jpeg_that_is_not_rgb_is_refused(mode) -> None:
    with pytest.raises(CodeError, match=f"must be 8-bit RGB, .* got mode {mode}"):
        Picture.from_bytes(saved(photo().convert(mode)))


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16"])
def test_a_png_that_is_not_rgb_is_refused(mode) -> None:
    with pytest.raises(CodeError, match="must be an 8-bit RGB PNG, got"):
        Picture.from_bytes(saved(Image.new(mode, (4, 3)), "PNG"))


def test_a_png_of_16_bits_is_refused_though_pillow_calls_it_rgb() -> None:
    data = cv2.imencode(".png", np.full((3, 4, 3), 1000, np.uint16))[1].tobytes()
    assert Image.open(io.BytesIO(data)).mode == "RGB"
    with pytest.raises(CodeError, match="must be an 8-bit RGB PNG, got 16-bit RGB 4x3"):
        Picture.from_bytes(data)


def test_a_jpeg_cut_in_its_pixels_is_found_out_when_they_are_read() -> None:
    picture = Picture.from_bytes(saved(photo(200, 100))[:-900])
    assert (picture.width, picture.height) == (200, 100)
    with pytest.raises(CodeError, match="a jpg file must be whole"):
        _ = picture.rgb


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_file_cut_anywhere_is_a_code_error_or_pixels_of_the_right_shape(kind) -> None:
    data = saved(photo(), kind)
    for length in range(len(data)):
        try:
            rgb = Picture.from_bytes(data[:length]).rgb
        except CodeError:
            continue
        assert rgb.shape == (16, 24, 3)


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(kind=st.sampled_from(["JPEG", "PNG"]), where=st.floats(0, 1), byte=st.integers(0, 255))
def test_a_damaged_byte_never_raises_anything_but_a_code_error(kind, where, byte) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 1
    data = bytearray(saved(photo(), kind, exif=exif))
    data[int(where * (len(data) - 1))] = byte
    try:
        rgb = Picture.from_bytes(bytes(data)).rgb
    except CodeError:
        return
    assert rgb.dtype == np.uint8


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_001, 20_000, 60_000])
def test_a_jpeg_that_promises_too_many_pixels_is_refused_before_any_is_read(side) -> None:
    data = bytearray(saved(photo()))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = side.to_bytes(2, "big") * 2
    assert side * side > MAX_PIXELS
    with pytest.raises(CodeError):
        Picture.from_bytes(bytes(data))
