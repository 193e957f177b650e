"""A tiny Cityscapes in the layout that the authors' zips extract to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.cityscapes import StereoRig, write_disparity, write_rig
from vtencode.miniatures.enlarged import street
from vtencode.miniatures.scenes import CLASSES, Scene
from vtencode.miniatures.series import turns
from vtencode.png import write_png, write_png_gray, write_png_rgba
from vtencode.sources.cityscapes.labels import BY_ID
from vtencode.targets import Array, Camera, DepthMap

HEIGHT, WIDTH = 1024, 2048
#: `aachen_000000_000019_camera.json` of the authors.
RIG = StereoRig(
    Camera(fx=2262.52, fy=2265.3017905988554, cx=1096.98, cy=513.137), baseline_m=0.209313
)
#: The border that is out of roi, in pixels, as in the authors' files.
BORDER = 5
#: Columns that only one of the two cameras sees, at the left.
ONE_EYED = 96
#: Cars farther than this are annotated as one group, without numbers.
GROUPED_M = 45.0
PEOPLE = 3

_IDS = {label.name: id_ for id_, label in BY_ID.items()}
_OF_SCENE = {
    "none": "sky", "ground": "road", "building": "building", "tree": "vegetation", "car": "car",
    "person": "person", "box": "dynamic",
}  # fmt: skip
_THINGS = [_IDS[name] for name in ("person", "car", "caravan")]
_HOOD = np.array([38, 40, 44], dtype=np.uint8)

Form = Literal["fine", "coarse"]


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "fine") -> Path:
    """Write `count` frames of train (aachen) and a quarter as many of val (lindau); return `root`.

    With `form` "coarse" they are annotated coarsely, those of train as train_extra. Differs from
    the official data in what is shown, in that pictures are rendered at half their size and
    enlarged, and in that there are no polygons. Every fourth car is a caravan, cars far away are
    one group, and the own car's hood hides the street. The same arguments give the same bytes.
    """
    numbers = {True: 0, False: 0}
    for index, test in enumerate(turns(count)):
        found = _shot(seed, index)
        train = ("train_extra", "aachen") if form == "coarse" else ("train", "aachen")
        split, city = ("val", "lindau") if test else train
        frame = f"{city}_{numbers[test]:06d}_000019"
        numbers[test] += 1
        for kind, files in _files(found, form).items():
            folder = root / kind / split / city
            folder.mkdir(parents=True, exist_ok=True)
            for ending, data in files.items():
                write_whole(folder / f"{frame}_{kind}{ending}", data)
    return root


def label_ids(found: Scene) -> Array:
    """The label of every pixel: uint8 (H, W)."""
    names = [_IDS[_OF_SCENE.get(name, "static")] for name in CLASSES]
    ids = np.array(names, dtype=np.uint8)[found.semantic]
    across = (np.arange(WIDTH) - RIG.camera.cx) / RIG.camera.fx * found.depth_z
    beside = np.abs(across, where=np.isfinite(across), out=np.zeros(ids.shape)) > 4.2
    ids[(ids == _IDS["road"]) & beside] = _IDS["sidewalk"]
    ids[(ids == _IDS["car"]) & (found.instance % 4 == 3)] = _IDS["caravan"]
    ids[hood()] = _IDS["ego vehicle"]
    inside = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    framed = np.full_like(ids, _IDS["out of roi"])
    framed[inside] = ids[inside]
    return framed


def instance_ids(found: Scene) -> Array:
    """1000 times the label plus a number from 0 where objects are told apart: uint16 (H, W)."""
    ids = label_ids(found)
    numbers = ids.astype(np.uint16)
    for label in _THINGS:
        objects = np.unique(found.instance[ids == label]).tolist()
        for at, number in enumerate(objects):
            mine = (ids == label) & (found.instance == number)
            if label == _IDS["person"] or found.depth_z[mine].min() <= GROUPED_M:
                numbers[mine] = 1000 * label + at
    return numbers


def depth(found: Scene) -> DepthMap:
    """Depth as stereo finds it: not where one camera sees nothing, and not of the own car."""
    meters = found.depth_z.astype(np.float64)
    meters[hood()] = np.nan
    meters[:, :ONE_EYED] = np.nan
    return DepthMap(meters, camera=RIG.camera)


def hood() -> Array:
    """Where the own car is seen: bool (H, W)."""
    aside = (np.arange(WIDTH) - WIDTH / 2) / 900
    top = HEIGHT - 90 * np.sqrt(np.maximum(1 - aside**2, 0))
    seen: Array = np.arange(HEIGHT)[:, None] >= np.where(np.abs(aside) < 1, top, HEIGHT)
    return seen


def coarsely(numbers: Array, found: Scene) -> Array:
    """Where a coarse annotation has labels: not at most edges, nor far away. Bool (H, W)."""
    blocks = numbers[::16, ::16].repeat(16, axis=0).repeat(16, axis=1)
    labeled: Array = (blocks == numbers) & (found.depth_z < 20)
    return labeled


def _shot(seed: int, index: int) -> Scene:
    return street(seed, index, height=HEIGHT, width=WIDTH, camera=RIG.camera, people=PEOPLE)


def _files(found: Scene, form: Form) -> dict[str, dict[str, bytes]]:
    """The bytes of every file, by its kind and the end of its name."""
    ids, numbers = label_ids(found), instance_ids(found)
    if form == "coarse":
        labeled = coarsely(numbers, found)
        ids, numbers = ids * labeled, numbers * labeled
    colors = np.array([(*BY_ID[id_].color, 255) for id_ in sorted(BY_ID)], dtype=np.uint8)
    rgb = np.where(hood()[..., None], _HOOD, found.rgb)
    return {
        "leftImg8bit": {".png": write_png(rgb, kind="photo")},
        "gtCoarse" if form == "coarse" else "gtFine": {
            "_labelIds.png": write_png_gray(ids),
            "_instanceIds.png": write_png_gray(numbers),
            "_color.png": write_png_rgba(colors[ids]),
        },
        "disparity": {".png": write_png_gray(write_disparity(depth(found), RIG))},
        "camera": {".json": write_rig(RIG)},
    }
