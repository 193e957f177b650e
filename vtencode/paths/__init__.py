"""Paths through the RGB cube, one color a level, and the nearest level to any color."""

from vtencode.paths.base import Path
from vtencode.paths.colormaps import GrayPath, InfernoPath, PlasmaPath, TurboPath, ViridisPath
from vtencode.paths.cube import CubeCorePath, CubePath
from vtencode.paths.hue import HuePath

__all__ = [
    "CubeCorePath",
    "CubePath",
    "GrayPath",
    "HuePath",
    "InfernoPath",
    "Path",
    "PlasmaPath",
    "TurboPath",
    "ViridisPath",
]
