"""Which axes a normals file is written in, told from its depth; normals of depth maps."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from PIL import Image

import vtencode as vt
from vtencode.errors import TargetError
from vtencode.frame_check import _ALL_AXES
from vtencode.frames import FRAMES, Frame, to_frame
from vtencode.geometry import angles_deg, normals_from_depth
from vtencode.miniatures.scenes import scene

CAMERA = vt.Camera(150, 155, 80.2, 58.7)
SHAPE = (120, 160)


@pytest.fixture(scope="module")
def room():
    return scene(5, 3, height=SHAPE[0], width=SHAPE[1], camera=CAMERA)


@pytest.fixture(scope="module")
def depth(room):
    return vt.DepthMap(room.depth_z, camera=CAMERA)


def plane_depth(normal, distance=3.0):
    """z-depth of the plane through (0, 0, -distance) in the frame of `NormalMap`."""
    v, u = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    rays = np.stack(
        [(u - CAMERA.cx) / CAMERA.fx, -(v - CAMERA.cy) / CAMERA.fy, -np.ones(SHAPE)], axis=2
    )
    return -distance * normal[2] / (rays @ normal)


def test_planes_give_their_exact_normals():
    for x, y in product((-0.5, 0, 0.4), repeat=2):
        normal = np.array([x, y, 1]) / np.linalg.norm([x, y, 1])
        derived = normals_from_depth(vt.DepthMap(plane_depth(normal), camera=CAMERA))
        assert derived.valid[1:-1, 1:-1].all()
        assert not derived.valid[[0, -1]].any()
        assert not derived.valid[:, [0, -1]].any()
        assert angles_deg(derived.xyz, normal)[derived.valid].max() < 0.02


def test_a_rendered_room_gives_its_normals(room, depth):
    derived = normals_from_depth(depth)
    off = angles_deg(derived.xyz, room.normals)[derived.valid]
    assert derived.valid.mean() > 0.85
    assert np.median(off) < 0.01
    assert (off < 1).mean() > 0.85


def test_normals_face_the_camera(depth):
    derived = normals_from_depth(depth)
    v, u = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    rays = np.stack(
        [(u - CAMERA.cx) / CAMERA.fx, -(v - CAMERA.cy) / CAMERA.fy, -np.ones(SHAPE)], axis=2
    )
    assert ((rays * derived.xyz).sum(axis=2)[derived.valid] < 0).all()


def test_ray_depth_gives_the_same_normals(depth):
    off = angles_deg(normals_from_depth(depth.as_measure("ray")).xyz, normals_from_depth(depth).xyz)
    assert np.percentile(off, 99) < 0.1


def test_unknown_and_far_neighbors_make_a_normal_unknown():
    meters = np.full(SHAPE, 2.0)
    meters[50, 60], meters[70, 80] = np.nan, np.inf
    derived = normals_from_depth(vt.DepthMap(meters, camera=CAMERA))
    expected = np.zeros(SHAPE, dtype=bool)
    expected[1:-1, 1:-1] = True
    for row, column in ((50, 60), (70, 80)):
        expected[
            [row, row, row, row - 1, row + 1], [column, column - 1, column + 1, column, column]
        ] = 0
    assert np.array_equal(derived.valid, expected)


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (2, 5), (0, 4)])
@pytest.mark.parametrize("step", [1, 4])
def test_maps_too_small_for_a_tangent_have_no_normals(shape, step):
    derived = normals_from_depth(vt.DepthMap(np.ones(shape), camera=CAMERA), step=step)
    assert derived.shape == shape
    assert not derived.valid.any()


def test_normals_need_a_camera_and_a_step():
    with pytest.raises(TargetError, match="camera must be known"):
        normals_from_depth(vt.DepthMap(np.ones((4, 4))))
    with pytest.raises(TargetError, match="step must be >= 1"):
        normals_from_depth(vt.DepthMap(np.ones((4, 4)), camera=CAMERA), step=0)


def test_there_are_48_axes():
    matrices = {tuple(Frame(axes).matrix.ravel()) for axes in _ALL_AXES}
    assert len(_ALL_AXES) == len(matrices) == 48


@pytest.mark.parametrize("axes", _ALL_AXES, ids=" ".join)
def test_every_order_and_sign_is_told(axes, room, depth):
    stored = room.normals @ Frame(axes).matrix.T
    report = vt.check_frame(stored, depth)
    assert report.axes == axes
    assert report.sure
    assert all(FRAMES[name].axes == axes for name in report.names)


@pytest.mark.parametrize("name", ["vision-banana", "opengl", "opencv", "directx", "nyu-eigen"])
def test_pictures_are_told_by_their_bytes(name, room, depth):
    normals = vt.NormalMap(room.normals)
    rgb = np.rint((to_frame(normals, name) + 1) * 127.5).astype(np.uint8)
    report = vt.check_frame(rgb, depth)
    assert name in report.names
    assert report.median_deg < 1
    assert report.margin == pytest.approx(report.ranking[0][1] - report.ranking[1][1])
    assert len(report.ranking) == 48
    assert name in str(report)
    assert str(report).endswith("sure.")


def test_noise_and_noisy_depth_are_told_too(room, depth):
    rng = np.random.default_rng(0)
    meters = np.rint(depth.meters * 1000 + rng.normal(0, 5, SHAPE)) / 1000
    noisy = room.normals + rng.normal(0, 0.05, (*SHAPE, 3))
    report = vt.check_frame(noisy, vt.DepthMap(meters, camera=CAMERA))
    assert "opengl" in report.names
    assert report.sure


def test_a_single_wall_tells_no_left_from_right():
    wall = plane_depth(np.array([0.0, 0.0, 1.0]))
    stored = np.broadcast_to([0.0, 0.0, 1.0], (*SHAPE, 3))
    report = vt.check_frame(stored, vt.DepthMap(wall, camera=CAMERA))
    assert report.match > 0.99
    assert report.margin < 1e-6
    assert not report.sure
    assert str(report).endswith("not sure.")


def test_normals_of_another_picture_match_nothing(depth):
    other = np.random.default_rng(1).normal(size=(*SHAPE, 3))
    assert not vt.check_frame(other / np.linalg.norm(other, axis=2, keepdims=True), depth).sure


def test_the_camera_may_be_given_apart(room):
    bare = vt.DepthMap(room.depth_z)
    with pytest.raises(TargetError, match="camera must be known"):
        vt.check_frame(room.normals, bare)
    assert "opengl" in vt.check_frame(room.normals, bare, CAMERA).names


@pytest.mark.parametrize(
    ("normals", "message"),
    [
        (np.zeros((*SHAPE, 3), dtype=np.uint16), "float or uint8"),
        (np.zeros((4, 4, 3)), r"\(120, 160, 3\), as the depth is, got float64 \(4, 4, 3\)"),
        (np.zeros(SHAPE), "got float64"),
        (np.zeros((*SHAPE, 3)), "none shared"),
        (np.full((*SHAPE, 3), np.nan), "none shared"),
        (np.full((*SHAPE, 3), np.inf), "none shared"),
    ],
)
def test_check_frame_refuses(normals, message, depth):
    with pytest.raises(TargetError, match=message):
        vt.check_frame(normals, depth)


# --- real files


def picture(path):
    return np.array(Image.open(path))


def test_dsine_ground_truth_is_left_up_backward(samples):
    folder = samples / "normals" / "DSINE_example"
    pinhole = np.load(folder / "000000_intrins.npy")
    camera = vt.Camera(*pinhole[[0, 1, 0, 1], [0, 1, 2, 2]])
    meters = np.load(folder / "000000_depth.npy")
    meters = np.where(meters >= 65504, np.inf, meters)  # the float16 maximum stands for the sky
    report = vt.check_frame(
        picture(folder / "000000_normal.png"), vt.DepthMap(meters, camera=camera)
    )
    assert {"dsine", "vision-banana"} <= set(report.names)
    assert report.sure
    assert report.match > 0.97


@pytest.mark.parametrize(
    ("stem", "fx", "kind", "measure"),
    [
        ("taskonomy/point_202_view_5", 256 / np.tan(1.180512021910271 / 2), "zbuffer", "z"),
        ("taskonomy/point_202_view_5", 256 / np.tan(1.180512021910271 / 2), "euclidean", "ray"),
        ("hypersim/point_85_view_0", 886.81, "euclidean", "ray"),
    ],
)
def test_omnidata_is_right_down_forward(samples, stem, fx, kind, measure):
    path = samples / "omnidata"
    raw = picture(path / f"{stem}_domain_depth_{kind}.png")
    meters = np.where(raw == 65535, np.nan, raw / 512)
    camera = vt.Camera(fx, fx, (raw.shape[1] - 1) / 2, (raw.shape[0] - 1) / 2)
    report = vt.check_frame(
        picture(path / f"{stem}_domain_normal.png"), vt.DepthMap(meters, None, measure, camera)
    )
    assert "omnidata" in report.names
    assert report.sure
    assert report.match > 0.96


def test_eigens_nyu_normals_have_their_channels_permuted(samples):
    path = samples / "nyu" / "multi-task-refinenet" / "ExpNYUD_three"
    meters = picture(path / "depth_gt_000433.png") / 5000
    report = vt.check_frame(
        picture(path / "norm_gt_000433.png"),
        vt.DepthMap(meters),
        vt.Camera(518.86, 519.47, 325.58, 253.74),
    )
    assert report.names == ("nyu-eigen",)
    assert report.sure
    assert report.match > 0.97
