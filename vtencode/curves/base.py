"""What a curve is: a non-decreasing map from meters to a position along levels, and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from vtencode.targets import Array, DepthMap


class Curve(ABC):
    """A non-decreasing map from meters to a position along levels 0 … top - 1, and back.

    Subclasses are frozen dataclasses with a `name`. A curve that depends on the picture is first
    fitted to it; what the fit found travels as facts in the picture's legend.
    """

    name: ClassVar[str]
    #: Where the curve was published, if not with its path.
    source: ClassVar[str] = ""
    #: Which depths within its range come back exactly.
    exact_for: str = "the depths of its own levels"

    @abstractmethod
    def position(self, meters: Array, top: int) -> Array:
        """Place meters in [0, inf] among the levels, in float64; past either end is past it."""

    @abstractmethod
    def meters(self, position: Array, top: int) -> Array:
        """The depth, >= 0 and finite, at each position from 0 to top - 1, in float64."""

    def fit(self, depth: DepthMap, top: int) -> Curve:  # noqa: ARG002 - for curves that do
        """The curve for this depth map."""
        return self

    def facts(self) -> dict[str, float]:
        """What a legend must say for `recall` to find a fitted curve again."""
        return {}

    def recall(self, facts: Mapping[str, Any]) -> Curve:  # noqa: ARG002 - for curves that do
        """The curve that a picture was painted with, from its legend's facts."""
        return self


class UnitCurve(Curve):
    """A curve through the unit interval."""

    #: Whether u = 1 is infinitely far, so that no finite depth takes it.
    reaches_infinity: ClassVar[bool] = False

    @abstractmethod
    def forward(self, meters: Array) -> Array:
        """Map meters in [0, inf] to [0, 1], in float64."""

    @abstractmethod
    def inverse(self, unit: Array) -> Array:
        """Map [0, 1] back to meters, in float64."""

    def position(self, meters: Array, top: int) -> Array:
        """Place meters in [0, inf] among the levels, in float64; u = 1 is level top or top - 1."""
        return self.forward(meters) * self._span(top)

    def meters(self, position: Array, top: int) -> Array:
        """The depth, >= 0 and finite, at each position from 0 to top - 1, in float64."""
        return self.inverse(np.asarray(position, dtype=np.float64) / self._span(top))

    def _span(self, top: int) -> int:
        return top if self.reaches_infinity else top - 1
