"""Decoded targets as pictures for people, by their type; the same target, the same picture."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import cv2
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

#: Where a light stands, toward the viewer from the upper left.
_LIGHT = np.array([-0.42, 0.48, 0.77])
_UNKNOWN, _STRIPE, _FAR = (214, 214, 214), (190, 190, 190), (255, 255, 255)
_BONE, _SEEN, _HIDDEN = (255, 255, 255), (255, 92, 72), (255, 190, 92)


@singledispatch
def pictured(target: Any, picture: Array, code: Array) -> Array:  # noqa: ARG001  # the interface's
    """A target over the picture it is of, uint8 (H, W, 3); `code` is what it was read from.

    One of a type that nobody drew is shown as its code.
    """
    return code


@pictured.register
def _(depth: DepthMap, picture: Array, code: Array) -> Array:  # noqa: ARG001
    """Near is bright, by the inverse of depth, so that what is near has the most colors."""
    inverse = np.zeros(depth.shape, dtype=np.float32)
    np.divide(1, depth.meters, out=inverse, where=depth.valid & (depth.meters > 0))
    known = inverse[depth.valid]
    low, high = np.percentile(known, [2, 98]) if known.size else (0, 1)
    level = ((inverse - low) / max(high - low, 1e-9) * 255).clip(0, 255).astype(np.uint8)
    shown = cv2.applyColorMap(level, cv2.COLORMAP_VIRIDIS)[..., ::-1].copy()
    shown[depth.state == DepthState.FAR] = _FAR
    return _hatched(shown, depth.state == DepthState.UNKNOWN)


@pictured.register
def _(normals: NormalMap, picture: Array, code: Array) -> Array:  # noqa: ARG001
    """A white surface of that shape, lit from the upper left."""
    light = (normals.xyz @ _LIGHT).clip(0, 1)
    gray = (40 + 215 * light).astype(np.uint8)
    return _hatched(np.repeat(gray[..., None], 3, axis=2), ~normals.valid)


@pictured.register
def _(mask: SemanticMask, picture: Array, code: Array) -> Array:
    return _laid_over(picture, code, mask.ids, ~mask.labeled)


@pictured.register
def _(masks: InstanceMasks, picture: Array, code: Array) -> Array:
    ids = masks.id_map()
    return _laid_over(picture, code, ids, ids == 0)


@pictured.register
def _(panoptic: PanopticMap, picture: Array, code: Array) -> Array:
    return _laid_over(picture, code, panoptic.ids, panoptic.ids == 0)


@pictured.register
def _(people: Keypoints, picture: Array, code: Array) -> Array:  # noqa: ARG001
    """Bones, and joints in red where they are seen and in orange where they are hidden."""
    shown = np.ascontiguousarray(_faded(picture))
    thick = max(1, round(min(shown.shape[:2]) / 240))
    for xy, visibility in zip(people.xy_px, people.visibility, strict=True):
        present = visibility != Visibility.ABSENT
        at = [(round(float(x)), round(float(y))) for x, y in np.where(present[:, None], xy, 0)]
        for one, other in people.skeleton:
            if present[one] and present[other]:
                cv2.line(shown, at[one], at[other], _BONE, thick, cv2.LINE_AA)
        for place, state in zip(at, visibility, strict=True):
            if state != Visibility.ABSENT:
                color = _SEEN if state == Visibility.VISIBLE else _HIDDEN
                cv2.circle(shown, place, 2 * thick, color, -1, cv2.LINE_AA)
    return shown


def _laid_over(picture: Array, code: Array, ids: Array, nothing: Array) -> Array:
    """The regions' colors over a faded picture, each region with a white border."""
    faded = _faded(picture)
    tinted = (0.4 * faded + 0.6 * code).astype(np.uint8)
    shown = np.where(nothing[..., None], faded, tinted)
    edge = np.zeros(ids.shape, dtype=bool)
    edge[:, 1:] |= ids[:, 1:] != ids[:, :-1]
    edge[1:] |= ids[1:] != ids[:-1]
    reach = max(1, round(min(ids.shape) / 320))
    edge = cv2.dilate(edge.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    shown[edge] = 255
    return shown


def _faded(picture: Array) -> Array:
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.repeat((90 + 0.55 * gray).astype(np.uint8)[..., None], 3, axis=2)


def _hatched(shown: Array, unknown: Array) -> Array:
    """Gray stripes where nothing is known."""
    rows, columns = np.indices(unknown.shape)
    stripe = (rows + columns) // 6 % 2 == 0
    shown[unknown] = _UNKNOWN
    shown[unknown & stripe] = _STRIPE
    return shown
