"""ScanNet: the miniature reads back as its scenes, and what others trip over is read rightly."""

from __future__ import annotations

import io
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from readers import rows, same_depth

from vtencode.errors import SampleError, SourceError
from vtencode.miniatures.scannet import COLOR_CAMERA, DEPTH_CAMERA, measured, planned, seen, write
from vtencode.miniatures.series import jpeg
from vtencode.png import write_png_gray
from vtencode.sources.scannet import ScanNet
from vtencode.targets import Camera

#: Which of the two scenes is the frame to train with.
TRAIN = [shot.split for shot in planned(1)].index("train")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("scannet"), count=1)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write(tmp_path_factory.mktemp("small"), count=1, form="small")


@pytest.fixture
def place(root, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(root, tmp_path / "scannet")


def by_hand(path, own, color, shape):
    """Depth in color's pixels, from the description alone: pixel by pixel, NaN for none."""
    stored = np.asarray(Image.open(path)).astype(np.int64)
    out = np.full(shape, np.nan)
    for v in range(shape[0]):
        at_v = int(np.floor(own.fy * (v - color.cy) / color.fy + own.cy + 0.5))
        for u in range(shape[1]):
            at_u = int(np.floor(own.fx * (u - color.cx) / color.fx + own.cx + 0.5))
            inside = 0 <= at_v < stored.shape[0] and 0 <= at_u < stored.shape[1]
            if inside and stored[at_v, at_u]:
                out[v, u] = stored[at_v, at_u] / 1000
    return out


def test_the_miniature_reads_back_as_its_rooms(root):
    source = ScanNet(root=root)
    (row,) = rows(source)
    sample, room = source.load(row), seen(TRAIN, 0, "color")
    depth = sample.targets["depth"]

    assert row["key"] == "scannet-scene0000_00-000000"
    assert sample.picture.data == jpeg(room.rgb)
    assert depth.camera == COLOR_CAMERA
    # A depth pixel is two color pixels wide; away from edges that is little depth.
    off = np.abs(depth.meters - room.depth_z)[depth.valid] / room.depth_z[depth.valid]
    assert np.quantile(off, 0.5) < 0.002
    assert np.quantile(off, 0.97) < 0.02
    assert 0.85 < depth.valid.mean() < 0.95


def test_every_color_pixel_has_the_nearest_depth_on_its_ray(root):
    (row,) = rows(ScanNet(root=root))
    depth = ScanNet(root=root).load(row).targets["depth"]
    expected = by_hand(root / row["depth"], DEPTH_CAMERA, COLOR_CAMERA, (968, 1296))
    same_depth(depth, expected, within=5e-7)


def test_color_as_small_as_depth_is_taken_pixel_by_pixel_with_the_camera_of_depth(small):
    (row,) = rows(ScanNet(root=small))
    sample, room = ScanNet(root=small).load(row), seen(TRAIN, 0, "depth")

    assert sample.picture.data == jpeg(room.rgb)
    steps = measured(room, 0, TRAIN)
    same_depth(sample.targets["depth"], np.where(steps > 0, steps / 1000, np.nan), within=5e-7)
    assert np.abs(steps / 1000 - room.depth_z)[steps > 0].max() <= 0.0005 + 1e-6
    assert sample.targets["depth"].camera == DEPTH_CAMERA


def test_depth_as_large_as_color_has_the_camera_of_color(place):
    (row,) = rows(ScanNet(root=place))
    large = np.full((968, 1296), 2000, np.uint16)
    (place / row["depth"]).write_bytes(write_png_gray(large))
    depth = ScanNet(root=place).load(row).targets["depth"]

    assert depth.camera == COLOR_CAMERA
    same_depth(depth, large / 1000)


def test_pixels_that_depth_does_not_see_are_unknown(place):
    (row,) = rows(ScanNet(root=place))
    Image.new("I;16", (320, 480), 2000).save(place / row["depth"])
    narrow = "577.590698 0 159.5 0 0 578.729797 242.683609 0 0 0 1 0 0 0 0 1"
    (place / row["depth_camera"]).write_text(narrow)

    depth = ScanNet(root=place).load(row).targets["depth"]

    own = Camera(577.590698, 578.729797, 159.5, 242.683609)
    expected = by_hand(place / row["depth"], own, COLOR_CAMERA, (968, 1296))
    same_depth(depth, expected)
    assert 0.45 < depth.valid.mean() < 0.55


@pytest.mark.slow
def test_the_subset_of_25_000_frames_names_its_frames_as_the_scans_do(root, tmp_path):
    subset = write(tmp_path, count=1, form="frames_25k")
    (row,), (whole,) = rows(ScanNet(root=subset)), rows(ScanNet(root=root))

    assert row["file"] == "scannet_frames_25k/scene0000_00/color/000000.jpg"
    assert row["color_camera"] == "scannet_frames_25k/scene0000_00/intrinsics_color.txt"
    assert (row["key"], row["image_id"]) == (whole["key"], whole["image_id"])
    one, other = (ScanNet(root=r).load(f) for r, f in ((subset, row), (root, whole)))
    assert one.picture.data == other.picture.data
    same_depth(one.targets["depth"], other.targets["depth"].meters)


def test_frames_whose_pose_was_lost_are_kept(place):
    (row,) = rows(ScanNet(root=place))
    pose = place / row["file"].replace("color", "pose").replace("jpg", "txt")
    pose.write_text("-inf " * 16)
    assert ScanNet(root=place).load(row).targets["depth"].valid.mean() > 0.5


def test_scans_are_of_the_split_whose_list_names_them(place):
    by_split = {
        s: [r["scene"] for r in rows(ScanNet(root=place, split=s))] for s in ("train", "val")
    }
    assert by_split == {"train": ["scene0000_00"], "val": ["scene0568_00"]}

    (place / "scannetv2_train.txt").write_text("scene0001_00\n")
    assert [row["split"] for row in rows(ScanNet(root=place, split="all"))] == ["neither", "val"]


def test_a_split_without_its_list_is_refused_with_the_address_of_the_lists(place):
    (place / "scannetv2_train.txt").unlink()
    with pytest.raises(SourceError, match=r"must hold scannetv2_train\.txt.*Tasks/Benchmark"):
        ScanNet(root=place).index()
    assert len(rows(ScanNet(root=place, split="val"))) == 1
    assert len(rows(ScanNet(root=place, split="all"))) == 2


def test_scans_are_divided_as_the_published_lists_say(samples, small, tmp_path):
    for path in (samples / "scannet" / "meta_data").glob("scannetv2_*.txt"):
        shutil.copy(path, tmp_path)
    for scan in ("scene0191_00", "scene0568_00", "scene0707_00", "scene9999_00"):
        shutil.copytree(small / "scans" / "scene0000_00", tmp_path / scan)

    found = rows(ScanNet(root=tmp_path, split="all"))

    assert [row["split"] for row in found] == ["train", "val", "test", "neither"]


def test_the_cameras_of_a_scan_s_own_text_file_are_not_those_of_its_frames(root):
    assert "fx_depth = 570.924255" in (root / "scans/scene0000_00/scene0000_00.txt").read_text()
    names = {name for name, _ in ScanNet(root=root).files()}
    assert not any(name.endswith("scene0000_00.txt") for name in names)


def test_a_scan_that_is_there_twice_is_refused(place):
    shutil.copytree(place / "scans", place / "copy")
    with pytest.raises(SourceError, match="must hold a scan once, and holds scene0000_00 in copy/"):
        ScanNet(root=place).index()


@pytest.mark.parametrize("name", ["scene0000_00/scene0000_00.sens", "frame-000000.color.jpg"])
def test_frames_that_are_not_exported_are_refused_with_the_command(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"\4\0\0\0")
    with pytest.raises(SourceError, match=r"must hold exported frames.*--export_depth_images"):
        ScanNet(root=tmp_path).index()


def png(values):
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("depth", png(np.zeros((480, 640), np.uint8)), "DECODE"),
        ("depth", b"\x89PNG\r\n\x1a\n", "DECODE"),
        ("depth", png(np.ones((240, 320), np.uint16)), "SHAPE"),
        ("depth_camera", b"577 0 318", "DECODE"),
        ("color_camera", b"0 0 646 0 0 0 483 0 0 0 1 0 0 0 0 1", "RANGE"),
        ("color_camera", b"577 0 319 0 0 578 242 0 0 0 1 0 0 0 0 1", "SHAPE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, kind, data, code):
    (row,) = rows(ScanNet(root=place))
    (place / row[kind]).write_bytes(data)

    with pytest.raises(SampleError) as error:
        _ = ScanNet(root=place).load(row).targets["depth"]
    assert error.value.args[0] == code


@pytest.mark.parametrize("of", ["depth", "color"])
def test_without_a_camera_depth_cannot_be_looked_up(place, of):
    for path in place.rglob(f"intrinsic_{of}.txt"):
        path.unlink()
    (row,) = rows(ScanNet(root=place))
    with pytest.raises(SampleError, match=rf"intrinsic_{of}\.txt must tell.*MISSING"):
        _ = ScanNet(root=place).load(row).targets["depth"]


def test_without_depth_there_is_nothing_to_ask_for(place):
    for path in place.rglob("depth/*.png"):
        path.unlink()
    assert set(ScanNet(root=place).available()) == set()


def test_a_zip_reads_as_the_folder_it_extracts_to(small, tmp_path):
    with zipfile.ZipFile(tmp_path / "scannet_frames_25k.zip", "w") as archive:
        for path in sorted(small.rglob("*.*")):
            archive.write(path, path.relative_to(small))
    loose, packed = ScanNet(root=small), ScanNet(root=tmp_path)

    assert packed.index() == loose.index()
    (row,) = rows(packed)
    same_depth(packed.load(row).targets["depth"], loose.load(row).targets["depth"].meters)


def test_a_published_frame_is_read_with_the_camera_of_its_size(samples, tmp_path):
    scan = tmp_path / "scene0000_00"
    for name in ("color/0048.png", "intrinsic/intrinsic_depth.txt"):
        (scan / name).parent.mkdir(parents=True)
        shutil.copy(samples / "scannet" / "unimatch" / name, scan / name)
    (scan / "depth").mkdir()
    (scan / "depth" / "0048.png").write_bytes(png(np.full((480, 640), 1500, np.uint16)))

    source = ScanNet(root=tmp_path, split="all")
    (row,) = rows(source)
    depth = source.load(row).targets["depth"]

    assert row["image"] == "png"
    assert row["image_id"] == "scannet/scene0000_00/000048"
    assert depth.camera == Camera(577.590698, 578.729797, 318.905426, 242.683609)
    assert (depth.meters == np.float32(1.5)).all()
