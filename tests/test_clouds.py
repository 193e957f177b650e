"""Point clouds: every known pixel is where its ray ends, and PLY files come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vtencode.clouds import PointCloud, cloud_of, read_ply, write_ply
from vtencode.errors import CodeError, MissingExtraError, TargetError
from vtencode.meshes import open3d
from vtencode.miniatures.scenes import scene
from vtencode.targets import Camera, DepthMap

CAMERA = Camera(fx=100.0, fy=80.0, cx=1.0, cy=0.5)


def clouds():
    counts = st.integers(0, 20)
    return counts.flatmap(
        lambda n: st.builds(
            PointCloud,
            arrays.arrays(np.float32, (n, 3), elements=st.floats(width=32)),
            arrays.arrays(np.uint8, (n, 3)),
        )
    )


def test_points_lie_where_rays_end_in_the_cameras_frame():
    depth = DepthMap(np.array([[2.0, np.nan], [np.inf, 4.0]]), camera=CAMERA)
    rgb = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    cloud = cloud_of(depth, rgb)

    assert len(cloud) == 2
    assert np.allclose(cloud.xyz, [[-0.02, -0.0125, 2], [0, 0.025, 4]])
    assert cloud.rgb.tolist() == [[0, 1, 2], [9, 10, 11]]


def test_depth_along_the_line_of_sight_gives_the_same_points():
    found = scene(0, 1, height=60, width=80, camera=Camera(65, 60, 39.5, 29.5))
    depth = DepthMap(found.depth_z, camera=found.camera)
    along_z = cloud_of(depth, found.rgb)
    along_ray = cloud_of(depth.as_measure("ray"), found.rgb)

    assert np.allclose(along_z.xyz, along_ray.xyz, rtol=1e-5)
    assert np.allclose(
        np.linalg.norm(along_z.xyz, axis=1), depth.as_measure("ray").meters.reshape(-1)
    )
    assert np.array_equal(along_z.rgb, found.rgb.reshape(-1, 3))


def test_points_project_back_onto_their_pixels():
    found = scene(0, 2, height=60, width=80, camera=Camera(65, 60, 39.5, 29.5), sky=True)
    depth = DepthMap(found.depth_z, camera=found.camera)
    x, y, z = cloud_of(depth, found.rgb).xyz.T.astype(float)

    v, u = np.nonzero(depth.valid)
    assert np.allclose(found.camera.fx * x / z + found.camera.cx, u, atol=1e-4)
    assert np.allclose(found.camera.fy * y / z + found.camera.cy, v, atol=1e-4)
    assert not depth.valid.all()


def test_points_need_a_camera_and_a_picture_of_the_same_size():
    meters = np.ones((2, 3))
    with pytest.raises(TargetError, match="camera must be known to place points"):
        cloud_of(DepthMap(meters), np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(TargetError, match=r"uint8 \(2, 3, 3\), got \(3, 2, 3\)"):
        cloud_of(DepthMap(meters, camera=CAMERA), np.zeros((3, 2, 3), np.uint8))


@given(clouds())
def test_a_cloud_comes_back_from_its_file_bit_for_bit(cloud):
    data = write_ply(cloud)
    found = read_ply(data)

    assert found.xyz.tobytes() == cloud.xyz.tobytes()
    assert np.array_equal(found.rgb, cloud.rgb)
    assert write_ply(found) == data


def test_the_file_is_a_ply_by_the_book():
    cloud = PointCloud(np.array([[1, 2, 3]], np.float32), np.array([[4, 5, 6]], np.uint8))
    head, _, body = write_ply(cloud).partition(b"end_header\n")

    assert head.decode().splitlines() == [
        "ply",
        "format binary_little_endian 1.0",
        "comment vtencode: meters in the camera's frame, +x right, +y down, +z forward",
        "element vertex 1",
        "property float x",
        "property float y",
        "property float z",
        "property uchar red",
        "property uchar green",
        "property uchar blue",
    ]
    assert body == np.array([1, 2, 3], "<f4").tobytes() + bytes([4, 5, 6])


def test_open3d_reads_the_file_as_it_was_meant(tmp_path):
    try:
        o3d = open3d()
    except MissingExtraError as error:
        pytest.skip(str(error))
    found = scene(0, 0, height=30, width=40, camera=Camera(32, 32, 19.5, 14.5))
    cloud = cloud_of(DepthMap(found.depth_z, camera=found.camera), found.rgb)
    (tmp_path / "cloud.ply").write_bytes(write_ply(cloud))
    read = o3d.io.read_point_cloud(str(tmp_path / "cloud.ply"))

    assert np.array_equal(np.asarray(read.points, np.float32), cloud.xyz)
    assert np.array_equal(np.round(np.asarray(read.colors) * 255), cloud.rgb)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data.replace(b"little", b"big"),
        lambda data: data.replace(b"vertex 1", b"vertex 2"),
        lambda data: data.replace(b"vertex 1", b"vertex x"),
        lambda data: data[:0],
        lambda data: b"ply\n" + data,
    ],
)
def test_other_files_and_damaged_ones_are_told(change):
    cloud = PointCloud(np.ones((1, 3), np.float32), np.zeros((1, 3), np.uint8))

    with pytest.raises(CodeError, match="PLY"):
        read_ply(change(write_ply(cloud)))


@pytest.mark.parametrize(
    ("xyz", "rgb"),
    [
        (np.zeros((2, 3)), np.zeros((2, 3), np.uint8)),
        (np.zeros((2, 3), np.float32), np.zeros((1, 3), np.uint8)),
        (np.zeros((2, 2), np.float32), np.zeros((2, 3), np.uint8)),
    ],
)
def test_arrays_that_are_no_cloud_are_told(xyz, rgb):
    with pytest.raises(TargetError, match="PointCloud"):
        PointCloud(xyz, rgb)
