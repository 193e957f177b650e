"""vtencode turns public vision datasets into training data for image generators that see.

>>> import numpy as np
>>> import vtencode as vt
>>> depth = vt.codec("depth")
>>> code = depth.encode(vt.DepthMap(meters=np.array([[1.5, np.inf, np.nan]])))
>>> code.rgb.tolist()
[[[255, 180, 0], [255, 255, 255], [128, 128, 128]]]
>>> depth.decode(code).target.meters.round(2)
array([[1.5, inf, nan]], dtype=float32)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtencode.building.run import build, plan
    from vtencode.codecs.base import Code, Codec, Decoded, codec, codec_from_spec
    from vtencode.dataset import Dataset, Pair, open_dataset
    from vtencode.errors import VtencodeError
    from vtencode.exports.reshard import reshard
    from vtencode.exports.run import Exported, export
    from vtencode.frame_check import FrameReport, check_frame
    from vtencode.framing import Framing, Transform, frame, unframe
    from vtencode.leaks.audit import Audit, audit
    from vtencode.legends import Legend
    from vtencode.recipe import Mix, Recipe, load_mix, load_recipe
    from vtencode.targets import (
        Camera,
        DepthMap,
        DepthState,
        Expression,
        Expressions,
        InstanceMasks,
        Keypoints,
        NormalMap,
        PanopticMap,
        Region,
        RelativeDepthMap,
        Segment,
        SemanticMask,
        Visibility,
    )
    from vtencode.verification.run import Verification, verify

__version__ = "0.1.0"

#: Public names and their homes; importing vtencode imports none of them.
_HOMES = {
    "Audit": "leaks.audit",
    "Camera": "targets",
    "Code": "codecs.base",
    "Codec": "codecs.base",
    "Dataset": "dataset",
    "Decoded": "codecs.base",
    "DepthMap": "targets",
    "DepthState": "targets",
    "Exported": "exports.run",
    "Expression": "targets",
    "Expressions": "targets",
    "FrameReport": "frame_check",
    "Framing": "framing",
    "InstanceMasks": "targets",
    "Keypoints": "targets",
    "Legend": "legends",
    "Mix": "recipe",
    "NormalMap": "targets",
    "Pair": "dataset",
    "PanopticMap": "targets",
    "Recipe": "recipe",
    "Region": "targets",
    "RelativeDepthMap": "targets",
    "Segment": "targets",
    "SemanticMask": "targets",
    "Transform": "framing",
    "Verification": "verification.run",
    "Visibility": "targets",
    "VtencodeError": "errors",
    "audit": "leaks.audit",
    "build": "building.run",
    "check_frame": "frame_check",
    "codec": "codecs.base",
    "codec_from_spec": "codecs.base",
    "export": "exports.run",
    "frame": "framing",
    "load_mix": "recipe",
    "load_recipe": "recipe",
    "open_dataset": "dataset",
    "plan": "building.run",
    "reshard": "exports.reshard",
    "unframe": "framing",
    "verify": "verification.run",
}

__all__ = [
    "Audit",
    "Camera",
    "Code",
    "Codec",
    "Dataset",
    "Decoded",
    "DepthMap",
    "DepthState",
    "Exported",
    "Expression",
    "Expressions",
    "FrameReport",
    "Framing",
    "InstanceMasks",
    "Keypoints",
    "Legend",
    "Mix",
    "NormalMap",
    "Pair",
    "PanopticMap",
    "Recipe",
    "Region",
    "RelativeDepthMap",
    "Segment",
    "SemanticMask",
    "Transform",
    "Verification",
    "Visibility",
    "VtencodeError",
    "audit",
    "build",
    "check_frame",
    "codec",
    "codec_from_spec",
    "export",
    "frame",
    "load_mix",
    "load_recipe",
    "open_dataset",
    "plan",
    "reshard",
    "unframe",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vtencode' has no attribute {name!r}")
    return getattr(import_module(f"vtencode.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
