"""ETH3D: the miniature reads back as its scenes, and what others trip over is read rightly."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from readers import rows, same_depth

from vtencode.errors import SampleError, SourceError
from vtencode.miniatures.eth3d import CAMERA, HEIGHT, WIDTH, write
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.series import jpeg
from vtencode.sources.eth3d import Eth3d
from vtencode.targets import DepthState


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("eth3d"), count=2)


@pytest.fixture
def place(root, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(root, tmp_path / "eth3d")


def raw(path):
    """A depth file as its documentation says: 4-byte floats, row by row."""
    return np.fromfile(path, dtype=np.dtype("<f4")).reshape(HEIGHT, WIDTH)


def test_the_miniature_reads_back_as_its_scenes(root):
    source = Eth3d(root=root)
    found = rows(source)

    assert [(row["scene"], row["image_id"]) for row in found] == [
        ("courtyard", "eth3d/courtyard/DSC_0220"),
        ("office", "eth3d/office/DSC_0219"),
    ]
    for row, index in zip(found, (1, 0), strict=True):
        sample = source.load(row)
        expected = scene(0, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index == 1)
        assert sample.picture.data == jpeg(expected.rgb)
        stored = raw(root / row["depth"])
        depth = sample.targets["depth"]
        same_depth(depth, np.where(np.isinf(stored), np.nan, stored))
        assert np.array_equal(depth.meters[depth.valid], expected.depth_z[depth.valid])
        assert 0.5 < depth.valid.mean() < 0.75


def test_infinity_is_no_measurement_and_never_the_sky(root):
    row = rows(Eth3d(root=root, scenes=("courtyard",)))[0]
    depth = Eth3d(root=root).load(row).targets["depth"]
    stored = raw(root / row["depth"])

    assert (depth.state != DepthState.FAR).all()
    assert np.array_equal(depth.state == DepthState.UNKNOWN, np.isposinf(stored))
    assert np.isposinf(stored).any()


def test_distorted_images_have_no_pinhole_camera_and_depth_along_the_axis(root):
    depth = Eth3d(root=root).load(rows(Eth3d(root=root))[0]).targets["depth"]
    assert depth.camera is None
    assert depth.measure == "z"


def test_all_frames_are_for_evaluation(root):
    assert {row["split"] for row in rows(Eth3d(root=root, split="all"))} == {"test"}
    with pytest.raises(SourceError, match="must hold frames of the split 'train', and holds test"):
        Eth3d(root=root, split="train").index()


def test_scenes_whose_depth_is_secret_are_left_out(place):
    (place / "office").rename(place / "statue")
    assert {row["scene"] for row in rows(Eth3d(root=place))} == {"courtyard"}


def test_archives_in_folders_of_their_own_read_the_same(root, tmp_path):
    nested = write(tmp_path / "nested", count=2, form="nested")
    paths = {row["file"] for row in rows(Eth3d(root=nested))}

    assert paths == {
        "rgb/courtyard/images/dslr_images/DSC_0220.JPG",
        "rgb/office/images/dslr_images/DSC_0219.JPG",
    }
    for one, other in zip(rows(Eth3d(root=root)), rows(Eth3d(root=nested)), strict=True):
        assert (one["key"], one["image_id"]) == (other["key"], other["image_id"])
        a, b = (Eth3d(root=r).load(row) for r, row in ((root, one), (nested, other)))
        assert a.picture.data == b.picture.data
        same_depth(b.targets["depth"], a.targets["depth"].meters)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data[:-4], "SHAPE"),
        (lambda data: data + bytes(4), "SHAPE"),
        (lambda data: data[:0], "SHAPE"),
        (lambda data: (-np.frombuffer(data, "<f4")).tobytes(), "RANGE"),
        (lambda data: np.full(len(data) // 4, np.nan, "<f4").tobytes(), "RANGE"),
    ],
)
def test_depth_that_is_not_the_published_one_is_a_reject(place, change, code):
    row = rows(Eth3d(root=place))[0]
    (place / row["depth"]).write_bytes(change((place / row["depth"]).read_bytes()))

    with pytest.raises(SampleError) as error:
        _ = Eth3d(root=place).load(row).targets["depth"]
    assert error.value.args[0] == code


def test_a_photograph_in_the_place_of_depth_is_told_by_its_size(place):
    row = rows(Eth3d(root=place))[0]
    shutil.copy(place / row["file"], place / row["depth"])

    with pytest.raises(SampleError, match=f"must be {4 * HEIGHT * WIDTH} bytes"):
        _ = Eth3d(root=place).load(row).targets["depth"]


def test_a_frame_without_depth_is_a_reject(place):
    row = rows(Eth3d(root=place))[0]
    (place / row["depth"]).unlink()
    (without, _) = rows(Eth3d(root=place))

    assert without["depth"] == ""
    for each in (without, row):
        with pytest.raises(SampleError, match="MISSING"):
            _ = Eth3d(root=place).load(each).targets["depth"]


def test_a_photograph_that_is_cut_short_is_a_reject(place):
    row = rows(Eth3d(root=place))[0]
    (place / row["file"]).write_bytes(b"\xff\xd8\xff")
    with pytest.raises(SampleError, match="DECODE"):
        Eth3d(root=place).load(row)


def test_undistorted_images_are_refused_by_name(place):
    for folder in place.glob("*/images/dslr_images"):
        folder.rename(folder.with_name("dslr_images_undistorted"))
    with pytest.raises(SourceError, match=r"dslr_images_undistorted\. Get SCENE_dslr_jpg\.7z too"):
        Eth3d(root=place).index()


def test_archives_must_be_extracted_first(tmp_path):
    (tmp_path / "office_dslr_jpg.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")
    with pytest.raises(SourceError, match=r"must hold ETH3D.*Extract office_dslr_jpg\.7z first"):
        Eth3d(root=tmp_path).index()
