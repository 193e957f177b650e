"""Palettes: colors that can be told apart, how far apart they are, and what they are called."""

from vtencode.palettes.named import NAMED, Palette, painter_colors, palette, voc_colors
from vtencode.palettes.optimized import CAPACITY, distinct
from vtencode.palettes.seeded import seeded
from vtencode.palettes.separation import as_colors, clash, min_distance
from vtencode.palettes.words import (
    format_color,
    parse_color,
)

__all__ = [
    "CAPACITY",
    "NAMED",
    "Palette",
    "as_colors",
    "clash",
    "distinct",
    "format_color",
    "min_distance",
    "painter_colors",
    "palette",
    "parse_color",
    "seeded",
    "voc_colors",
]
