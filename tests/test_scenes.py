"""Procedural scenes: their pictures follow from their geometry, and their geometry from a seed."""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vtencode.miniatures.scenes import CLASSES, Scene, scene
from vtencode.targets import Camera

Array = NDArray[Any]

HEIGHT, WIDTH = 120, 160
NARROW = Camera(fx=130.0, fy=130.0, cx=81.5, cy=63.25)
RIGHT_ANGLE = Camera(fx=80.0, fy=80.0, cx=79.5, cy=59.5)
STUFF = {CLASSES.index(name) for name in ("none", "floor", "wall", "ceiling", "ground")}
ROUND = {CLASSES.index(name) for name in ("ball", "lamp", "plant", "tree")}
KINDS = pytest.mark.parametrize("sky", [False, True])


@cache
def small(seed: int = 0, index: int = 0, *, sky: bool = False, camera: Camera = NARROW) -> Scene:
    return scene(seed, index, height=HEIGHT, width=WIDTH, camera=camera, sky=sky)


def points(found: Scene) -> Array:
    """Unprojected pixels in the frame of the normals: +x right, +y up, +z toward the viewer."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ray = [(x - found.camera.cx) / found.camera.fx, -(y - found.camera.cy) / found.camera.fy]
    depth = np.where(found.semantic == 0, 0.0, found.depth_z).astype(np.float64)
    return np.stack([*ray, -np.ones(x.shape)], axis=-1) * depth[:, :, None]


def digest(found: Scene) -> str:
    arrays = (
        found.rgb, found.depth_z, found.normals, found.semantic, found.instance, found.keypoints,
    )  # fmt: skip
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def planes(found: Scene, mask: Array) -> list[Array]:
    """Offsets n · p of the pixels under a mask, one array for each distinct plane."""
    normals = found.normals[mask].astype(np.float64)
    offsets = (normals * points(found)[mask]).sum(axis=1)
    sides = np.unique(np.round(normals, 3), axis=0, return_inverse=True)[1].ravel()
    found_planes: list[Array] = []
    for side in range(sides.max() + 1):
        sorted_offsets = np.sort(offsets[sides == side])
        found_planes += np.split(sorted_offsets, np.flatnonzero(np.diff(sorted_offsets) > 1e-3) + 1)
    return found_planes


@KINDS
@pytest.mark.parametrize("index", range(4))
def test_every_flat_surface_has_one_plane_equation(index: int, *, sky: bool) -> None:
    found = small(index=index, sky=sky)
    for kind, owner in np.unique(
        np.stack([found.semantic, found.instance]).reshape(2, -1), axis=1
    ).T:
        if kind == 0 or kind in ROUND:
            continue
        offsets = planes(found, (found.semantic == kind) & (found.instance == owner))
        assert len(offsets) <= 30
        assert max(np.ptp(plane) for plane in offsets) < (2e-4 if sky else 1e-5)


@KINDS
def test_floor_ceiling_and_walls_are_single_planes(*, sky: bool) -> None:
    for index in range(4):
        found = small(index=index, sky=sky)
        for name, most in (("floor", 1), ("ceiling", 1), ("ground", 1), ("wall", 3)):
            mask = found.semantic == CLASSES.index(name)
            if mask.any():
                assert len(planes(found, mask)) <= most


def test_every_ball_is_a_sphere() -> None:
    seen = 0
    for index in range(12):
        found = small(index=index)
        balls = found.semantic == CLASSES.index("ball")
        for owner in np.unique(found.instance[balls]):
            p = points(found)[found.instance == owner]
            n = found.normals[found.instance == owner].astype(np.float64)
            if len(p) < 20:
                continue
            spread = n - n.mean(axis=0)
            radius = ((p - p.mean(axis=0)) * spread).sum() / (spread * spread).sum()
            centers = p - radius * n
            assert 0.1 < radius < 0.25
            assert np.ptp(centers, axis=0).max() < 1e-5
            seen += 1
    assert seen >= 3


@KINDS
def test_normals_are_unit_and_face_the_camera(*, sky: bool) -> None:
    for index in range(4):
        found = small(index=index, sky=sky)
        hit = found.semantic > 0
        assert np.abs(np.linalg.norm(found.normals[hit], axis=1) - 1).max() < 1e-6
        assert (found.normals * points(found)).sum(axis=-1)[hit].max() < 0
        assert not found.normals[~hit].any()


@KINDS
def test_normals_agree_with_the_depth_around_them(*, sky: bool) -> None:
    found = small(index=1, sky=sky)
    p = points(found)
    cross = np.cross(p[1:-1, 2:] - p[1:-1, :-2], p[:-2, 1:-1] - p[2:, 1:-1])
    cross /= np.linalg.norm(cross, axis=-1, keepdims=True) + 1e-12
    middle, near = found.normals[1:-1, 1:-1], 1.0 / found.depth_z
    smooth = found.semantic[1:-1, 1:-1] > 0
    for bend in (np.diff(near, n=2, axis=0)[:, 1:-1], np.diff(near, n=2, axis=1)[1:-1]):
        smooth &= np.abs(bend) < 2e-3 * near[1:-1, 1:-1]
    for i, j in product((0, 1, 2), repeat=2):
        rows, columns = slice(i, HEIGHT - 2 + i), slice(j, WIDTH - 2 + j)
        smooth &= (found.normals[rows, columns] * middle).sum(axis=-1) > 0.99
    cosine = (cross * middle).sum(axis=-1)[smooth]
    assert smooth.mean() > 0.4
    assert np.quantile(cosine, 0.01) > np.cos(np.deg2rad(2.0))


@KINDS
def test_the_same_seed_and_index_give_the_same_bytes(*, sky: bool) -> None:
    again = scene(3, 5, height=HEIGHT, width=WIDTH, camera=NARROW, sky=sky)
    assert digest(again) == digest(small(3, 5, sky=sky))


@KINDS
def test_every_seed_and_index_is_another_scene(*, sky: bool) -> None:
    pairs = ((0, 0), (0, 1), (1, 0), (1, 1), (-1, 0), (12, 3), (1, 23))
    assert len({digest(small(*pair, sky=sky)) for pair in pairs}) == len(pairs)


@KINDS
@pytest.mark.parametrize("index", range(4))
def test_an_object_has_one_class_and_stuff_has_no_number(index: int, *, sky: bool) -> None:
    found = small(index=index, sky=sky)
    assert found.semantic.max() < len(CLASSES)
    assert np.array_equal(found.instance == 0, np.isin(found.semantic, list(STUFF)))
    for owner in np.unique(found.instance[found.instance > 0]):
        assert len(np.unique(found.semantic[found.instance == owner])) == 1


@pytest.mark.parametrize("camera", [NARROW, RIGHT_ANGLE])
def test_indoor_depths_stay_within_the_range_of_the_sensor(camera: Camera) -> None:
    for seed in range(30):
        depth = small(seed, 0, camera=camera).depth_z
        assert 0.7 <= depth.min() <= depth.max() <= 9.9


def test_rays_that_miss_are_infinite_and_belong_to_nothing() -> None:
    found = small(sky=True)
    assert 0.05 < (found.semantic == 0).mean() < 0.9
    assert np.array_equal(np.isinf(found.depth_z), found.semantic == 0)
    assert np.isfinite(small().depth_z).all()


@KINDS
def test_keypoints_lie_on_the_object_that_they_name(*, sky: bool) -> None:
    for index in range(4):
        found = small(index=index, sky=sky)
        assert len(found.keypoints) == len(found.keypoint_names) > 0
        for (x, y), name in zip(found.keypoints, found.keypoint_names, strict=True):
            kind, owner, _ = name.split(" ", 2)
            u, v = round(x), round(y)
            assert 0 <= u < WIDTH
            assert 0 <= v < HEIGHT
            around = (slice(max(0, v - 1), v + 2), slice(max(0, u - 1), u + 2))
            touched = found.instance[around] == int(owner)
            assert touched.any()
            assert set(found.semantic[around][touched]) == {CLASSES.index(kind)}


@KINDS
def test_a_cropped_camera_sees_a_crop_of_the_scene(*, sky: bool) -> None:
    whole = small(index=2, sky=sky)
    part = scene(0, 2, height=60, width=80, camera=NARROW.crop(left=40, top=30), sky=sky)
    assert (whole.instance[30:90, 40:120] == part.instance).mean() > 0.999
    close = np.isclose(whole.depth_z[30:90, 40:120], part.depth_z, rtol=1e-6)
    assert close.mean() > 0.999


def test_arrays_are_contiguous_read_only_and_typed_as_promised() -> None:
    found = small()
    expected: dict[str, tuple[str, tuple[int, ...]]] = {
        "rgb": ("uint8", (HEIGHT, WIDTH, 3)),
        "depth_z": ("float32", (HEIGHT, WIDTH)),
        "normals": ("float32", (HEIGHT, WIDTH, 3)),
        "semantic": ("uint16", (HEIGHT, WIDTH)),
        "instance": ("uint16", (HEIGHT, WIDTH)),
        "keypoints": ("float64", (len(found.keypoint_names), 2)),
    }
    for name, (dtype, shape) in expected.items():
        array = getattr(found, name)
        assert (array.dtype, array.shape) == (np.dtype(dtype), shape)
        assert array.flags.c_contiguous
        assert not array.flags.writeable


def test_pictures_are_neither_flat_nor_blown_out() -> None:
    for index in range(4):
        rgb = small(index=index).rgb
        assert rgb.std() > 25
        assert (rgb == 255).mean() < 0.1


@KINDS
def test_one_pixel_is_a_scene(*, sky: bool) -> None:
    found = scene(0, 0, height=1, width=1, camera=Camera(1.0, 1.0, 0.0, 0.0), sky=sky)
    assert found.rgb.shape == (1, 1, 3)
