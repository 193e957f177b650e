"""The grid of an integer depth format, one level a step: nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vtencode.curves.base import Curve
from vtencode.errors import SpecError
from vtencode.targets import Array


@dataclass(frozen=True, kw_only=True)
class GridCurve(Curve):
    """Level = offset + round(d / unit): every multiple of `unit` meters has its own level.

    A level below `offset` stands for no depth, and is read as 0 m; with `offset` < 0 the first
    level is -offset * unit meters away.
    """

    name: ClassVar[str] = "grid"

    unit: float = 0.001
    offset: int = 0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.unit) and self.unit > 0):
            raise SpecError(f"grid: unit must be > 0 (meters a level), got {self.unit}.")

    @property
    def exact_for(self) -> str:  # type: ignore[override]  # a plain attribute elsewhere
        """Which depths within its range come back exactly."""
        return f"multiples of {self.unit:g} m"

    def position(self, meters: Array, top: int) -> Array:  # noqa: ARG002 - levels do not depend
        """Place meters in [0, inf] among the levels, in float64; past either end is past it."""
        return self.offset + np.asarray(meters, dtype=np.float64) / self.unit

    def meters(self, position: Array, top: int) -> Array:  # noqa: ARG002 - as above
        """The depth, >= 0, at each position, in float64."""
        steps = np.asarray(position, dtype=np.float64) - self.offset
        return np.maximum(steps, 0) * self.unit
