"""A tiny BlendedMVS in the layout of the official archive: rooms and streets, each to a scale."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.pfm import write_pfm
from vtencode.miniatures.scenes import Scene
from vtencode.miniatures.series import in_turns, jpeg, series
from vtencode.targets import Array, Camera

#: A project of each of the authors' lists, by whether it is for validation.
PROJECTS = {False: "5c1f33f1d33e1f2e4aa6dda4", True: "5b7a3890fc8fcf6781e2593a"}
#: Units of length that a meter has in each project: nobody would know them.
SCALE = {False: np.float32(0.375), True: np.float32(12.5)}
HEIGHT, WIDTH = 576, 768
CAMERA = Camera(fx=584.25, fy=584.25, cx=383.0, cy=287.5)
#: What the mesh lacks.
HOLE = (slice(90, 130), slice(300, 380))


def write(
    root: Path,
    *,
    count: int = 8,
    seed: int = 0,
    form: Literal["low-res", "high-res"] = "low-res",
) -> Path:
    """Write `count` train frames and a quarter as many validation frames; return `root`.

    Every other frame is outdoors; its sky has no depth. The same arguments give the same bytes.
    """
    times = 1 if form == "low-res" else 8 / 3
    height, width = round(HEIGHT * times), round(WIDTH * times)
    camera = CAMERA.resize(x=times, y=times)
    for shot in series(count, seed, height=height, width=width, camera=camera, street=in_turns):
        folder = root / PROJECTS[shot.test]
        lengths = _depth(shot.found, SCALE[shot.test])
        for name, data in _files(shot.found, lengths, f"{shot.number:08d}").items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, data)
        write_whole(folder / "cams" / "pair.txt", _pairs(shot.number + 1))
    return root


def _depth(found: Scene, scale: np.float32) -> Array:
    lengths = np.where(np.isinf(found.depth_z), np.float32(0), found.depth_z) * scale
    lengths[HOLE] = 0
    return lengths.astype(np.float32)


def _files(found: Scene, lengths: Array, frame: str) -> dict[str, bytes]:
    masked = np.where(lengths[..., None] > 0, found.rgb, np.uint8(0))
    return {
        f"blended_images/{frame}.jpg": jpeg(found.rgb),
        f"blended_images/{frame}_masked.jpg": jpeg(masked),
        f"rendered_depth_maps/{frame}.pfm": write_pfm(lengths),
        f"cams/{frame}_cam.txt": _camera(found.camera, lengths),
    }


def _camera(camera: Camera, lengths: Array) -> bytes:
    """MVSNet's camera file: an extrinsic, an intrinsic, and a range of depth in 128 steps."""
    near, far = float(lengths[lengths > 0].min()), float(lengths.max())
    rows = ["extrinsic", *(f"{'0 ' * i}1{' 0' * (3 - i)}" for i in range(4)), "", "intrinsic"]
    rows += [f"{camera.fx!r} 0 {camera.cx!r}", f"0 {camera.fy!r} {camera.cy!r}", "0 0 1", ""]
    rows += [f"{near} {(far - near) / 127} 128 {far}", ""]
    return "\n".join(rows).encode()


def _pairs(count: int) -> bytes:
    """MVSNet's list of the best other views of every view."""
    others = {
        view: [f"{other} {1 / (1 + abs(view - other)):.6f}" for other in range(count)]
        for view in range(count)
    }
    rows = [f"{view}\n{len(found)} {' '.join(found)}" for view, found in others.items()]
    return "\n".join([str(count), *rows, ""]).encode()
