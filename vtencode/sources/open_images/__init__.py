"""Open Images V5 to V7: the masks of objects in 350 classes."""

from vtencode.sources.open_images.source import OpenImages

__all__ = ["OpenImages"]
