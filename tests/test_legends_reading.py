"""Legends read out of prompts: those of the Vision Banana page, and any other text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from legend_names import names

from vtencode.legends import parse

RED, GREEN, BLUE = (255, 0, 0), (0, 128, 0), (0, 0, 255)
CYAN, YELLOW, BLACK, WHITE = (0, 255, 255), (255, 255, 0), (0, 0, 0), (255, 255, 255)

#: Prompts that Vision Banana is shown with, on its project page and in arXiv:2604.20329.
GENUINE = {
    "This image is a per-pixel class labeling of the input. The macaron cakes are represented by "
    "(255, 255, 0). The round plates are represented by (255, 192, 128). The slice cakes are "
    "depicted in (64, 192, 64). The flowers are shown in (128, 0, 64). The tongs are (255, 0, "
    "192).": {
        "macaron cakes": (255, 255, 0),
        "round plates": (255, 192, 128),
        "slice cakes": (64, 192, 64),
        "flowers": (128, 0, 64),
        "tongs": (255, 0, 192),
    },
    "Generate a visualization image of semantic segmentation, using this color mapping: "
    '{"cat ears": <255, 165, 0>, "exit sign": <0, 0, 255>, "background": <125, 0, 125>}': {
        "cat ears": (255, 165, 0),
        "exit sign": (0, 0, 255),
        "background": (125, 0, 125),
    },
    "Conduct per-class semantic segmentation for the given image. The sitting person are "
    "represented by (255, 255, 0). … The backpack is in (255, 0, 0).": {
        "sitting person": YELLOW,
        "backpack": RED,
    },
    "Generate an instance segmentation visualization of this image. Each piece of garlic is "
    "colored differently.": {},
    "Generate an instance segmentation visualization of the input image. Segment all the price on "
    "the price tags, color them differently.": {},
    "This image shows segmentation masks for the basketballs from the input image. The background "
    "is set to #10aa05. Each basketball instance is represented by a solid circular mask, and a "
    "different color is used for each mask.": {"background": (16, 170, 5)},
    "This image shows segmentation masks from the given image. The background is black color. The "
    "chef's names in both Chinese and English are rendered as cyan color.": {
        "background": BLACK,
        "chef's names in both Chinese and English": CYAN,
    },
    "A segmentation map image. The stretching cat is rendered in green, the cat that is cleaning "
    "itself is in cyan.": {"stretching cat": GREEN, "cat that is cleaning itself": CYAN},
    "… The game control device is represented by a solid yellow.": {"game control device": YELLOW},
    "A segmentation map image. The area that corresponds to the man in pink t shirt is rendered "
    "solid white; the other man is rendered in green.": {
        "man in pink t shirt": WHITE,
        "other man": GREEN,
    },
    "A segmentation map of the input image. The pig not in the glass is rendered cyan, and the pig "
    "in the glass reflection is rendered yellow.": {
        "pig not in the glass": CYAN,
        "pig in the glass reflection": YELLOW,
    },
    "Predict the metric depth of this scene as an image. Visualized in the rainbow colormap.": {},
    "Predict the metric depth of this scene as an image. Visualized in the rainbow "
    "(black-red-yellow-green-cyan-blue-violet-white) color palette.": {},
    "Generate a metric depth map of the provided image.": {},
    "Predict the surface normal of this scene.": {},
}


@pytest.mark.parametrize("prompt", GENUINE)
def test_genuine_prompts_are_read(prompt):
    assert parse(prompt) == GENUINE[prompt]


@pytest.mark.parametrize(
    ("prompt", "legend"),
    [
        ("Colors: chair (255, 0, 0), sofa #0000ff.", {"chair": RED, "sofa": BLUE}),
        ("With this legend: a chair: red; sofa: blue and rug: cyan. Go.",
         {"chair": RED, "sofa": BLUE, "rug": CYAN}),
        ("Segment [chair = red, man in blue = cyan] please", {"chair": RED, "man in blue": CYAN}),
        ("Paint {sofa: <0, 0, 255>}", {"sofa": BLUE}),
        ('Paint "a, b" in red and "c" -> #0000FF', {"a, b": RED, "c": BLUE}),
        ("The chair should be painted in the color red while the sofa appears as blue.",
         {"chair": RED, "sofa": BLUE}),
        ("Use red for the chair. Blue marks the sofa, (0,255,255) stands for the red rug.",
         {"chair": RED, "sofa": BLUE, "red rug": CYAN}),
        ("A map where the chair is red on a black background", {"chair": RED, "background": BLACK}),
        ("Everything else is black.", {"background": BLACK}),
        ("The rest is RGB(255,0,0)", {"background": RED}),
        ("The man who is in red shirt is shown in blue.", {"man who is in red shirt": BLUE}),
        ("The chair is red. The chair is blue.", {"chair": RED}),
        ("The pole is (1, 2, 300). The wall is red.", {"wall": RED}),
        ("Red grows to the right, green upward and blue toward the viewer.", {}),
        ("Color the photo: segment the image in red.", {}),
        ("Colors: red, green and blue.", {}),
        ("is red", {}),
        ("for", {}),
        ("red", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_what_people_write_is_read(prompt, legend):
    assert parse(prompt) == legend


@given(st.text() | st.lists(names, max_size=12).map(" ".join))
def test_any_text_is_read(text):
    found = parse(text)

    assert all(
        isinstance(name, str) and len(color) == 3 and max(color) <= 255
        for name, color in found.items()
    )


# Halves of 50 000 characters, one of them in a list.
@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        '"\\', '"a" ', "red ", "and ", "is red ", "the ", "[", "(", "color: ", '"', "a", "a'",
        "(1,2,3)", "<1,", "\\", '"a": red and ', "is in the ", "[a ", "use red for ", ". ", '"\\"',
        '"a\n', "rgb(", "-", "with a black ", "a b c = ", "red for ", "The ", "1", "#", "#abcdef",
        "color in red ", "\n", " ", '"aaaa"b', "where ", "pixels of the ", "chair is red and ",
        '"\\u12', "é ",
    ],
)  # fmt: skip
def test_a_hundred_thousand_characters_are_read_within_a_second(piece):
    start = time.process_time()
    parse(piece * (50_000 // len(piece)))
    parse("color map: " + piece * (50_000 // len(piece)))

    assert time.process_time() - start < 1
