"""KITTI depth: the miniature reads back as its scenes, and each trap is read rightly."""

from __future__ import annotations

import json
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from readers import rows, same_depth

from vtencode.errors import CodeError, SampleError, SourceError
from vtencode.formats.kitti import (
    read_calibration,
    read_intrinsics,
    write_calibration,
    write_intrinsics,
)
from vtencode.leaks.id_lists import shipped_list
from vtencode.miniatures.kitti_depth import (
    CAMERA,
    HEIGHT,
    TRAIN,
    VAL,
    WIDTH,
    scanned,
    write,
)
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.series import jpeg, turns
from vtencode.png import write_png_gray
from vtencode.sources.kitti_depth import KittiDepth
from vtencode.targets import Camera, DepthState

#: The frame that is in Eigen's list.
EIGEN = f"kitti/{VAL}/image_02/0000000006"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("kitti"), count=1)


@pytest.fixture(scope="module")
def truth():
    """Scenes and what was scanned of them, by split."""
    found = {}
    for index, test in enumerate(turns(1)):
        seen = scene(0, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=True)
        found["val" if test else "train"] = seen, scanned(seen, 0, index)
    return found


@pytest.fixture
def place(root, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(root, tmp_path / "copy")


def the_one(place, split="train", **options):
    """The sample of a split's only frame."""
    source = KittiDepth(root=place, split=split, **options)
    (row,) = rows(source)
    return source.load(row)


@pytest.mark.parametrize("split", ["train", "val"])
def test_the_miniature_reads_back_as_its_scenes(root, truth, split):
    seen, scan = truth[split]
    sample = the_one(root, split)

    depth = sample.targets["depth"]
    assert np.array_equal(sample.picture.rgb, seen.rgb)
    same_depth(depth, scan.meters, within=1 / 512 + 1e-5)
    assert np.array_equal(depth.meters[depth.valid] * 256 % 1, np.zeros(depth.valid.sum()))
    assert (depth.camera, depth.measure) == (CAMERA, "z")
    assert 0.15 < depth.valid.mean() < 0.25


def test_the_bytes_are_the_same_twice(root, tmp_path):
    again = write(tmp_path, count=1)

    names = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(names) == 10
    for name in names:
        assert (root / name).read_bytes() == (again / name).read_bytes()


def test_both_cameras_are_read(tmp_path):
    root = write(tmp_path, count=2)

    found = rows(KittiDepth(root=root))

    assert [row["image_id"] for row in found] == [
        f"kitti/{TRAIN}/image_0{side}/0000000005" for side in (2, 3)
    ]
    assert len({row["key"] for row in found}) == 2


def test_the_selection_is_the_same_frame_cropped(root):
    whole, cut = the_one(root, "val"), the_one(root, "selection")

    assert cut.provenance["image_id"] == whole.provenance["image_id"] == EIGEN
    assert cut.key != whole.key
    part = (slice(23, None), slice(13, 1229))
    depth = cut.targets["depth"]
    assert depth.shape == (352, 1216)
    assert np.array_equal(depth.meters, whole.targets["depth"].meters[part], equal_nan=True)
    assert np.array_equal(cut.picture.rgb, whole.picture.rgb[part])
    assert depth.camera == CAMERA.crop(left=13, top=23)


def test_the_selection_may_stand_alone_under_the_names_of_the_readme(root, tmp_path):
    cut = shutil.copytree(
        root / "depth_selection" / "val_selection_cropped", tmp_path / "val_selection"
    )
    for path in (cut / "image").iterdir():
        path.rename(path.with_name(path.name.replace("_image_0000", "_groundtruth_depth_0000")))

    source = KittiDepth(root=tmp_path, split="selection")

    (row,) = rows(source)
    assert source.load(row).picture.width == 1216
    assert source.load(row).targets["depth"].valid.any()


def test_all_holds_every_frame_once_a_form(root):
    found = rows(KittiDepth(root=root, split="all"))

    assert [row["split"] for row in found] == ["train", "val", "selection"]
    assert len({row["key"] for row in found}) == 3


def test_eigens_frames_are_those_of_its_list_wherever_they_lie(place):
    listed = set(shipped_list("kitti-eigen-test").ids)
    other = "2011_09_26_drive_0009_sync"  # in train/, and in Eigen's list from 0 on
    (place / "train" / TRAIN).rename(place / "train" / other)
    (place / "2011_09_26" / TRAIN).rename(place / "2011_09_26" / other)
    for path in sorted(place.rglob(f"{other}/**/*0000000005.png")):
        path.rename(path.with_name("0000000016.png"))

    found = rows(KittiDepth(root=place, split="eigen-test"))

    assert [row["image_id"] for row in found] == [EIGEN, f"kitti/{other}/image_02/0000000016"]
    assert {row["image_id"] for row in found} <= listed
    assert len(rows(KittiDepth(root=place, split="train"))) == 1
    assert len(rows(KittiDepth(root=place, split="val"))) == 1


def test_a_frame_beside_eigens_is_not_of_it(place):
    for path in sorted(place.rglob(f"{VAL}/**/*0000000006.png")):
        path.rename(path.with_name("0000000007.png"))

    with pytest.raises(SourceError, match="must hold frames of the split 'eigen-test'"):
        KittiDepth(root=place, split="eigen-test").index()


def test_trees_that_merge_train_and_val_are_split_as_published(place):
    for split in ("train", "val"):
        for drive in sorted((place / split).iterdir()):
            depth = place / "2011_09_26" / drive.name / "proj_depth"
            (drive / "proj_depth").rename(depth)

    found = rows(KittiDepth(root=place, split="all"))

    assert [(row["scene"], row["split"]) for row in found[:2]] == [(TRAIN, "train"), (VAL, "val")]


@pytest.mark.parametrize("raw", ["", "raw_data/2011_09_26_drive_0001/"])
def test_archives_read_as_the_folders_they_extract_to(root, tmp_path, raw):
    archives = {
        "data_depth_annotated.zip": ["train", "val"],
        f"{raw}2011_09_26_drive_0001_sync.zip": [f"2011_09_26/{TRAIN}"],
        f"{raw}2011_09_26_calib.zip": ["2011_09_26/calib_cam_to_cam.txt"],
    }
    for name, tops in archives.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for top in tops:
                inside = [root / top, *sorted((root / top).rglob("*"))]
                for path in inside:
                    archive.write(path, path.relative_to(root))

    loose, packed = the_one(root), the_one(tmp_path)

    assert packed.key == loose.key
    assert packed.provenance == loose.provenance
    assert packed.picture.data == loose.picture.data
    assert packed.targets["depth"].camera == CAMERA
    assert np.array_equal(
        packed.targets["depth"].meters, loose.targets["depth"].meters, equal_nan=True
    )


def test_depth_and_raw_data_may_lie_apart(place, root):
    (place / "depth").mkdir()
    for split in ("train", "val"):
        (place / split).rename(place / "depth" / split)
    (place / "raw").mkdir()
    (place / "2011_09_26").rename(place / "raw" / "2011_09_26")

    assert the_one(place).provenance["image_id"] == the_one(root).provenance["image_id"]


def test_images_converted_to_jpeg_are_read_where_there_is_no_png(place):
    (png,) = (place / "2011_09_26" / TRAIN).rglob("*.png")
    with Image.open(png) as image:
        png.with_suffix(".jpg").write_bytes(jpeg(np.asarray(image)))

    assert the_one(place).picture.format == "png"
    png.unlink()
    (row,) = rows(KittiDepth(root=place))
    assert row["image"] == the_one(place).picture.format == "jpg"


def test_depth_without_any_image_says_what_to_fetch(place):
    shutil.rmtree(place / "2011_09_26")
    shutil.rmtree(place / "depth_selection")

    with pytest.raises(SourceError, match=r"must hold the images of its depth maps.*raw data"):
        KittiDepth(root=place).index()


def test_a_drive_whose_images_are_not_there_is_left_out(place):
    shutil.rmtree(place / "2011_09_26" / TRAIN)

    assert [row["split"] for row in rows(KittiDepth(root=place, split="all"))] == [
        "val",
        "selection",
    ]


def test_an_image_that_is_missing_from_its_drive_is_a_reject_that_names_it(place):
    (png,) = (place / "2011_09_26" / TRAIN).rglob("*.png")
    png.rename(png.with_name("0000000099.png"))

    with pytest.raises(SampleError, match=rf"{TRAIN}/image_02/data/0000000005.png.*MISSING"):
        the_one(place)


def test_a_single_scan_is_not_taken_for_the_annotated_depth(root, truth):
    (scan,) = (root / "train").rglob("velodyne_raw/*/*.png")
    single = np.asarray(Image.open(scan)).astype(float) / 256

    depth = the_one(root).targets["depth"].meters
    same_depth(the_one(root).targets["depth"], truth["train"][1].meters, within=1 / 512 + 1e-5)
    known = single > 0
    assert known.any()
    assert not np.array_equal(depth[known], single[known])
    assert KittiDepth.pattern.fullmatch(scan.relative_to(root).as_posix()) is None


def test_without_calibration_the_camera_is_unknown(place):
    (place / "2011_09_26" / "calib_cam_to_cam.txt").unlink()

    assert the_one(place).targets["depth"].camera is None


def test_a_drives_own_calibration_goes_before_its_days(place):
    other = Camera(fx=707.0493, fy=707.0493, cx=604.0814, cy=180.5066)
    (place / "train" / TRAIN / "calib_cam_to_cam.txt").write_bytes(write_calibration({"02": other}))

    assert the_one(place).targets["depth"].camera == other
    assert the_one(place, "val").targets["depth"].camera == CAMERA


def test_holes_are_unknown_unless_filling_is_asked_for(root, truth):
    plain, filled = the_one(root), the_one(root, densify="ip-basic")

    depth, guessed = plain.targets["depth"], filled.targets["depth"]
    assert (depth.state[~truth["train"][1].valid] == DepthState.UNKNOWN).all()
    assert np.array_equal(guessed.meters[depth.valid], depth.meters[depth.valid])
    assert guessed.valid.mean() > 3 * depth.valid.mean()
    assert guessed.camera == CAMERA
    assert filled.provenance == {**plain.provenance, "densify": "ip-basic"}


@pytest.mark.parametrize(
    ("pattern", "spoil", "code"),
    [
        ("groundtruth/*/*", lambda _: write_png_gray(np.ones((375, 1242), np.uint8)), "MODE"),
        ("groundtruth/*/*", lambda _: write_png_gray(np.ones((375, 1241), np.uint16)), "SHAPE"),
        ("groundtruth/*/*", lambda path: path.read_bytes()[:-99], "DECODE"),
        ("groundtruth/*/*", lambda _: b"<html>", "DECODE"),
        ("calib*", lambda _: b"calib_time: 09-Jan-2012 13:57:47\n", "DECODE"),
        ("calib*", lambda _: b"P_rect_02: 1 2 3\n", "DECODE"),
        ("calib*", lambda _: write_calibration({"03": CAMERA}), "DECODE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, pattern, spoil, code):
    shutil.rmtree(place / "val")
    (path,) = place.rglob(pattern)
    path.write_bytes(spoil(path))

    with pytest.raises(SampleError) as error:
        _ = the_one(place).targets["depth"]
    assert error.value.args[0] == code


def test_cameras_come_back_from_their_text():
    cameras = {"00": CAMERA, "02": Camera(fx=700, fy=710, cx=600, cy=180)}

    assert read_calibration(write_calibration(cameras)) == cameras
    assert read_intrinsics(write_intrinsics(CAMERA)) == CAMERA


@pytest.mark.parametrize(
    "text",
    [b"", b"1 0 1 0 1 1 0 0", b"1 0 1 0 1 1 0 0 x", b"1 2 1 0 1 1 0 0 1", b"-1 0 1 0 1 1 0 0 1"],
)
def test_texts_that_are_no_cameras_are_told(text):
    with pytest.raises(CodeError):
        read_intrinsics(text)


@pytest.fixture
def real(samples, tmp_path):
    """A real frame, laid out as the authors publish it; the day is the one of its camera."""
    demo = samples / "kitti" / "Metric3D" / "kitti_demo"
    drive = "2011_09_28_drive_0001_sync"
    places = {
        "depth": f"train/{drive}/proj_depth/groundtruth/image_02/0000000005.png",
        "rgb": f"2011_09_28/{drive}/image_02/data/0000000005.png",
    }
    for folder, name in places.items():
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(demo / folder / "0000000005.png", tmp_path / name)
    listed = json.loads((demo / "test_annotations.json").read_text())["files"]
    (found,) = (each for each in listed if each["depth"].endswith("0000000005.png"))
    camera = Camera(*found["cam_in"])
    text = write_calibration({"02": camera})
    (tmp_path / "2011_09_28" / "calib_cam_to_cam.txt").write_bytes(text)
    steps = np.asarray(Image.open(demo / "depth" / "0000000005.png")).astype(np.float64)
    return tmp_path, steps / found["depth_scale"], camera


def test_a_real_frame_reads_as_a_second_reader_reads_it(real):
    place, meters, camera = real

    depth = the_one(place).targets["depth"]

    same_depth(depth, np.where(meters > 0, meters, np.nan), within=1e-5)
    assert depth.camera == camera
    assert depth.valid.mean() == pytest.approx(0.195, abs=0.001)
    assert depth.meters[depth.valid].min() == pytest.approx(5.332, abs=0.001)
    assert depth.meters[depth.valid].max() == pytest.approx(84.895, abs=0.001)
    assert np.median(depth.meters[depth.valid]) == pytest.approx(13.844, abs=0.001)


def test_a_real_frame_is_filled_to_half_and_keeps_what_was_measured(real):
    place, meters, _ = real

    filled = the_one(place, densify="ip-basic").targets["depth"]

    known = meters > 0
    assert np.array_equal(filled.meters[known], meters[known].astype(np.float32))
    assert filled.valid.mean() == pytest.approx(0.559, abs=0.001)
    top = np.flatnonzero(known.any(axis=1))[0]
    assert filled.valid[top:].mean() == pytest.approx(0.818, abs=0.001)
    assert not filled.valid[: top - 5].any()


def test_measured_depths_that_were_taken_out_come_back_within_two_percent(real):
    place, meters, _ = real
    out = (meters > 0) & (np.random.default_rng(0).random(meters.shape) < 0.5)
    (path,) = place.rglob("groundtruth/*/*.png")
    path.write_bytes(write_png_gray(np.where(out, 0, meters * 256).astype(np.uint16)))

    filled = the_one(place, densify="ip-basic").targets["depth"]

    again = out & filled.valid
    assert again.sum() > 0.999 * out.sum()
    off = np.abs(filled.meters[again] - meters[again]) / meters[again]
    assert off.mean() < 0.018
    assert np.median(off) < 0.012
