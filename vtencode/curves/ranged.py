"""Curves from a nearest to a farthest depth; what lies outside is taken for the nearer end."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vtencode.curves.base import UnitCurve
from vtencode.errors import SpecError
from vtencode.targets import Array

#: The largest finite float32.
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class RangedCurve(UnitCurve):
    """u = (f(d) - f(near)) / (f(far) - f(near)) for a monotone f; `near` and `far` in meters."""

    name: ClassVar[str]

    near: float = 0.1
    far: float = 400.0

    def __post_init__(self) -> None:
        least = "0 <" if self._positive else "0 <="
        bounded = 0 <= self.near < self.far <= _LARGEST
        if not bounded or (self._positive and self.near == 0):
            raise SpecError(
                f"{self.name}: near and far must be meters, {least} near < far < 3.4e38, got "
                f"{self.near} and {self.far}."
            )

    #: Whether f is defined for depths > 0 only.
    _positive: ClassVar[bool] = True

    def forward(self, meters: Array) -> Array:
        """Map meters in [0, inf] to [0, 1], in float64: 0 up to near, 1 from far on."""
        within = np.clip(np.asarray(meters, dtype=np.float64), self.near, self.far)
        first, last = self._bent(np.array([self.near, self.far]))
        unit: Array = (self._bent(within) - first) / (last - first)
        return unit

    def inverse(self, unit: Array) -> Array:
        """Map [0, 1] back to meters in [near, far], in float64."""
        first, last = self._bent(np.array([self.near, self.far]))
        bent = first + np.asarray(unit, dtype=np.float64) * (last - first)
        return np.clip(self._unbent(bent), self.near, self.far)

    @abstractmethod
    def _bent(self, meters: Array) -> Array:
        """The function f."""

    @abstractmethod
    def _unbent(self, bent: Array) -> Array:
        """The inverse of f."""


@dataclass(frozen=True, kw_only=True)
class LinearCurve(RangedCurve):
    """Equal steps in meters: u = (d - near) / (far - near)."""

    name: ClassVar[str] = "linear"
    _positive: ClassVar[bool] = False

    near: float = 0.0
    far: float = 10.0

    def _bent(self, meters: Array) -> Array:
        return meters

    def _unbent(self, bent: Array) -> Array:
        return bent


@dataclass(frozen=True, kw_only=True)
class LogCurve(RangedCurve):
    """Equal relative steps: u = ln(d / near) / ln(far / near)."""

    name: ClassVar[str] = "log"

    def _bent(self, meters: Array) -> Array:
        bent: Array = np.log(meters)
        return bent

    def _unbent(self, bent: Array) -> Array:
        meters: Array = np.exp(bent)
        return meters


@dataclass(frozen=True, kw_only=True)
class DisparityCurve(RangedCurve):
    """Equal steps in 1/d, as stereo sees: u = (1/near - 1/d) / (1/near - 1/far)."""

    name: ClassVar[str] = "disparity"

    def _bent(self, meters: Array) -> Array:
        bent: Array = -1 / meters
        return bent

    def _unbent(self, bent: Array) -> Array:
        meters: Array = -1 / bent
        return meters
