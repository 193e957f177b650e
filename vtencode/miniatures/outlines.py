"""Regions as polygons along the edges of their pixels."""

from __future__ import annotations

from collections.abc import Iterator

from vtencode.targets import Region

#: Row, left and right of a stretch of pixels; right is outside.
Span = tuple[int, int, int]


def polygons_of(region: Region) -> list[list[float]]:
    """Polygons x0, y0, x1, y1, … that COCO's tools fill to exactly this region.

    >>> import numpy as np
    >>> polygons_of(Region.from_mask(np.array([[0, 1, 1], [0, 1, 1]], dtype=bool), id=1))
    [[3.0, 0.0, 3.0, 2.0, 1.0, 2.0, 1.0, 0.0]]
    """
    return [_around(part) for part in _parts(region)]


def _parts(region: Region) -> Iterator[list[Span]]:
    """Stretches one below another, each touching the one before: no part has a hole or a fork."""
    rows: dict[int, list[Span]] = {}
    for row, left, right in region.spans.tolist():
        rows.setdefault(row, []).append((row, left, right))
    growing: list[list[Span]] = []
    for row, spans in rows.items():
        grown = []
        for part in growing:
            last, left, right = part[-1]
            touching = (s for s in spans if last == row - 1 and s[1] < right and left < s[2])
            below = next(touching, None)
            if below is None:
                yield part
            else:
                spans.remove(below)
                grown.append([*part, below])
        growing = [*grown, *([span] for span in spans)]
    yield from growing


def _around(part: list[Span]) -> list[float]:
    """Down the right edges and up the left ones, corners alone."""
    down = [(x, y) for row, _, x in part for y in (row, row + 1)]
    up = [(x, y) for row, x, _ in reversed(part) for y in (row + 1, row)]
    path = [*down, *up]
    corners = [
        here
        for before, here, after in zip([path[-1], *path], path, [*path[1:], path[0]], strict=False)
        if not before[0] == here[0] == after[0]
    ]
    return [float(value) for corner in corners for value in corner]
