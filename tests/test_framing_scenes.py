"""Framed cameras see framed scenes: everything about a miniature scene is known exactly."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from framings import transforms
from hypothesis import given
from hypothesis import strategies as st

from vtencode.framing import Framing, Transform, frame, unframe
from vtencode.geometry import angles_deg
from vtencode.miniatures.scenes import Scene, scene
from vtencode.seeds import Chance
from vtencode.targets import Camera, DepthMap, Keypoints, NormalMap

HEIGHT, WIDTH = 120, 160
CAMERA = Camera(fx=130.0, fy=128.0, cx=81.5, cy=63.25)
FRAMINGS = [
    Framing(resize="exact", size=(96, 64)),
    Framing(crop=(9, 13, 150, 111), resize="exact", size=(70, 70), pad=(90, 80), flip=1.0),
    Framing(window=(100, 90), at="random", resize="short", size=180, flip=1.0),
    Framing(window=(64, 64), at="random", resize="none"),
    Framing(resize="area", size=5000),
    Framing(),
]


@cache
def rendered(camera=CAMERA, height=HEIGHT, width=WIDTH, *, sky=False) -> Scene:
    return scene(3, 1, height=height, width=width, camera=camera, sky=sky)


def depth_of(found: Scene) -> DepthMap:
    return DepthMap(found.depth_z, camera=found.camera)


def transform_of(framing: Framing) -> Transform:
    return framing.transform(WIDTH, HEIGHT, Chance(0, "key"))


def seen_at(points, camera):
    """Pixels at which the camera sees points (N, 3)."""
    x, y, z = np.asarray(points).T
    return np.stack([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy], axis=1)


def unprojected(xy, depth, camera):
    u, v = np.asarray(xy, float).T
    return (
        np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, u**0], axis=1)
        * (depth[:, None])
    )


@given(transforms(longest=300), st.integers(0, 1000))
def test_a_point_seen_at_a_pixel_is_seen_where_the_pixel_is_framed(transform, seed):
    rng = np.random.default_rng(seed)
    camera = Camera(*rng.uniform([50, 50, -20, -20], [900, 900, 300, 300]))
    xy = rng.uniform(-5, [side + 5 for side in transform.source], (50, 2))
    points = unprojected(xy, rng.uniform(0.1, 80, 50), camera)
    if transform.flip:
        points *= [-1, 1, 1]
    found = seen_at(points, transform.camera(camera))
    assert np.abs(found - transform.points(xy)).max() <= 0.01


@pytest.mark.parametrize("framing", FRAMINGS)
def test_keypoints_of_a_scene_are_reprojected_to_a_hundredth_of_a_pixel(framing):
    found, transform = rendered(), transform_of(framing)
    column, row = np.rint(found.keypoints).astype(int).T
    points = unprojected(found.keypoints, found.depth_z[row, column].astype(float), CAMERA)
    if transform.flip:
        points *= [-1, 1, 1]
    names = tuple(map(str, range(len(points))))
    people = Keypoints(found.keypoints[None], [[2] * len(names)], names, shape=(HEIGHT, WIDTH))
    framed = frame(people, transform)
    off = framed.xy_px[0] - seen_at(points, transform.camera(CAMERA))
    assert framed.present.any()
    assert np.abs(off[framed.present[0]]).max() <= 0.01


@pytest.mark.parametrize("sky", [False, True])
@pytest.mark.parametrize("at", [(0, 0), (37, 21), (96, 72)])
def test_a_cropped_scene_is_what_the_cropped_camera_renders(at, sky):
    box = (*at, at[0] + 64, at[1] + 48)
    transform = Transform((WIDTH, HEIGHT), box, (64, 48))
    whole = rendered(sky=sky)
    framed = frame(depth_of(whole), transform)
    alone = rendered(framed.camera, 48, 64, sky=sky)
    np.testing.assert_array_equal(framed.meters, alone.depth_z)
    normals = frame(NormalMap(whole.normals), transform)
    np.testing.assert_array_equal(normals.xyz, NormalMap(alone.normals).xyz)


@pytest.mark.parametrize("size", [(80, 60), (100, 75), (70, 70)])
def test_a_shrunk_scene_is_what_the_shrunk_camera_renders(size):
    framing = Framing(resize="exact", size=size)
    whole, transform = rendered(), transform_of(framing)
    framed = frame(depth_of(whole), transform)
    alone = rendered(framed.camera, size[1], size[0])
    off = np.abs(framed.meters / alone.depth_z - 1)
    assert np.mean(off < 0.01) > 0.9  # the rest are edges, where the nearest pixel decides
    assert np.median(off) < 5e-4
    normals = frame(NormalMap(whole.normals), transform)
    assert np.mean(angles_deg(normals.xyz, alone.normals) < 1) > 0.9


def test_rays_and_depths_along_the_axis_are_framed_alike():
    transform = Transform((WIDTH, HEIGHT), (9, 13, 150, 111), (141, 98), flip=True)
    depth = depth_of(rendered())
    by_ray = frame(depth.as_measure("ray"), transform).as_measure("z")
    np.testing.assert_allclose(by_ray.meters, frame(depth, transform).meters, rtol=1e-6)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_camera_put_back_is_the_camera(framing):
    transform = transform_of(framing)
    back = unframe(frame(depth_of(rendered()), transform), transform).camera
    for name in ("fx", "fy", "cx", "cy"):
        assert getattr(back, name) == pytest.approx(getattr(CAMERA, name), abs=1e-9)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_depth_put_back_is_near_the_depth_it_was(framing):
    transform, depth = transform_of(framing), depth_of(rendered())
    back = unframe(frame(depth, transform), transform)
    left, top, right, bottom = transform.crop
    assert back.valid.sum() == (right - left) * (bottom - top)
    off = np.abs(back.meters / depth.meters - 1)[back.valid]
    assert np.mean(off < 0.02) > 0.9
