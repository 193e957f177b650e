"""Optical flow as colors: red is motion to the right, green motion down, blue whether it is known.

A codec of one's own is a frozen dataclass with five methods: `encode` and `read`, which undo each
other; `tolerance` and `error`, which say how well; and `contract`, which tells people.
`vtencode check-codec flow` proves it on `examples`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Code, Codec, Decoded
from vtencode.errors import SpecError, TargetError
from vtencode.legends import Legend
from vtencode.targets import Array

#: Bytes 1 to 255 are -127 to 127 steps, so that no motion is a byte of its own.
_ZERO, _STEPS = 128, 127
#: Blue is 255 or 0: a color off by less, in RGB levels, keeps its state.
_RADIUS = 127.5


@dataclass(frozen=True, eq=False)
class FlowMap:
    """Where each pixel of an image moves to, as seen by a camera.

    `xy_px` is float (H, W, 2), pixels to the right and down; it is kept as float32, and NaN
    wherever either is not finite, which is where nothing is known. `valid` is the rest.
    """

    xy_px: Array
    valid: Array = field(init=False)  # bool (H, W)

    def __post_init__(self) -> None:
        given = np.asarray(self.xy_px)
        if given.dtype.kind != "f" or given.ndim != 3 or given.shape[2] != 2:
            raise TargetError(
                f"FlowMap.xy_px must be float32 (H, W, 2), got {given.dtype} {given.shape}."
            )
        with np.errstate(over="ignore"):
            xy_px = np.array(given, dtype=np.float32, order="C")
        valid = np.isfinite(xy_px).all(axis=2)
        xy_px[~valid] = np.nan
        for name, array in (("xy_px", xy_px), ("valid", valid)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.valid.shape
        return height, width


@dataclass(frozen=True, kw_only=True)
class FlowCodec(Codec[FlowMap]):
    """Flow in 255 equal steps from -max_px to max_px; an image with faster motion is refused."""

    name: ClassVar[str] = "flow"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "optical flow, red to the right, green down, blue where known"
    unit: ClassVar[str] = "px"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"fast": {"max_px": 256.0}}

    max_px: float = 32.0

    def __post_init__(self) -> None:
        if not 1 <= self.max_px <= 10_000:
            raise SpecError(f"flow: max_px must be 1 to 10000 pixels, got {self.max_px}.")

    @property
    def step_px(self) -> float:
        """What one level of red or green is worth."""
        return self.max_px / _STEPS

    def encode(self, target: FlowMap) -> Code:
        """Paint a flow map; what is unknown, as no motion without blue."""
        known = target.valid[..., None]
        steps = np.where(known, np.rint(target.xy_px.astype(np.float64) / self.step_px), 0)
        most = np.abs(steps).max(initial=0)
        if most > _STEPS:
            raise TargetError(
                f"flow: motion must be at most {self.max_px:g} px along x and y, got "
                f"{most * self.step_px:.4g} px. Choose a larger max_px."
            )
        rgb = np.empty((*target.shape, 3), dtype=np.uint8)
        rgb[..., :2] = _ZERO + steps
        rgb[..., 2:] = np.where(known, 255, 0)
        return Code(rgb, Legend({"unknown": (_ZERO, _ZERO, 0)}))

    def read(self, code: Code) -> Decoded[FlowMap]:
        """Read a flow map; the residual is the distance to the color it would be painted in."""
        steps = np.maximum(code.rgb[..., :2].astype(np.float64) - _ZERO, -_STEPS)
        known = code.rgb[..., 2:] > _RADIUS
        target = FlowMap(np.where(known, steps * self.step_px, np.nan))
        off = code.rgb - self.encode(target).rgb.astype(np.float32)
        residual = np.sqrt(np.square(off).sum(axis=2))
        return Decoded(target, np.maximum(0, 1 - residual / np.float32(_RADIUS)), residual)

    def tolerance(self, target: FlowMap) -> Array:
        """Half a step, and the rounding of float32: float64 (H, W, 2); 0 where unknown."""
        known = np.broadcast_to(target.valid[..., None], target.xy_px.shape)
        return np.where(known, self.step_px / 2 + 2.0**-23 * self.max_px, 0)

    def error(self, target: FlowMap, decoded: FlowMap) -> Array:
        """Pixels between two flow maps: float64 (H, W, 2); +inf where only one is known."""
        off = np.abs(np.subtract(decoded.xy_px, target.xy_px, dtype=np.float64))
        off[~target.valid] = 0
        off[target.valid != decoded.valid] = np.inf
        return off

    def contract(self) -> dict[str, Any]:
        """Domain, levels, worst error, correction radius, reserved color."""
        return {
            "domain": f"motion of -{self.max_px:g} to {self.max_px:g} px; unknown is a state",
            "levels": 2 * _STEPS + 1,
            "tolerance_px": round(self.step_px / 2, 4),
            "correction_radius": _RADIUS,
            "reserved": {"unknown": [_ZERO, _ZERO, 0]},
        }

    def examples(self) -> Any:
        """Flow maps to prove the codec on: a Hypothesis strategy, which draws unknown ones too."""
        from hypothesis import strategies as st
        from hypothesis.extra import numpy as hnp

        shapes = st.tuples(st.integers(0, 9), st.integers(0, 9), st.just(2))
        units = hnp.arrays(
            np.float32, shapes, elements=st.floats(-1, 1, width=32) | st.just(np.nan)
        )
        return units.map(lambda unit: FlowMap(self.max_px * unit))
