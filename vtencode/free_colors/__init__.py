"""Decoders of instances whose colors a model chose: how many there are, and where."""

from vtencode.free_colors.found import Found, FreeColors
from vtencode.free_colors.listed import read_listed
from vtencode.free_colors.paper import PaperColors
from vtencode.free_colors.seeded import SeededColors

__all__ = ["Found", "FreeColors", "PaperColors", "SeededColors", "read_listed"]
