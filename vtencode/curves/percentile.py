"""Depth relative to the picture it is in, as Marigold paints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vtencode.curves.base import Curve
from vtencode.curves.ranged import LinearCurve
from vtencode.errors import SpecError
from vtencode.targets import Array, DepthMap

#: Levels of a fitted range are at least this part of its far end apart: 16 steps of float32.
_LEAST_STEP = 2.0**-20


@dataclass(frozen=True, kw_only=True)
class _FittedCurve(LinearCurve):
    """A linear curve that was fitted to one picture."""

    def facts(self) -> dict[str, float]:
        """The two numbers that turn relative depth back into meters."""
        return {"near_m": self.near, "far_m": self.far}


#: Relative depth: what a picture that comes without its two numbers shows.
_RELATIVE = _FittedCurve(near=0.0, far=1.0)


@dataclass(frozen=True, kw_only=True)
class PercentileCurve(Curve):
    """Linear between two percentiles of each picture's valid depths (Marigold, arXiv:2312.02145).

    Depths outside are taken for the nearer end. The ends are depths that occur, so that a picture
    that was cut once is not cut again; where they are too close to tell levels apart, the near
    one gives way. Without its two numbers a picture is relative depth, 0 to 1.
    """

    name: ClassVar[str] = "percentile"
    source: ClassVar[str] = "Ke et al., Marigold, arXiv:2312.02145"

    low: float = 2.0
    high: float = 98.0

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 100:
            raise SpecError(
                f"percentile: low and high must be 0 <= low < high <= 100, got {self.low} and "
                f"{self.high}."
            )

    def position(self, meters: Array, top: int) -> Array:
        """Place relative depth among the levels, in float64."""
        return _RELATIVE.position(meters, top)

    def meters(self, position: Array, top: int) -> Array:
        """The relative depth at each position, in float64."""
        return _RELATIVE.meters(position, top)

    def fit(self, depth: DepthMap, top: int) -> Curve:
        """The linear curve between the percentiles; 0 to 1 m where nothing is valid."""
        meters = depth.meters[depth.valid]
        if not meters.size:
            return _RELATIVE
        last = meters.size - 1
        lower, upper = int(self.low / 100 * last), int(np.ceil(self.high / 100 * last))
        ranked = np.partition(meters, [lower, upper])
        far = max(float(ranked[upper]), top * _LEAST_STEP)
        near = np.float32(far - max(far, 1.0) * min(top * _LEAST_STEP, 1.0))
        return _FittedCurve(near=float(min(near, ranked[lower])), far=far)

    def recall(self, facts: Mapping[str, Any]) -> Curve:
        """The curve that was fitted; relative depth where the legend does not tell."""
        try:
            return _FittedCurve(near=float(facts["near_m"]), far=float(facts["far_m"]))
        except (KeyError, TypeError, ValueError, OverflowError, SpecError):
            return _RELATIVE
