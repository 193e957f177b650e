"""The pinhole camera that depth and normals are seen through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets.arrays import Array


@dataclass(frozen=True)
class Camera:
    """A pinhole: pixel (u, v) sees the ray ((u - cx) / fx, (v - cy) / fy, 1).

    Frame: +x right, +y down, +z forward; all four in pixels; pixel centers at integers.
    """

    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        for name in ("fx", "fy", "cx", "cy"):
            value = getattr(self, name)
            if not np.isfinite(value) or (name[0] == "f" and value <= 0):
                need = "a finite length > 0" if name[0] == "f" else "finite"
                raise TargetError(f"Camera.{name} must be {need} (pixels), got {value}.")

    def ray_lengths(self, height: int, width: int) -> Array:
        """Length of the ray whose z is 1, for every pixel: float64 (height, width), >= 1."""
        x = (np.arange(width) - self.cx) / self.fx
        y = (np.arange(height) - self.cy) / self.fy
        return np.sqrt(1.0 + x[None, :] ** 2 + y[:, None] ** 2)

    def crop(self, *, left: int, top: int) -> Camera:
        """The same camera seen from a window that starts at (left, top)."""
        return Camera(self.fx, self.fy, self.cx - left, self.cy - top)

    def resize(self, *, x: float, y: float) -> Camera:
        """The same camera with `x` pixels for each one across, and `y` for each one down."""
        # cx * x + (x - 1) / 2 is (cx + 1/2) * x - 1/2, and exact where x is 1.
        cx, cy = self.cx * x + (x - 1) / 2, self.cy * y + (y - 1) / 2
        return Camera(self.fx * x, self.fy * y, cx, cy)

    def flip(self, *, width: int) -> Camera:
        """The camera that sees the scene mirrored, left for right, in an image of that width."""
        return Camera(self.fx, self.fy, width - 1 - self.cx, self.cy)
