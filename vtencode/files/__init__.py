"""Targets in files of one's own: a module a type, each of which reads what it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtencode.errors import SpecError
from vtencode.files.depth import read_depth, write_depth
from vtencode.files.instances import read_instances, write_instances
from vtencode.files.keypoints import read_keypoints, write_keypoints
from vtencode.files.normals import read_normals, write_normals
from vtencode.files.panoptic import read_panoptic, write_panoptic
from vtencode.files.semantic import read_semantic, write_semantic
from vtencode.targets import (
    DepthMap,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    SemanticMask,
)

__all__ = [
    "read_depth",
    "read_instances",
    "read_keypoints",
    "read_normals",
    "read_panoptic",
    "read_semantic",
    "write_target",
]

_WRITERS = {
    DepthMap: write_depth,
    InstanceMasks: write_instances,
    Keypoints: write_keypoints,
    PanopticMap: write_panoptic,
    SemanticMask: write_semantic,
}


def write_target(out: Path, target: Any, *, frame: str | None = None) -> list[str]:
    """Write a target in the format that `out` ends in; returns what the file cannot hold.

    `frame` is the axes of normals. Raises `SpecError` for other targets, or endings.
    """
    if isinstance(target, NormalMap):
        return write_normals(out, target, frame)
    writer: Any = _WRITERS.get(type(target))
    if writer is None:
        raise SpecError(f"no file format is known for a {type(target).__name__}.")
    notes: list[str] = writer(out, target)
    return notes
