"""Metric depth, with what is known of every pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Literal, get_args

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets.arrays import Array, ReadOnly
from vtencode.targets.camera import Camera

Measure = Literal["z", "ray"]


class DepthState(IntEnum):
    """What is known of one pixel's depth. Far is knowledge; unknown is not."""

    VALID = 0
    FAR = 1
    UNKNOWN = 2


@dataclass(frozen=True, eq=False)
class DepthMap(ReadOnly):
    """Metric depth of one image.

    `meters` is float (H, W); it is kept as float32, +inf wherever the state is far and NaN
    wherever it is unknown. `state` is uint8 (H, W) of `DepthState`; left out, it follows from
    the values: finite > 0 is valid, +inf far, NaN or 0 unknown (0 is how sensors say "nothing
    measured"; give `state` to mean a depth of 0 m). `measure` says what the meters are: "z"
    along the optical axis, or "ray" along the line of sight.

    Raises `TargetError` for integers (they carry a unit that only their owner knows), other
    shapes, negative depths, and meters that do not fit float32.

    >>> DepthMap(meters=np.array([[1.5, np.inf, np.nan]])).state
    array([[0, 1, 2]], dtype=uint8)
    """

    meters: Array
    state: Array = None  # type: ignore[assignment]  # derived from meters when left out
    measure: Measure = "z"
    camera: Camera | None = None

    def __post_init__(self) -> None:
        if self.measure not in get_args(Measure):
            raise TargetError(f"DepthMap.measure must be 'z' or 'ray', got {self.measure!r}.")
        meters = _float32_plane(self.meters)
        state = _state(self.state, meters)
        meters[state == DepthState.FAR] = np.inf
        meters[state == DepthState.UNKNOWN] = np.nan
        for name, array in (("meters", meters), ("state", state)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.meters.shape
        return height, width

    @property
    def valid(self) -> Array:
        """Where a finite depth is known: bool (H, W)."""
        mask: Array = self.state == DepthState.VALID
        return mask

    def as_measure(self, measure: Measure) -> DepthMap:
        """The same scene measured along the optical axis ("z") or the line of sight ("ray").

        Raises `TargetError` when the measures differ and the camera is unknown.
        """
        if measure == self.measure:
            return self
        if self.camera is None:
            raise TargetError(
                f"DepthMap.camera must be known to turn {self.measure!r} into {measure!r} depth, "
                "got None."
            )
        stretch = self.camera.ray_lengths(*self.shape)
        meters = self.meters * stretch if measure == "ray" else self.meters / stretch
        return replace(self, meters=meters, measure=measure)


@dataclass(frozen=True, eq=False)
class RelativeDepthMap(DepthMap):
    """Depth up to one unknown factor for each image: `meters` are of a length nobody knows.

    Only ratios mean something. Structure from motion gives such depth (MegaDepth, BlendedMVS).
    Tasks of metric depth refuse it by its type.
    """


def _float32_plane(values: Any) -> Array:
    given = np.asarray(values)
    if given.dtype.kind != "f" or given.ndim != 2:
        raise TargetError(
            f"DepthMap.meters must be float32 (H, W), got {given.dtype} {given.shape}."
            + (" Convert to meters first." if given.dtype.kind in "iu" else "")
        )
    with np.errstate(over="ignore"):
        meters = np.array(given, dtype=np.float32, order="C")
    meters[(meters == 0) & (given > 0)] = np.nextafter(np.float32(0), np.float32(1))
    if given.dtype.itemsize > 4 and np.any(np.isinf(meters) & np.isfinite(given)):
        raise TargetError("DepthMap.meters must fit float32, got a finite value above 3.4e38.")
    return meters


def _state(given: Any, meters: Array) -> Array:
    return _derived_state(meters) if given is None else _given_state(given, meters)


def _derived_state(meters: Array) -> Array:
    if np.any(meters < 0):
        raise TargetError(f"DepthMap.meters must be >= 0, got {np.nanmin(meters)}.")
    state = np.zeros(meters.shape, dtype=np.uint8)
    state[np.isposinf(meters)] = DepthState.FAR
    state[np.isnan(meters) | (meters == 0)] = DepthState.UNKNOWN
    return state


def _given_state(values: Any, meters: Array) -> Array:
    given = np.asarray(values)
    if given.shape != meters.shape or given.dtype.kind not in "iu":
        raise TargetError(
            f"DepthMap.state must be uint8 {meters.shape}, got {given.dtype} {given.shape}."
        )
    if given.size and not DepthState.VALID <= given.min() <= given.max() <= DepthState.UNKNOWN:
        raise TargetError(
            "DepthMap.state must hold 0 valid, 1 far, 2 unknown, "
            f"got {given.min()} to {given.max()}."
        )
    said_valid = meters[given == DepthState.VALID]
    if said_valid.size and not (np.isfinite(said_valid) & (said_valid >= 0)).all():
        raise TargetError("DepthMap.meters must be finite and >= 0 where the state is valid.")
    return np.array(given, dtype=np.uint8, order="C")
