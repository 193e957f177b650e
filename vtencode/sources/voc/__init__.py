"""Pascal VOC of 2007 to 2012, and the Semantic Boundaries Dataset that adds to it."""

from vtencode.sources.voc.source import Voc

__all__ = ["Voc"]
