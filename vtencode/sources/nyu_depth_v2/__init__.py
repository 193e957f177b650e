"""NYU Depth V2 (Silberman et al., ECCV 2012), in the three forms people have it in."""

from vtencode.sources.nyu_depth_v2.source import NyuDepthV2

__all__ = ["NyuDepthV2"]
