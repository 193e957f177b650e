"""Targets framed, each by the rule of its type, and predictions put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from vtencode.errors import TargetError
from vtencode.framing.dense import frame_depth, frame_normals
from vtencode.framing.labels import (
    frame_expressions,
    frame_instances,
    frame_panoptic,
    frame_semantic,
)
from vtencode.framing.mirroring import mirrorable
from vtencode.framing.points import frame_keypoints
from vtencode.framing.transform import Transform
from vtencode.targets import (
    DepthMap,
    Expressions,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    RelativeDepthMap,
    SemanticMask,
)

T = TypeVar("T")

_RULES: dict[type, Callable[[Any, Transform], Any]] = {
    DepthMap: frame_depth,
    RelativeDepthMap: frame_depth,
    NormalMap: frame_normals,
    SemanticMask: frame_semantic,
    PanopticMap: frame_panoptic,
    InstanceMasks: frame_instances,
    Expressions: frame_expressions,
    Keypoints: frame_keypoints,
}


def frame(target: T, transform: Transform) -> T:
    """Do to a target what `transform` does to its image; the very target where that is nothing.

    A type of one's own brings its rule as a method `framed(transform)`. Raises `TargetError` for a
    target of another size, for a flip of one that a mirror belies (see `mirrorable`), and for
    types that have no rule and would change.
    """
    reason = mirrorable(target) if transform.flip else None
    if reason is not None:
        raise TargetError(f"a {type(target).__name__} must not be mirrored: {reason}.")
    return _framed(target, transform)


def unframe(target: T, transform: Transform) -> T:
    """Put a prediction for a framed image back into the pixels of its source.

    The rules are those of `frame`. Outside the crop depth is unknown, normals are not valid,
    classes and segments are void, and there are no instances and no joints.
    """
    return _framed(target, transform.inverse)


def _framed(target: T, transform: Transform) -> T:
    width, height = transform.source
    shape = getattr(target, "shape", None)
    if shape != (height, width):
        got = type(target).__name__ if shape is None else f"{shape[1]}x{shape[0]}"
        raise TargetError(f"framing: a target must be {width}x{height}, as its image, got {got}.")
    if transform.identity:
        return target
    rule = _RULES.get(type(target)) or getattr(type(target), "framed", None)
    if rule is None:
        known = ", ".join(cls.__name__ for cls in _RULES)
        raise TargetError(
            f"framing: a target must be one of {known}, or have a method `framed`, got "
            f"{type(target).__name__}. Or leave images as they are: framing: {{resize: none}}."
        )
    framed: T = rule(target, transform)
    return framed
