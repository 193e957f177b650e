"""A tiny SUN RGB-D: rooms seen by four sensors, and the toolbox's list of splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vtencode.formats.mat_tree import write_mat_tree
from vtencode.formats.text_matrix import write_text_matrix
from vtencode.miniatures.putting import put
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import jpeg, turns
from vtencode.png import write_png_gray
from vtencode.scaled import ScaledDepth
from vtencode.seeds import generator
from vtencode.sources.sun_rgbd.rotation import rotated
from vtencode.targets import Camera, DepthMap

#: One of so many pixels has no measurement.
HOLES = 6
#: Where the authors kept their data, as the lists name it.
_LISTED_UNDER = "/n/fs/sun3d/data/SUNRGBD"


@dataclass(frozen=True)
class Sensor:
    """A collection: how its frames and files are called, their size, and a camera of one."""

    frame: str
    image: str
    depth: str
    shape: tuple[int, int]
    camera: Camera


#: The cameras of B3DO and of align_kv2 are those of a published frame, and so is the size of
#: RealSense pictures; that of Xtion pictures is not confirmed, nor are the other cameras.
SENSORS = (
    Sensor(
        "kv1/NYUdata/NYU{:04d}", "NYU{:04d}.jpg", "NYU{:04d}.png",
        (427, 561), Camera(518.857901, 519.469611, 284.582449, 208.736166),
    ),
    Sensor(
        "kv1/b3dodata/img_{:04d}", "img_{:04d}.jpg", "img_{:04d}_abs.png",
        (427, 561), Camera(520.532, 520.7444, 277.9258, 215.115),
    ),
    Sensor(
        "kv2/align_kv2/2014-12-18_11-31-54_{:04d}", "0000{:03d}.jpg", "0000{:03d}.png",
        (530, 730), Camera(529.5, 529.5, 365.0, 265.0),
    ),
    Sensor(
        "realsense/sa/2014_10_21-15_21_11-{:04d}", "0000{:03d}.jpg", "0000{:03d}.png",
        (531, 681), Camera(691.584229, 691.584229, 362.777557, 264.75),
    ),
    Sensor(
        "xtion/sun3ddata/brown_bm_1/brown_bm_1/frame-{:06d}", "{:07d}.jpg", "{:07d}.png",
        (441, 591), Camera(570.342205, 570.342205, 295.0, 220.0),
    ),
)  # fmt: skip


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` train frames and a quarter as many to test, of all sensors in turns.

    `SUNRGBD` and `SUNRGBDtoolbox` are there as the archives extract. Differs from them in what is
    shown, in that `fullres` is small, and in that annotations are left out. The same arguments
    give the same bytes.
    """
    lists: dict[str, list[str]] = {"alltrain": [], "alltest": []}
    for index, test in enumerate(turns(count)):
        sensor = SENSORS[index % len(SENSORS)]
        folder = sensor.frame.format(index + 1)
        lists["alltest" if test else "alltrain"].append(f"{_LISTED_UNDER}/{folder}")
        for name, data in _files(sensor, index, seed).items():
            put(root / "SUNRGBD" / folder / name, data)
    place = root / "SUNRGBDtoolbox" / "traintestSUNRGBD" / "allsplit.mat"
    put(place, write_mat_tree({name: tuple(lines) for name, lines in lists.items()}))
    return root


def seen(index: int, seed: int) -> Scene:
    """The room of a frame through its sensor."""
    sensor = SENSORS[index % len(SENSORS)]
    height, width = sensor.shape
    return scene(seed, index, height=height, width=width, camera=sensor.camera)


def _files(sensor: Sensor, index: int, seed: int) -> dict[str, bytes]:
    found, camera = seen(index, seed), sensor.camera
    steps = ScaledDepth(per_meter=1000).write(DepthMap(found.depth_z))
    holes = generator(seed, "sun-rgbd", str(index)).integers(HOLES, size=steps.shape) == 0
    image, depth = (name.format(index + 1) for name in (sensor.image, sensor.depth))
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
    return {
        f"image/{image}": jpeg(found.rgb),
        f"depth/{depth}": write_png_gray(rotated(np.where(holes, np.uint16(0), steps))),
        f"depth_bfx/{depth}": write_png_gray(rotated(steps)),
        f"fullres/{image}": jpeg(found.rgb[::4, ::4]),
        f"fullres/{depth}": write_png_gray(rotated(steps[::4, ::4])),
        "fullres/intrinsics.txt": write_text_matrix(matrix),
        "intrinsics.txt": write_text_matrix(matrix),
        "extrinsics/20150118235401.txt": write_text_matrix(np.eye(3, 4)),
        "scene.txt": b"office",
    }
