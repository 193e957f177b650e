"""Which color each class of a vocabulary is painted in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from vtencode.colors import RGB
from vtencode.errors import TargetError, UnknownNameError
from vtencode.palettes import (
    CAPACITY,
    Palette,
    as_colors,
    clash,
    distinct,
    palette,
    parse_color,
    seeded,
)
from vtencode.targets import Array

#: What a class is called that takes the background color; what pixels without a class are called.
BACKGROUND, VOID = "background", "void"
#: Palettes that are made for a number of classes.
MADE = ("optimized", "random", "css", "xkcd")
#: The most color words that `palette` finds, less a background and a void color.
_WORDS = 78


@lru_cache(maxsize=64)
def class_colors(
    vocabulary: tuple[str, ...],
    *,
    source: str,
    seed: int,
    background: RGB | None,
    void: RGB | None,
) -> Array:
    """Colors of the classes, in order, then of `void` if it is given: uint8 (N, 3), all different.

    The class "background" is painted `background`, if that is given, and no other class is.
    Datasets' palettes color by name where they know every name, and else by the class's place in
    the vocabulary.

    Raises `TargetError` for more classes than colors, and for two that share one, both named.
    """
    named = dataset_palette(source)
    if named is not None and named.names and set(vocabulary) <= set(named.names):
        colors = named.colors[[named.names.index(name) for name in vocabulary]]
    else:
        colors = _by_place(vocabulary, named, source=source, seed=seed, reserved=(background, void))
        if background is not None and BACKGROUND in vocabulary:
            place = vocabulary.index(BACKGROUND)
            colors[(colors == background).all(axis=1)] = colors[place]  # they change places
            colors[place] = background
    return checked(vocabulary, colors, void, where=f"the palette {source!r}")


def written(vocabulary: tuple[str, ...], colors: tuple[str, ...], void: RGB | None) -> Array:
    """The colors that a user wrote down, as `class_colors` returns them."""
    if len(colors) != len(vocabulary):
        raise TargetError(
            f"colors must be one for each class of the vocabulary, got {len(colors)} for "
            f"{len(vocabulary)}."
        )
    return checked(vocabulary, as_colors([*map(parse_color, colors)]), void, where="colors")


def checked(vocabulary: Sequence[str], colors: Array, void: RGB | None, *, where: str) -> Array:
    """Colors with that of void appended, read-only; raises `TargetError` if two are equal."""
    painted = colors if void is None else np.vstack([colors, as_colors([void])])
    same = clash(painted)
    if same:
        first, second = ((*vocabulary, VOID)[position] for position in same)
        color = tuple(painted[same[0]].tolist())
        raise TargetError(
            f"{first!r} and {second!r} must have different colors; {where} paints both {color}. "
            "Change one of them."
        )
    painted.setflags(write=False)
    return painted


def dataset_palette(source: str) -> Palette | None:
    """The palette of that name, or None where one is made for each vocabulary.

    Raises `UnknownNameError` for other names.
    """
    if source in MADE:
        return None
    try:
        return palette(source)
    except UnknownNameError as error:
        raise UnknownNameError("palette", source, (*MADE, *error.args[2])) from None


def _by_place(
    vocabulary: tuple[str, ...],
    named: Palette | None,
    *,
    source: str,
    seed: int,
    reserved: tuple[RGB | None, RGB | None],
) -> Array:
    taken = [color for color in reserved if color is not None]
    # The background is left out, so that with or without it the others stay what they are.
    special = {BACKGROUND} if reserved[0] is not None else set()
    others = [place for place, name in enumerate(vocabulary) if name not in special]
    if named is not None:
        _room(len(others), len(named.colors), source)
        rows = np.minimum(np.arange(len(vocabulary)), len(named.colors) - 1)
        placed: Array = named.colors[rows]
        return placed
    colors = np.zeros((len(vocabulary), 3), dtype=np.uint8)
    count = len(others)
    _room(count, CAPACITY if source in ("optimized", "random") else _WORDS, source)
    if count and source == "optimized":
        colors[others] = distinct(count, reserved=taken)
    elif count and source == "random":
        colors[others] = seeded(count, seed=seed, reserved=taken)
    elif count:
        listed = palette(f"{source}-{min(count + 2, 80)}").colors.tolist()
        colors[others] = [color for color in listed if tuple(color) not in taken][:count]
    return colors


def _room(count: int, most: int, source: str) -> None:
    if count > most:
        raise TargetError(f"the palette {source!r} has colors for {most} classes, got {count}.")
