"""A tiny NYU Depth V2: the labeled set and its split, in the layout of the official files.

`nyu_depth_v2_labeled.mat` is MATLAB 7.3, which is HDF5 behind a user block, so HDF5 sees every
array with its axes reversed: MATLAB's images(y, x, channel, frame) is (frame, channel, x, y).
Differs from the official file in `names`, which are the classes of our scenes; in `accelData`,
which is zero; and in `namesToIds`, which is left out: it is an opaque MATLAB containers.Map.
`classMapping40.mat` groups those names, and has the numbers of the official one without its texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import h5py
import numpy as np

from vtencode.durable import placing, write_whole
from vtencode.mat5 import write_mat5
from vtencode.miniatures.scenes import CLASSES, Scene, scene
from vtencode.miniatures.series import turns
from vtencode.targets import Array, Camera

LABELED, SPLITS = "nyu_depth_v2_labeled.mat", "splits.mat"
MAPPING = "classMapping40.mat"
HEIGHT, WIDTH = 480, 640
#: Color camera of the Kinect, `camera_params.m` of the authors' toolbox.
CAMERA = Camera(fx=518.8579, fy=519.4696, cx=325.5824, cy=253.7362)
#: Official color frames have a white border about this wide.
WHITE_PX = 8

#: Which of the 40 classes, from 1, each of our names is of: as the official mapping has it, where
#: it knows the name (a rug is "otherprop" there, and no "floor mat").
GROUPED = {
    "floor": 2, "wall": 1, "ceiling": 22, "ground": 2, "building": 38, "window": 9, "picture": 11,
    "door": 8, "rug": 40, "sofa": 6, "table": 7, "chair": 5, "cabinet": 3, "bookshelf": 10,
    "lamp": 35, "plant": 40, "box": 29, "ball": 40, "car": 40, "tree": 38, "person": 31,
}  # fmt: skip

_USER_BLOCK_BYTES = 512
_HEADER = (
    b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Sat Jan  1 00:00:00 2000 "
    b"HDF5 schema 1.00 ."
).ljust(116) + bytes(8) + b"\x00\x02IM"  # fmt: skip
_FRAMES: dict[str, tuple[tuple[int, ...], str, str]] = {  # shape of a frame, dtype, MATLAB class
    "images": ((3, WIDTH, HEIGHT), "<u1", "uint8"),
    "depths": ((WIDTH, HEIGHT), "<f4", "single"),
    "rawDepths": ((WIDTH, HEIGHT), "<f4", "single"),
    "labels": ((WIDTH, HEIGHT), "<u2", "uint16"),
    "instances": ((WIDTH, HEIGHT), "<u1", "uint8"),
}


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` train frames and a quarter as many test frames, at least 1; return `root`.

    Frame i is `scene(seed, i)`. The two splits alternate. The same arguments give the same
    bytes; a file appears under its name only when it is whole.
    """
    tested = np.array(turns(count))
    total = len(tested)
    root.mkdir(parents=True, exist_ok=True)
    with placing(root / LABELED) as path:
        _write_labeled(path, total, seed)
    numbers = np.arange(1, total + 1, dtype=np.uint16)[:, None]
    lists = write_mat5({"testNdxs": numbers[tested], "trainNdxs": numbers[~tested]})
    write_whole(root / SPLITS, lists)
    grouped = np.array([[GROUPED[name] for name in CLASSES[1:]]], dtype=np.uint8)
    write_whole(root / MAPPING, write_mat5({"mapClass": grouped}))
    return root


def _write_labeled(path: Path, total: int, seed: int) -> None:
    with h5py.File(
        path, "w", libver=("earliest", "v108"), userblock_size=_USER_BLOCK_BYTES
    ) as file:
        for name, (shape, dtype, matlab_class) in _FRAMES.items():
            frames = file.create_dataset(
                name, (total, *shape), dtype, chunks=(1, *shape), compression="gzip",
                compression_opts=3, track_times=False,
            )  # fmt: skip
            frames.attrs["MATLAB_class"] = np.bytes_(matlab_class)
        for i in range(total):
            found = scene(seed, i, height=HEIGHT, width=WIDTH, camera=CAMERA)
            for name, values in _frame(found).items():
                file[name][i] = values
        _write_facts(file, total)
    with path.open("rb+") as raw:
        raw.write(_HEADER.ljust(_USER_BLOCK_BYTES, b"\0"))


def _frame(found: Scene) -> dict[str, Array]:
    """One frame's arrays, axes reversed."""
    white = np.full_like(found.rgb, 255)
    inner = (slice(WHITE_PX, -WHITE_PX), slice(WHITE_PX, -WHITE_PX))
    white[inner] = found.rgb[inner]
    arrays = {
        "images": white,
        "depths": found.depth_z,
        "rawDepths": _as_measured(found.depth_z),
        "labels": found.semantic,
        "instances": _numbered_in_class(found),
    }
    return {name: array.T for name, array in arrays.items()}


def _as_measured(depth: Array) -> Array:
    """Depth with the holes of a Kinect: 0 along the frame, around edges, in the dot shadow.

    The projector sits beside the camera, so the shadow falls to one side of what is near.
    """
    jump = cv2.dilate(depth, np.ones((5, 5))) > 1.04 * cv2.erode(depth, np.ones((5, 5)))
    shadow = cv2.erode(depth, np.ones((1, 15)), anchor=(0, 0)) < 0.9 * depth
    hole = jump | shadow
    for edge in (hole, hole[::-1], hole.T, hole.T[::-1]):
        edge[:12] = True
    return np.where(hole, np.float32(0), depth)


def _numbered_in_class(found: Scene) -> Array:
    """Instances counted from 1 within each class, as the official labels count them."""
    numbers = np.zeros(found.semantic.shape, dtype=np.uint8)
    for kind in np.unique(found.semantic[found.semantic > 0]):
        mask = found.semantic == kind
        numbers[mask] = np.unique(found.instance[mask], return_inverse=True)[1] + 1
    return numbers


def _write_facts(file: h5py.File, total: int) -> None:
    accel = file.create_dataset("accelData", data=np.zeros((4, total), "<f4"), track_times=False)
    accel.attrs["MATLAB_class"] = np.bytes_("single")
    places = [f"living_room_{i + 1:04d}" for i in range(total)]
    _write_cell(file, "names", CLASSES[1:])
    _write_cell(file, "scenes", places)
    _write_cell(file, "sceneTypes", ["living_room"] * total)
    for field, letter, suffix in (("rawDepth", "d", "pgm"), ("rawRgb", "r", "ppm")):
        names = [f"{place}/{letter}-0.000000-{i}.{suffix}" for i, place in enumerate(places)]
        _write_cell(file, f"{field}Filenames", names)


def _write_cell(file: h5py.File, name: str, texts: Sequence[str]) -> None:
    """Write a MATLAB column cell of texts: (1, N) references to arrays of UTF-16 units."""
    store = file.require_group("#refs#")
    references = np.empty((1, len(texts)), dtype=h5py.ref_dtype)
    for i, text in enumerate(texts):
        units = np.frombuffer(text.encode("utf-16-le"), "<u2")[:, None]
        item = store.create_dataset(f"{name}{i}", data=units, track_times=False)
        item.attrs["MATLAB_class"] = np.bytes_("char")
        item.attrs["MATLAB_int_decode"] = np.int32(2)
        references[0, i] = item.ref
    cell = file.create_dataset(name, data=references, dtype=h5py.ref_dtype, track_times=False)
    cell.attrs["MATLAB_class"] = np.bytes_("cell")
