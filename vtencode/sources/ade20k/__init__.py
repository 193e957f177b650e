"""ADE20K: the 150 classes of SceneParse150, and the full release of 2021 with objects and parts."""

from vtencode.sources.ade20k.full import Ade20kFull
from vtencode.sources.ade20k.scene_parse import Ade20k

__all__ = ["Ade20k", "Ade20kFull"]
