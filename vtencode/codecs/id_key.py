"""How the ids of one image are read: a color for each, those of the legend or of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from vtencode.codecs.base import Code
from vtencode.codecs.class_key import LEAST, MOST, SHARE
from vtencode.codecs.id_colors import colors_in_order
from vtencode.colors import RGB
from vtencode.errors import CodeError
from vtencode.free_colors import read_listed
from vtencode.nearest import CAPACITY as MOST_COLORS
from vtencode.nearest import nearest_color
from vtencode.palettes import CAPACITY, as_colors, clash, min_distance
from vtencode.targets import Array

#: Longest distance of two colors: what confidence is measured in where there is only one.
_DIAGONAL = float(np.sqrt(3) * 255)


class Reading(NamedTuple):
    """The id of each pixel, int32 (H, W), with what `Decoded` tells of it."""

    ids: Array
    confidence: Array
    residual: Array


class IdKey(NamedTuple):
    """Colors uint8 (N, 3), and the id of each, int32 (N,): 0 for background or void."""

    colors: Array
    ids: Array

    @property
    def apart(self) -> float:
        """The smallest distance of two colors."""
        return min(min_distance(self.colors), _DIAGONAL)

    @property
    def reach(self) -> float:
        """How far off a painted color may be and still be its id's: RGB levels."""
        return max(LEAST, min(SHARE * self.apart / 2, MOST))

    def read(self, code: Code) -> Reading:
        """The id whose color is nearest; in a painted picture, that of the core around.

        Confidence is the margin to the second nearest color, in smallest distances of them; it
        is 0 where a pixel was read as another color than the nearest.
        """
        nearest = nearest_color(self.colors).read(code.rgb)
        confidence = np.minimum(nearest.margin / np.float32(self.apart), np.float32(1))
        if code.exact:
            return Reading(self.ids.take(nearest.index), confidence, nearest.residual)
        place = read_listed(code.rgb, nearest, self.colors, reach=self.reach)
        confidence[place != nearest.index] = 0
        return Reading(np.append(self.ids, 0).take(place), confidence, nearest.residual)


def id_key(
    code: Code, listed: Mapping[int, RGB], *, ground: RGB | None, default: RGB
) -> IdKey | None:
    """The key of a code whose legend lists these ids, or None where its colors are free.

    `ground` is the color of 0 in the legend; where that is silent it is `default`, unless an id
    has it. An exact code whose legend lists no id has one id a color, in raster order.

    Raises `CodeError` for two ids of one color.
    """
    if not listed:
        colors = colors_in_order(code.rgb, ground or default, most=CAPACITY) if code.exact else None
        return None if colors is None else IdKey(colors, np.arange(len(colors), dtype=np.int32))
    if ground is None and default not in listed.values():
        ground = default
    known = dict(listed) if ground is None else {0: ground, **listed}
    colors = as_colors(list(known.values()))
    same = clash(colors)
    if same:
        first, second = ([*known][place] for place in same)
        raise CodeError(
            f"a legend must paint {first} and {second} differently, got {known[first]} for both."
        )
    if len(colors) > MOST_COLORS:
        raise CodeError(f"a legend must list at most {MOST_COLORS} colors, got {len(colors)}.")
    return IdKey(colors, np.array([*known], dtype=np.int32))
