"""KITTI depth (Uhrig et al., 3DV 2017): laser scans for frames of KITTI's raw data."""

from vtencode.sources.kitti_depth.source import KittiDepth

__all__ = ["KittiDepth"]
