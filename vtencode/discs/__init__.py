"""Points as colored discs: painted, told apart, and found again to 1/64 of a pixel."""

from vtencode.discs.marks import GRID, DiscCodes, Marks

__all__ = ["GRID", "DiscCodes", "Marks"]
