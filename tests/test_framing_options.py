"""Framing options, the transforms they make, and pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from framings import transforms
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vtencode.errors import SpecError, TargetError
from vtencode.framing import Framing, Transform, frame_picture
from vtencode.images import Picture
from vtencode.seeds import Chance

KEY = Chance(0, "nyu-0042-depth")
EIGEN = (41, 45, 601, 471)


def made(width, height, chance=KEY, **options):
    return Framing(**options).transform(width, height, chance)


def gradient(width, height):
    """A smooth picture in which every pixel tells its place."""
    y, x = np.mgrid[:height, :width]
    return np.stack([255 * x // width, 255 * y // height, 0 * x + 90], axis=2).astype(np.uint8)


def jpeg(rgb) -> Picture:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=90)
    return Picture.from_bytes(file.getvalue())


@given(transforms())
def test_a_transform_survives_json(transform):
    text = transform.to_json()
    assert Transform.from_json(text) == transform
    assert Transform.from_json(text).to_json() == text
    assert "\n" not in text


@given(transforms())
def test_the_inverse_of_an_inverse_is_the_transform(transform):
    assert transform.inverse.inverse == transform
    assert transform.inverse.shape == transform.source[::-1]
    assert transform.inverse.source == transform.shape[::-1]


@given(transforms(longest=3000), st.integers(0, 1000))
def test_points_go_there_and_back(transform, seed):
    xy = np.random.default_rng(seed).uniform(-10, 3010, (7, 3, 2))
    np.testing.assert_allclose(transform.inverse.points(transform.points(xy)), xy, atol=1e-6)


def test_corners_of_the_crop_become_corners_of_what_is_resized():
    transform = Transform((10, 8), (2, 1, 8, 5), (12, 2), (3, 0, 1, 4))
    assert transform.points([[1.5, 0.5], [7.5, 4.5]]).tolist() == [[2.5, -0.5], [14.5, 1.5]]
    mirrored = Transform((10, 8), (2, 1, 8, 5), (12, 2), (3, 0, 1, 4), flip=True)
    assert mirrored.points([[1.5, 0.5], [7.5, 4.5]]).tolist() == [[12.5, -0.5], [0.5, 1.5]]
    assert mirrored.shape == (6, 16)


@pytest.mark.parametrize(
    "changed",
    [
        {"crop": (0, 0, 11, 8)},
        {"crop": (3, 0, 3, 8)},
        {"crop": (-1, 0, 3, 8)},
        {"size": (0, 4)},
        {"pad": (0, -1, 0, 0)},
    ],
)
def test_transforms_of_what_is_not_there_are_refused(changed):
    with pytest.raises(SpecError, match="Transform"):
        Transform(**{"source": (10, 8), "crop": (0, 0, 10, 8), "size": (10, 8), **changed})


@pytest.mark.parametrize(
    ("options", "crop", "size"),
    [
        ({"resize": "none"}, (0, 0, 640, 480), (640, 480)),
        ({"resize": "none", "crop": EIGEN}, EIGEN, (560, 426)),
        ({"crop": EIGEN}, (41, 48, 601, 468), (704, 528)),
        ({"resize": "none", "window": (320, 200)}, (160, 140, 480, 340), (320, 200)),
        ({"resize": "none", "crop": EIGEN, "window": (560, 400)}, (41, 58, 601, 458), (560, 400)),
        ({"resize": "exact", "size": (512, 512)}, (80, 0, 560, 480), (512, 512)),
        ({"resize": "short", "size": 512}, (0, 0, 640, 480), (683, 512)),
        ({"resize": "short", "size": 512, "multiple": 16}, (0, 2, 640, 478), (688, 512)),
        ({"resize": "long", "size": 320}, (0, 0, 640, 480), (320, 240)),
        ({"resize": "area", "size": 640 * 480 * 4}, (0, 0, 640, 480), (1280, 960)),
    ],
)
def test_options_make_the_crop_and_size_that_they_say(options, crop, size):
    transform = made(640, 480, **options)
    assert transform.crop == crop
    assert transform.size == size


def test_margins_bring_an_image_to_a_size_and_leave_larger_ones_alone():
    transform = made(640, 480, resize="none", pad=(645, 480))
    assert transform.pad == (2, 0, 3, 0)
    assert transform.shape == (480, 645)
    assert made(640, 480, resize="none", pad=(10, 10)) == Transform.whole(640, 480)


def test_random_windows_and_flips_follow_from_the_pair_alone():
    options = {"window": (100, 100), "at": "random", "resize": "none", "flip": 0.5}
    assert made(640, 480, **options) == made(640, 480, **options)
    many = [made(640, 480, Chance(0, f"key-{i}"), **options) for i in range(400)]
    lefts = [transform.crop[0] for transform in many]
    assert len(set(lefts)) > 200
    assert min(lefts) < 10
    assert 530 < max(lefts) <= 540
    assert 160 < sum(transform.flip for transform in many) < 240
    assert {made(100, 100, Chance(0, str(i)), **options).crop for i in range(9)} == {
        (0, 0, 100, 100)
    }


def test_random_windows_reach_the_far_border():
    crops = {
        made(101, 100, Chance(0, str(i)), window=(100, 100), at="random", resize="none").crop
        for i in range(30)
    }
    assert crops == {(0, 0, 100, 100), (1, 0, 101, 100)}


def test_random_crops_to_an_aspect_show_all_of_long_images():
    crops = [made(1242, 375, Chance(0, str(i)), at="random").crop for i in range(300)]
    assert min(crop[0] for crop in crops) < 20
    assert max(crop[2] for crop in crops) > 1222


def test_what_must_not_be_mirrored_is_not():
    assert Framing(flip=1.0).transform(640, 480, KEY).flip
    assert not Framing(flip=1.0).transform(640, 480, KEY, mirror=False).flip
    assert not Framing().transform(640, 480, KEY).flip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"crop": (5, 0, 5, 4)}, "crop must be left, top, right, bottom"),
        ({"crop": (0, 0, 5)}, "crop must be"),
        ({"crop": (-1, 0, 5, 4)}, "crop must be"),
        ({"window": (0, 4)}, "window must be width, height"),
        ({"window": (4,)}, "window must be"),
        ({"pad": (4, 2.5)}, "pad must be"),
        ({"at": "left"}, "at must be one of 'center', 'random', got 'left'"),
        ({"resize": "cover"}, "resize must be one of"),
        ({"resize": "exact"}, "size must be width, height"),
        ({"resize": "exact", "size": 512}, "size must be width, height"),
        ({"resize": "short", "size": (512, 512)}, "size must be a whole number"),
        ({"resize": "area", "size": 0}, "size must be a whole number >= 1, got 0"),
        ({"size": 512}, "size must be left out of 'auto', got 512"),
        ({"multiple": 0}, "multiple must be"),
        ({"max_aspect": 1.5}, "max_aspect must be 2 to 8"),
        ({"flip": 1.5}, "flip must be a share"),
        ({"flip": float("nan")}, "flip must be a share"),
        ({"pad": (10**9, 10**9)}, "pad must have at most 100000000 pixels"),
        ({"resize": "exact", "size": (10**5, 10**5)}, "size must have at most 100000000 pixels"),
        ({"resize": "area", "size": 10**9}, "size must have at most 100000000 pixels"),
    ],
)
def test_options_that_say_nothing_are_refused(options, said):
    with pytest.raises(SpecError, match=f"^framing: {said}"):
        Framing(**options)


@pytest.mark.parametrize("options", [{"crop": EIGEN}, {"window": (321, 10)}, {"window": (10, 241)}])
def test_images_too_small_for_a_crop_or_window_are_told(options):
    with pytest.raises(TargetError, match=r"framing: an image must hold .* got 320x240"):
        made(320, 240, **options)


@pytest.mark.parametrize("options", [{"size": 10**6}, {"size": 3000, "pad": (50_000, 1)}])
def test_an_image_that_would_become_too_large_is_told(options):
    with pytest.raises(TargetError, match="framing: an image must become at most 100000000 pixels"):
        made(2, 640, resize="short", **options)


def test_an_image_without_pixels_is_told():
    with pytest.raises(TargetError, match="got 0x240"):
        made(0, 240)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5000, 1), (3, 2)])
def test_images_of_one_pixel_or_one_row_are_framed(size):
    for options in ({}, {"resize": "short", "size": 9}, {"resize": "long", "size": 1}):
        transform = made(*size, **options)
        assert min(transform.shape) >= 1


def test_a_picture_that_does_not_change_is_the_same_object():
    for picture in (jpeg(gradient(640, 480)), Picture.from_rgb(gradient(640, 480))):
        assert frame_picture(picture, made(640, 480)) is picture


@given(transforms(resized=False))
def test_a_cropped_png_has_the_very_pixels(transform):
    rgb = np.random.default_rng(0).integers(0, 256, (*transform.source[::-1], 3), dtype=np.uint8)
    framed = frame_picture(Picture.from_rgb(rgb), transform)
    left, top, right, bottom = transform.crop
    margins = [transform.pad[1::2], transform.pad[0::2], (0, 0)]
    expected = np.pad(rgb[top:bottom, left:right], margins)
    if transform.flip:
        expected = expected[:, ::-1]
    assert framed.format == "png"
    np.testing.assert_array_equal(Picture.from_bytes(framed.data).rgb, expected)


@given(transforms(longest=40))
def test_pictures_are_framed_to_where_points_are(transform):
    width, height = transform.source
    rgb = np.full((height, width, 3), 128, dtype=np.uint8)
    framed = frame_picture(Picture.from_rgb(rgb), transform)
    inside = np.zeros((*transform.shape, 1))
    x0, y0 = np.rint(transform.points(np.array(transform.crop[:2]) - 0.5) + 0.5).astype(int)
    x1, y1 = np.rint(transform.points(np.array(transform.crop[2:]) - 0.5) + 0.5).astype(int)
    inside[y0:y1, min(x0, x1) : max(x0, x1)] = 128
    np.testing.assert_array_equal(framed.rgb, np.repeat(inside, 3, axis=2))


@pytest.mark.parametrize("size", [(320, 240), (1024, 768), (200, 300)])
def test_resized_pictures_show_the_places_that_points_say(size):
    transform = made(640, 480, resize="exact", size=size, flip=1.0)
    framed = frame_picture(Picture.from_rgb(gradient(640, 480)), transform).rgb.astype(float)
    y, x = np.mgrid[: size[1], : size[0]]
    source = transform.inverse.points(np.stack([x, y], axis=2))
    expected = (source + 0.5) * (255 / 640, 255 / 480)
    inside = np.s_[4:-4, 4:-4]  # the filter looks past the border
    assert np.abs(framed[..., :2] - expected)[inside].max() < 2


def test_fine_patterns_are_averaged_as_pictures_shrink():
    board = (255 * (np.indices((64, 96)).sum(axis=0) % 2)).astype(np.uint8)
    picture = Picture.from_rgb(np.repeat(board[..., None], 3, axis=2))
    framed = frame_picture(picture, made(96, 64, resize="short", size=32)).rgb[2:-2, 2:-2]
    assert framed.min() > 110
    assert framed.max() < 145


def test_a_jpeg_is_written_again_as_a_jpeg_without_halved_colors():
    rgb = gradient(640, 480)
    framed = frame_picture(jpeg(rgb), made(640, 480, crop=EIGEN, resize="none"))
    again = Picture.from_bytes(framed.data)
    assert (again.format, again.width, again.height) == ("jpg", 560, 426)
    with Image.open(io.BytesIO(framed.data)) as image:
        assert {component[1:3] for component in image.layer} == {(1, 1)}
    assert np.abs(again.rgb.astype(int) - rgb[45:471, 41:601]).max() < 12


def test_the_same_picture_gives_the_same_bytes():
    picture, transform = jpeg(gradient(500, 375)), made(500, 375)
    assert frame_picture(picture, transform).data == frame_picture(picture, transform).data


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(TargetError, match="a picture must be 640x480, got 480x640"):
        frame_picture(jpeg(gradient(480, 640)), made(640, 480))
