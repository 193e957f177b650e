"""What is told of a target of one frame, by its type, in a few words."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from vtencode.targets import (
    DepthMap,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    RelativeDepthMap,
    SemanticMask,
)


@singledispatch
def told(target: object) -> str:
    """A few words; of a type that nobody described, its name."""
    return type(target).__name__


@told.register
def _(depth: DepthMap) -> str:
    meters = depth.meters[depth.valid]
    unit = "up to scale" if isinstance(depth, RelativeDepthMap) else "m"
    low, middle, high = np.quantile(meters, [0, 0.5, 1]) if meters.size else [np.nan] * 3
    along = "the axis" if depth.measure == "z" else "the ray"
    camera = "no camera" if depth.camera is None else "camera known"
    return (
        f"{low:.3g} to {high:.3g} {unit}, median {middle:.3g}, along {along}, "
        f"{depth.valid.mean():.0%} known, {camera}"
    )


@told.register
def _(normals: NormalMap) -> str:
    return f"{normals.valid.mean():.0%} known"


@told.register
def _(mask: SemanticMask) -> str:
    here = len(np.unique(mask.ids[mask.labeled]))
    return f"{here} of {len(mask.vocabulary)} classes, {mask.labeled.mean():.0%} labeled"


@told.register
def _(masks: InstanceMasks) -> str:
    return f"{len(masks.regions)} objects"


@told.register
def _(panoptic: PanopticMap) -> str:
    return f"{len(panoptic.segments)} segments, {(panoptic.ids > 0).mean():.0%} labeled"


@told.register
def _(people: Keypoints) -> str:
    return f"{len(people.visibility)} with up to {len(people.names)} joints"
