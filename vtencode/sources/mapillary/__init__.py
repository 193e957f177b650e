"""Mapillary Vistas (Neuhold et al., ICCV 2017): streets all over the world."""

from vtencode.sources.mapillary.source import Mapillary

__all__ = ["Mapillary"]
