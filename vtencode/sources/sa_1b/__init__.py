"""SA-1B: photographs with nested masks that have no class."""

from vtencode.sources.sa_1b.source import Sa1b

__all__ = ["Sa1b"]
