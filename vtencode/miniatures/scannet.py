"""A tiny ScanNet v2: exported frames of rooms, color and depth seen through two cameras."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.formats.text_matrix import write_text_matrix
from vtencode.miniatures.putting import put
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import jpeg, turns
from vtencode.png import write_png_gray
from vtencode.scaled import ScaledDepth
from vtencode.seeds import generator
from vtencode.targets import Array, Camera, DepthMap

#: Of a published scan, whose color looks through (646.295, 489.927) with 1169.621 and 1167.105.
DEPTH_SHAPE = (480, 640)
DEPTH_CAMERA = Camera(fx=577.590698, fy=578.729797, cx=318.905426, cy=242.683609)
COLOR_SHAPE = (968, 1296)
COLOR_CAMERA = Camera(fx=1169.621094, fy=1167.105103, cx=646.295044, cy=489.927032)
#: One of so many depth pixels has no measurement, and those at the left edge.
HOLES, EDGE = 12, 9

Form = Literal["exported", "frames_25k", "small"]


@dataclass(frozen=True)
class Shot:
    """A frame: its scan, its number there, and the split of the scan."""

    scan: str
    number: int
    split: str


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "exported") -> Path:
    """Write `count` train frames, four a scan, and a quarter as many to validate; return `root`.

    Forms: what the authors' reader exports (`exported`, and `small` with color of 640x480), and
    their `frames_25k`. Differs from them in what is shown, and in that the split lists name the
    scans that are here. The same arguments give the same bytes.
    """
    shots = planned(count)
    for split in ("train", "val"):
        scans = sorted({shot.scan for shot in shots if shot.split == split})
        put(root / f"scannetv2_{split}.txt", "".join(f"{scan}\n" for scan in scans).encode())
    for index, shot in enumerate(shots):
        _write_frame(root / _TOPS[form] / shot.scan, shot, index, seed, form)
    return root


def planned(count: int) -> list[Shot]:
    """The frames, in the order of their scenes; train scans are numbered from 0, others from 568.

    Raises `SpecError` for no frames.
    """
    tested = turns(count)
    shots = []
    for index, test in enumerate(tested):
        number = sum(tested[:index]) if test else index - sum(tested[:index])
        scan = f"scene{568 * test + number // 4:04d}_00"
        shots.append(Shot(scan, number % 4 * 100, "val" if test else "train"))
    return shots


def seen(index: int, seed: int, of: Literal["depth", "color"]) -> Scene:
    """The room of a frame through one of the cameras."""
    (height, width), camera = _VIEWS[of]
    return scene(seed, index, height=height, width=width, camera=camera)


def measured(found: Scene, seed: int, index: int) -> Array:
    """uint16 millimeters with holes, as the sensor gives them."""
    steps = ScaledDepth(per_meter=1000).write(DepthMap(found.depth_z))
    holes = generator(seed, "scannet", str(index)).integers(HOLES, size=steps.shape) == 0
    holes[:, :EDGE] = True
    return np.where(holes, np.uint16(0), steps)


#: What SCAN.txt says of a published scan: not the cameras of its frames.
_OTHER_CAMERAS = b"""\
colorHeight = 968
colorWidth = 1296
depthHeight = 480
depthWidth = 640
fx_color = 1170.187988
fx_depth = 570.924255
fy_color = 1170.187988
fy_depth = 570.924316
mx_color = 647.750000
mx_depth = 319.500000
my_color = 483.750000
my_depth = 239.500000
"""
_VIEWS = {"depth": (DEPTH_SHAPE, DEPTH_CAMERA), "color": (COLOR_SHAPE, COLOR_CAMERA)}
_TOPS = {"exported": "scans", "small": "scans", "frames_25k": "scannet_frames_25k"}


def _write_frame(folder: Path, shot: Shot, index: int, seed: int, form: Form) -> None:
    own = seen(index, seed, "depth")
    color = own if form == "small" else seen(index, seed, "color")
    number = f"{shot.number:06d}" if form == "frames_25k" else str(shot.number)
    lost = np.full((4, 4), -np.inf)  # the tablet lost track of where it was
    files = {
        f"color/{number}.jpg": jpeg(color.rgb),
        f"depth/{number}.png": write_png_gray(measured(own, seed, index)),
        f"pose/{number}.txt": write_text_matrix(np.eye(4) if shot.number % 200 == 0 else lost),
    }
    for of, (_, camera) in _VIEWS.items():
        matrix = np.eye(4)
        matrix[0, 0], matrix[1, 1] = camera.fx, camera.fy
        matrix[0, 2], matrix[1, 2] = camera.cx, camera.cy
        place = "intrinsics" if form == "frames_25k" else "intrinsic/intrinsic"
        files[f"{place}_{of}.txt"] = write_text_matrix(matrix)
    if form != "frames_25k":
        files[f"{shot.scan}.txt"] = _OTHER_CAMERAS
    for name, data in files.items():
        put(folder / name, data)
