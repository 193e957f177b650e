"""What every pair is held to: plausible depth, and a round trip within the tolerance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vtencode.codecs.base import Code, Codec
from vtencode.errors import SampleError
from vtencode.recipe import DepthContract
from vtencode.targets import DepthMap


@dataclass(frozen=True)
class RoundTrip:
    """How far a target came back changed.

    `worst` is the largest error, in the codec's `unit`; `share` the largest error as a share of the
    tolerance at that pixel, 0 where the tolerance is 0 and kept. The law holds while `kept`.
    """

    worst: float
    share: float
    kept: bool
    unit: str = ""


def worst_of(trips: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The largest error in each unit, by unit and error."""
    worst: dict[str, float] = {}
    for unit, error in trips:
        worst[unit] = max(worst.get(unit, 0.0), error)
    return dict(sorted(worst.items()))


def round_trip(codec: Codec[Any], target: Any, code: Code) -> RoundTrip:
    """Decode a code and compare it with the target that it was painted from."""
    error = codec.error(target, codec.decode(code).target)
    bound = codec.tolerance(target)
    share = np.divide(error, bound, out=np.where(error > 0, np.inf, 0.0), where=bound > 0)
    return RoundTrip(_most(error), _most(share), kept=bool((error <= bound).all()), unit=codec.unit)


def check_depth(depth: DepthMap, contract: DepthContract, *, where: str) -> None:
    """Raise `SampleError` where a depth is outside what this dataset can hold."""
    valid = depth.meters[depth.valid]
    if not valid.size:
        raise SampleError("EMPTY", "depth", where, "no pixel has a known depth")
    low, high = contract.range_m
    if valid.min() < low or valid.max() > high:
        raise SampleError(
            "RANGE",
            "depth",
            where,
            f"must lie in {low:g} to {high:g} m, got {valid.min():.4g} to {valid.max():.4g} m, "
            f"median {np.median(valid):.4g} m: is it in another unit?",
        )


def _most(values: Any) -> float:
    return float(values.max()) if values.size else 0.0
