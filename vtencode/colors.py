"""What an 8-bit color is called throughout the package."""

from __future__ import annotations

RGB = tuple[int, int, int]
