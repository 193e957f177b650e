"""How one image's classes are read: the names and colors of its legend, completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from vtencode.codecs.base import Code
from vtencode.codecs.class_colors import BACKGROUND, VOID
from vtencode.colors import RGB
from vtencode.errors import CodeError
from vtencode.palettes import as_colors, clash, min_distance
from vtencode.targets import Array

#: Genuine class colors are off by up to 12.6 levels, 99 % of pixels by 25 at most: of half the
#: palette's smallest distance 0.8 is believed, but never less than 16 levels or more than 40.
SHARE, LEAST, MOST = 0.8, 16.0, 40.0
_MAX_ID = 2**31 - 1


class ClassKey(NamedTuple):
    """Colors uint8 (N, 3): of the vocabulary in order, then of void, if it is painted."""

    vocabulary: tuple[str, ...]
    colors: Array
    void: int | None

    @property
    def reach(self) -> float:
        """How far off a painted color may be and still be its class: RGB levels."""
        return max(LEAST, min(SHARE * min_distance(self.colors) / 2, MOST))


def class_key(code: Code, *, otherwise: Mapping[str, RGB], background: RGB, void: RGB) -> ClassKey:
    """The key of a code: its legend, or `otherwise` where it has none.

    In a legend the name "void" stands for no class; void's id is what the facts say, else 255, or
    65535 beside more than 255 classes. Generators paint black what a prompt leaves out; so, in
    what they painted, a color that the legend does not list is still read as `background`, or as
    `void` where codecs paint that the same.

    Raises `CodeError` for two names of one color.
    """
    listed = dict(code.legend.colors or otherwise)
    if listed and not code.exact and background not in listed.values():
        listed.setdefault(VOID if background == void else BACKGROUND, background)
    names = tuple(name for name in listed if name != VOID)
    ordered = (*names, VOID) if VOID in listed else names
    colors = as_colors([listed[name] for name in ordered])
    same = clash(colors)
    if same:
        first, second = (ordered[position] for position in same)
        raise CodeError(
            f"a legend must paint {first!r} and {second!r} differently, got {listed[first]} for "
            "both."
        )
    return ClassKey(names, colors, _void_id(code, names, VOID in listed or not listed))


def _void_id(code: Code, names: tuple[str, ...], painted: bool) -> int | None:  # noqa: FBT001
    given = code.legend.facts.get(VOID)
    if type(given) is int and abs(given) <= _MAX_ID and not 0 <= given < len(names):
        return given
    if code.exact and not painted:
        return None
    return 255 if len(names) <= 255 else 65535
