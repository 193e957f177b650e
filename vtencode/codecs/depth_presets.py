"""Named settings of the depth codec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BLACK, RED = (0, 0, 0), (255, 0, 0)

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The paper's image; what the codec's own defaults are.
    "vision-banana": {},
    # Three times the levels; black is unknown and white far, 85 levels clear of every depth.
    "fine": {"path": {"name": "cube-core", "k": 4, "skip": (680, 680)}, "unknown": BLACK},
    # Every uint16: value v is level 1088 + v of k = 16. 64 vertices before and 176 behind keep
    # black, which is unknown, and white, which is far, 68 levels clear or more.
    "lossless-u16": {
        "curve": {"name": "grid", "unit": 0.001},
        "path": {"name": "cube-core", "k": 16, "skip": (1088, 2992)},
        "unknown": BLACK,
    },
    # Every millimeter from 0 to 10.914 m is a level of k = 6. One vertex is left out before white,
    # which is far: 51 levels off. Unknown is the color farthest from the path: 40.5 levels.
    "lossless-mm": {
        "curve": {"name": "grid", "unit": 0.001},
        "path": {"name": "cube-core", "k": 6, "skip": (0, 51)},
        "unknown": (128, 127, 122),
    },
    # Sonoda and Grunnet-Jepsen, "Depth image compression by colorization for Intel RealSense depth
    # cameras", 2021: hue, black where nothing was measured, the range of their recorder.
    "realsense": {
        "curve": {"name": "linear", "near": 0.29, "far": 10.0},
        "path": {"name": "hue", "degrees": 360},
        "unknown": BLACK,
    },
    # Marigold (arXiv:2312.02145): each picture from its 2nd to its 98th percentile, in gray. Red
    # and blue, the colors farthest from gray and each other, are unknown and far.
    "marigold": {"curve": {"name": "percentile"}, "path": {"name": "gray"}, "unknown": RED},
}
