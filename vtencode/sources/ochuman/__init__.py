"""OCHuman: people who hide each other heavily, to evaluate on."""

from vtencode.sources.ochuman.source import OcHuman

__all__ = ["OcHuman"]
