"""Omnidata (Eftekhar et al., ICCV 2021), of which Taskonomy (Zamir et al., CVPR 2018) is a part."""

from vtencode.sources.omnidata.source import Omnidata

__all__ = ["Omnidata"]
