"""A path: an ordered row of distinct 8-bit colors, one a level."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from vtencode.colors import RGB
from vtencode.targets import Array


class Path(ABC):
    """A row of distinct colors from near to far.

    Subclasses are frozen dataclasses, so that equal paths are one.
    """

    name: ClassVar[str]
    #: Where the path was published.
    source: ClassVar[str] = ""
    #: What stands for infinitely far: the path's last color, or one off the path.
    far: ClassVar[RGB] = (255, 255, 255)

    @property
    @abstractmethod
    def levels(self) -> int:
        """How many colors the path has."""

    @abstractmethod
    def colors(self) -> Array:
        """The color of each level: uint8 (levels, 3)."""

    def starts(self) -> Array | None:
        """Where in [0, 1] levels 1 … levels - 1 begin: float64 (levels - 1,); None if evenly."""
        return None

    @property
    def strand_radius(self) -> float:
        """A color off by less, in RGB levels, is read near its level: at most sqrt(5) times off.

        +inf for a path that never comes near itself again.
        """
        return math.inf

    def facts(self) -> dict[str, Any]:
        """What a contract should say of this path beside its levels."""
        return {}

    @property
    def ends_far(self) -> bool:
        """Whether the last color is the one that stands for far."""
        red, green, blue = self.colors()[-1].tolist()
        return (red, green, blue) == self.far
