"""A look at a few frames: a wrong unit or scale is found before a terabyte is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.pairs import check_depth
from vtencode.recipe import Recipe
from vtencode.sources.base import Source
from vtencode.targets import DepthMap

if TYPE_CHECKING:
    import pyarrow as pa

#: Frames looked at, evenly spread: enough to see a wrong unit.
LOOK_AT = 5


def check_plausible(table: pa.Table, recipe: Recipe, source: Source) -> None:
    """Raise `SourceError` where depth is not what the recipe's contract says."""
    contract = recipe.contract.depth
    asked = [task.target_name for task in recipe.tasks]
    depths = [name for name in asked if issubclass(source.targets[name], DepthMap)]
    if contract is None or not len(table) or not depths:
        return
    at = sorted(set(np.linspace(0, len(table) - 1, LOOK_AT).round().astype(int).tolist()))
    faults, medians = [], []
    for row in table.take(at).to_pylist():
        try:
            sample = source.load(row)
            depth = sample.targets[depths[0]]
            check_depth(depth, contract, where=sample.where)
        except SampleError as error:
            faults.append(error)
        else:
            medians.append(float(np.median(depth.meters[depth.valid])))
    if len(faults) > len(at) / 2:
        raise SourceError(
            f"{source.root}: {len(faults)} of {len(at)} frames looked at. {faults[0]}"
        )
    low, high = contract.median_m
    if not low <= np.median(medians) <= high:
        raise SourceError(
            f"{source.root}: depth must have a median of {low:g} to {high:g} m, got "
            f"{np.median(medians):.4g} m over {len(medians)} frames. It may be in another unit."
        )
