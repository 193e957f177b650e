"""Legends: which name is which color; drawn, written into prompts, and read back from them."""

from vtencode.legends.drawing import draw_background, draw_colors, min_apart
from vtencode.legends.legend import Legend
from vtencode.legends.reading import parse
from vtencode.legends.styles import STYLES, LegendStyle, draw_style, render, render_mapping

__all__ = [
    "STYLES",
    "Legend",
    "LegendStyle",
    "draw_background",
    "draw_colors",
    "draw_style",
    "min_apart",
    "parse",
    "render",
    "render_mapping",
]
