"""ScanNet v2: exported frames."""

from vtencode.sources.scannet.source import ScanNet

__all__ = ["ScanNet"]
