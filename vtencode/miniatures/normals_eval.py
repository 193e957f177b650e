"""A tiny evaluation pack of DSINE, with every part in its own format; and Marigold's copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.formats.exr import write_exr
from vtencode.formats.npy import write_npy
from vtencode.formats.pickles import write_pickle
from vtencode.formats.rgb16 import write_rgb16
from vtencode.frames import to_frame
from vtencode.miniatures import ground_truth
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import jpeg
from vtencode.png import write_png
from vtencode.targets import Array, Camera, NormalMap

Form = Literal["dsine", "marigold"]


@dataclass(frozen=True)
class Kind:
    """A part of the pack: where its frames are, how they are called, and how large they are."""

    part: str
    place: str
    frame: str
    height: int = 480
    width: int = 640
    street: bool = False

    @property
    def camera(self) -> Camera:
        """Where all is seen from: the NYU color camera's view, roughly."""
        center = (self.width - 1) / 2, (self.height - 1) / 2
        return Camera(fx=0.81 * self.width, fy=0.81 * self.width, cx=center[0], cy=center[1])


TRAIN = Kind("nyuv2", "train", "{:06d}")
#: Frames as DSINE's lists name them (data/datasets/*/split), and their published sizes.
TESTS = (
    Kind("nyuv2", "test", "{:06d}"),
    Kind("scannet", "scene0532_00", "{:06d}"),
    Kind("ibims", "ibims", "corridor_{:02d}"),
    Kind("sintel", "alley_1", "frame_{:04d}", height=436, width=1024, street=True),
    Kind("vkitti", "Scene01", "{:06d}", height=375, width=1242, street=True),
    Kind("oasis", "val", "{:06d}_DT"),
)
#: What Marigold's list of evaluation datasets has of it (config/dataset_normals).
COPIED = ("nyuv2", "scannet", "ibims", "oasis")
#: What the Kinect did not see has no normal in the files of GeoNet and FrameNet.
HOLE = (slice(100, 140), slice(200, 260))


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "dsine") -> Path:
    """Write `count` frames of nyuv2/train, a quarter as many of each part to test; return `root`.

    `form` "marigold" has .npy instead, and only what Marigold copied. The same arguments give
    the same bytes. Needs OpenEXR for the .exr of "dsine".
    """
    if count < 1:
        raise SpecError(f"count must be >= 1 (train frames), got {count}.")
    for kind, number, found in shots(count, seed, form):
        folder = root / ("dsine_eval" if form == "dsine" else "") / kind.part / kind.place
        folder.mkdir(parents=True, exist_ok=True)
        for ending, data in _files(found, kind, form).items():
            write_whole(folder / f"{kind.frame.format(number)}{ending}", data)
    return root


def shots(count: int, seed: int, form: Form = "dsine") -> Iterator[tuple[Kind, int, Scene]]:
    """Every frame: its part, its number, and the scene that it shows."""
    test = max(1, count // 4)
    kinds = [TRAIN] * count if form == "dsine" else []
    for kind in TESTS:
        kinds += [kind] * test if form == "dsine" or kind.part in COPIED else []
    for index, kind in enumerate(kinds):
        yield kind, index, scene(
            seed, index, height=kind.height, width=kind.width, camera=kind.camera, sky=kind.street
        )  # fmt: skip


def seen(found: Scene, kind: Kind) -> NormalMap:
    """The normals of a scene that its dataset knows."""
    normals = ground_truth.normals(found)
    valid = normals.valid.copy()
    if kind.part in ("nyuv2", "scannet"):
        valid[HOLE] = False
    elif kind.part == "oasis":
        inside = np.zeros_like(valid)
        inside[_box(normals.shape)] = True
        valid &= inside
    return NormalMap(normals.xyz, valid)


def _files(found: Scene, kind: Kind, form: Form) -> dict[str, bytes]:
    image = write_png(found.rgb, kind="photo")
    files = {"_img.jpg": jpeg(found.rgb)} if kind.part == "vkitti" else {"_img.png": image}
    normals = seen(found, kind)
    if form == "marigold":
        return {**files, "_normal.npy": write_npy(to_frame(normals, "marigold"))}
    camera = kind.camera
    lines = [[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]]
    files["_intrins.npy"] = write_npy(np.array(lines, dtype=np.float32))
    return {**files, **_normals(normals, kind.part)}


def _normals(normals: NormalMap, part: str) -> dict[str, bytes]:
    if part == "oasis":
        return {"_normal.pkl": _boxed(normals)}
    stored = to_frame(normals, "dsine")
    if part in ("ibims", "sintel"):
        return {"_normal.exr": write_exr(stored)}
    if part == "vkitti":
        return {"_normal.png": write_rgb16(_levels(stored, 65535).astype(np.uint16))}
    return {"_normal.png": write_png(_levels(stored, 255).astype(np.uint8))}


def _levels(stored: Array, most: int) -> Array:
    """As DSINE rounds (utils/visualize.py, normal_to_uint8), black where there is none."""
    levels = np.rint((stored.astype(np.float64) + 1) / 2 * most)
    return np.where(stored.any(axis=2, keepdims=True), levels, 0)


def _boxed(normals: NormalMap) -> bytes:
    """The middle of the image, as OASIS tells it: both ends of the box are in it."""
    rows, columns = _box(normals.shape)
    sides = {"min_y": rows.start, "max_y": rows.stop - 1}
    sides |= {"min_x": columns.start, "max_x": columns.stop - 1}
    box = to_frame(normals, "oasis")[rows, columns]
    return write_pickle({**sides, "normal": box.astype(np.float32)})


def _box(shape: tuple[int, int]) -> tuple[slice, slice]:
    height, width = shape
    return slice(height // 4, height * 3 // 4 + 1), slice(width // 3, width * 2 // 3 + 1)
