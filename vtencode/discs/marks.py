"""Marks: points of an image that a picture of colored discs holds, and reads back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np

from vtencode.discs.finding import blobs, centered, supported, touching
from vtencode.discs.fitting import fit, rim_error
from vtencode.discs.painting import RIM, Discs, paint
from vtencode.nearest import nearest_color
from vtencode.targets import Array

#: Positions are multiples of 1/64 px; fits of clean discs are off by 0.002 px.
GRID = 64
#: Rims off by less than this share of their color, RMS, are sharp: noise of 8 levels leaves 0.05,
#: blur by 0.6 px 0.1.
_SHARP = 0.08
#: How often marks may follow what is read of them before those that still move are dropped.
_PATIENCE = 4


class Marks(NamedTuple):
    """n points: the code of each, int64, rising, and where it is, float64 (n, 2), on the grid."""

    codes: Array
    xy_px: Array

    def where(self, keep: Array) -> Marks:
        """The marks at these places, or where a mask is true."""
        return Marks(self.codes[keep], self.xy_px[keep])


@dataclass(frozen=True, eq=False)
class DiscCodes:
    """Discs of `radius_px` on black that tell points apart by color.

    `colors` is float64 (codes, 3). A point has `ways` codes in a row, and shows one of them.
    """

    colors: Array
    ways: int
    radius_px: float

    def paint(self, marks: Marks, shape: tuple[int, int]) -> Array:
        """Paint marks: uint8 (height, width, 3)."""
        return paint(self._discs(marks), shape)

    def find(self, rgb: Array) -> Marks:
        """Read marks: by color, then by where that color is, then by what best explains it.

        A blurred rim leaves a center of mass where it was, but misleads a fit, which expects
        rims one pixel wide; discs that meet leave no choice.
        """
        palette = np.vstack([np.zeros(3), self.colors]).astype(np.uint8)
        labels = nearest_color(palette).index(rgb)
        blob = blobs(labels, self.radius_px)
        marks = Marks(blob.codes, blob.xy_px)
        places = supported(blob.owner, self._discs(marks))
        largest = places[np.lexsort((-blob.sizes[places], blob.codes[places] // self.ways))]
        first = np.unique(blob.codes[largest] // self.ways, return_index=True)[1]
        marks = marks.where(largest[first])
        discs = centered(rgb, self._discs(marks))
        fitted = fit(rgb, discs)
        trusted = touching(discs, labels.shape) | (rim_error(rgb, fitted) < _SHARP)
        xy = np.where(trusted[:, None], fitted.xy_px, discs.xy_px)
        return Marks(marks.codes, np.round(xy * GRID) / GRID)

    def settle(self, marks: Marks, shape: tuple[int, int]) -> Marks:
        """Marks that read back as they are, from these: most by staying, some displaced or gone.

        What is read replaces what was painted until both agree, but no mark changes its code or
        goes farther than its disc. If they never agree, the marks that move are dropped, with
        those around any that appears, so that there are ever fewer.
        """
        reach = self.radius_px + RIM
        low, high = -reach, np.array(shape[::-1]) - 1 + reach
        seen: Array = np.all((marks.xy_px > low) & (marks.xy_px < high), axis=1)
        asked = marks = marks.where(seen)
        for patience in count(_PATIENCE, -1):
            found = self.find(self.paint(marks, shape))
            if all(map(np.array_equal, marks, found)):
                break
            same, off = _compare(found, asked)
            near = same & (off <= self.radius_px)
            marks = found.where(near) if patience > 0 else self._agreed(marks, found)
        return marks

    def _agreed(self, marks: Marks, found: Marks) -> Marks:
        """The marks that came back the same, with none that did not within two discs of them."""
        same, off = _compare(marks, found)
        stayed = same & (off == 0)
        news = found.xy_px[~np.isin(found.codes, marks.codes[stayed])]
        far = ((marks.xy_px[:, None] - news) ** 2).sum(axis=2) > (4 * self.radius_px) ** 2
        keep: Array = stayed & np.all(far, axis=1)
        if keep.all():  # nothing explains the difference: give up rather than go round
            keep[:] = False
        return marks.where(keep)

    def _discs(self, marks: Marks) -> Discs:
        return Discs(
            marks.xy_px, marks.codes // self.ways, self.colors[marks.codes], self.radius_px
        )


def _compare(marks: Marks, others: Marks) -> tuple[Array, Array]:
    """Which marks have a code that is among the others', and how far off that one is."""
    if not len(others.codes):
        return np.zeros(len(marks.codes), dtype=bool), np.zeros(len(marks.codes))
    place = np.minimum(np.searchsorted(others.codes, marks.codes), len(others.codes) - 1)
    off: Array = np.sqrt(((marks.xy_px - others.xy_px[place]) ** 2).sum(axis=1))
    return others.codes[place] == marks.codes, off
