"""SUN RGB-D: indoor frames of four depth sensors."""

from vtencode.sources.sun_rgbd.source import SunRgbd

__all__ = ["SunRgbd"]
