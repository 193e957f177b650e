"""What a camera sees of a mesh, against a room worked out by hand; and Open3D not to be had."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vtencode import meshes
from vtencode.errors import MissingExtraError, SourceError, TargetError
from vtencode.geometry import angles_deg, normals_from_depth
from vtencode.meshes import DEBIAN, Mesh, MissingLibraryError, open3d, raycast, read_mesh
from vtencode.targets import Camera, DepthState

CAMERA = Camera(fx=150.0, fy=140.0, cx=80.25, cy=57.5)
SIZE = (120, 160)
LOW, HIGH = np.array([-2.0, -1.25, -3.0]), np.array([3.0, 1.5, 4.0])


def box(low, high, first=1):
    """A box as 12 triangles; its sides are objects `first` to `first` + 5, in axis order."""
    corners = np.array([[(low, high)[i >> a & 1][a] for a in range(3)] for i in range(8)])
    sides = [(0, 2, 6, 4), (1, 5, 7, 3), (0, 4, 5, 1), (2, 3, 7, 6), (0, 1, 3, 2), (4, 6, 7, 5)]
    triangles = [t for a, b, c, d in sides for t in ((a, b, c), (a, c, d))]
    return corners, np.array(triangles), np.repeat(np.arange(first, first + 6), 2)


def pose(place=(0.5, -0.25, -1.0)):
    """A camera that looks up and aside, and is rolled."""
    matrix = np.eye(4)
    for axis, angle in enumerate((0.3, 0.7, -0.2)):
        i, j = [k for k in range(3) if k != axis]
        turn = np.eye(3)
        turn[[i, i, j, j], [i, j, i, j]] = (
            np.cos(angle),
            -np.sin(angle),
            np.sin(angle),
            np.cos(angle),
        )
        matrix[:3, :3] = turn @ matrix[:3, :3]
    matrix[:3, 3] = place
    return matrix


def room(matrix, low=LOW, high=HIGH):
    """Depth, normals and sides that a camera inside a box sees, one ray at a time in float64."""
    v, u = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    rays = np.stack(
        [(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, np.ones_like(u)], axis=-1
    )
    rays = rays @ matrix[:3, :3].T
    place = matrix[:3, 3]
    reach = np.where(rays > 0, (high - place) / rays, (low - place) / rays)
    axis = reach.argmin(axis=-1)
    along = np.take_along_axis(rays, axis[..., None], axis=-1)[..., 0]
    inward = -np.sign(along)[..., None] * np.eye(3)[axis]
    normals = inward @ matrix[:3, :3] * (1, -1, -1)
    return reach.min(axis=-1), normals, 1 + 2 * axis + (along > 0)


def edges(sides):
    """Pixels whose neighbors see another side: rounding decides which they see themselves."""
    found = np.zeros(sides.shape, bool)
    for axis in range(2):
        differ = np.diff(sides, axis=axis) != 0
        before, after = [slice(None)] * 2, [slice(None)] * 2
        before[axis], after[axis] = slice(None, -1), slice(1, None)
        found[tuple(before)] |= differ
        found[tuple(after)] |= differ
    return found


@pytest.fixture(scope="module")
def needs_open3d():
    """Where Open3D cannot be imported, what it takes is the reason to skip."""
    try:
        return open3d()
    except MissingExtraError as error:
        pytest.skip(str(error))


def test_a_room_of_triangles_is_seen_as_worked_out_by_hand(needs_open3d):
    seen = raycast(Mesh(*box(LOW, HIGH)), CAMERA, pose(), *SIZE)
    depth, normals, sides = room(pose())

    inside = ~edges(sides)
    assert len(set(sides[inside].tolist())) >= 3
    assert seen.depth.valid.all()
    assert (np.abs(seen.depth.meters - depth) <= 1e-6 * depth)[inside].all()
    assert angles_deg(seen.normals.xyz, normals)[inside].max() < 1e-4
    assert np.array_equal(seen.objects[inside], sides[inside])
    assert (seen.depth.measure, seen.depth.camera) == ("z", CAMERA)
    assert seen.objects.dtype == np.int32


def test_normals_are_in_the_frame_that_depth_explains(needs_open3d):
    seen = raycast(Mesh(*box(LOW, HIGH)), CAMERA, pose(), *SIZE)
    derived = normals_from_depth(seen.depth)

    both = derived.valid & ~edges(seen.objects)
    assert both.mean() > 0.8
    assert angles_deg(derived.xyz, seen.normals.xyz)[both].max() < 0.5


def test_triangles_are_seen_from_both_sides(needs_open3d):
    corners, triangles, objects = box(LOW, HIGH)
    one = raycast(Mesh(corners, triangles, objects), CAMERA, pose(), *SIZE)
    other = raycast(Mesh(corners, triangles[:, ::-1], objects), CAMERA, pose(), *SIZE)

    assert angles_deg(one.normals.xyz, other.normals.xyz)[~edges(one.objects)].max() < 1e-4
    assert (one.normals.xyz[~edges(one.objects)] * (0, 0, 1)).sum(axis=-1).mean() > 0


def test_what_is_nearer_hides_what_is_farther(needs_open3d):
    outer, inner = box(LOW, HIGH), box(np.array([-0.5, -0.5, 2]), np.array([0.5, 0.5, 3]), first=7)
    mesh = Mesh(
        np.concatenate([outer[0], inner[0]]),
        np.concatenate([outer[1], inner[1] + 8]),
        np.concatenate([outer[2], inner[2]]),
    )
    ahead = np.eye(4)
    seen = raycast(mesh, CAMERA, ahead, *SIZE)

    assert seen.depth.meters[58, 80] == pytest.approx(2)
    assert seen.objects[58, 80] == 11
    assert np.allclose(seen.normals.xyz[58, 80], (0, 0, 1))
    assert seen.depth.meters[58, 8] == pytest.approx(4)


def test_a_hole_of_a_scan_is_unknown_and_outdoors_it_may_be_far(needs_open3d):
    corners, triangles, objects = box(LOW, HIGH)
    open_room = Mesh(corners, triangles[:-2], objects[:-2])
    scan = raycast(open_room, CAMERA, np.eye(4), *SIZE)
    outdoors = raycast(open_room, CAMERA, np.eye(4), *SIZE, misses="far")

    gone = scan.depth.state == DepthState.UNKNOWN
    assert 0.1 < gone.mean() < 0.9
    assert np.array_equal(outdoors.depth.state == DepthState.FAR, gone)
    assert not scan.objects[gone].any()
    assert not scan.normals.valid[gone].any()
    assert scan.normals.valid[~gone].all()


def test_a_mesh_far_from_its_origin_loses_nothing(needs_open3d):
    corners, triangles, objects = box(LOW, HIGH)
    away = np.array([4e5, -5e6, 120.0])
    matrix = pose()
    near = raycast(Mesh(corners, triangles, objects), CAMERA, matrix, *SIZE)
    matrix[:3, 3] += away
    far = raycast(Mesh(corners + away, triangles, objects), CAMERA, matrix, *SIZE)

    inside = ~edges(near.objects)
    assert np.allclose(far.depth.meters[inside], near.depth.meters[inside], rtol=1e-6)


def test_one_scan_is_seen_from_many_places(needs_open3d):
    mesh = Mesh(*box(LOW, HIGH))
    seen = [raycast(mesh, CAMERA, pose((x, 0, 0)), *SIZE).depth.meters for x in (0.0, 1.0)]

    assert mesh.scene is mesh.scene
    for x, meters in zip((0.0, 1.0), seen, strict=True):
        expected, _, sides = room(pose((x, 0, 0)))
        inside = ~edges(sides)
        assert np.allclose(meters[inside], expected[inside], rtol=1e-6)


def test_a_mesh_travels_without_what_open3d_made_of_it(needs_open3d):
    mesh = Mesh(*box(LOW, HIGH))
    before = raycast(mesh, CAMERA, pose(), *SIZE)
    for other in (pickle.loads(pickle.dumps(mesh)), copy.deepcopy(mesh)):
        assert "scene" not in vars(other)
        after = raycast(other, CAMERA, pose(), *SIZE)
        assert np.array_equal(after.depth.meters, before.depth.meters)


def test_a_mesh_file_reads_as_the_mesh_that_was_written(needs_open3d, tmp_path):
    corners, triangles, objects = box(LOW, HIGH)
    made = needs_open3d.geometry.TriangleMesh(
        needs_open3d.utility.Vector3dVector(corners), needs_open3d.utility.Vector3iVector(triangles)
    )
    needs_open3d.io.write_triangle_mesh(str(tmp_path / "room.ply"), made)
    mesh = read_mesh(tmp_path / "room.ply", objects=objects)

    assert np.array_equal(mesh.vertices, corners)
    assert np.array_equal(mesh.triangles, triangles)
    assert np.array_equal(mesh.objects, objects)
    assert not read_mesh(tmp_path / "room.ply").objects.any()
    with pytest.raises(SourceError, match="got 12 and 3"):
        read_mesh(tmp_path / "room.ply", objects=objects[:3])


@pytest.mark.parametrize("content", [None, b"", b"ply\nformat ascii 1.0\nend_header\n", b"\0" * 99])
def test_a_file_that_is_no_mesh_is_told(needs_open3d, tmp_path, content):
    path = tmp_path / "scan.ply"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SourceError, match=r"scan\.ply must be a mesh"):
        read_mesh(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"vertices": np.zeros((3, 3), int)}, "vertices must be float"),
        ({"vertices": np.zeros((3, 2))}, "vertices must be float"),
        ({"vertices": np.full((8, 3), np.nan)}, "must be finite"),
        ({"triangles": np.zeros((2, 3))}, "triangles must be integers"),
        ({"triangles": np.array([[0, 1, 8]])}, "places among 8 vertices, got 0 to 8"),
        ({"triangles": np.array([[0, 1, -1]])}, "places among 8 vertices, got -1 to 1"),
        ({"objects": np.zeros(3, int)}, r"objects must be integers \(12,\)"),
    ],
)
def test_arrays_that_are_no_mesh_are_told(change, told):
    corners, triangles, objects = box(LOW, HIGH)
    given = {"vertices": corners, "triangles": triangles, "objects": objects, **change}
    if "triangles" in change:
        given.pop("objects")

    with pytest.raises(TargetError, match=told):
        Mesh(**given)


@pytest.mark.parametrize(
    "matrix",
    [
        np.eye(3),
        np.full((4, 4), -np.inf),
        np.diag([1.0, 1, -1, 1]),
        np.diag([1.1, 1.1, 1.1, 1]),
        np.eye(4)[::-1],
    ],
)
def test_a_pose_that_is_none_is_told_as_scannets_lost_frames_are(matrix):
    with pytest.raises(TargetError, match="pose must be a 4x4 rotation"):
        raycast(Mesh(*box(LOW, HIGH)), CAMERA, matrix, *SIZE)


def test_other_words_for_misses_and_meshes_of_nothing_are_told():
    mesh = Mesh(*box(LOW, HIGH))
    with pytest.raises(TargetError, match="misses must be"):
        raycast(mesh, CAMERA, np.eye(4), *SIZE, misses="sky")
    with pytest.raises(TargetError, match="must have triangles"):
        raycast(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)), CAMERA, np.eye(4), *SIZE)


def test_importing_the_module_needs_no_open3d():
    code = "import sys, vtencode.meshes, vtencode.clouds; sys.exit('open3d' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def importing(monkeypatch, error):
    """Make `import open3d` fail."""

    def failing(name):
        assert name == "open3d"
        raise error

    monkeypatch.setattr(meshes, "import_module", failing)


def test_without_open3d_the_extra_is_named(monkeypatch):
    importing(monkeypatch, ModuleNotFoundError("No module named 'open3d'", name="open3d"))

    with pytest.raises(MissingExtraError, match=r"pip install 'vtencode\[geometry\]'") as error:
        raycast(Mesh(*box(LOW, HIGH)), CAMERA, np.eye(4), *SIZE)
    assert type(error.value) is MissingExtraError
    assert error.value.exit_code == 2


@pytest.mark.parametrize("kind", [OSError, ImportError])
@pytest.mark.parametrize("library", sorted(DEBIAN))
def test_without_a_library_of_the_system_the_debian_package_is_named(monkeypatch, kind, library):
    text = f"{library}: cannot open shared object file: No such file or directory"
    importing(monkeypatch, kind(text))

    with pytest.raises(MissingLibraryError) as error:
        read_mesh(Path("scan.ply"))
    assert f"needs {library} of the system" in str(error.value)
    assert str(error.value).endswith(f"apt-get install {DEBIAN[library]}")
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_a_library_that_no_list_has_is_named_all_the_same(monkeypatch):
    importing(monkeypatch, OSError("libfoo.so.7: cannot open shared object file: No such file"))

    with pytest.raises(MissingLibraryError, match=r"needs libfoo\.so\.7 .*install the package"):
        open3d()


def test_any_other_failure_of_open3d_is_its_own(monkeypatch):
    importing(monkeypatch, ImportError("numpy.core.multiarray failed to import"))

    with pytest.raises(ImportError, match="multiarray"):
        open3d()
