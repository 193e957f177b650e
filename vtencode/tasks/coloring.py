"""The colors of one pair: drawn, and put into the words that templates use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vtencode.colors import RGB
from vtencode.legends import (
    draw_background,
    draw_colors,
    draw_style,
    render,
    render_mapping,
)
from vtencode.palettes import format_color
from vtencode.palettes.words import spelled
from vtencode.seeds import Chance

BLACK: RGB = (0, 0, 0)
#: Colors to choose a spare one from: six values a channel.
_GRID = np.indices((6, 6, 6)).reshape(3, -1).T * 51
#: The fields that tell the color of everything.
LEGEND = ("legend", "mapping")
#: The fields that tell the color of the background.
GROUND = (*LEGEND, "background", "background_color")
#: Share of pairs whose colors are those that have a name, and the most colors of such a pair.
_NAMED, _MOST_NAMED = 0.25, 12
#: Share of pairs with a black background, and of these the share whose prompt says so.
_BLACK, _SAID = 0.6, 0.4


@dataclass(frozen=True)
class Coloring:
    """Names and their colors, in the order in which they are said, on a background."""

    colors: Mapping[str, RGB]
    background: RGB
    fields: Mapping[str, str]

    @property
    def hexes(self) -> tuple[str, ...]:
        """The background's color and the others', as codecs take them."""
        return tuple(format_color(c, "hex") for c in (self.background, *self.colors.values()))

    @property
    def spare(self) -> RGB:
        """A color that is far from all of them."""
        taken = np.array([self.background, *self.colors.values()])
        nearest = ((_GRID[:, None] - taken) ** 2).sum(axis=2).min(axis=1)
        red, green, blue = _GRID[nearest.argmax()].tolist()
        return red, green, blue

    @property
    def convey(self) -> tuple[tuple[str, ...], ...]:
        """What a wording without a legend has to say of the background."""
        return () if self.background == BLACK else (GROUND,)


def draw_coloring(
    names: Sequence[str],
    chance: Chance,
    *,
    colors: Sequence[RGB] | None = None,
    background: RGB | None = None,
    told: Collection[str] | None = None,
    ground_told: bool = True,
) -> Coloring:
    """Colors for these names, all far apart; those that are given are not drawn.

    The fields say those of the names that are `told`, or all, and may say the background's.
    """
    have_names = all(color in spelled() for color in colors or ())
    named = have_names and len(names) <= _MOST_NAMED and chance.share("named") < _NAMED
    ground = background
    if ground is None:
        ground = draw_background(chance, share_black=_BLACK, named=named)
    if colors is None:
        colors = draw_colors(
            len(names), chance, background=ground, named=named, heldout=chance.heldout
        )
    listed = dict(zip(names, colors, strict=True))
    style: Any = draw_style(chance, named=named)
    said = ground_told and (ground != BLACK or chance.share("background said") < _SAID)
    stated = ground if said else None
    words = format_color(ground, style.color)
    fields = {
        "background": f"The background is {words}." if said else "",
        "background_color": words,
    }
    entries = {name: color for name, color in listed.items() if told is None or name in told}
    if entries:
        fields["legend"] = render(entries, style, chance, background=stated)
        fields["mapping"] = render_mapping(entries, style, chance, background=stated)
    if len(entries) == 1:
        fields["color"] = format_color(next(iter(entries.values())), style.color)
    return Coloring(listed, ground, fields)
