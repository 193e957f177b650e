"""What tests of sources share: rows, and targets compared with what they must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import vtencode as vt
from vtencode.geometry import angles_deg
from vtencode.sources.base import Source
from vtencode.targets import DepthMap, DepthState, NormalMap


def rows(source: Source) -> list[dict[str, Any]]:
    """The rows of a source's index."""
    found: list[dict[str, Any]] = source.index().to_pylist()
    return found


def rejected(recipe: str, source: Path, out: Path) -> set[tuple[str, str]]:
    """Code and place of what a build rejects that goes on all the same, and writes the rest."""
    built = vt.build(recipe, source=source, out=out, workers=1, overrides=("source.split=all",))
    assert built.manifest["counts"]["rejected"] > 0
    assert built.manifest["counts"]["written"] > 0
    lines = (out / "rejects.jsonl").read_text().splitlines()
    return {(each["code"], each["where"]) for each in map(json.loads, lines)}


def same_depth(depth: DepthMap, meters: np.ndarray, *, within: Any = 0.0) -> None:
    """Depth is `meters` within that many meters; NaN is unknown there, and +inf far."""
    assert np.array_equal(depth.state == DepthState.FAR, np.isposinf(meters))
    assert np.array_equal(depth.state == DepthState.UNKNOWN, np.isnan(meters))
    off = np.abs(depth.meters[depth.valid].astype(np.float64) - meters[depth.valid])
    bound = np.broadcast_to(within, meters.shape)[depth.valid]
    assert (off <= bound).all(), f"off by {(off - bound).max()} m more than may be"


def same_normals(normals: NormalMap, xyz: np.ndarray, *, within_deg: float = 1e-3) -> None:
    """Normals are `xyz`, (0, 0, 0) where there is none."""
    known = xyz.any(axis=2)
    assert np.array_equal(normals.valid, known)
    assert angles_deg(normals.xyz, xyz).max() <= within_deg
