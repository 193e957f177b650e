"""Scenes of people, with the joints that datasets other than COCO mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import Shot, in_turns, series
from vtencode.targets import Array, Camera, Visibility

#: Up to so many people stand in a scene.
PEOPLE = 3
#: Heights of a mannequin 1.77 m tall, in meters: its hips, shoulders, upper neck and top.
_HIPS_M, _SHOULDERS_M, _NECK_M, _TOP_M = 0.93, 1.44, 1.55, 1.765
#: Between which joints others lie, and how high.
_MIDDLES = {
    "pelvis": (("left_hip", "right_hip"), _HIPS_M),
    "thorax": (("left_shoulder", "right_shoulder"), _SHOULDERS_M),
    "upper_neck": (("left_shoulder", "right_shoulder"), _NECK_M),
    "head_top": (("left_ear", "right_ear"), _TOP_M),
}


def posed(count: int, seed: int, *, height: int, width: int) -> Iterator[Shot]:
    """`count` scenes of people to train and a quarter as many to test, at least 1, in turns.

    Every other one is a street. The camera sees 62 degrees from left to right.
    """
    return series(
        count,
        seed,
        height=height,
        width=width,
        camera=_camera(height, width),
        street=in_turns,
        people=PEOPLE,
    )


def posed_scene(seed: int, index: int, *, height: int, width: int) -> Scene:
    """One of these scenes."""
    camera, sky = _camera(height, width), in_turns(index)
    return scene(seed, index, height=height, width=width, camera=camera, sky=sky, people=PEOPLE)


def _camera(height: int, width: int) -> Camera:
    focal = width / 1.2
    return Camera(fx=focal, fy=focal, cx=(width - 1) / 2, cy=(height - 1) / 2)


def marks(found: Scene, names: Sequence[str]) -> Array:
    """Float64 (N, K, 3): x, y and visibility of these joints of everybody who shows.

    Pixels count from 0, centers at integers; absent joints are 0, 0, 0. Beside `COCO_JOINTS` there
    are the middles of hips and of shoulders, the neck and the top of the head, which are in line
    with the body, and count as hidden where a joint beside them is.
    """
    shown = np.isin(found.people, found.instance)
    places, seen = found.joints_xyz[shown], found.joint_visibility[shown]
    at = {name: number for number, name in enumerate(COCO_JOINTS)}
    columns = []
    for name in names:
        if name in at:
            columns.append(_seen(found, found.joints[shown, at[name]], seen[:, at[name]]))
            continue
        beside, height_m = _MIDDLES[name]
        middle = _at_height(places, at, height_m)
        pixels = _projected(middle, found.camera)
        columns.append(_seen(found, pixels, seen[:, [at[each] for each in beside]].min(axis=1)))
    return np.stack(columns, axis=1)


def boxes(found: Scene) -> Array:
    """Float64 (N, 4): left, top, width and height of what shows of everybody who does."""
    listed = []
    for number in found.people[np.isin(found.people, found.instance)]:
        rows, columns = np.nonzero(found.instance == number)
        left, top = columns.min(), rows.min()
        listed.append((left, top, columns.max() + 1 - left, rows.max() + 1 - top))
    return np.array(listed, dtype=np.float64).reshape(-1, 4)


def _at_height(places: Array, at: dict[str, int], height_m: float) -> Array:
    """Places (N, 3) in the line from the hips' middle through that of the shoulders."""
    hips = (places[:, at["left_hip"]] + places[:, at["right_hip"]]) / 2
    shoulders = (places[:, at["left_shoulder"]] + places[:, at["right_shoulder"]]) / 2
    share = (height_m - _HIPS_M) / (_SHOULDERS_M - _HIPS_M)
    line: Array = hips + share * (shoulders - hips)
    return line


def _projected(places: Array, camera: Camera) -> Array:
    """Pixels (N, 2) of places (N, 3) in the camera's frame."""
    x, y, z = places.T
    return np.column_stack([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy])


def _seen(found: Scene, pixels: Array, visibility: Array) -> Array:
    """X, y and visibility (N, 3), all 0 outside the picture."""
    height, width = found.instance.shape
    inside = ((pixels >= -0.5) & (pixels < (width - 0.5, height - 0.5))).all(axis=1)
    there = inside & (visibility != Visibility.ABSENT)
    return np.where(there[:, None], np.column_stack([pixels, visibility]), 0.0)
