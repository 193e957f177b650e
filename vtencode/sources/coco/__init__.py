"""COCO, and datasets whose annotations are documents in its form."""

from vtencode.sources.coco.source import Coco

__all__ = ["Coco"]
