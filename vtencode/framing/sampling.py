"""Maps of pixels, framed: by the nearest pixel, or by what lies under each new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from vtencode.framing.axis import Axis
from vtencode.framing.transform import Transform
from vtencode.targets import Array


def nearest(values: Array, transform: Transform) -> Array:
    """The source pixel under each center of the resized crop: (h, w, ...)."""
    x, y = transform.axes
    return _along(_along(values, y, 0), x, 1)


def placed(inner: Array, transform: Transform, fill: Any) -> Array:
    """The framed image of a resized crop: `fill` in the margins, mirrored if the transform is."""
    x, y = transform.axes
    if inner.shape[:2] == transform.shape:
        whole = inner
    else:
        whole = np.full((*transform.shape, *inner.shape[2:]), fill, dtype=inner.dtype)
        whole[y.before : y.before + y.size, x.before : x.before + x.size] = inner
    return whole[:, ::-1] if transform.flip else whole


def shrinks(transform: Transform) -> bool:
    """Whether new pixels can have several source pixels under them."""
    return any(axis.size < axis.length for axis in transform.axes)


def mean(values: Array, transform: Transform) -> Array:
    """The mean of what lies under each pixel of the resized crop, by area: float32 (h, w, ...)."""
    x, y = transform.axes
    return _weighted(_weighted(values, y, 0), x, 1)


def extreme(values: Array, transform: Transform, of: np.ufunc) -> Array:
    """`of` (np.minimum or np.maximum) all that lies under each pixel of the resized crop."""
    x, y = transform.axes
    return _folded(_folded(values, y, 0, of), x, 1, of)


def _along(values: Array, axis: Axis, number: int) -> Array:
    if axis.size == axis.length:
        window = slice(axis.start, axis.start + axis.length)
        return values[window] if number == 0 else values[:, window]
    return values.take(axis.nearest, axis=number)


def _taken(values: Array, axis: Axis, number: int) -> Iterator[tuple[Array, Array]]:
    for index, share in axis.taps:
        along = [-1 if place == number else 1 for place in range(values.ndim)]
        yield values.take(index, axis=number), share.reshape(along)


def _weighted(values: Array, axis: Axis, number: int) -> Array:
    if axis.size >= axis.length:
        return _along(values, axis, number)
    first, *more = (taken * share for taken, share in _taken(values, axis, number))
    for part in more:
        first += part
    return first


def _folded(values: Array, axis: Axis, number: int, of: np.ufunc) -> Array:
    if axis.size >= axis.length:
        return _along(values, axis, number)
    first, *more = (taken for taken, _ in _taken(values, axis, number))
    for taken in more:
        of(first, taken, out=first)
    return first
