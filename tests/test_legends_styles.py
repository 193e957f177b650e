"""Written legends: read back as they were, in every style, and fit for prompts."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from legend_names import HARD, legends, names, rgb

from vtencode.errors import SpecError
from vtencode.legends import STYLES, LegendStyle, draw_style, parse, render, render_mapping
from vtencode.palettes import palette
from vtencode.seeds import Chance

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
CSS = [tuple(color) for color in palette("css").colors.tolist()]
NUMBERS = [style for style in STYLES if style.color != "name"]
WORDS = [style for style in STYLES if style.color == "name"]
WRITERS = (render, render_mapping)
TEMPLATES = (
    "{}",
    "Generate a semantic segmentation map of this image. {}",
    "{} Paint the input accordingly, one flat color per class.",
    "Segment the image {} and nothing else",
    "Task: segmentation. Classes: chair, red car and sofa. {} Output: one flat color per class.",
    'Which pixels are the "cat"? A 5" print, in color: {}',
    "Mask every chair of the picture ({}).",
    "Segment the photo, with these colors: {}. Skip what does not occur.",
)
chances = st.integers(0, 10**6).map(lambda seed: Chance(seed, "pair"))


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=60)
@given(st.data(), legends, chances, st.sampled_from(list(product(WRITERS, TEMPLATES))))
def test_a_legend_is_read_back_as_it_was_written(style, data, legend, chance, way):
    write, template = way
    if style.color == "name":
        legend = {name: data.draw(st.sampled_from(CSS)) for name in legend}

    prompt = template.replace("{}", write(legend, style, chance))

    assert parse(prompt) == legend, prompt
    assert list(parse(prompt)) == list(legend) or style.form == "sentences"


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=25)
@given(st.data(), legends, chances, st.sampled_from(WRITERS))
def test_the_background_is_read_back_with_it(style, data, legend, chance, write):
    color = st.sampled_from(CSS) if style.color == "name" else rgb
    legend = {name: data.draw(color) for name in legend if name != "background"}
    background = data.draw(color)

    told = write(legend, style, chance, background=background)

    assert parse(told) == {**legend, "background": background}, told


@pytest.mark.parametrize("style", STYLES)
def test_every_hard_name_is_read_back_in_every_style(style):
    for at, name in enumerate(HARD):
        for write in WRITERS:
            for seed in range(6):
                legend = {name: CSS[at % len(CSS)], "chair": CSS[-1]}
                told = write(legend, style, Chance(seed, name.encode("ascii", "replace").decode()))
                assert parse(told) == legend, told


@pytest.mark.parametrize("end", ["ed", "be", "ad"])
def test_hex_digits_that_end_like_words_are_colors(end):
    legend = {"chair": (133, 3, int(end, 16)), "red chair": (255, 0, 0)}
    for style in STYLES[:4]:
        for seed in range(40):
            assert parse(render(legend, style, Chance(seed, ""))) == legend


@settings(max_examples=80)
@given(legends, chances, st.sampled_from(NUMBERS), st.sampled_from(WRITERS))
def test_what_is_written_fits_into_a_prompt(legend, chance, style, write):
    told = write(legend, style, chance)

    assert told.isprintable()
    assert "  " not in told
    assert told == told.strip()
    if legend:
        assert told.endswith(".") == (write is render)


@given(st.dictionaries(names, rgb, min_size=1), chances, st.sampled_from(NUMBERS))
def test_the_same_chance_writes_the_same_words(legend, chance, style):
    again = Chance(chance.seed, chance.key)

    assert render(legend, style, chance) == render(dict(legend), style, again)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("style", STYLES)
def test_nothing_is_written_of_no_names(style, write):
    assert write({}, style, Chance(0, "")) == ""


def test_simple_names_are_written_as_they_are():
    for name in ("chair", "macaron cakes", "t-shirt", "children's book", "man in red", "über"):
        for seed in range(20):
            for form in ("sentences", "list"):
                told = render({name: (255, 0, 0)}, LegendStyle(form, "hex"), Chance(seed, ""))
                assert '"' not in told, told


def _sayings(name, count=300):
    style = LegendStyle("sentences", "round")
    return {render({name: (1, 2, 3)}, style, Chance(seed, "")) for seed in range(count)}


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("chair", "The chair is shown in", "^The chair are"),
        ("macaron cakes", "The macaron cakes are shown in", "^The macaron cakes (is|appears)"),
        ("chest of drawers", "The chest of drawers is shown in", "drawers are"),
        (
            "people on the left",
            "The people on the left are shown in",
            "^The people on the left (is|appears)",
        ),
        ("bus", "The bus is shown in", "bus are"),
        ("grass", "The grass is shown in", "grass are"),
        ("skis", "The skis are shown in", "^The skis (is|appears)"),
        ("the men", '"the men" is shown in', "men are"),
    ],
)
def test_verbs_agree_with_their_names(name, right, wrong):
    told = _sayings(name)

    assert any(text.startswith(right) for text in told)
    assert not any(re.search(wrong, text) for text in told)
    assert not any("color of the" in text and " are " in text for text in told)


def test_a_name_of_one_or_many_gets_words_that_are_right_for_both():
    assert not any(re.search(r"^The sheep (is|are|appear)", text) for text in _sayings("sheep"))


def test_sentences_are_varied():
    assert len(_sayings("chair")) >= 12


def test_the_background_is_told_in_words_that_are_varied():
    told = {
        render({"x": WHITE}, LegendStyle("sentences", "name"), Chance(s, ""), background=BLACK)
        for s in range(100)
    }

    assert any("The background is black." in text for text in told)
    assert any("Everything else is black." in text for text in told)
    assert any("solid white" in text for text in told)
    assert any("the color white" in text for text in told)


def test_styles_are_drawn_alike_and_words_only_where_colors_have_them():
    for named, choice in ((False, NUMBERS), (True, WORDS)):
        drawn = [draw_style(Chance(0, f"{at}"), named=named) for at in range(1200)]
        assert set(drawn) == set(choice)
        assert min(map(drawn.count, choice)) > 0.7 * 1200 / len(choice)


def test_there_are_fifteen_styles():
    assert len(set(STYLES)) == 15


def test_styles_that_are_none_are_refused():
    with pytest.raises(SpecError, match="form must be one of sentences, list, map, got 'prose'"):
        LegendStyle("prose", "hex")
    with pytest.raises(SpecError, match="color must be one of round, angle, hex, rgb, name, got"):
        LegendStyle("map", "hsv")


def test_colors_without_a_name_are_not_written_as_words():
    with pytest.raises(SpecError, match="CSS names"):
        render({"x": (1, 2, 3)}, LegendStyle("list", "name"), Chance(0, ""))


def test_two_different_backgrounds_are_refused_and_one_is_told_once():
    style = LegendStyle("map", "hex")

    with pytest.raises(SpecError, match="must have one background"):
        render({"background": WHITE}, style, Chance(0, ""), background=BLACK)
    told = render({"background": BLACK}, style, Chance(0, ""), background=BLACK)
    assert told.count("background") == 1
