"""A tiny TartanAir in the layout of its first or second release, or of TartanGround."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.float_png import write_float_png
from vtencode.formats.npy import write_npy
from vtencode.miniatures.scenes import Scene
from vtencode.miniatures.series import Shot, in_turns, series
from vtencode.png import write_png
from vtencode.targets import Array, Camera

WIDTH = 640
HEIGHT, HEIGHT_V2 = 480, 640
CAMERA = Camera(fx=320.0, fy=320.0, cx=320.0, cy=240.0)
CAMERA_V2 = Camera(fx=320.0, fy=320.0, cx=320.0, cy=320.0)

Form = Literal["v1", "v2", "ground"]

#: Rooms and streets in turns: environment, difficulty, and the depth of its sky.
_PLACES = (
    ("office", "Easy", 10000.0),
    ("oldtown", "Hard", 65504.0),
    ("hospital", "Hard", 10000.0),
    ("gascola", "Easy", 10000.0),
)
#: The same of the later releases, which spell them otherwise.
_PLACES_V2 = (
    ("Office", "easy", 14776.0),
    ("OldTownFall", "hard", 14776.0),
    ("Hospital", "hard", 14776.0),
    ("Gascola", "easy", 65504.0),
)
#: A camera at the origin of the world, as a line of a pose file.
_POSE = "0 0 0 0 0 0 1\n"


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "v1") -> Path:
    """Write `count` frames of the left camera and return `root`; every other one is outdoors.

    A quarter as many are in the folder of the SLAM challenge, which has no depth, and no split.
    The first release has ids of meshes and a pose file, as published; "v2" and "ground" have
    the front view alone. Differs from the official archives in what is shown, and in that there
    is one trajectory an environment. The same arguments give the same bytes.
    """
    first = form == "v1"
    camera, height = (CAMERA, HEIGHT) if first else (CAMERA_V2, HEIGHT_V2)
    for shot in series(count, seed, height=height, width=WIDTH, camera=camera, street=in_turns):
        if shot.test:
            folder, frame = root / "mono" / "ME000", f"{shot.number:06d}"
            files = {f"{frame}.png": write_png(shot.found.rgb, kind="photo")}
        elif first:
            folder, files = _first(root, shot)
        else:
            folder, files = _later(root, shot, ground=form == "ground")
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, data)
    return root


def _first(root: Path, shot: Shot) -> tuple[Path, dict[str, bytes]]:
    environment, difficulty, sky = _PLACES[shot.index % len(_PLACES)]
    number = shot.index // len(_PLACES)
    stem = f"{number:06d}_left"
    return root / environment / difficulty / "P000", {
        f"image_left/{stem}.png": write_png(shot.found.rgb, kind="photo"),
        f"depth_left/{stem}_depth.npy": write_npy(_stored(shot.found, sky)),
        f"seg_left/{stem}_seg.npy": write_npy(shot.found.semantic.astype(np.uint8)),
        "pose_left.txt": (_POSE * (number + 1)).encode(),
    }


def _later(root: Path, shot: Shot, *, ground: bool) -> tuple[Path, dict[str, bytes]]:
    environment, difficulty, sky = _PLACES_V2[shot.index % len(_PLACES_V2)]
    level, trajectory = ("omni", "P0000") if ground else (difficulty, "P000")
    stem = f"{shot.index // len(_PLACES_V2):06d}_lcam_front"
    return root / environment / f"Data_{level}" / trajectory, {
        f"image_lcam_front/{stem}.png": write_png(shot.found.rgb, kind="photo"),
        f"depth_lcam_front/{stem}_depth.png": write_float_png(_stored(shot.found, sky)),
    }


def _stored(found: Scene, sky: float) -> Array:
    return np.where(np.isinf(found.depth_z), np.float32(sky), found.depth_z)
