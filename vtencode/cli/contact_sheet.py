"""Pairs of a dataset side by side: the input, the target, and what the target reads back as."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vtencode.cli.pictured import pictured
from vtencode.cli.target_facts import facts_of, told
from vtencode.dataset import Pair
from vtencode.targets import Array

#: Pixels: a panel, what is around it, and a line of text.
_WIDE, _HIGH, _GAP, _MARGIN, _LINE = 384, 384, 12, 28, 19
_PAPER, _INK, _PALE, _RULE = (255, 255, 255), (24, 24, 27), (113, 113, 122), (228, 228, 231)
_SHEET = 2 * _MARGIN + 3 * _WIDE + 2 * _GAP
_COLUMNS = ("input", "target", "read back")
_SIZE = 14
#: Lines of an instruction that are shown.
_LINES = 3


def contact_sheet(pairs: Sequence[Pair], *, title: str) -> Array:
    """A picture of the pairs, uint8 (H, W, 3), one below the other."""
    heads = [_Strip.title(title), *(_row(pair) for pair in pairs)]
    return np.concatenate([strip.pixels for strip in heads])


class _Strip:
    """A part of the sheet, as wide as it is."""

    def __init__(self, height: int) -> None:
        self._image = Image.new("RGB", (_SHEET, height), _PAPER)
        self._draw = ImageDraw.Draw(self._image)

    @classmethod
    def title(cls, text: str) -> _Strip:
        """The dataset, and the columns' names."""
        strip = cls(_MARGIN + 58)
        strip.text(_MARGIN, _MARGIN, text, size=20)
        for column, name in enumerate(_COLUMNS):
            strip.text(_MARGIN + column * (_WIDE + _GAP), _MARGIN + 36, name, color=_PALE)
        return strip

    def text(
        self,
        x: int,
        y: int,
        text: str,
        *,
        size: int = _SIZE,
        color: tuple[int, int, int] = _INK,
        right: bool = False,
    ) -> None:
        """Write a line that starts, or ends, at x."""
        font = ImageFont.load_default(size)
        self._draw.text((x, y), text, fill=color, font=font, anchor="ra" if right else "la")

    def rule(self, y: int) -> None:
        """Draw a thin line across."""
        self._draw.line((_MARGIN, y, _SHEET - _MARGIN, y), fill=_RULE)

    def panel(self, column: int, y: int, height: int, pixels: Array) -> None:
        """Put a picture into a column, in the middle of that height."""
        across = (_WIDE - pixels.shape[1]) // 2
        place = (_MARGIN + column * (_WIDE + _GAP) + across, y + (height - pixels.shape[0]) // 2)
        self._image.paste(Image.fromarray(pixels), place)

    @property
    def pixels(self) -> Array:
        """The strip as an array."""
        return np.asarray(self._image)


def _row(pair: Pair) -> _Strip:
    target = pair.decode().target
    code = pair.code
    panels = [_fitted(each) for each in (pair.input, code, pictured(target, pair.input, code))]
    high = max(panel.shape[0] for panel in panels)
    lines = instruction_lines(pair.instruction)
    head = 14 + _LINE * (1 + len(lines)) + 8
    strip = _Strip(head + high + _LINE + 14)
    strip.rule(4)
    strip.text(_MARGIN, 14, pair.key)
    strip.text(_SHEET - _MARGIN, 14, facts_line(pair), color=_PALE, right=True)
    for number, line in enumerate(lines, 1):
        strip.text(_MARGIN, 14 + number * _LINE, line, color=_PALE)
    for column, panel in enumerate(panels):
        strip.panel(column, head, high, panel)
    under = "; ".join(f"{name} {told(fact)}" for name, fact in facts_of(target).items())
    under = _shortened(under, 2 * _WIDE)
    strip.text(_SHEET - _MARGIN, head + high + 5, under, color=_PALE, right=True)
    return strip


def facts_line(pair: Pair) -> str:
    """Task, size and worst error of a pair, in a line."""
    meta = pair.meta
    size = f"{meta['width']}x{meta['height']}"
    return f"{meta['task']}   {size}   worst error {meta['worst_error']:.4g} {meta['unit']}"


def instruction_lines(text: str, wide: int = _SHEET - 2 * _MARGIN) -> list[str]:
    """An instruction in lines of at most that many pixels; the last is cut where it must be."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if len(lines) == _LINES or _fits(longer, wide):
            lines[-1] = longer
        else:
            lines.append(word)
    return [_shortened(line, wide) for line in lines]


def _fits(text: str, wide: int) -> bool:
    return ImageFont.load_default(_SIZE).getlength(text) <= wide


def _shortened(text: str, wide: int) -> str:
    """The text, or as much of its start as fits."""
    if _fits(text, wide):
        return text
    end = bisect_left(range(len(text)), 1, key=lambda n: not _fits(f"{text[:n]}…", wide)) - 1
    return f"{text[:end].rstrip()}…"


def _fitted(pixels: Array) -> Array:
    """The picture as large as a panel lets it be."""
    height, width = pixels.shape[:2]
    scale = min(_WIDE / width, _HIGH / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(pixels, size, interpolation=how))
