"""Colors as words: the ways in which prompts write them, and back."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from PIL import ImageColor

from vtencode.colors import RGB
from vtencode.errors import SpecError, did_you_mean

Style = Literal["round", "angle", "hex", "rgb", "name"]

_TRIPLE = re.compile(r"(?:rgb)?\s*(?:\(([^()<>]*)\)|<([^()<>]*)>)", re.IGNORECASE)
_HEX = re.compile(r"#([0-9a-fA-F]{6})")


def format_color(color: RGB, style: Style = "round") -> str:
    """The color as prompts write it.

    A "name" is CSS's; raises `SpecError` for a color that CSS does not name.

    >>> [format_color((255, 215, 0), style) for style in ("round", "angle", "hex", "rgb", "name")]
    ['(255, 215, 0)', '<255, 215, 0>', '#ffd700', 'RGB(255, 215, 0)', 'gold']
    """
    if style not in get_args(Style):
        raise SpecError(
            f"a color style must be one of {', '.join(get_args(Style))}, got {style!r}."
        )
    if style == "name":
        if color not in spelled():
            raise SpecError(f"a color must be one that CSS names to be a word, got {color}.")
        return spelled()[color]
    if style == "hex":
        return "#" + bytes(color).hex()
    left, right = {"round": "()", "angle": "<>", "rgb": ("RGB(", ")")}[style]
    return left + ", ".join(map(str, color)) + right


def parse_color(text: str) -> RGB:
    """The color that a prompt's words stand for: what `format_color` writes, or a name.

    Names are CSS's, then xkcd's; "solid" before a name means nothing. Raises `SpecError` for
    anything else: what a generator makes of other words has to be looked up in its picture.

    >>> parse_color("<255, 165, 0>"), parse_color("#80C000"), parse_color("solid cyan")
    ((255, 165, 0), (128, 192, 0), (0, 255, 255))
    """
    words = text.strip()
    digits = _HEX.fullmatch(words)
    if digits:
        red, green, blue = bytes.fromhex(digits[1])
        return red, green, blue
    triple = _TRIPLE.fullmatch(words)
    if triple:
        return _triple(triple[1] or triple[2] or "", text)
    name = " ".join(words.lower().split()).removeprefix("solid ")
    if name not in names():
        raise SpecError(f"no color is known as {text!r}.{did_you_mean(name, names())[:200]}")
    return names()[name]


@cache
def names() -> dict[str, RGB]:
    """Every known color name, xkcd's first, CSS's over them; 148 and some 200."""
    known: dict[str, RGB] = {}
    for line in files("vtencode.palettes").joinpath("xkcd.txt").read_text("ascii").splitlines():
        digits, _, name = line.partition(" ")
        known[name] = _rgb(digits)
    return known | css()


@cache
def css() -> dict[str, RGB]:
    """The CSS color names: 148 for 139 colors."""
    return {name: _rgb(str(value)) for name, value in ImageColor.colormap.items()}


@cache
def spelled() -> dict[RGB, str]:
    """The CSS word of each of the 139 colors: of two words cyan, magenta, and those with gray."""
    return {color: word for word, color in css().items() if "grey" not in word}


def _rgb(digits: str) -> RGB:
    red, green, blue = ImageColor.getrgb(digits)[:3]
    return red, green, blue


def _triple(numbers: str, text: str) -> RGB:
    values = [part.strip() for part in numbers.split(",")]
    if len(values) != 3 or not all(re.fullmatch(r"[0-9]{1,3}", value) for value in values):
        raise SpecError(f"a color must be three whole numbers, got {text!r}.")
    red, green, blue = map(int, values)
    if max(red, green, blue) > 255:
        raise SpecError(f"a color's numbers must be 0 to 255, got {text!r}.")
    return red, green, blue
