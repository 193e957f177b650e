"""Depth as whole numbers: how many a meter has, and which of them mean something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtencode.targets import Array, DepthMap, DepthState

_MOST = 2**16 - 1


@dataclass(frozen=True, kw_only=True)
class ScaledDepth:
    """uint16 (H, W) of `per_meter` steps; `unknown` and `far` are numbers, far None if none is.

    >>> ScaledDepth(per_meter=1000, unknown=0).read(np.array([[1500, 0]])).meters
    array([[1.5, nan]], dtype=float32)
    """

    per_meter: float
    unknown: int = 0
    far: int | None = None

    def read(self, values: Array) -> DepthMap:
        """Read a depth map."""
        state = np.full(values.shape, DepthState.VALID, dtype=np.uint8)
        state[values == self.unknown] = DepthState.UNKNOWN
        if self.far is not None:
            state[values == self.far] = DepthState.FAR
        return DepthMap(values / self.per_meter, state)

    def write(self, depth: DepthMap) -> Array:
        """Write a depth map: nearest steps, cut to those that mean depths.

        Without a number for far, it is written as unknown.
        """
        steps = np.full(depth.shape, self.unknown, dtype=np.uint16)
        meters = depth.meters[depth.valid].astype(np.float64)
        low, high = self._range
        steps[depth.valid] = np.clip(np.floor(meters * self.per_meter + 0.5), low, high)
        if self.far is not None:
            steps[depth.state == DepthState.FAR] = self.far
        return steps

    def cut(self, depth: DepthMap) -> int:
        """How many valid depths `write` moves by more than half a step."""
        meters = depth.meters[depth.valid].astype(np.float64)
        low, high = self._range
        steps = np.floor(meters * self.per_meter + 0.5)
        return int(((steps < low) | (steps > high)).sum())

    @property
    def farthest_m(self) -> float:
        """The deepest depth it can hold."""
        return self._range[1] / self.per_meter

    @property
    def _range(self) -> tuple[int, int]:
        """The least and the greatest number that means a depth."""
        taken = {self.unknown, self.far}
        low = next(step for step in (0, 1, 2) if step not in taken)
        high = next(step for step in (_MOST, _MOST - 1, _MOST - 2) if step not in taken)
        return low, high
