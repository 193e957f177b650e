"""SUN RGB-D: the miniature reads back as its scenes, and what others trip over is read rightly."""

from __future__ import annotations

import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from readers import rows, same_depth

from vtencode.errors import SampleError, SourceError
from vtencode.formats.mat_tree import write_mat_tree
from vtencode.miniatures.series import jpeg
from vtencode.miniatures.sun_rgbd import SENSORS, seen, write
from vtencode.sources.sun_rgbd import SunRgbd

LIST = "SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("sun"), count=4)


@pytest.fixture
def place(root, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(root, tmp_path / "sun")


def by_hand(path):
    """Meters as the toolbox reads them, and NaN for 0 and beyond 8 m: bit by bit in Python."""
    stored = np.asarray(Image.open(path)).astype(np.int64)
    millimeters = (stored >> 3) | ((stored << 13) & 0xFFFF)
    return np.where((millimeters > 0) & (millimeters <= 8000), millimeters / 1000, np.nan)


def test_the_miniature_reads_back_as_its_rooms_by_four_sensors(root):
    source = SunRgbd(root=root, split="all", depth="filled")
    found = rows(source)

    assert [row["split"] for row in found].count("test") == 1
    assert {row["file"].split("/")[1] for row in found} == {"kv1", "kv2", "realsense", "xtion"}
    for index, row in enumerate(found):
        sample, room = source.load(row), seen(index, 0)
        assert sample.picture.data == jpeg(room.rgb)
        steps = np.floor(room.depth_z.astype(np.float64) * 1000 + 0.5)
        depth = sample.targets["depth"]
        same_depth(depth, np.where(steps <= 8000, steps / 1000, np.nan), within=5e-7)
        assert np.abs(depth.meters - room.depth_z)[depth.valid].max() <= 0.0005 + 1e-6
        assert depth.camera == SENSORS[index].camera
        assert depth.shape == SENSORS[index].shape


def test_raw_depth_has_the_holes_that_filled_depth_has_not(root):
    for row in rows(SunRgbd(root=root)):
        raw = SunRgbd(root=root).load(row).targets["depth"]
        same_depth(raw, by_hand(root / row["depth"]), within=5e-7)
        assert 0.7 < raw.valid.mean() < 0.9
    (row, *_) = rows(SunRgbd(root=root, depth="filled"))
    assert "/depth_bfx/" in row["depth"]
    assert SunRgbd(root=root).load(row).targets["depth"].valid.mean() > 0.95


def test_what_is_beyond_eight_meters_is_unknown(place):
    row = rows(SunRgbd(root=place))[0]
    steps = np.full((427, 561), 2000, np.int64)
    steps[0, :6] = 7999, 8000, 8001, 8191, 8192, 9999
    stored = ((steps << 3) | (steps >> 13)) & 0xFFFF
    Image.fromarray(stored.astype(np.uint16)).save(place / row["depth"])

    meters = SunRgbd(root=place).load(row).targets["depth"].meters

    assert np.allclose(meters[0, :2], (7.999, 8.0))
    assert np.isnan(meters[0, 2:6]).all()
    assert (meters[1:] == 2).all()


def test_depth_whose_bits_were_never_rotated_is_refused(place):
    row = rows(SunRgbd(root=place))[0]
    room = seen(0, 0)
    Image.fromarray((room.depth_z * 1000).astype(np.uint16)).save(place / row["depth"])

    with pytest.raises(SampleError, match=r"rotated by three bits.*plain millimeters.*MODE"):
        _ = SunRgbd(root=place).load(row).targets["depth"]


def test_a_frame_without_any_measurement_is_no_fault_of_its_bits(place):
    row = rows(SunRgbd(root=place))[0]
    Image.fromarray(np.zeros((427, 561), np.uint16)).save(place / row["depth"])
    assert not SunRgbd(root=place).load(row).targets["depth"].valid.any()


def test_frames_of_nyu_depth_v2_are_named_as_there(root):
    names = {row["scene"]: row["image_id"] for row in rows(SunRgbd(root=root, split="all"))}
    assert names["kv1/NYUdata"] == "nyu-depth-v2/0001"
    assert names["kv1/b3dodata"] == "sun-rgbd/kv1/b3dodata/img_0002"


def test_lists_name_frames_below_the_authors_own_folders(place):
    frames = ["kv1/NYUdata/NYU0001/", "/kv1/b3dodata/img_0002"]
    tested = tuple(f"/n/fs/sun3d/data/SUNRGBD/{one}" for one in frames)
    (place / LIST).write_bytes(write_mat_tree({"alltrain": (), "alltest": tested}))

    found = rows(SunRgbd(root=place, split="all"))
    assert [row["split"] for row in found] == ["test", "test", "neither", "neither", "neither"]
    with pytest.raises(SourceError, match="must hold frames of the split 'train'"):
        SunRgbd(root=place).index()


def test_a_split_without_the_list_is_refused_with_the_address_of_the_toolbox(place):
    (place / LIST).unlink()
    with pytest.raises(SourceError, match=r"must hold allsplit\.mat.*SUNRGBDtoolbox\.zip there"):
        SunRgbd(root=place).index()
    assert {row["split"] for row in rows(SunRgbd(root=place, split="all"))} == {"neither"}


@pytest.mark.parametrize(
    "data",
    [
        b"MATLAB",
        write_mat_tree({"alltrain": ()}),
        write_mat_tree({"alltrain": (), "alltest": "kv1/NYUdata/NYU0001"}),
        write_mat_tree({"alltrain": (), "alltest": ("kv1/NYUdata/NYU0001", 1.0)}),
    ],
)
def test_a_list_that_is_damaged_or_another_is_told(place, data):
    (place / LIST).write_bytes(data)
    with pytest.raises(SourceError, match="must hold the lists alltrain and alltest"):
        SunRgbd(root=place).index()


def test_pictures_in_full_resolution_are_left_alone(root):
    names = {name for name, _ in SunRgbd(root=root, split="all").files()}
    assert not any("fullres" in name for name in names)
    assert any(root.rglob("fullres/*.jpg"))


def test_archives_read_as_the_folders_they_extract_to(root, tmp_path):
    for top in ("SUNRGBD", "SUNRGBDtoolbox"):
        with zipfile.ZipFile(tmp_path / f"{top}.zip", "w") as archive:
            for path in sorted((root / top).rglob("*.*")):
                archive.write(path, path.relative_to(root))
    loose, packed = SunRgbd(root=root), SunRgbd(root=tmp_path)

    assert packed.index() == loose.index()
    row = rows(packed)[0]
    same_depth(packed.load(row).targets["depth"], loose.load(row).targets["depth"].meters)


def test_a_frame_that_is_there_twice_is_refused(place):
    shutil.copytree(place / "SUNRGBD", place / "copy")
    with pytest.raises(SourceError, match="must hold a frame once, and holds SUNRGBD/kv1"):
        SunRgbd(root=place).index()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda path: Image.new("L", (561, 427), 9).save(path), "DECODE"),
        (lambda path: Image.new("I;16", (560, 427), 16000).save(path), "SHAPE"),
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "DECODE"),
        (lambda path: (path.parents[1] / "intrinsics.txt").write_text("518 0"), "DECODE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, change, code):
    row = rows(SunRgbd(root=place))[0]
    change(place / row["depth"])

    with pytest.raises(SampleError) as error:
        _ = SunRgbd(root=place).load(row).targets["depth"]
    assert error.value.args[0] == code


def test_which_of_two_depth_files_is_meant_is_not_guessed(place):
    row = rows(SunRgbd(root=place))[0]
    shutil.copy(place / row["depth"], (place / row["depth"]).with_name("another.png"))
    again = rows(SunRgbd(root=place))[0]
    assert again["depth"] == ""
    with pytest.raises(SampleError, match="MISSING"):
        _ = SunRgbd(root=place).load(again).targets["depth"]


#: A published frame: its collection, the median of its depth, and its intrinsics.txt.
PUBLISHED = {
    "img_0063": ("kv1/b3dodata", 1.963, (520.532, 520.7444, 277.9258, 215.115)),
    "2014-12-18_11-31-54_260595134347": ("kv2/align_kv2", 2.397, (529.5, 529.5, 365.0, 265.0)),
}


@pytest.mark.parametrize("frame", PUBLISHED)
def test_published_frames_are_read_as_the_toolbox_reads_them(samples, tmp_path, frame):
    collection, median, camera = PUBLISHED[frame]
    published = samples / "sunrgbd" / "sunrgbd-toy" / "images" / frame
    shutil.copytree(published, tmp_path / "SUNRGBD" / collection / frame)

    for kind, share in (("raw", (0.6, 0.9)), ("filled", (1.0, 1.0))):
        source = SunRgbd(root=tmp_path, split="all", depth=kind)
        (row,) = rows(source)
        depth = source.load(row).targets["depth"]
        same_depth(depth, by_hand(tmp_path / row["depth"]), within=5e-7)
        assert share[0] <= depth.valid.mean() <= share[1]
        found = depth.camera
        assert (found.fx, found.fy, found.cx, found.cy) == camera
        if kind == "raw":
            assert np.median(depth.meters[depth.valid]) == pytest.approx(median, abs=1e-6)
