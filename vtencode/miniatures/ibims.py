"""A tiny iBims-1 in the layout of the official archives: rooms, scanned from where they show."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.formats.mat_tree import write_mat_tree
from vtencode.miniatures.scenes import CLASSES, Scene, scene
from vtencode.png import write_png, write_png_gray
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 480, 640
#: Focal lengths of a frame; both, and the principal point, differ from frame to frame.
CAMERA = Camera(fx=550.39, fy=548.55, cx=354.44, cy=239.26)
ROOMS = ("livingroom", "office", "corridor")
#: 16 bits span 50 m.
STEPS = 65535 / 50
#: What the scanner did not reach, what a mask calls invalid, and what is as clear as glass.
HOLE = (slice(0, 480), slice(600, 612))
INVALID = (slice(400, 440), slice(40, 120))
CLEAR = (slice(100, 160), slice(200, 260))
#: Panes let the laser through.
_PANES = CLASSES.index("window")
#: Planes whose pixels and parameters the authors give.
_PLANES = ("wall", "table", "floor")

Form = Literal["raw", "mat"]


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "raw") -> Path:
    """Write `count` frames, all of them to test with; return `root`.

    `form` is "raw", the PNGs, or "mat", the MATLAB files. Differs from the official files in what
    is shown. The same arguments give the same bytes.
    """
    if count < 1 or form not in ("raw", "mat"):
        raise SpecError(f"count must be >= 1, form raw or mat, got {count} and {form!r}.")
    folder = root / f"ibims1_core_{form}"
    names = [name_of(index) for index in range(count)]
    for index, name in enumerate(names):
        found = scene(seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA)
        files = _pngs(found, name) if form == "raw" else {f"{name}.mat": _mat(found)}
        for place, data in files.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / place, data)
    write_whole(folder / "imagelist.txt", "".join(f"{name}\n" for name in names).encode())
    return root


def name_of(index: int) -> str:
    """The name of a frame: its room, and a number from 1."""
    return f"{ROOMS[index % len(ROOMS)]}_{index // len(ROOMS) + 1:02d}"


def masks(found: Scene) -> dict[str, Array]:
    """Where depth may be used, by the mask that says so: bool (H, W)."""
    valid = np.ones((HEIGHT, WIDTH), dtype=bool)
    valid[INVALID] = False
    solid = found.semantic != _PANES
    solid[CLEAR] = False
    return {"mask_invalid": valid, "mask_transp": solid}


def measured(found: Scene) -> Array:
    """What the scanner wrote: 0 where it saw nothing, and too far behind glass."""
    meters = np.where(masks(found)["mask_transp"], found.depth_z, found.depth_z + np.float32(1.5))
    meters[HOLE] = 0
    return np.asarray(meters, dtype=np.float32)


def _pngs(found: Scene, name: str) -> dict[str, bytes]:
    steps = np.floor(measured(found).astype(np.float64) * STEPS + 0.5).astype(np.uint16)
    numbers = (CAMERA.fx, CAMERA.fy, CAMERA.cx + 1, CAMERA.cy + 1)  # pixels counted from 1
    return {
        f"rgb/{name}.png": write_png(found.rgb, kind="photo"),
        f"depth/{name}.png": write_png_gray(steps),
        f"edges/{name}.png": _bits(_edges(found)),
        **{f"{kind}/{name}.png": _bits(mask) for kind, mask in masks(found).items()},
        f"calib/{name}.txt": ",".join(f"{number:.2f}" for number in numbers).encode(),
    }


def _mat(found: Scene) -> bytes:
    matrix = np.diag([CAMERA.fx, CAMERA.fy, 1.0])
    matrix[2, :2] = CAMERA.cx + 1, CAMERA.cy + 1
    nothing = {f"mask_{kind}": np.zeros((HEIGHT, WIDTH), np.uint8) for kind in _PLANES}
    fields = {
        "rgb": found.rgb,
        "depth": measured(found),
        "edges": _edges(found).astype(np.uint8),
        "calib": matrix,
        **{kind: mask.astype(np.uint8) for kind, mask in masks(found).items()},
        **nothing,
        **{f"{kind}_paras": np.zeros((0, 0)) for kind in nothing},
    }
    return write_mat_tree({"data": fields}, compress=True)


def _edges(found: Scene) -> Array:
    """Where one object ends and another begins, from left to right."""
    return np.asarray(np.diff(found.instance.astype(np.int32), axis=1, append=0) != 0)


def _bits(mask: Array) -> bytes:
    """A PNG of one bit a pixel."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    return buffer.getvalue()
