"""Palettes known by name: color words that lie far apart, and those that datasets are drawn in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from vtencode.errors import SpecError, UnknownNameError
from vtencode.palettes.separation import as_colors
from vtencode.palettes.words import names, spelled
from vtencode.targets import Array

#: PASCAL VOC 2012's classes in the order of their numbers.
_VOC = (
    "background, aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, "
    "dog, horse, motorbike, person, pottedplant, sheep, sofa, train, tvmonitor"
)
#: The 19 evaluated classes of Cityscapes (cityscapesScripts, helpers/labels.py), by trainId.
_CITYSCAPES = {
    "road": (128, 64, 128),
    "sidewalk": (244, 35, 232),
    "building": (70, 70, 70),
    "wall": (102, 102, 156),
    "fence": (190, 153, 153),
    "pole": (153, 153, 153),
    "traffic light": (250, 170, 30),
    "traffic sign": (220, 220, 0),
    "vegetation": (107, 142, 35),
    "terrain": (152, 251, 152),
    "sky": (70, 130, 180),
    "person": (220, 20, 60),
    "rider": (255, 0, 0),
    "car": (0, 0, 142),
    "truck": (0, 0, 70),
    "bus": (0, 60, 100),
    "train": (0, 80, 100),
    "motorcycle": (0, 0, 230),
    "bicycle": (119, 11, 32),
}
_SIZED = re.compile(r"(css|xkcd)-([1-9][0-9]?)")


class Palette(NamedTuple):
    """Colors uint8 (N, 3), and what they are called; no names where only numbers are."""

    colors: Array
    names: tuple[str, ...] = ()


#: ADE20K's color150.mat, of which road and skyscraper have indices 6 and 48 (from 0).
_CLASHING = {"color150": "road and skyscraper alike, (140, 140, 140)"}


def palette(name: str) -> Palette:
    """The palette of that name.

    "css-N" and "xkcd-N", N to 80, are N color words found by max-min search, black first; "css"
    is all 139 colors that CSS names. "tetrahedron" is black, yellow, cyan, magenta: no mixture
    of two of them is nearest to a third. The others are datasets'. Raises `SpecError` for one that
    paints two classes alike, as ADE20K's `color150` does.
    """
    if name in _CLASHING:
        raise SpecError(f"the palette {name!r} cannot be decoded: it paints {_CLASHING[name]}.")
    sized = _SIZED.fullmatch(name)
    if sized and int(sized[2]) <= 80:
        return _by_words(_far_words(sized[1], int(sized[2])))
    if name not in _MADE:
        raise UnknownNameError("palette", name, (*NAMED, "css-20", "xkcd-20"))
    return _MADE[name]()


def voc_colors(count: int) -> Array:
    """PASCAL VOC's colors of the labels 0, 1, …, at most 256: uint8 (count, 3).

    Its rule: bits 0, 1, 2 of the label are the top bits of red, green, blue; bits 3, 4, 5 the
    next ones; and so on.
    """
    if not 0 <= count <= 256:
        raise SpecError(f"VOC's rule has colors for at most 256 labels, got {count}.")
    label = np.arange(count)
    colors = np.zeros((count, 3), dtype=np.uint8)
    for bit in range(8):
        colors[:, bit % 3] |= ((label >> bit & 1) << 7 - bit // 3).astype(np.uint8)
    return colors


def painter_colors(count: int) -> Array:
    """Painter's grid for so many classes, from white down: uint8 (count, 3).

    arXiv:2212.02499: m = floor(cbrt(count)) + 1 values a channel, 256 // m levels apart.
    """
    side = next(side for side in range(1, 257) if side**3 > count)
    digits = np.indices((side,) * 3).reshape(3, -1).T[:count]
    return (255 - 256 // side * digits).astype(np.uint8)


def _by_words(chosen: tuple[str, ...]) -> Palette:
    return Palette(as_colors([names()[word] for word in chosen]), chosen)


@cache
def _sets() -> dict[tuple[str, int], tuple[str, ...]]:
    lines = files("vtencode.palettes").joinpath("named.txt").read_text("ascii").splitlines()
    sets = {}
    for line in lines:
        kind, _, listed = line.partition(": ")
        vocabulary, _, size = kind.partition("-")
        sets[vocabulary, int(size)] = tuple(listed.split(", "))
    return sets


def _far_words(vocabulary: str, count: int) -> tuple[str, ...]:
    """The first `count` of the smallest stored set that has as many, farthest first."""
    size = min(size for kind, size in _sets() if kind == vocabulary and size >= count)
    return _sets()[vocabulary, size][:count]


def _css() -> Palette:
    return _by_words(tuple(spelled().values()))


_MADE: dict[str, Callable[[], Palette]] = {
    "cityscapes": lambda: Palette(as_colors(list(_CITYSCAPES.values())), tuple(_CITYSCAPES)),
    "css": _css,
    "painter-ade": lambda: Palette(painter_colors(150)),
    "tetrahedron": lambda: _by_words(("black", "yellow", "cyan", "magenta")),
    "voc": lambda: Palette(voc_colors(21), tuple(_VOC.split(", "))),
    "voc-256": lambda: Palette(voc_colors(256)),
}
#: Names that `palette` knows, beside css-N and xkcd-N.
NAMED = tuple(_MADE)
