"""MPI Sintel: the miniature reads back as its scenes; passes, skies and cameras are told apart."""

from __future__ import annotations

import pickle
import shutil
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image
from readers import rows, same_depth

from vtencode.building.plausible import check_plausible
from vtencode.errors import SampleError, SourceError
from vtencode.formats.cam import read_cam, write_cam
from vtencode.formats.dpt import read_dpt, write_dpt
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.sintel import CAMERA, HEIGHT, SKY, WIDTH, final, write
from vtencode.recipe import load_recipe
from vtencode.sources.sintel import Sintel
from vtencode.targets import Camera, DepthMap, RelativeDepthMap

FRAME = "alley_1/frame_0001"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """One training frame: scene 1; scene 0 is a frame to test."""
    return write(tmp_path_factory.mktemp("sintel"), count=1)


@pytest.fixture(scope="module")
def truth():
    return scene(0, 1, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=True)


@pytest.fixture
def changed(root, tmp_path):
    """A copy of the frame that a test may change."""
    return shutil.copytree(root, tmp_path / "changed")


def only(source):
    (row,) = rows(source)
    return source.load(row)


def test_the_miniature_reads_back_as_its_scene(root, truth):
    for render, rgb in (("clean", truth.rgb), ("final", final(truth.rgb))):
        sample = only(Sintel(root=root, render=render))

        assert np.array_equal(sample.picture.rgb, rgb)
        assert sample.provenance["image_id"] == f"sintel/{render}/{FRAME}"
        same_depth(sample.targets["depth"], truth.depth_z)
        assert sample.targets["depth"].camera == CAMERA
        assert sample.targets["depth"].measure == "z"


def test_the_final_pass_is_meant_unless_another_is_said(root):
    assert rows(Sintel(root=root)) == rows(Sintel(root=root, render="final"))


def test_depth_is_metric(root):
    depth = only(Sintel(root=root)).targets["depth"]

    assert isinstance(depth, DepthMap)
    assert not isinstance(depth, RelativeDepthMap)


def test_files_are_read_as_they_are_described(root, truth):
    """By a second reader, from the description of the formats alone."""
    data = (root / f"training/depth/{FRAME}.dpt").read_bytes()
    tag, width, height = struct.unpack("<fii", data[:12])
    depth = np.frombuffer(data[12:], dtype="<f4").reshape(height, width)
    tag2, *numbers = struct.unpack(
        "<f21d", (root / f"training/camdata_left/{FRAME}.cam").read_bytes()
    )

    sample = only(Sintel(root=root))

    assert tag == tag2 == 202021.25
    assert np.isinf(truth.depth_z).mean() > 0.05
    same_depth(sample.targets["depth"], np.where(depth > 9999, np.inf, depth))
    assert Camera(numbers[0], numbers[4], numbers[2], numbers[5]) == CAMERA
    image = Image.open(root / f"training/final/{FRAME}.png")
    assert np.array_equal(sample.picture.rgb, np.asarray(image))


def test_sky_is_far_from_where_it_is_said_to_begin(root, truth):
    stored = read_dpt((root / f"training/depth/{FRAME}.dpt").read_bytes())
    assert (stored[np.isinf(truth.depth_z)] == np.float32(SKY)).all()

    depth = only(Sintel(root=root, far_m=70.0)).targets["depth"]

    same_depth(depth, np.where(stored >= 70, np.inf, stored))


def test_frames_of_test_have_no_depth_and_are_not_read(root):
    assert (root / "test/final/alley_1/frame_0001.png").is_file()

    assert {name.split("/")[0] for name, _ in Sintel(root=root).files()} == {"training"}
    assert rows(Sintel(root=root, split="all")) == rows(Sintel(root=root))


def test_the_camera_is_that_of_the_frame(changed):
    path = changed / f"training/camdata_left/{FRAME}.cam"
    intrinsic, extrinsic = read_cam(path.read_bytes())
    path.write_bytes(write_cam(intrinsic * [[0.5], [0.5], [1]], extrinsic))

    camera = only(Sintel(root=changed)).targets["depth"].camera

    assert camera == Camera(560.0, 560.0, 255.75, 108.75)


