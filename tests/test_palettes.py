"""Palettes: their distances, their names, and the words for their colors."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtencode import palettes
from vtencode.errors import SpecError, UnknownNameError
from vtencode.palettes import (
    clash,
    distinct,
    format_color,
    min_distance,
    painter_colors,
    palette,
    parse_color,
    seeded,
    voc_colors,
)
from vtencode.seeds import generator

BLACK, GRAY, WHITE = (0, 0, 0), (128, 128, 128), (255, 255, 255)
colors = st.tuples(*[st.integers(0, 255)] * 3)

#: Distances measured for palettes of so many colors, the reserved ones included.
WITH_BLACK = {
    2: 441.6, 4: 360.6, 8: 255, 9: 219.9, 12: 179.6, 16: 150.4, 20: 136.1, 28: 118.3, 35: 110.2,
    51: 89.2, 69: 80.2, 101: 69.1, 134: 61.2, 151: 58.6, 201: 52.6, 257: 47.4, 366: 35.3, 501: 35.3,
    1001: 29.6,
}  # fmt: skip
WITH_BLACK_AND_GRAY = {
    4: 221, 8: 220, 9: 219.9, 12: 143, 16: 143, 20: 134.6, 28: 114, 35: 104.7, 51: 90.6, 69: 79,
    101: 68.4, 134: 61.5, 151: 58.2, 201: 52.2, 257: 47.3, 366: 35.3, 501: 35.3, 1001: 29.6,
}  # fmt: skip
FREE = {19: 139.1, 27: 127, 64: 83.5, 150: 59.3, 256: 47.8, 365: 43.8, 512: 35.3, 1000: 29.6}


@pytest.mark.parametrize(
    ("reserved", "table"),
    [([BLACK], WITH_BLACK), ([BLACK, GRAY], WITH_BLACK_AND_GRAY), ([], FREE)],
)
def test_distinct_colors_are_as_far_apart_as_the_best_known(reserved, table):
    for count, distance in table.items():
        made = distinct(count - len(reserved), reserved=reserved)
        assert len(made) == count - len(reserved)
        assert min_distance([*reserved, *made.tolist()]) >= distance, count


@settings(max_examples=15)
@given(st.integers(1, 1000), st.lists(colors, max_size=3))
def test_distinct_colors_differ_from_one_another_and_from_the_reserved(count, reserved):
    made = distinct(count, reserved=reserved)

    assert made.shape == (count, 3)
    assert made.dtype == np.uint8
    assert not made.flags.writeable
    assert clash([*made.tolist(), *set(reserved)]) is None


def test_more_colors_are_never_farther_apart():
    for reserved in ([], [BLACK], [BLACK, GRAY]):
        apart = [
            min_distance([*reserved, *distinct(count, reserved=reserved).tolist()])
            for count in range(1, 380, 7)
        ]
        assert apart == sorted(apart, reverse=True), reserved
        assert apart[-1] >= 35.3


def test_the_first_colors_of_a_palette_are_the_farthest_apart():
    made = distinct(150, reserved=[BLACK])

    assert min_distance([BLACK, *made[:8].tolist()]) >= 155
    assert min_distance([BLACK, *made[:20].tolist()]) >= 100


def test_three_classes_beside_black_make_the_tetrahedron():
    assert set(map(tuple, distinct(3, reserved=[BLACK]).tolist())) == {
        (255, 255, 0),
        (0, 255, 255),
        (255, 0, 255),
    }
    assert min_distance(palette("tetrahedron").colors) == pytest.approx(360.6, abs=0.1)


def test_another_corner_can_be_the_reserved_one():
    made = distinct(19, reserved=[WHITE])

    assert min_distance([WHITE, *made.tolist()]) >= 136


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_impossible_counts_are_refused(count):
    with pytest.raises(SpecError, match="1 to 1000"):
        distinct(count)
    with pytest.raises(SpecError, match="1 to 1000"):
        seeded(count, seed=0)


@pytest.mark.parametrize("count", [1, 2, 8, 19, 64, 150, 400, 1000])
@pytest.mark.parametrize("reserved", [[], [BLACK, GRAY]])
def test_random_colors_keep_half_the_best_distance(count, reserved):
    made = seeded(count, seed=1, reserved=reserved)

    best = min_distance([*reserved, *distinct(count, reserved=reserved).tolist()])
    assert min_distance([*reserved, *made.tolist()]) >= 0.5 * min(best, 441)


def test_random_colors_depend_on_their_seed_alone():
    one = seeded(50, seed=1)

    assert np.array_equal(one, seeded(50, seed=1))
    assert not np.array_equal(one, seeded(50, seed=2))


def test_random_colors_are_the_first_darts_that_are_clear_of_all_before_them():
    darts = generator(3, "palette", "60").integers(0, 256, size=(1 << 15, 3), dtype=np.int64)
    chosen = [np.array(BLACK)]
    for dart in darts:
        if len(chosen) <= 60 and (((np.array(chosen) - dart) ** 2).sum(axis=1) >= 40**2).all():
            chosen.append(dart)

    assert np.array_equal(seeded(60, seed=3, apart=40, reserved=[BLACK]), chosen[1:])


def test_random_colors_can_be_drawn_from_a_list():
    listed = palette("css").colors

    made = seeded(12, seed=5, apart=80, reserved=[BLACK], among=listed)

    assert {tuple(color) for color in made.tolist()} <= {tuple(color) for color in listed.tolist()}
    assert min_distance([BLACK, *made.tolist()]) >= 80
    assert not np.array_equal(made, seeded(12, seed=6, apart=80, reserved=[BLACK], among=listed))
    with pytest.raises(SpecError, match="3 did"):
        seeded(4, seed=0, apart=0, among=np.array([BLACK, GRAY, WHITE, WHITE]))


def test_random_colors_keep_the_distance_that_was_asked_for():
    assert min_distance(seeded(50, seed=4, apart=50)) >= 50
    with pytest.raises(SpecError, match="do not fit"):
        seeded(50, seed=4, apart=200)


def test_min_distance_of_few_colors_is_infinite_and_of_equal_ones_zero():
    assert min_distance([]) == min_distance([BLACK]) == np.inf
    assert min_distance([BLACK, WHITE, BLACK]) == 0


def test_clash_finds_the_first_two_equal_colors():
    assert clash([BLACK, GRAY, WHITE]) is None
    assert clash([BLACK, GRAY, WHITE, GRAY, BLACK]) == (1, 3)


@pytest.mark.parametrize("bad", [[(0, 0)], [(0, 0, 256)], [(-1, 0, 0)], [(0.5, 0.0, 0.0)], [[[1]]]])
def test_what_is_no_list_of_colors_is_refused(bad):
    with pytest.raises(SpecError, match="colors must be"):
        min_distance(bad)


@pytest.mark.parametrize(
    ("name", "count", "apart"),
    [
        ("voc", 21, 64.0),
        ("voc-256", 256, 32.0),
        ("cityscapes", 19, 20.0),
        ("painter-ade", 150, 42.0),
        ("css", 139, 4.1),
        ("css-8", 8, 255.0),
        ("css-10", 10, 179.6),
        ("css-12", 12, 170.0),
        ("css-16", 16, 128.0),
        ("css-20", 20, 127.0),
        ("css-24", 24, 111.0),
        ("css-32", 32, 85.0),
        ("css-50", 50, 59.7),
        ("css-80", 80, 39.9),
        ("xkcd-16", 16, 143.5),
        ("xkcd-32", 32, 98.3),
        ("xkcd-50", 50, 78.4),
        ("xkcd-80", 80, 60.9),
    ],
)
def test_named_palettes_have_their_true_distance(name, count, apart):
    found = palette(name)

    assert len(found.colors) == count
    assert 0 <= min_distance(found.colors) - apart < 0.15
    assert len(set(found.names)) == len(found.names)


@given(st.sampled_from(["css", "xkcd"]), st.integers(1, 80))
def test_any_number_of_color_words_starts_with_black_and_means_its_colors(vocabulary, count):
    found = palette(f"{vocabulary}-{count}")

    assert found.names[0] == "black"
    assert [parse_color(name) for name in found.names] == [tuple(c) for c in found.colors.tolist()]


@pytest.mark.parametrize("name", ["ade20k", "css-0", "css-81", "nope"])
def test_unknown_palettes_are_refused(name):
    with pytest.raises(UnknownNameError):
        palette(name)


def test_voc_follows_its_bit_rule():
    # The published values of PASCAL VOC's color map.
    assert voc_colors(22).tolist()[1:8] == [
        [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128], [128, 0, 128], [0, 128, 128],
        [128, 128, 128],
    ]  # fmt: skip
    assert voc_colors(256)[255].tolist() == [224, 224, 192]
    assert dict(zip(palette("voc").names, palette("voc").colors.tolist(), strict=True))[
        "tvmonitor"
    ] == [0, 64, 128]


def test_painter_counts_down_from_white():
    grid = painter_colors(150)

    # Label 36 a + 6 b + e is (255 - 42 a, 255 - 42 b, 255 - 42 e).
    label = np.arange(150)
    want = 255 - 42 * np.stack([label // 36, label // 6 % 6, label % 6], axis=1)
    assert np.array_equal(grid, want)


@given(colors, st.sampled_from(["round", "angle", "hex", "rgb"]))
def test_a_color_survives_being_written(color, style):
    assert parse_color(format_color(color, style)) == color


@pytest.mark.parametrize("name", palette("css").names)
def test_a_color_with_a_name_survives_being_written(name):
    color = parse_color(name)

    assert format_color(color, "name") == name
    assert parse_color(format_color(color, "name")) == color


def test_a_color_without_a_name_is_not_written_as_one():
    with pytest.raises(SpecError, match="must be one that CSS names"):
        format_color((1, 2, 3), "name")


def test_the_notations_of_genuine_prompts_are_read():
    assert parse_color("RGB(88, 50, 82)") == (88, 50, 82)
    assert parse_color("#80C000") == (128, 192, 0)
    assert parse_color("solid yellow") == (255, 255, 0)
    assert parse_color("Cyan") == (0, 255, 255)
    assert parse_color("green") == (0, 128, 0)
    assert parse_color("lime") == (0, 255, 0)


@pytest.mark.parametrize(
    "words", ["", "light mauveish", "(1, 2)", "(1, 2, 256)", "<1, 2, x>", "#12345", "(1, 2, 3", "²"]
)
def test_words_that_are_no_color_are_refused(words):
    with pytest.raises(SpecError, match="color"):
        parse_color(words)


def test_every_public_name_is_there():
    assert all(re.fullmatch(r"\w+", name) and hasattr(palettes, name) for name in palettes.__all__)


def test_the_palette_of_ade20k_is_refused_with_the_classes_that_clash():
    with pytest.raises(SpecError, match="road and skyscraper alike"):
        palette("color150")
