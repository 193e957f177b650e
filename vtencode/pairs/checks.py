"""What every pair is held to: a plausible target, and a round trip within the tolerance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vtencode.codecs.base import Code, Codec
from vtencode.errors import SampleError
from vtencode.recipe import ContractSection, DepthContract, NormalsContract
from vtencode.targets import Array, DepthMap, NormalMap, RelativeDepthMap

#: A pixel's line of sight is not quite the optical axis, so that at the border of an image a
#: surface that is seen may face this much (a cosine) away from the axis; 8-bit files add 1/127.
FACING_SLACK = 0.5


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


def check_contract(target: Any, contract: ContractSection, *, where: str) -> None:
    """Raise `SampleError` where a target is outside what this dataset can hold."""
    if isinstance(target, RelativeDepthMap):
        if contract.relative_depth is not None:
            _known_depth(target, where)
    elif isinstance(target, DepthMap):
        if contract.depth is not None:
            _check_range(target, contract.depth, where)
    elif isinstance(target, NormalMap) and contract.normals is not None:
        _check_facing(target, contract.normals, where)


def _check_range(depth: DepthMap, contract: DepthContract, where: str) -> None:
    valid = _known_depth(depth, where)
    low, high = contract.range_m
    if valid.min() < low or valid.max() > high:
        raise SampleError(
            "RANGE",
            "depth",
            where,
            f"must lie in {low:g} to {high:g} m, got {valid.min():.4g} to {valid.max():.4g} m, "
            f"median {np.median(valid):.4g} m: is it in another unit?",
        )


def _known_depth(depth: DepthMap, where: str) -> Array:
    valid: Array = depth.meters[depth.valid]
    if not valid.size:
        raise SampleError("EMPTY", "depth", where, "no pixel has a known depth")
    return valid


def _check_facing(normals: NormalMap, contract: NormalsContract, where: str) -> None:
    z = normals.xyz[..., 2][normals.valid]
    if not z.size:
        raise SampleError("EMPTY", "normals", where, "no pixel has a known normal")
    share = float((z >= -FACING_SLACK).mean())
    if share < contract.facing:
        message = (
            f"at least {contract.facing:.0%} must face the camera, got {share:.1%}: is it in "
            "another frame of axes?"
        )
        raise SampleError("RANGE", "normals", where, message)


def _most(values: Any) -> float:
    return float(values.max()) if values.size else 0.0
