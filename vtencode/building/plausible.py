"""A look at a few frames: a wrong unit, scale or frame is found before a terabyte is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.frame_check import check_frame
from vtencode.pairs import check_contract
from vtencode.recipe import ContractSection, Recipe
from vtencode.sources.base import Source
from vtencode.targets import Array, DepthMap, NormalMap, RelativeDepthMap

if TYPE_CHECKING:
    import pyarrow as pa

#: Frames looked at, evenly spread: enough to see a wrong unit.
LOOK_AT = 5
#: Of those, so many have the axes of their normals compared with their depth.
_COMPARED = 2
#: What is looked at of a frame's valid depths, by the contract's field.
_PERCENTILES = {"near_m": 5, "median_m": 50, "far_m": 95}
#: The axes of `NormalMap`.
_OUR_AXES = ("right", "up", "backward")


@dataclass
class _Seen:
    """What the frames that were looked at show of one target."""

    kind: type = object
    percentiles: list[Array] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)  # frames in which nothing is known
    axes: list[str | None] = field(default_factory=list)  # what each comparison found wrong


def check_plausible(table: pa.Table, recipe: Recipe, source: Source) -> None:
    """Raise `SourceError` where targets are not what the recipe's contract says."""
    contract = recipe.contract
    if not len(table) or contract == ContractSection():
        return
    at = sorted(set(np.linspace(0, len(table) - 1, LOOK_AT).round().astype(int).tolist()))
    rows = [row for row in table.take(at).to_pylist() if not recipe.broken(row["key"])]
    seen = {task.target_name: _Seen() for task in recipe.tasks}
    for number, row in enumerate(rows):
        _look(source, row, seen, contract, compare=number < _COMPARED)
    for found in seen.values():
        for fault in _faults(found, contract, len(rows)):
            raise SourceError(f"{source.root}: {fault}")


def _look(
    source: Source,
    row: Mapping[str, Any],
    seen: Mapping[str, _Seen],
    contract: ContractSection,
    *,
    compare: bool,
) -> None:
    """Note what one frame shows of each target."""
    for name, found in seen.items():
        try:
            sample = source.load(row)
            target = sample.targets[name]
            check_contract(target, contract, where=sample.where)
        except SampleError as error:
            known = found.empty if error.args[0] == "EMPTY" else found.faults
            known.append(str(error))
            continue
        found.kind = type(target)
        if isinstance(target, DepthMap):
            valid = target.meters[target.valid]
            if valid.size:
                found.percentiles.append(np.percentile(valid, [*_PERCENTILES.values()]))
        elif isinstance(target, NormalMap) and compare:
            found.axes.append(_axes_fault(target, sample.targets, contract))


def _faults(found: _Seen, contract: ContractSection, count: int) -> Iterator[str]:
    """What is wrong with one target, if anything is."""
    # A frame in which nothing is known is no evidence of a wrong unit, unless all are.
    faults = found.faults if found.percentiles else [*found.faults, *found.empty]
    if len(faults) > count / 2:
        yield f"{len(faults)} of {count} frames looked at. {faults[0]}"
    wrong = [fault for fault in found.axes if fault]
    if wrong and len(wrong) == len(found.axes):
        yield wrong[0]
    yield from _unusual(found, contract)


def _axes_fault(
    normals: NormalMap, targets: Mapping[str, Any], contract: ContractSection
) -> str | None:
    """What is wrong with the axes, where the depth of the same frame tells surely."""
    wanted = contract.normals is not None and contract.normals.as_depth
    try:
        depth = targets.get("depth") if wanted else None
    except SampleError:
        return None  # this frame has none; that is for a recipe that asks for it
    if depth is None or depth.camera is None:
        return None
    report = check_frame(normals.xyz, depth)
    if not report.sure or report.axes == _OUR_AXES:
        return None
    return f"normals must be {' '.join(_OUR_AXES)} once read, and the depth says: {report}"


def _unusual(found: _Seen, contract: ContractSection) -> Iterator[str]:
    """What is unusual of these frames together, with the quantiles that were observed."""
    if not found.percentiles:
        return
    seen = dict(zip(_PERCENTILES, np.median(found.percentiles, axis=0).tolist(), strict=True))
    told = ", ".join(f"{part}% {seen[name]:.4g}" for name, part in _PERCENTILES.items())
    frames = f"over {len(found.percentiles)} frames ({told})"
    if issubclass(found.kind, RelativeDepthMap):
        yield from _spread_faults(seen, contract, frames)
        return
    for name, part in _PERCENTILES.items():
        interval: Sequence[float] | None = getattr(contract.depth, name, None)
        if interval is not None and not interval[0] <= seen[name] <= interval[1]:
            words = "a median" if part == 50 else f"a {part}th percentile"
            yield (
                f"depth must have {words} of {interval[0]:g} to {interval[1]:g} m, got "
                f"{seen[name]:.4g} m {frames}. It may be in another unit."
            )


def _spread_faults(
    seen: Mapping[str, float], contract: ContractSection, frames: str
) -> Iterator[str]:
    if contract.relative_depth is None:
        return
    low, high = contract.relative_depth.spread
    spread = seen["far_m"] / max(seen["near_m"], float(np.finfo(np.float32).tiny))
    if not low <= spread <= high:
        yield (
            f"depth must have a 95th percentile of {low:g} to {high:g} times its 5th, got "
            f"{spread:.4g} {frames}. It may be stored as its inverse."
        )