def test_without_cameras_depth_has_none(changed, truth):
    shutil.rmtree(changed / "training/camdata_left")

    depth = only(Sintel(root=changed)).targets["depth"]

    assert depth.camera is None
    same_depth(depth, truth.depth_z)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PIEH", "DECODE"),
        (write_cam(np.ones((3, 3)), np.eye(3, 4)), "DECODE"),
        (write_cam(np.diag([-1.0, 1, 1]), np.eye(3, 4)), "RANGE"),
    ],
    ids=["cut short", "with skew", "without focal length"],
)
def test_a_camera_that_is_no_pinhole_is_a_reject(changed, data, code):
    (changed / f"training/camdata_left/{FRAME}.cam").write_bytes(data)

    with pytest.raises(SampleError, match=code):
        _ = only(Sintel(root=changed)).targets["depth"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x89PNG\r\n\x1a\n", "DECODE"),
        (write_dpt(np.ones((4, 4), np.float32))[:-1], "DECODE"),
        (write_dpt(np.ones((HEIGHT - 1, WIDTH), np.float32)), "SHAPE"),
        (write_dpt(np.full((HEIGHT, WIDTH), -1, np.float32)), "RANGE"),
    ],
    ids=["a picture", "cut short", "smaller than its image", "negative"],
)
def test_depth_that_is_not_the_published_one_is_a_reject(changed, data, code):
    (changed / f"training/depth/{FRAME}.dpt").write_bytes(data)

    with pytest.raises(SampleError, match=code):
        _ = only(Sintel(root=changed)).targets["depth"]


def test_without_depth_nothing_can_be_asked_for(changed):
    shutil.rmtree(changed / "training/depth")

    with pytest.raises(SampleError, match="MISSING"):
        _ = only(Sintel(root=changed)).targets["depth"]
    with pytest.raises(SourceError, match="must have the target 'depth'"):
        Sintel(root=changed).require(["depth"])


def test_a_pass_that_is_not_there_names_the_one_that_is(changed):
    shutil.rmtree(changed / "training/final")

    with pytest.raises(SourceError, match=r"must hold the final pass.*set render to 'clean'"):
        Sintel(root=changed).index()


def test_neither_masks_nor_pictures_of_depth_are_frames(changed):
    before = rows(Sintel(root=changed))
    for kind in ("depth_viz", "occlusions", "invalid", "albedo", "final_left"):
        (changed / f"training/{kind}/alley_1").mkdir(parents=True)
        shutil.copy(
            changed / f"training/clean/{FRAME}.png", changed / f"training/{kind}/{FRAME}.png"
        )

    assert rows(Sintel(root=changed)) == before


def test_images_and_depth_may_be_extracted_apart(changed, truth):
    apart = changed / "MPI-Sintel-depth-training-20150305/training"
    apart.mkdir(parents=True)
    for kind in ("depth", "camdata_left"):
        shutil.move(changed / "training" / kind, apart / kind)

    same_depth(only(Sintel(root=changed)).targets["depth"], truth.depth_z)


def test_the_folder_of_the_training_set_will_do(root, truth):
    sample = only(Sintel(root=root / "training"))

    same_depth(sample.targets["depth"], truth.depth_z)


def test_the_published_archives_are_read_where_they_lie(root, tmp_path):
    for name, kinds in (
        ("MPI-Sintel-training_images.zip", ("clean", "final")),
        ("MPI-Sintel-depth-training-20150305.zip", ("depth", "camdata_left")),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for kind in kinds:
                for path in (root / "training" / kind).rglob("*.*"):
                    archive.write(path, path.relative_to(root).as_posix())
    loose, packed = Sintel(root=root), Sintel(root=tmp_path)

    assert packed.index() == loose.index()
    assert only(packed).picture.data == only(loose).picture.data
    assert dict(only(packed).targets)["depth"].camera == CAMERA


def test_another_folder_is_told_what_it_must_hold(tmp_path):
    with pytest.raises(SourceError, match=r"must hold MPI Sintel: training/\{clean,final\}"):
        Sintel(root=tmp_path).index()


def test_a_source_travels_to_another_process(root):
    source = Sintel(root=root, render="clean", far_m=100.0)
    expected = rows(source)

    again = pickle.loads(pickle.dumps(source))

    assert again == source
    assert rows(again) == expected


def test_the_same_arguments_write_the_same_bytes(root, tmp_path):
    again = write(tmp_path, count=1)

    files = sorted(path.relative_to(root) for path in root.rglob("*.*"))
    assert files == sorted(path.relative_to(again) for path in again.rglob("*.*"))
    assert all((root / name).read_bytes() == (again / name).read_bytes() for name in files)


@pytest.mark.parametrize(
    "change",
    [
        lambda depth: depth * 10,
        lambda depth: depth / 1000,
        lambda depth: depth * 1000,
        lambda depth: 1 / depth,
    ],
    ids=["decimeters", "kilometers", "millimeters", "inverse"],
)
def test_another_unit_is_outside_of_the_recipes_contract(changed, change):
    recipe = load_recipe("sintel-depth")
    source = recipe.source.open(changed)
    check_plausible(source.index(), recipe, source)
    path = changed / f"training/depth/{FRAME}.dpt"

    path.write_bytes(write_dpt(change(read_dpt(path.read_bytes())).astype(np.float32)))

    with pytest.raises(SourceError, match="depth"):
        check_plausible(source.index(), recipe, source)
