"""Exact rounding of float32 meters to the levels of a curve, without evaluating the curve.

The obvious form is floor(position + 1/2) in float64. It is turned, once per curve, into the
smallest float32 that reaches each level; a depth's level is then one table look-up by its leading
bits and one comparison, the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vtencode.curves import Curve
from vtencode.errors import SpecError
from vtencode.targets import Array

#: Bits of a float32 dropped to name its cell, coarsest first: at most one threshold in a cell.
_SHIFTS = (13, 12, 11, 10, 9, 8, 7, 6)
#: Cells of a table at most; levels that need more are found by bisection.
_MOST_CELLS = 1 << 22


@dataclass(frozen=True, eq=False)
class Levels:
    """Levels 0 … `top` of a curve: finite depths take 0 … top - 1, only +inf is `top`.

    Level top + 1 stands for NaN, so that one table serves every state of a depth map. `starts`
    tells where in [0, 1] levels 1 … top - 1 begin on a path that is not walked evenly.
    """

    curve: Curve
    top: int
    starts: Array | None = None

    @property
    def unknown(self) -> int:
        """The level of NaN."""
        return self.top + 1

    @cached_property
    def meters(self) -> Array:
        """Depth of each level: float32 (top + 2,), +inf at `top`, NaN at `unknown`."""
        values = self._meters_at(np.arange(self.top))
        return np.concatenate([values, [np.inf, np.nan]]).astype(np.float32)

    @cached_property
    def lowest(self) -> int:
        """The level of 0 m: 0, but for grids that leave the first levels unused."""
        return int(self._obvious(np.zeros(1))[0])

    @cached_property
    def thresholds(self) -> Array:
        """The smallest float32 depth of levels lowest + 1 … top - 1, ascending."""
        level = np.arange(self.lowest + 1, self.top)
        first = self._meters_at(level - 0.5).astype(np.float32)
        for _ in range(4):
            below = np.maximum(np.nextafter(first, np.float32(0)), np.float32(0))
            first = np.where(self._obvious(below) >= level, below, first)
        for _ in range(8):
            first = np.where(self._obvious(first) < level, np.nextafter(first, np.inf), first)
        settled = self._obvious(first) >= level
        lowest = self._obvious(np.nextafter(first, np.float32(0))) < level
        own = self.meters[self.lowest : self.top]
        kept = (own[1:] >= first) & (own[:-1] < first)
        if not len(level) or not (settled & lowest & kept).all() or (np.diff(first) <= 0).any():
            raise SpecError(
                f"{self.curve} must tell {self.top + 1} levels apart in float32, and does not."
            )
        return first.astype(np.float32)

    def of(self, meters: Array, *, out: Array) -> Array:
        """Write the level of each depth into `out`.

        `meters` is contiguous float32 (N,): >= +0, +inf, or NaN with its sign bit clear, as
        `DepthMap` keeps them; `out` is int64 (N,).
        """
        if self._cells is None:
            np.add(np.searchsorted(self.thresholds, meters, side="right"), self.lowest, out=out)
            out[np.isposinf(meters)] = self.top
        else:
            shift, cell, base, following = self._cells
            np.right_shift(meters.view(np.int32), shift, out=out)
            np.subtract(out, cell, out=out)
            crossed = meters >= following.take(out, mode="clip")
            np.copyto(out, base.take(out, mode="clip"))
            np.add(out, crossed, out=out)
        if meters.size and np.isnan(meters.max()):
            np.putmask(out, np.isnan(meters), self.unknown)
        return out

    def bound(self, meters: Array) -> Array:
        """How far each level's depth may be from the depths that take it: float64 (N,).

        `meters` as in `of`. 0 for a depth that a level has exactly, and for +inf and NaN; the
        distance itself for depths past the first or last level; else the largest over every
        float32 of the same level, proved by exhaustion.
        """
        level = self.of(meters, out=np.empty(meters.size, dtype=np.int64))
        bound: Array = np.append(self._worst, [0.0, 0.0]).take(level)
        np.putmask(bound, self.meters.take(level) == meters, 0)
        first, last = self.meters[[self.lowest, self.top - 1]].astype(np.float64)
        outside = np.flatnonzero((meters > last) | (meters < first))
        past = meters[outside].astype(np.float64)
        distance = np.where(past > last, past - last, first - past)
        bound[outside] = np.where(np.isinf(past), 0, distance)
        return bound

    @cached_property
    def _worst(self) -> Array:
        """Largest |level depth - d| over the float32 d of each level, inside the range: (top,)."""
        meters = self.meters[self.lowest : self.top].astype(np.float64)
        edges = self.thresholds.astype(np.float64)
        below = meters - np.append(meters[:1], edges)
        above = np.append(edges, meters[-1:]) - meters
        return np.concatenate([np.zeros(self.lowest), np.maximum(below, above)])

    @cached_property
    def _cells(self) -> tuple[int, int, Array, Array] | None:
        """(shift, cell before the table, level at the start of each cell, next threshold in it).

        The first cell stands for all depths before, the last for all after: its next threshold is
        +inf, and its level is one before `top`.
        """
        bits = self.thresholds.view(np.int32)
        shift = next((s for s in _SHIFTS if (np.diff(bits >> s) > 0).all()), None)
        if shift is None or (bits[-1] >> shift) - (bits[0] >> shift) > _MOST_CELLS:
            return None
        cell = int(bits[0] >> shift) - 1
        within = (bits >> shift) - cell
        following = np.full(within[-1] + 2, np.nan, dtype=np.float32)
        following[within] = self.thresholds
        following[-1] = np.inf
        passed = np.zeros(len(following), dtype=np.int32)
        passed[within + 1] = 1
        return shift, cell, self.lowest + np.cumsum(passed, dtype=np.int32), following

    def _obvious(self, meters: Array) -> Array:
        """The definition: round half up, finite depths at most top - 1."""
        position = self.curve.position(meters.astype(np.float64), self.top)
        if self.starts is not None:
            position = np.interp(position, *self._pace)
        return np.clip(np.floor(position + 0.5), 0, self.top - 1)

    def _meters_at(self, position: Array) -> Array:
        if self.starts is not None:
            evenly, paced = self._pace
            position = np.interp(position, paced, evenly)
        return self.curve.meters(position, self.top)

    @property
    def _pace(self) -> tuple[Array, Array]:
        """Positions on an evenly walked path, and those they stand for on this one."""
        last = self.top - 1
        evenly = np.concatenate([[0.0], np.asarray(self.starts) * last, [last]])
        return evenly, np.concatenate([[0.0], np.arange(last) + 0.5, [last]])
