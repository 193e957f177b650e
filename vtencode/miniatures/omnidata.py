"""A tiny Omnidata in the layout of the authors' download tool: rooms of two buildings."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.formats.point_info import write_point_info
from vtencode.frames import to_frame
from vtencode.miniatures import ground_truth
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import turns
from vtencode.png import write_png, write_png_gray
from vtencode.targets import Array, Camera

SIZE = 512
#: Steps to a meter, and the number of a hole (README of the authors, "Modalities").
_STEPS, _HOLE = 512, 65535
#: Buildings of the authors' `tiny` subset: one to train, one to test.
BUILDINGS = {False: "hanson", True: "ihlen"}
#: Fields of view, each view its own; the authors draw 30 to 125 degrees, 61 on average.
_DEGREES = (61.2, 67.6, 50.0)
#: What the mesh lacks: rows and columns.
HOLE = (slice(60, 110), slice(300, 380))

Form = Literal["tool", "training", "taskonomy"]
_FOLDERS: dict[str, str] = {
    "tool": "{domain}/taskonomy/{building}",
    "training": "taskonomy/{domain}/{building}",
    "taskonomy": "{building}/{domain}",
}


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "tool") -> Path:
    """Write `count` views to train and a quarter as many to test; return `root`.

    `form` is the order of the folders: as the authors' download tool makes them, as their
    training code reads them, or as Taskonomy's archives extract, a building each. Differs from
    the official files in what is shown. The same arguments give the same bytes.
    """
    if form not in _FOLDERS:
        raise SpecError(f"form must be one of {', '.join(_FOLDERS)}, got {form!r}.")
    for index, test in enumerate(turns(count)):
        angle = field_of_view(index)
        found = scene(seed, index, height=SIZE, width=SIZE, camera=camera(angle))
        for (domain, name), data in _files(found, angle).items():
            folder = root / _FOLDERS[form].format(domain=domain, building=BUILDINGS[test])
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / f"point_{index}_view_{index % 3}_domain_{name}", data)
    marks = ["id,train,val,test", f"{BUILDINGS[False]},1,0,0", f"{BUILDINGS[True]},0,0,1"]
    write_whole(root / "train_val_test_tiny.csv", "\r".join(marks).encode())
    return root


def field_of_view(index: int) -> float:
    """The angle that a view spans, in radians."""
    return math.radians(_DEGREES[index % len(_DEGREES)])


def camera(angle: float) -> Camera:
    """The pinhole of that field of view."""
    focal = SIZE / 2 / math.tan(angle / 2)
    return Camera(fx=focal, fy=focal, cx=(SIZE - 1) / 2, cy=(SIZE - 1) / 2)


def _files(found: Scene, angle: float) -> dict[tuple[str, str], bytes]:
    hole = np.zeros((SIZE, SIZE), dtype=bool)
    hole[HOLE] = True
    depth = ground_truth.depth(found)
    z, ray = (_steps(depth.as_measure(measure).meters, hole) for measure in ("z", "ray"))
    info = write_point_info(angle, resolution=SIZE, camera_rotation_final=[1.5, 0.0, 0.0])
    return {
        ("rgb", "rgb.png"): write_png(found.rgb, kind="photo"),
        ("depth_zbuffer", "depth_zbuffer.png"): write_png_gray(z),
        ("depth_zbuffer", "depth_zbuffer2.png"): write_png_gray((z >> 8).astype(np.uint8)),
        ("depth_euclidean", "depth_euclidean.png"): write_png_gray(ray),
        ("normal", "normal.png"): write_png(_colors(found, hole), kind="photo"),
        ("mask_valid", "mask_valid.png"): write_png_gray(np.where(hole, 0, 255).astype(np.uint8)),
        ("point_info", "fixatedpose.json"): info,
    }


def _steps(meters: Array, hole: Array) -> Array:
    steps = np.floor(meters.astype(np.float64) * _STEPS + 0.5)
    return np.where(hole, _HOLE, steps).astype(np.uint16)


def _colors(found: Scene, hole: Array) -> Array:
    vectors = to_frame(ground_truth.normals(found), "omnidata").astype(np.float64)
    colors = np.floor((vectors + 1) / 2 * 255 + 0.5)
    return np.where(hole[..., None], 128, colors).astype(np.uint8)
