"""Other systems' encodings, by name."""

from __future__ import annotations

from vtencode.encodings.base import Encoding
from vtencode.encodings.depth import DEPTH
from vtencode.encodings.ids import IDS
from vtencode.encodings.normals import NORMALS

__all__ = ["ENCODINGS", "Encoding"]

ENCODINGS: dict[str, Encoding] = {**DEPTH, **NORMALS, **IDS}
