"""The nearest color of a palette: exact for every color, by brute force."""

from __future__ import annotations

import threading
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vtencode.errors import CodeError, SpecError
from vtencode.nearest import NearestColor, nearest_color
from vtencode.palettes import distinct, seeded

palettes = st.lists(
    st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=24, unique=True
).map(lambda colors: np.array(colors, dtype=np.uint8))
pictures = hnp.arrays(np.uint8, st.tuples(st.integers(0, 9), st.integers(0, 9), st.just(3)))


def brute(rgb, colors):
    """Squared distances of every pixel to every color."""
    offset = rgb.reshape(-1, 1, 3).astype(np.int64) - colors.astype(np.int64)
    return (offset**2).sum(axis=2)


def every_color(*, step=1):
    """All 2**24 colors as one picture, or every so many."""
    packed = np.arange(0, 1 << 24, step)
    return np.stack([packed & 255, packed >> 8 & 255, packed >> 16], axis=1).astype(np.uint8)


@given(palettes, pictures)
def test_index_residual_and_margin_are_those_of_brute_force(colors, rgb):
    found = nearest_color(colors).read(rgb)

    squared = brute(rgb, colors)
    nearest = np.sort(np.sqrt(np.pad(squared, ((0, 0), (0, 1)), constant_values=2**62)), axis=1)
    assert np.array_equal(found.index.reshape(-1), squared.argmin(axis=1))
    assert np.allclose(found.residual.reshape(-1), nearest[:, 0], rtol=1e-6)
    if len(colors) > 1:
        assert np.allclose(found.margin.reshape(-1), nearest[:, 1] - nearest[:, 0], atol=1e-4)
    else:
        assert np.isinf(found.margin).all()
    assert found.index.dtype == np.uint16
    assert found.residual.dtype == found.margin.dtype == np.float32
    assert np.array_equal(nearest_color(colors).index(rgb), found.index)


def test_of_equally_near_colors_the_first_wins():
    finder = nearest_color([(10, 0, 0), (0, 0, 0), (20, 0, 0)])

    found = finder.read(np.array([[[5, 0, 0], [15, 0, 0]]], dtype=np.uint8))

    assert found.index.tolist() == [[0, 0]]
    assert found.margin.tolist() == [[0, 0]]


def test_pictures_need_not_be_contiguous_and_are_not_changed():
    colors = distinct(19)
    rgb = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    before = rgb.copy()

    turned = nearest_color(colors).index(rgb[::-2, ::3])

    assert np.array_equal(turned, nearest_color(colors).index(rgb)[::-2, ::3])
    assert np.array_equal(rgb, before)


def test_the_finder_of_a_palette_is_kept():
    assert nearest_color([(0, 0, 0), (9, 9, 9)]) is nearest_color(np.array([[0, 0, 0], [9, 9, 9]]))


@pytest.mark.parametrize(
    ("colors", "message"),
    [
        ([], "whole numbers"),
        (np.zeros((0, 3), np.uint8), "1 to 16383 colors, got 0"),
        ([(0, 0, 0), (0, 0, 0)], "must all differ"),
        ([(0, 0, 256)], "8-bit, got 0 to 256"),
        ([(0.0, 0.0, 1.0)], "whole numbers"),
        (np.zeros((2, 4), np.uint8), "whole numbers"),
    ],
)
def test_what_is_no_palette_is_refused(colors, message):
    with pytest.raises(SpecError, match=message):
        nearest_color(colors)


def test_what_is_no_picture_is_refused():
    with pytest.raises(CodeError, match="uint8"):
        nearest_color([(0, 0, 0)]).read(np.zeros((2, 2, 4), np.uint8))


@pytest.mark.parametrize("count", [2, 19, 150, 1000])
def test_large_palettes_agree_with_brute_force_on_a_sample_of_all_colors(count):
    colors = seeded(count, seed=1)
    rgb = every_color(step=1021)[None]

    found = nearest_color(colors).read(rgb)

    for start in range(0, rgb.shape[1], 4096):
        squared = brute(rgb[:, start : start + 4096], colors)
        assert np.array_equal(found.index[0, start : start + 4096], squared.argmin(axis=1))


@pytest.mark.slow
def test_threads_that_share_a_finder_see_the_same_colors():
    finder = NearestColor(distinct(150))
    rgb = np.random.default_rng(3).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    seen = []

    threads = [threading.Thread(target=lambda: seen.append(finder.read(rgb))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    want = brute(rgb, finder.colors).argmin(axis=1).reshape(200, 200)
    assert all(np.array_equal(found.index, want) for found in seen)


@pytest.mark.slow
@pytest.mark.parametrize("count", [20, 150, 1000])
def test_all_2_24_colors_agree_with_brute_force(count):
    colors = distinct(count)
    rgb = every_color().reshape(4096, 4096, 3)
    start = process_time()
    index = NearestColor(colors).index(rgb).reshape(-1)
    seconds = process_time() - start

    norms = (colors.astype(np.float32) ** 2).sum(axis=1)
    for first in range(0, 1 << 24, 1 << 16):
        # Integers below 2**24 are exact in float32; the pixel's own norm changes no comparison.
        pixels = _plane(first)
        squared = norms - 2 * (pixels @ colors.T.astype(np.float32))
        assert np.array_equal(index[first : first + (1 << 16)], squared.argmin(axis=1))
    assert seconds < 1.5


def _plane(first):
    packed = np.arange(first, first + (1 << 16))
    return np.stack([packed & 255, packed >> 8 & 255, packed >> 16], axis=1).astype(np.float32)
