"""Typed, unit-carrying annotations of one image: frozen, checked once, read-only arrays."""

from vtencode.targets.arrays import Array
from vtencode.targets.camera import Camera
from vtencode.targets.depth import DepthMap, DepthState, Measure, RelativeDepthMap
from vtencode.targets.expressions import Expression, Expressions
from vtencode.targets.instances import InstanceMasks, Region
from vtencode.targets.keypoints import Keypoints, Visibility
from vtencode.targets.normals import NormalMap
from vtencode.targets.panoptic import PanopticMap, Segment
from vtencode.targets.semantic import SemanticMask

__all__ = [
    "Array",
    "Camera",
    "DepthMap",
    "DepthState",
    "Expression",
    "Expressions",
    "InstanceMasks",
    "Keypoints",
    "Measure",
    "NormalMap",
    "PanopticMap",
    "Region",
    "RelativeDepthMap",
    "Segment",
    "SemanticMask",
    "Visibility",
]
