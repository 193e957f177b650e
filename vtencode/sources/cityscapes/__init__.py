"""Cityscapes (Cordts et al., CVPR 2016): streets of 50 cities, with classes, objects and stereo."""

from vtencode.sources.cityscapes.source import Cityscapes

__all__ = ["Cityscapes"]
