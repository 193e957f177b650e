"""The power curve of Vision Banana."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vtencode.curves.base import UnitCurve
from vtencode.errors import SpecError
from vtencode.targets import Array


@dataclass(frozen=True, kw_only=True)
class PowerCurve(UnitCurve):
    """The normalized power transform: near depths get more of [0, 1] than far ones.

    u = 1 - (1 - d / (lam * c)) ** (lam + 1), the power family of Barron (arXiv:2502.10647) scaled
    onto [0, 1]; Vision Banana (arXiv:2604.20329) uses lam = -3, c = 10/3, which is
    u = 1 - (1 + d / 10) ** -2.

    Strictly increasing, with 0 -> 0 and inf -> 1 exact. `inverse(forward(d))` returns d within
    1e-12 relative from 1e-4 m to 1 km, and within 1e-6 up to 1e6 m, where u is 1e-10 short of 1.
    """

    name: ClassVar[str] = "power"
    reaches_infinity: ClassVar[bool] = True

    lam: float = -3.0
    c: float = 10 / 3

    def __post_init__(self) -> None:
        if not (np.isfinite(self.lam) and self.lam < -1):
            raise SpecError(f"power: lam must be < -1 (else u never reaches 1), got {self.lam}.")
        if not (np.isfinite(self.c) and self.c > 0):
            raise SpecError(f"power: c must be > 0 (meters), got {self.c}.")

    def forward(self, meters: Array) -> Array:
        """Map meters in [0, inf] to [0, 1], in float64."""
        growth = np.log1p(np.asarray(meters, dtype=np.float64) / (-self.lam * self.c))
        return -np.expm1((self.lam + 1) * growth)

    def inverse(self, unit: Array) -> Array:
        """Map [0, 1] back to meters in [0, inf], in float64."""
        with np.errstate(divide="ignore"):
            growth = np.log1p(-np.asarray(unit, dtype=np.float64)) / (self.lam + 1)
        return -self.lam * self.c * np.expm1(growth)
