"""MPII Human Pose: 16 joints of people in everyday activities."""

from vtencode.sources.mpii.source import Mpii

__all__ = ["Mpii"]
