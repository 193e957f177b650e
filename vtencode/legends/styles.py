"""Legends written into prompts, in every way that people write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal, get_args

from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.legends.lists import listed, mapped
from vtencode.legends.naming import BACKGROUND
from vtencode.legends.reading import parse
from vtencode.legends.sentences import sentences
from vtencode.legends.wording import is_wordy, quoted
from vtencode.palettes import format_color
from vtencode.palettes.words import Style
from vtencode.seeds import Chance

Form = Literal["sentences", "list", "map"]


@dataclass(frozen=True)
class LegendStyle:
    """How a legend is written: its form, and how its colors are."""

    form: Form
    color: Style

    def __post_init__(self) -> None:
        for value, kind, name in ((self.form, Form, "form"), (self.color, Style, "color")):
            if value not in get_args(kind):
                raise SpecError(
                    f"a legend's {name} must be one of {', '.join(get_args(kind))}, got {value!r}."
                )


#: Every style there is.
STYLES = tuple(LegendStyle(*pair) for pair in product(get_args(Form), get_args(Style)))


def draw_style(chance: Chance, *, named: bool) -> LegendStyle:
    """A style, each as likely: with color words where all colors have a name, else with numbers."""
    choice = [style for style in STYLES if (style.color == "name") == named]
    return choice[chance.draw("style of the legend") % len(choice)]


def render(
    colors: Mapping[str, RGB],
    style: LegendStyle,
    chance: Chance,
    *,
    background: RGB | None = None,
) -> str:
    """The legend in whole sentences, which `parse` reads back as it is; nothing for no names.

    A `background` is told along, under that name. Names are quoted as in JSON where they could be
    read as something else, and where they start with an article: "the" is put before the others.
    """
    return _written(_with(colors, background), style, chance, inline=False)


def render_mapping(
    colors: Mapping[str, RGB],
    style: LegendStyle,
    chance: Chance,
    *,
    background: RGB | None = None,
) -> str:
    """The legend as a part of a sentence: a JSON map, or a list for that form."""
    form: Form = "list" if style.form == "list" else "map"
    return _written(_with(colors, background), LegendStyle(form, style.color), chance, inline=True)


def _with(colors: Mapping[str, RGB], background: RGB | None) -> dict[str, RGB]:
    if background is None:
        return dict(colors)
    if colors.get(BACKGROUND, background) != background:
        raise SpecError(
            f"a legend must have one background, got {colors[BACKGROUND]} and {background}."
        )
    return {**colors, BACKGROUND: background}


def _written(colors: Mapping[str, RGB], style: LegendStyle, chance: Chance, *, inline: bool) -> str:
    """With plain names, where it is read back with these, else with all of them quoted."""
    if not colors:
        return ""
    labels = {name: name if _is_plain(name) else quoted(name) for name in colors}
    told = _told(colors, labels, style, chance, inline=inline)
    if parse(told) == colors:
        return told
    return _told(colors, {name: quoted(name) for name in colors}, style, chance, inline=inline)


def _told(
    colors: Mapping[str, RGB],
    labels: Mapping[str, str],
    style: LegendStyle,
    chance: Chance,
    *,
    inline: bool,
) -> str:
    rng = chance.generator("words of the legend")
    entries = {name: format_color(color, style.color) for name, color in colors.items()}
    words = style.color == "name"
    if style.form == "map":
        return mapped(entries, rng, inline=inline)
    if style.form == "list":
        return listed(entries, labels, rng, words=words, inline=inline)
    said = {name: f"the {name}" if label == name else label for name, label in labels.items()}
    return sentences(entries, said, rng, words=words)


@lru_cache(maxsize=4096)
def _is_plain(name: str) -> bool:
    """Whether every form carries the name as it is."""
    color = (1, 2, 3)
    probes = (
        f"The {name} is shown in {color}, the {name} is {color}.",
        f"{color} marks the {name}, {color} stands for the {name}.",
        f"The color of the {name} is {color}.",
        f"Colors: {name} {color}, {name}: {color}.",
    )
    return is_wordy(name) and all(parse(probe) == {name: color} for probe in probes)
