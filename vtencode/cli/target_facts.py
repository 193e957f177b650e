"""What is told of a target, by its type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import numpy as np

from vtencode.targets import (
    Array,
    DepthMap,
    DepthState,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    SemanticMask,
    Visibility,
)

Facts = dict[str, Any]


@singledispatch
def facts_of(target: object) -> Facts:
    """Numbers that describe a target, as JSON: here those of a type nobody described."""
    return {"target": type(target).__name__}


@facts_of.register
def _(depth: DepthMap) -> Facts:
    meters = depth.meters[depth.valid]
    quantiles = np.quantile(meters, [0.1, 0.5, 0.9]) if meters.size else [np.nan] * 3
    named = zip(("p10", "p50", "p90"), quantiles, strict=True)
    states = {state.name.lower(): share(depth.state == state) for state in DepthState}
    return {**states, "meters": {name: rounded(value) for name, value in named}}


@facts_of.register
def _(normals: NormalMap) -> Facts:
    mean = normals.xyz[normals.valid].mean(axis=0) if normals.valid.any() else np.zeros(3)
    axes = zip(("right", "up", "backward"), mean, strict=True)
    return {
        "valid": share(normals.valid),
        "unknown": share(~normals.valid),
        "mean": {name: rounded(value) for name, value in axes},
    }


@facts_of.register
def _(mask: SemanticMask) -> Facts:
    counts = np.bincount(mask.ids[mask.labeled], minlength=len(mask.vocabulary))
    painted = zip(mask.vocabulary, counts.tolist(), strict=True)
    classes = {name: rounded(count / mask.ids.size) for name, count in painted if count}
    return {"classes": classes, "void": share(~mask.labeled)}


@facts_of.register
def _(masks: InstanceMasks) -> Facts:
    return {
        "instances": len(masks.regions),
        "crowds": sum(region.crowd for region in masks.regions),
        "covered": share(masks.id_map() > 0),
    }


@facts_of.register
def _(panoptic: PanopticMap) -> Facts:
    things = sum(segment.thing for segment in panoptic.segments)
    return {
        "things": things,
        "stuff": len(panoptic.segments) - things,
        "void": share(panoptic.ids == 0),
    }


@facts_of.register
def _(keypoints: Keypoints) -> Facts:
    states = {
        state.name.lower(): int((keypoints.visibility == state).sum()) for state in Visibility
    }
    return {"people": len(keypoints.visibility), "joints": states}


def share(mask: Array) -> float:
    """How much of an image a mask covers."""
    return rounded(mask.mean() if mask.size else 0.0)


def rounded(value: Any) -> float:
    """A number as it is told; NaN is 0."""
    return round(float(np.nan_to_num(value)), 4)


def told(value: Any) -> str:
    """A fact as text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part:g}" for name, part in value.items()) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
