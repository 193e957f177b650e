"""Exact rounding of float32 meters to the levels of a curve, without evaluating the curve.

The obvious form is floor(curve.forward(d) * top + 1/2) in float64. It is turned, once per curve,
into the smallest float32 that reaches each level; a depth's level is then one table look-up by
its leading bits and one comparison, the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vtencode.curves import Curve
from vtencode.errors import SpecError
from vtencode.targets import Array

#: Bits of a float32 dropped to name its cell, coarsest first: at most one threshold in a cell.
_SHIFTS = (13, 12, 11, 10, 9, 8)
_INF_BITS = 0x7F800000


@dataclass(frozen=True)
class Levels:
    """Levels 0 … `top` of a curve: finite depths take 0 … top - 1, only +inf is `top`.

    Level top + 1 stands for NaN, so that one table serves every state of a depth map.
    """

    curve: Curve
    top: int

    @property
    def unknown(self) -> int:
        """The level of NaN."""
        return self.top + 1

    @cached_property
    def meters(self) -> Array:
        """Depth of each level: float32 (top + 2,), +inf at `top`, NaN at `unknown`."""
        values = self.curve.inverse(np.arange(self.top) / self.top)
        return np.concatenate([values, [np.inf, np.nan]]).astype(np.float32)

    @cached_property
    def thresholds(self) -> Array:
        """The smallest float32 depth of levels 1 … top - 1, ascending: float32 (top - 1,)."""
        level = np.arange(1, self.top)
        first = self.curve.inverse((level - 0.5) / self.top).astype(np.float32)
        for _ in range(4):
            below = np.nextafter(first, np.float32(0))
            first = np.where(self._obvious(below) >= level, below, first)
        for _ in range(8):
            first = np.where(self._obvious(first) < level, np.nextafter(first, np.inf), first)
        settled = self._obvious(first) >= level
        lowest = self._obvious(np.nextafter(first, np.float32(0))) < level
        if not (settled & lowest).all() or (np.diff(first) <= 0).any():
            raise SpecError(
                f"{self.curve} must tell {self.top + 1} levels apart in float32, and does not."
            )
        return first.astype(np.float32)

    @cached_property
    def worst_error(self) -> Array:
        """Largest |level depth - d| over all float32 d of each level but top - 1: (top - 1,)."""
        meters = self.meters[: self.top - 1].astype(np.float64)
        edges = np.concatenate([[0.0], self.thresholds.astype(np.float64)])
        worst: Array = np.maximum(meters - edges[:-1], edges[1:] - meters)
        return worst

    def of(self, meters: Array, *, out: Array) -> Array:
        """Write the level of each depth into `out`.

        `meters` is contiguous float32 (N,): >= +0, +inf, or NaN with its sign bit clear, as
        `DepthMap` keeps them; `out` is int64 (N,).
        """
        if self._cells is None:
            np.copyto(out, np.searchsorted(self.thresholds, meters, side="right"))
            out[np.isposinf(meters)] = self.top
            out[np.isnan(meters)] = self.unknown
            return out
        shift, base, following = self._cells
        np.right_shift(meters.view(np.int32), shift, out=out)
        crossed = meters >= following.take(out)
        np.copyto(out, base.take(out))
        np.add(out, crossed, out=out)
        return out

    @cached_property
    def _cells(self) -> tuple[int, Array, Array] | None:
        """(shift, level at the start of each cell, next threshold in it or NaN)."""
        bits = self.thresholds.view(np.int32)
        shift = next((s for s in _SHIFTS if (np.diff(bits >> s) > 0).all()), None)
        if shift is None:
            return None
        starts = (np.arange(1 << (31 - shift), dtype=np.int64) << shift).astype(np.int32)
        base = np.searchsorted(bits, starts, side="left").astype(np.int32)
        following = np.full(len(starts), np.nan, dtype=np.float32)
        following[bits >> shift] = self.thresholds
        base[_INF_BITS >> shift] = self.top
        base[(_INF_BITS >> shift) + 1 :] = self.unknown
        return shift, base, following

    def _obvious(self, meters: Array) -> Array:
        """The definition: round half up in u, finite depths at most top - 1."""
        unit = self.curve.forward(meters.astype(np.float64))
        return np.minimum(np.floor(unit * self.top + 0.5), self.top - 1)
