"""Hypersim (Roberts et al., ICCV 2021): rendered rooms, as published and as Marigold packs them."""

from vtencode.sources.hypersim.source import Hypersim

__all__ = ["Hypersim"]
