"""A tiny Hypersim: extracted archives and the two tables beside them, or Marigold's packs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.formats.hdf5 import write_hdf5
from vtencode.formats.npy import write_npy
from vtencode.frames import to_frame
from vtencode.miniatures import ground_truth
from vtencode.miniatures.scenes import CLASSES, Scene
from vtencode.miniatures.series import jpeg, series
from vtencode.png import write_png, write_png_gray
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 768, 1024
#: The field of view of every scene is pi / 3 across (ml-hypersim, `_vray_user_params.py`).
_HALF = np.tan(np.pi / 6)
CAMERA = Camera(fx=512 / _HALF, fy=512 / _HALF, cx=511.5, cy=383.5)
#: M_cam_from_uv of most scenes.
PINHOLE = np.diag([_HALF, 0.75 * _HALF, -1.0])
#: Turns the camera's frame against its picture, so that the image plane is at a slant: 8 degrees.
TURN = np.array(
    [
        [1, 0, 0],
        [0, np.cos(np.radians(8)), -np.sin(np.radians(8))],
        [0, np.sin(np.radians(8)), np.cos(np.radians(8))],
    ]
)
#: The scenes of each split: every other frame is of the second, which is tilt-shift.
SCENES = {False: ("ai_001_001", "ai_037_002"), True: ("ai_003_010", "ai_055_005")}
#: NYU40 ids of our classes; others, and what nothing is, are unlabeled.
NYU40 = {
    "wall": 1, "floor": 2, "cabinet": 3, "chair": 5, "sofa": 6, "table": 7, "door": 8,
    "window": 9, "bookshelf": 10, "picture": 11, "rug": 20, "ceiling": 22, "box": 29,
    "person": 31, "lamp": 35, "ball": 40,
}  # fmt: skip
#: Patches (rows, columns) of what is odd in official files.
HOLE = (slice(60, 100), slice(900, 980))
AWAY = (slice(300, 340), slice(200, 260))
LONG = (slice(400, 420), slice(500, 540))
NO_DIRECTION = (slice(420, 440), slice(500, 540))
#: Color is of any scale, and the tone map takes it away: this is one.
_EXPOSURE = 3.7

FormName = Literal["official", "processed"]


@dataclass(frozen=True)
class _Place:
    """Where a frame stands: its scene and number, whether it is to test, and at a slant."""

    scene: str
    number: int
    test: bool
    slanted: bool

    @property
    def split(self) -> str:
        return "val" if self.test else "train"


def write(root: Path, *, count: int = 8, seed: int = 0, form: FormName = "official") -> Path:
    """Write `count` train frames and a quarter as many validation frames; return `root`.

    Every other frame is of a tilt-shift scene. One more frame of the first scene is flagged for
    removal; the official archives lack such frames, here its files are there. Differs from the
    official form also in what is shown, in one camera a scene, in the columns of the table of
    cameras (those of geometry), and in the trajectories, which are left out. `form` "processed" is
    what Marigold's two scripts make of it. The same arguments give the same bytes.
    """
    if form not in ("official", "processed"):
        raise SpecError(f"form must be 'official' or 'processed', got {form!r}.")
    places: list[_Place] = []
    for shot in series(count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA):
        slanted = shot.index % 2 == 1
        scene = SCENES[shot.test][slanted]
        number = sum(place.scene == scene for place in places)
        place = _Place(scene, number, shot.test, slanted)
        holed = shot.index % 2 == 0
        frame = _Frame(shot.found, place, holed)
        files = frame.official() if form == "official" else frame.processed()
        _write(root, files)
        if not places and form == "official":
            again = {name.replace("frame.0000.", "frame.0099."): files[name] for name in files}
            _write(root, again)
        places.append(place)
    _write_tables(root, places, form)
    return root


class _Frame:
    """The files of one frame."""

    def __init__(self, found: Scene, place: _Place, holed: bool) -> None:  # noqa: FBT001
        self.found, self.place = found, place
        self.seen = np.ones((HEIGHT, WIDTH), dtype=bool)
        self.seen[HOLE] = not holed
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        self.rays = np.sqrt(
            1 + ((x - CAMERA.cx) / CAMERA.fx) ** 2 + ((y - CAMERA.cy) / CAMERA.fy) ** 2
        )

    def official(self) -> dict[str, bytes]:
        """The frame's files as the authors' archives hold them."""
        color, picture = exposed(self.found.rgb, self.seen)
        semantic, numbers = self._labels()
        entities = np.where(self.seen, self.found.instance + 1, -1)
        geometry = {
            "depth_meters": self._distance(),
            "normal_cam": self._normals(odd=True).astype(np.float16),
            "semantic": semantic.astype(np.int16),
            "semantic_instance": numbers.astype(np.int16),
            "render_entity_id": entities.astype(np.int16),
        }
        place = self.place
        images, frame = f"{place.scene}/images/scene_cam_00", f"frame.{place.number:04d}"
        files = {
            f"{images}_final_hdf5/{frame}.color.hdf5": write_hdf5({"dataset": color}),
            f"{images}_final_preview/{frame}.tonemap.jpg": jpeg(picture),
            f"{place.scene}/_detail/metadata_scene.csv": (
                b"parameter_name,parameter_value\nmeters_per_asset_unit,0.01\n"
            ),
        }
        for name, values in geometry.items():
            files[f"{images}_geometry_hdf5/{frame}.{name}.hdf5"] = write_hdf5({"dataset": values})
        return files

    def processed(self) -> dict[str, bytes]:
        """The frame's files as Marigold's scripts write them; a hole leaves no normals."""
        _, picture = exposed(self.found.rgb, self.seen)
        distance = self._distance().astype(np.float64)
        planar = np.where(self.seen, distance, 0) * self._cosines_of_886() * 1000
        place = self.place
        folder, frame = f"{place.split}/{place.scene}", f"cam_00_fr{place.number:04d}"
        files = {
            f"{folder}/rgb_{frame}.png": write_png(picture, kind="photo"),
            f"{folder}/depth_plane_{frame}.png": write_png_gray(planar.astype(np.uint16)),
        }
        if self.seen.all():
            normals = self._normals(odd=False).astype(np.float64)
            files[f"{folder}/normal_cam_{frame}.npy"] = write_npy(normals)
        return files

    def _distance(self) -> Array:
        distance = np.where(self.seen, self.found.depth_z * self.rays, np.nan)
        return distance.astype(np.float16)

    def _cosines_of_886(self) -> Array:
        x = np.linspace(-511.5, 511.5, WIDTH)
        y = np.linspace(-383.5, 383.5, HEIGHT)
        cosines: Array = 886.81 / np.sqrt(886.81**2 + x[None, :] ** 2 + y[:, None] ** 2)
        return cosines

    def _normals(self, *, odd: bool) -> Array:
        normals = to_frame(ground_truth.normals(self.found), "hypersim")
        if self.place.slanted:
            normals = normals @ TURN.T
        if odd:
            normals = np.where(self.seen[..., None], normals, np.nan)
            normals[AWAY] *= -1
            normals[LONG] *= 1.25
            normals[NO_DIRECTION] = 0
        return normals

    def _labels(self) -> tuple[Array, Array]:
        known = np.array([NYU40.get(name, -1) for name in CLASSES])
        semantic = np.where(self.seen, known[self.found.semantic], -1)
        numbers = np.where(self.found.instance > 0, self.found.instance.astype(np.int32), -1)
        return semantic, np.where(self.seen, numbers, -1)


def exposed(rgb: Array, seen: Array) -> tuple[Array, Array]:
    """Linear color, float16, that the authors' tone map shows as the picture, uint8.

    The picture is `rgb` times one factor, which makes its 90th percentile of brightness 0.8, cut
    at 255: what the tone map does to any scene, however bright.
    """
    linear = (rgb / 255) ** 2.2
    brightness = (linear @ np.array([0.3, 0.59, 0.11]))[seen]
    factor = 0.8 / np.percentile(brightness, 90) ** (1 / 2.2)
    picture = np.minimum(np.floor(rgb * factor), 255)
    return (linear * _EXPOSURE).astype(np.float16), picture.astype(np.uint8)


def _write(root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(root / name, data)


def _write_tables(root: Path, places: Sequence[_Place], form: FormName) -> None:
    known = sorted(places, key=lambda place: (place.scene, place.number))
    header = ["scene_name", "camera_name", "frame_id", "included_in_public_release",
              "exclude_reason", "split_partition_name"]  # fmt: skip
    rows = [[p.scene, "cam_00", p.number, True, "", p.split] for p in known]
    if form == "official":
        rows.append([known[0].scene, "cam_00", 99, False, "CONTENT FLAGGED FOR REMOVAL", ""])
        _write(root, {"metadata_images_split_scene_v1.csv": _csv(header, rows)})
    else:
        for split in ("train", "val"):
            own = [[i, *row] for i, row in enumerate(rows) if row[-1] == split]
            name = f"{split}/filename_meta_{split}.csv"
            _write(root, {name: _csv(["", *header], own)})
    columns = [f"M_cam_from_uv_{i}{j}" for i in range(3) for j in range(3)]
    cameras = [
        [scene, 768.0, 1024.0, *(TURN @ PINHOLE if slanted else PINHOLE).ravel().tolist()]
        for scenes in SCENES.values()
        for scene, slanted in zip(scenes, (False, True), strict=True)
    ]
    header = ["scene_name", "settings_output_img_height", "settings_output_img_width", *columns]
    _write(root, {"metadata_camera_parameters.csv": _csv(header, cameras)})


def _csv(header: Iterable[object], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
