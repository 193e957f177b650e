"""What every pixel of a scene looks along, by the scene's own `M_cam_from_uv`.

After `01_casting_rays_that_match_hypersim_images.ipynb` of ml-hypersim: u and v are in [-1, 1] at
the centers of pixels, v up, and M (u, v, 1) is the ray in the camera's frame, +x right, +y up,
+z backward. Of the 457 scenes of the release only 186 have the pinhole of 886.81 px that
is mostly assumed; 10 shift it, and in 261 tilt-shift leaves the image plane at a slant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtencode.targets import Array, Camera

#: The numbers that a pinhole's M has not, in units of its last: up to here they move no pixel by
#: more than a hundredth of one (512 px * (u + v) * 1e-5).
_SLANT = 1e-5


@dataclass(frozen=True, eq=False)
class View:
    """The rays of one scene: `matrix` is M_cam_from_uv, float64 (3, 3)."""

    matrix: Array

    @property
    def ahead(self) -> bool:
        """Whether every ray leads forward, as it must."""
        return bool(np.isfinite(self.matrix).all() and self.lines(2, 2)[..., 2].max() < 0)

    def lines(self, height: int, width: int) -> Array:
        """The ray of every pixel, of any length, in `NormalMap`'s frame: float64 (H, W, 3)."""
        u = (2 * np.arange(width) + 1) / width - 1
        v = 1 - (2 * np.arange(height) + 1) / height
        across = u[:, None] * self.matrix[:, 0]
        along = v[:, None] * self.matrix[:, 1] + self.matrix[:, 2]
        lines: Array = along[:, None, :] + across[None, :, :]
        return lines

    def cosines(self, height: int, width: int) -> Array:
        """Depth along the optical axis for every meter along the ray: float64 (H, W)."""
        lines = self.lines(height, width)
        length = np.sqrt(np.einsum("hwc,hwc->hw", lines, lines))
        cosines: Array = -lines[..., 2] / length
        return cosines

    def camera(self, height: int, width: int) -> Camera | None:
        """The pinhole that sees the same; None where the image plane is at a slant.

        It keeps a shifted center, as x = a u + c is (column - cx) / fx.
        """
        matrix = self.matrix / -self.matrix[2, 2]
        (a, skew, c), (turn, b, d), (slant_u, slant_v, _) = matrix.tolist()
        if max(map(abs, (skew, turn, slant_u, slant_v))) > _SLANT:
            return None
        return Camera(
            fx=width / (2 * a),
            fy=height / (2 * b),
            cx=((1 - c / a) * width - 1) / 2,
            cy=((1 + d / b) * height - 1) / 2,
        )
