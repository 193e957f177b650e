"""Virtual KITTI 2 (Cabon, Murray, Humenberger, 2020): streets of KITTI, rendered."""

from vtencode.sources.virtual_kitti_2.source import VirtualKitti2

__all__ = ["VirtualKitti2"]
