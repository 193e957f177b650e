"""Proving codecs: the laws that every codec keeps, checked on any of them in one call.

>>> import vtencode as vt
>>> from vtencode.testing import check_codec
>>> check_codec(vt.codec("depth"), examples=5).ok
True
"""

from vtencode.testing.laws import LawError
from vtencode.testing.noise_table import noise_table
from vtencode.testing.proof import Outcome, Proof, check_codec, prove
from vtencode.testing.scene_targets import sample_targets, worst_measured
from vtencode.testing.strategies import (
    depth_maps,
    instance_masks,
    keypoint_sets,
    normal_maps,
    panoptic_maps,
    pictures,
    semantic_masks,
    targets_of,
)

__all__ = [
    "LawError",
    "Outcome",
    "Proof",
    "check_codec",
    "depth_maps",
    "instance_masks",
    "keypoint_sets",
    "noise_table",
    "normal_maps",
    "panoptic_maps",
    "pictures",
    "prove",
    "sample_targets",
    "semantic_masks",
    "targets_of",
    "worst_measured",
]
