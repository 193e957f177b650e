"""Curves: from meters to a position along a row of levels, and back."""

from vtencode.curves.base import Curve, UnitCurve
from vtencode.curves.grid import GridCurve
from vtencode.curves.percentile import PercentileCurve
from vtencode.curves.power import PowerCurve
from vtencode.curves.ranged import DisparityCurve, LinearCurve, LogCurve, RangedCurve

__all__ = [
    "Curve",
    "DisparityCurve",
    "GridCurve",
    "LinearCurve",
    "LogCurve",
    "PercentileCurve",
    "PowerCurve",
    "RangedCurve",
    "UnitCurve",
]
