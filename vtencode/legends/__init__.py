"""Legends: which name is which color; drawn, written into prompts, and read back from them."""

from vtencode.legends.legend import Legend

__all__ = ["Legend"]
