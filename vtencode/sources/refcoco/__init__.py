"""RefCOCO, RefCOCO+, RefCOCOg and gRefCOCO: phrases for objects of COCO's images."""

from vtencode.sources.refcoco.source import RefCoco

__all__ = ["RefCoco"]
