"""Procedural scenes whose depth, normals, regions and points are exactly known.

A scene is a furnished room, or a street under a sky, made of boxes and balls and seen through a
pinhole. Every pixel's ray meets them analytically in float64; nothing is sampled or meshed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.miniatures import furniture
from vtencode.miniatures.appearance import paint, surfaces
from vtencode.miniatures.crowd import populate
from vtencode.miniatures.furniture import interior, street
from vtencode.miniatures.people import PARTS as PERSON_PARTS
from vtencode.miniatures.people import Person, seen_joints
from vtencode.miniatures.solids import View, World, trace, visible_points
from vtencode.seeds import generator
from vtencode.targets import Camera

Array = NDArray[Any]

#: What a pixel of `Scene.semantic` counts into; 0 is a ray that meets nothing.
CLASSES = (
    "none", "floor", "wall", "ceiling", "ground", "building", "window", "picture", "door", "rug",
    "sofa", "table", "chair", "cabinet", "bookshelf", "lamp", "plant", "box", "ball", "car", "tree",
    "person",
)  # fmt: skip
#: What a pixel of `Scene.parts` counts into; 0 is what has no parts.
PARTS = ("none", *furniture.PARTS, *PERSON_PARTS)
#: What a pixel of `Scene.paint` counts into; 0 is a paint that people would name in many ways.
PAINTS = ("none", "blue", "red", "green", "purple")
_PAINT_OF = {0x33658A: "blue", 0xA23E48: "red", 0x55786B: "green", 0x6D597A: "purple"}


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture and everything there is to know about it; arrays are read-only.

    `depth_z` is in meters along the optical axis, +inf where a ray meets nothing. `normals` are
    unit vectors toward the camera: +x right, +y up, +z toward the viewer; (0, 0, 0) where a ray
    meets nothing. `semantic` holds indices of `CLASSES`. `instance` numbers the objects from 1;
    floor, walls, ceiling, ground and sky are 0. `keypoints` are the corners of each object's
    main box, and the centers of its balls, that nothing else hides: (x, y) in pixels.

    `parts` holds indices of `PARTS`, and `paint` of `PAINTS`. `people` are the instances of the
    N people; `joints` are the pixels of their `COCO_JOINTS`, projected from `joints_xyz`, which
    is in the camera's frame (+x right, +y down, +z ahead, meters); `joint_visibility` is in
    COCO's numbers.
    """

    rgb: Array  # uint8 (H, W, 3)
    depth_z: Array  # float32 (H, W)
    normals: Array  # float32 (H, W, 3)
    semantic: Array  # uint16 (H, W)
    instance: Array  # uint16 (H, W)
    keypoints: Array  # float64 (N, 2)
    keypoint_names: tuple[str, ...]  # "box 3 corner 7", "ball 4 center"
    parts: Array  # uint16 (H, W)
    paint: Array  # uint8 (H, W)
    people: Array  # uint16 (N,)
    joints: Array  # float64 (N, 17, 2)
    joint_visibility: Array  # uint8 (N, 17)
    joints_xyz: Array  # float64 (N, 17, 3)
    camera: Camera


def scene(
    seed: int,
    index: int,
    *,
    height: int,
    width: int,
    camera: Camera,
    sky: bool = False,
    people: int = 0,
) -> Scene:
    """Render scene `index` of the endless series that `seed` names.

    Indoors every depth is within 0.7 to 9.9 m for fields of view up to 90 degrees. With `sky`
    there is no ceiling and no wall, so that some rays meet nothing. Up to `people` mannequins
    stand where there is room for them; all else is the same without them.
    """
    rng = generator(seed, "scene", str(index))
    world = street(rng) if sky else interior(rng)
    world, crowd = populate(world, generator(seed, "people", str(index)), people)
    view = View(camera, height, width, world.turn)
    depth, which = trace(world, view)
    points = view.rays * np.where(which < 0, 0.0, depth)
    normals, albedo = surfaces(world, points, which)
    rgb = paint(world, view, points, which, normals, albedo=albedo)
    owners = np.array([0, 0, 0, *(s.owner for s in world.solids), 0], dtype=np.uint16)
    instance = owners[which]
    keypoints, names = visible_points(world, view, instance)
    joints, visibility = seen_joints(world, view, crowd, instance)
    toward = np.array([1.0, -1.0, -1.0])[:, None] * (world.turn.T @ normals.reshape(3, -1))
    arrays = {
        "rgb": rgb,
        "depth_z": depth.astype(np.float32),
        "normals": np.ascontiguousarray(toward.T, dtype=np.float32).reshape(height, width, 3),
        "semantic": _indices(CLASSES, [skin.kind for skin in world.skins])[which],
        "instance": instance,
        "keypoints": keypoints,
        "parts": _indices(PARTS, ["", "", "", *(s.part for s in world.solids)])[which],
        "paint": _indices(PAINTS, [_PAINT_OF.get(skin.colors[0], "") for skin in world.skins])[
            which
        ].astype(np.uint8),
        "people": np.array([person.owner for person in crowd], dtype=np.uint16),
        "joints": joints,
        "joint_visibility": visibility,
        "joints_xyz": _seen_from(world, crowd),
    }
    for array in arrays.values():
        array.setflags(write=False)
    return Scene(**arrays, keypoint_names=names, camera=camera)


def _indices(names: tuple[str, ...], of_skins: list[str]) -> Array:
    """The number of each skin's name, 0 for none; the last is for a ray that meets nothing."""
    number = {name: at for at, name in enumerate(names)}
    return np.array([*(number.get(name, 0) for name in of_skins), 0], dtype=np.uint16)


def _seen_from(world: World, crowd: tuple[Person, ...]) -> Array:
    """Joints (N, 17, 3) in the camera's frame."""
    places = [(world.turn.T @ person.joints).T for person in crowd]
    return np.array(places, dtype=np.float64).reshape(-1, len(COCO_JOINTS), 3)
