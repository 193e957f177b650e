"""The rim of full saturation: red, yellow, green, cyan, blue, magenta, and back to red."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.paths.base import Path
from vtencode.targets import Array

_CORNERS = np.array(
    [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0]], dtype=np.int64
)


@dataclass(frozen=True, kw_only=True)
class HuePath(Path):
    """Hue at full saturation and value, one channel by 1 a level; black and white are off it.

    360 degrees is the colorization of RealSense cameras (Sonoda and Grunnet-Jepsen, "Depth image
    compression by colorization", Intel, 2021): 1530 levels whose last is next to the first, so
    that near and far meet at red. 300 degrees, red to magenta, keeps them apart with 1276 levels.
    """

    name: ClassVar[str] = "hue"
    source: ClassVar[str] = (
        "Sonoda and Grunnet-Jepsen, Depth image compression by colorization, 2021"
    )

    degrees: Literal[300, 360] = 360

    @property
    def levels(self) -> int:
        """How many colors the path has."""
        return 1530 if self.degrees == 360 else 5 * 255 + 1

    def colors(self) -> Array:
        """The color of each level: uint8 (levels, 3)."""
        edge, step = np.divmod(np.arange(self.levels), 255)
        toward = np.diff(_CORNERS, axis=0, append=_CORNERS[-1:])[edge]
        colors: Array = (255 * _CORNERS[edge] + step[:, None] * toward).astype(np.uint8)
        return colors

    @property
    def strand_radius(self) -> float:
        """Half the cube's side, but where near and far meet."""
        return 127.5

    def facts(self) -> dict[str, Any]:
        """Whether near and far look alike."""
        return {"near_meets_far": self.degrees == 360}
