"""SA-Co/Gold and SA-Co/Silver: images, each with a phrase, and every instance that it means."""

from vtencode.sources.sa_co.source import SaCo

__all__ = ["SaCo"]
