"""Typed, unit-carrying annotations of one image: frozen, checked once, read-only arrays."""

from vtencode.targets.arrays import Array
from vtencode.targets.camera import Camera
from vtencode.targets.depth import DepthMap, DepthState, Measure

__all__ = ["Array", "Camera", "DepthMap", "DepthState", "Measure"]
