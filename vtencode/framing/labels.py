"""Ids, framed by the nearest pixel: what comes out went in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vtencode.framing.axis import Axis
from vtencode.framing.sampling import nearest, placed
from vtencode.framing.transform import Transform
from vtencode.targets import Array, Expressions, InstanceMasks, PanopticMap, SemanticMask

#: What margins of a mask without void are; no vocabulary has it.
_VOID = -1


def frame_semantic(mask: SemanticMask, transform: Transform) -> SemanticMask:
    """Each pixel's class by the nearest pixel; margins are void (-1 where there was none)."""
    padded = any(transform.pad)
    void = _VOID if padded and mask.void is None else mask.void
    ids = placed(nearest(mask.ids, transform), transform, void)
    return replace(mask, ids=ids, void=void)


def frame_panoptic(panoptic: PanopticMap, transform: Transform) -> PanopticMap:
    """Each pixel's segment by the nearest pixel; segments that vanish go; margins are void."""
    return replace(panoptic, ids=placed(nearest(panoptic.ids, transform), transform, 0))


def frame_instances(masks: InstanceMasks, transform: Transform) -> InstanceMasks:
    """Each region by the nearest pixel, one by one; regions without a pixel left go."""
    framed = ((region, _spans(region.spans, transform)) for region in masks.regions)
    regions = tuple(replace(region, spans=spans) for region, spans in framed if len(spans))
    return replace(masks, shape=transform.shape, regions=regions)


def frame_expressions(expressions: Expressions, transform: Transform) -> Expressions:
    """The masks framed; expressions that meant a region which is gone go, and the rest stay."""
    masks = frame_instances(expressions.masks, transform)
    left = {region.id for region in masks.regions}
    kept = tuple(said for said in expressions.expressions if left.issuperset(said.ids))
    return replace(expressions, masks=masks, expressions=kept)


def _spans(spans: Array, transform: Transform) -> Array:
    """Spans as the nearest pixels show them: int32 (S, 3), in raster order, never touching."""
    x, y = transform.axes
    row, left, right = spans.T
    first, last = _interval(y, row, row + 1)
    left, right = _interval(x, left, right)
    times = np.where(left < right, last - first, 0)
    repeat = np.repeat(np.arange(len(spans)), times)
    within = np.arange(len(repeat)) - np.repeat(np.cumsum(times) - times, times)
    row, left, right = first[repeat] + within, left[repeat], right[repeat]
    if transform.flip:
        left, right = x.total - right, x.total - left
    order = np.lexsort((left, row))
    return _joined(np.stack([row, left, right], axis=1)[order])


def _interval(axis: Axis, start: Array, stop: Array) -> tuple[Array, Array]:
    """Which framed pixels, unmirrored, are drawn from source pixels start to stop."""
    source = axis.nearest
    return (
        axis.before + np.searchsorted(source, start),
        axis.before + np.searchsorted(source, stop),
    )


def _joined(spans: Array) -> Array:
    """Spans in raster order, with those that touch made one."""
    apart = np.ones(len(spans), dtype=bool)
    apart[1:] = (spans[1:, 0] != spans[:-1, 0]) | (spans[1:, 1] != spans[:-1, 2])
    first = np.flatnonzero(apart)
    joined = spans[first]
    joined[:, 2] = spans[np.append(first[1:], len(spans)) - 1, 2] if len(first) else 0
    return joined.astype(np.int32)
