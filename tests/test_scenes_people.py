"""People and parts in procedural scenes: joints are where the body is, and nothing else moves."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.miniatures.furniture import FURNITURE
from vtencode.miniatures.scenes import CLASSES, PAINTS, PARTS, Scene, scene
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 180, 240
CAMERA = Camera(fx=195.0, fy=190.0, cx=121.5, cy=88.25)
PERSON = CLASSES.index("person")
CASES = [(index, sky) for index in range(4) for sky in (False, True)]
EACH = pytest.mark.parametrize(("index", "sky"), CASES)


@cache
def crowded(index: int, sky: bool, people: int = 3) -> Scene:  # noqa: FBT001  # a cache's key
    return scene(0, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=sky, people=people)


def joints(found: Scene) -> list[tuple[int, str, Array, Array, int]]:
    """Instance, name, pixel, place and visibility of every joint."""
    return [
        (int(owner), name, xy, xyz, int(seen))
        for owner, *person in zip(
            found.people, found.joints, found.joints_xyz, found.joint_visibility, strict=True
        )
        for name, xy, xyz, seen in zip(COCO_JOINTS, *person, strict=True)
    ]


@EACH
def test_people_stand_in_the_very_scene_that_is_there_without_them(index, sky) -> None:
    found, empty = crowded(index, sky), crowded(index, sky, 0)
    unmoved = found.semantic != PERSON
    for name in ("depth_z", "semantic", "instance", "parts"):
        assert np.array_equal(getattr(found, name)[unmoved], getattr(empty, name)[unmoved])
    assert (found.depth_z <= empty.depth_z).all()
    assert not len(empty.people)
    assert empty.joints.shape == (0, 17, 2)


def test_nearly_everybody_finds_room_and_shows() -> None:
    scenes = [crowded(*case) for case in CASES]
    assert all(1 <= len(found.people) <= 3 for found in scenes)
    assert sum(len(found.people) for found in scenes) >= 2.5 * len(scenes)
    for found in scenes:
        assert len(np.unique(found.people)) == len(found.people)
        for owner in found.people:
            assert (found.instance == owner).any()
        assert set(np.unique(found.instance[found.semantic == PERSON])) == set(found.people)


@EACH
def test_a_joint_is_where_the_camera_sees_its_place(index, sky) -> None:
    for _, _, xy, xyz, _ in joints(crowded(index, sky)):
        expected = CAMERA.fx * xyz[0] / xyz[2] + CAMERA.cx, CAMERA.fy * xyz[1] / xyz[2] + CAMERA.cy
        np.testing.assert_allclose(xy, expected, rtol=0, atol=1e-9)


@EACH
def test_a_joint_is_seen_where_its_own_body_is_met_first(index, sky) -> None:
    found = crowded(index, sky)
    for owner, _, (x, y), (_, _, z), seen in joints(found):
        u, v = round(x), round(y)
        inside = 0 <= u < WIDTH and 0 <= v < HEIGHT
        assert (seen == 0) == (not inside)
        if not inside:
            continue
        around = (slice(max(0, v - 1), v + 2), slice(max(0, u - 1), u + 2))
        own = found.instance[around] == owner
        deep = found.depth_z[around] < z - 0.18
        if seen == 2:
            assert (own & ~deep).any()
        else:  # something nearer hides it: another object, or the body itself
            near = (found.depth_z[around] < z) & ~own
            assert near.any() or (own & (found.depth_z[around] < z - 0.015)).any()


def test_seen_joints_lie_on_the_part_that_they_belong_to() -> None:
    part_of = {
        **dict.fromkeys(COCO_JOINTS[:5], "person head"),
        **dict.fromkeys(COCO_JOINTS[7:11], "person arm"),
        **dict.fromkeys(COCO_JOINTS[13:], "person leg"),
    }
    hits = total = 0
    for case in CASES:
        found = crowded(*case)
        for _, name, (x, y), _, seen in joints(found):
            if seen == 2 and name in part_of:
                total += 1
                hits += PARTS[found.parts[round(y), round(x)]] == part_of[name]
    assert total > 150
    assert hits / total > 0.85  # an arm that hangs covers a hip, and a thin limb half a pixel


def test_left_is_on_the_left_of_whoever_faces_that_way() -> None:
    for case in CASES:
        for person in crowded(*case).joints_xyz:
            place = dict(zip(COCO_JOINTS, person, strict=True))
            across = place["left_shoulder"] - place["right_shoulder"]
            ahead = place["nose"] - (place["left_ear"] + place["right_ear"]) / 2
            up = place["nose"] - (place["left_ankle"] + place["right_ankle"]) / 2
            assert np.linalg.det([across, up, ahead]) > 0  # +x right, +y down, +z ahead


@EACH
def test_parts_belong_to_objects_of_their_class(index, sky) -> None:
    found = crowded(index, sky)
    assert not found.parts[found.instance == 0].any()
    whole = {kind for kind, parts in FURNITURE.items() if not parts[0][1]}
    for part, kind in np.unique(np.stack([found.parts, found.semantic]).reshape(2, -1), axis=1).T:
        if part:
            assert PARTS[part].startswith(f"{CLASSES[kind]} ")
        else:
            assert CLASSES[kind] in whole | {"none", "floor", "wall", "ceiling", "ground"}


def test_people_have_all_their_parts() -> None:
    seen = {PARTS[part] for case in CASES for part in np.unique(crowded(*case).parts)}
    assert {"person head", "person torso", "person arm", "person leg"} <= seen
    assert {"chair seat", "chair leg", "table top", "sofa cushion", "lamp shade"} & seen
    assert len(set(PARTS)) == len(PARTS)


def test_new_arrays_are_typed_as_promised_and_read_only() -> None:
    found = crowded(0, sky=False)
    people = len(found.people)
    expected = {
        "parts": ("uint16", (HEIGHT, WIDTH)),
        "paint": ("uint8", (HEIGHT, WIDTH)),
        "people": ("uint16", (people,)),
        "joints": ("float64", (people, 17, 2)),
        "joints_xyz": ("float64", (people, 17, 3)),
        "joint_visibility": ("uint8", (people, 17)),
    }
    for name, (dtype, shape) in expected.items():
        array = getattr(found, name)
        assert (array.dtype, array.shape) == (np.dtype(dtype), shape)
        assert not array.flags.writeable
    assert found.paint.max() < len(PAINTS)


@EACH
def test_paint_looks_as_it_is_called(index, sky) -> None:
    """The channel that a color is named by is the strongest on average."""
    found = crowded(index, sky)
    for name, channel in (("red", 0), ("blue", 2)):
        pixels = found.rgb[found.paint == PAINTS.index(name)].astype(float)
        if len(pixels) > 500:
            assert pixels.mean(axis=0).argmax() == channel
