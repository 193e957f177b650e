"""Hypersim: the miniature reads back as its scenes, and what others trip over is read rightly."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import pickle
import shutil
import tarfile
import zipfile
from functools import cache

import h5py
import numpy as np
import pytest
import scipy.io
from PIL import Image
from readers import rows, same_depth, same_normals

from vtencode.errors import SampleError, SourceError
from vtencode.formats.hdf5 import write_hdf5
from vtencode.geometry import lines_of_sight
from vtencode.miniatures.hypersim import (
    AWAY,
    CAMERA,
    HEIGHT,
    HOLE,
    LONG,
    NO_DIRECTION,
    NYU40,
    TURN,
    WIDTH,
    write,
)  # fmt: skip
from vtencode.miniatures.scenes import CLASSES, scene
from vtencode.sources.hypersim import Hypersim
from vtencode.sources.hypersim.classes import NYU40 as NYU40_NAMES
from vtencode.sources.hypersim.scenes import scenes
from vtencode.targets import DepthState

#: float16 keeps 11 bits: a number comes back within this share of itself.
HALF = 2.0**-11
SPLITS, CAMERAS = "metadata_images_split_scene_v1.csv", "metadata_camera_parameters.csv"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("hypersim"), count=1)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return write(tmp_path_factory.mktemp("processed"), count=1, form="processed")


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "hypersim")


@cache
def truth(index: int):
    return scene(0, index, height=HEIGHT, width=WIDTH, camera=CAMERA)


def seen(index: int) -> np.ndarray:
    mask = np.ones((HEIGHT, WIDTH), dtype=bool)
    mask[HOLE] = index % 2 == 1
    return mask


def along_the_axis(index: int) -> np.ndarray:
    """Depth as it must be read: of frame 1, along the axis that its image plane is turned from."""
    found = truth(index)
    rays = lines_of_sight(CAMERA, HEIGHT, WIDTH) @ (TURN if index else np.eye(3)).T
    z = found.depth_z * -rays[..., 2]
    return np.where(seen(index), z, np.nan)


def facing_normals(index: int) -> np.ndarray:
    normals = truth(index).normals @ (TURN if index else np.eye(3)).T
    normals[NO_DIRECTION] = 0
    normals[~seen(index)] = 0
    return normals


def frame(root, index: int, **options):
    source = Hypersim(root=root, split="train" if index else "val", **options)
    (row,) = rows(source)
    return source.load(row)


def rewrite(path, change) -> None:
    with h5py.File(io.BytesIO(path.read_bytes())) as file:
        values = file["dataset"][:]
    path.write_bytes(write_hdf5({"dataset": change(values)}))


def geometry(root, kind: str, index: int = 0):
    name = "ai_037_002" if index else "ai_003_010"
    folder = "final" if kind == "color" else "geometry"
    return root / name / f"images/scene_cam_00_{folder}_hdf5/frame.0000.{kind}.hdf5"


def edit_table(path, change) -> None:
    table = list(csv.DictReader(io.StringIO(path.read_text())))
    kept = [row for row in (change(row) for row in table) if row]
    text = io.StringIO()
    writer = csv.DictWriter(text, table[0])
    writer.writeheader()
    writer.writerows(kept)
    path.write_text(text.getvalue())


# The law: what is written reads back.


@pytest.mark.parametrize("index", [0, 1])
def test_depth_comes_back_along_the_axis_within_the_rounding_of_float16(root, index):
    depth = frame(root, index).targets["depth"]

    expected = along_the_axis(index)
    same_depth(depth, expected, within=expected * HALF * 1.001)
    assert depth.measure == "z"


@pytest.mark.parametrize("index", [0, 1])
def test_normals_come_back_in_the_frame_of_the_camera(root, index):
    same_normals(frame(root, index).targets["normals"], facing_normals(index), within_deg=0.05)


@pytest.mark.parametrize("index", [0, 1])
def test_classes_and_objects_come_back_exactly(root, index):
    found, targets = truth(index), frame(root, index).targets
    ids = np.array([NYU40.get(name, -1) for name in CLASSES])[found.semantic]
    ids[~seen(index)] = -1
    semantic, instances, panoptic = (targets[k] for k in ("semantic", "instances", "panoptic"))

    assert np.array_equal(semantic.labeled, ids > 0)
    assert np.array_equal(semantic.ids[ids > 0], ids[ids > 0] - 1)
    assert semantic.vocabulary[0] == "wall"
    shown = np.where(ids > 0, found.instance, 0)
    numbers = set(np.unique(shown)) - {0}
    masks = {region.area for region in instances.regions if not region.crowd}
    assert masks == {int((shown == number).sum()) for number in numbers}
    assert np.array_equal(panoptic.labeled, ids > 0)
    stuff = {segment.label for segment in panoptic.segments if not segment.thing}
    assert stuff <= {"wall", "floor", "ceiling"}
    assert len([each for each in panoptic.segments if each.thing]) == len(numbers)


@pytest.mark.parametrize("index", [0, 1])
def test_the_picture_is_the_scene_with_a_tenth_of_it_brighter_than_four_fifths(root, index):
    rgb = truth(index).rgb
    linear = (rgb / 255) ** 2.2
    brightness = 0.3 * linear[..., 0] + 0.59 * linear[..., 1] + 0.11 * linear[..., 2]
    shown = rgb * (0.8 / np.percentile(brightness[seen(index)], 90) ** (1 / 2.2))

    picture = frame(root, index).picture

    assert picture.format == "png"
    # Half a level of float16, and one that the authors cut.
    assert np.abs(picture.rgb + 0.5 - np.minimum(shown, 255)).max() <= 1.0


def test_frames_say_their_split_scene_and_name(root):
    found = rows(Hypersim(root=root, split="all"))

    assert [(row["key"], row["split"], row["scene"], row["image_id"]) for row in found] == [
        ("hypersim-ai_003_010-cam_00-0000", "val", "ai_003_010",
         "hypersim/ai_003_010/cam_00/0000"),
        ("hypersim-ai_037_002-cam_00-0000", "train", "ai_037_002",
         "hypersim/ai_037_002/cam_00/0000"),
    ]  # fmt: skip
    assert {row["image"] for row in found} == {"png"}


def test_a_source_crosses_processes(root):
    source = Hypersim(root=root, split="all", image="preview")
    again = pickle.loads(pickle.dumps(source))

    assert again.index() == source.index()
    assert again.image == "preview"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["official", "processed"])
def test_a_miniature_is_the_same_bytes_again(root, packed, tmp_path, form):
    again = write(tmp_path, count=1, form=form)

    def hashes(place):
        files = (path for path in sorted(place.rglob("*")) if path.is_file())
        return {str(p.relative_to(place)): hashlib.sha256(p.read_bytes()).digest() for p in files}

    assert hashes(again) == hashes(root if form == "official" else packed)


# Each scene's own rays.


def test_a_pinhole_has_its_camera_and_an_image_plane_at_a_slant_has_none(root):
    camera = frame(root, 0).targets["depth"].camera

    assert math.isclose(camera.fx, 886.81, abs_tol=0.01)
    assert math.isclose(camera.fy, 886.81, abs_tol=0.01)
    assert (camera.cx, camera.cy) == (511.5, 383.5)
    assert frame(root, 1).targets["depth"].camera is None


def test_a_shifted_pinhole_has_a_camera_that_sees_what_its_matrix_says(place):
    matrix = np.array([[0.57735, 0, -0.08], [0, 0.43, 0.15], [0, 4e-7, -1.0]])  # as ai_017_006
    named = {f"M_cam_from_uv_{i}{j}": matrix[i, j] for i in range(3) for j in range(3)}
    edit_table(place / CAMERAS, lambda row: {**row, **named})

    depth = frame(place, 0).targets["depth"]

    for row, column in ((0, 0), (767, 1023), (100, 900)):
        u, v = (2 * column + 1) / 1024 - 1, 1 - (2 * row + 1) / 768
        x, y, z = matrix @ (u, v, 1)
        camera = depth.camera
        assert math.isclose((column - camera.cx) / camera.fx, x / -z, abs_tol=1e-6)
        assert math.isclose((row - camera.cy) / camera.fy, y / z, abs_tol=1e-6)


def test_the_pinhole_of_most_readers_is_wrong_at_a_slant(root):
    """8 degrees of slant: depth by 886.81 px is off by 6 % in the median."""
    found = truth(1)
    rays = lines_of_sight(CAMERA, HEIGHT, WIDTH)
    stored = found.depth_z * np.linalg.norm(rays, axis=2)
    usual = stored / np.sqrt(1 + ((rays[..., :2]) ** 2).sum(axis=2))

    ours = frame(root, 1).targets["depth"].meters

    off = np.abs(usual / ours - 1)
    assert np.median(off) > 0.02
    assert off.max() > 0.06


def test_normals_are_turned_by_the_rays_of_the_scene(place):
    """A vector that faces the pixel's own ray, and away from the pinhole's, stays as it is."""
    center = TURN @ np.array([0, 0, -1.0])
    vector = np.array([0, -0.9987 * np.sign(center[1]), -0.05])
    assert vector @ center < 0 < vector @ np.array([0, 0, -1.0])
    rewrite(
        geometry(place, "normal_cam", 1), lambda a: np.broadcast_to(vector, a.shape).astype("f2")
    )

    normals = frame(place, 1).targets["normals"]

    assert np.allclose(normals.xyz[HEIGHT // 2, WIDTH // 2], vector, atol=2e-3)


def test_without_the_cameras_depth_is_refused_and_the_table_named(place):
    (place / CAMERAS).unlink()
    source = Hypersim(root=place)

    for name in ("depth", "normals"):
        with pytest.raises(SourceError, match=r"metadata_camera_parameters\.csv.*https://raw"):
            source.require([name])
        with pytest.raises(SourceError, match=r"metadata_camera_parameters\.csv"):
            _ = frame(place, 0).targets[name]
    source.require(["semantic", "panoptic"])
    assert frame(place, 0).targets["semantic"].labeled.any()


def test_a_scene_that_the_table_of_cameras_lacks_is_a_reject(place):
    edit_table(place / CAMERAS, lambda row: None if row["scene_name"] == "ai_003_010" else row)

    with pytest.raises(SampleError, match=r"must list ai_003_010.*MISSING"):
        _ = frame(place, 0).targets["depth"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"M_cam_from_uv_22": "1"}, "must look along -z"),
        ({"M_cam_from_uv_22": "nan"}, "must look along -z"),
        ({"M_cam_from_uv_22": ""}, "must hold numbers"),
    ],
)
def test_a_table_of_cameras_that_makes_no_sense_is_told(place, change, message):
    edit_table(place / CAMERAS, lambda row: {**row, **change})

    with pytest.raises(SourceError, match=message):
        _ = frame(place, 0).targets["depth"]


def test_a_table_without_its_columns_is_told(place):
    (place / CAMERAS).write_text("scene_name,fov\nai_001_001,1\n")

    with pytest.raises(SourceError, match=r"must have the column 'M_cam_from_uv_00'.*Fetch it"):
        _ = frame(place, 0).targets["depth"]


# What is odd in official files.


def test_what_nothing_is_at_is_unknown(root):
    targets = frame(root, 0).targets

    assert (targets["depth"].state[HOLE] == DepthState.UNKNOWN).all()
    assert not targets["normals"].valid[HOLE].any()
    assert not targets["semantic"].labeled[HOLE].any()


def test_a_distance_past_the_range_of_float16_is_far(place):
    rewrite(geometry(place, "depth_meters"), lambda a: np.where(np.arange(1024) < 3, np.inf, a))

    assert (frame(place, 0).targets["depth"].state[:, :3] == DepthState.FAR).all()


def test_normals_that_face_away_are_turned_and_those_of_other_lengths_made_unit(root):
    with h5py.File(geometry(root, "normal_cam")) as file:
        stored = file["dataset"][:].astype(np.float32)
    normals = frame(root, 0).targets["normals"]

    assert np.allclose(normals.xyz[AWAY], -stored[AWAY], atol=1e-3)
    rays = lines_of_sight(CAMERA, HEIGHT, WIDTH)
    assert (np.einsum("hwc,hwc->hw", stored[AWAY], rays[AWAY]) > 0).all()
    assert np.allclose(normals.xyz[LONG] * 1.25, stored[LONG], atol=2e-3)
    assert not normals.valid[NO_DIRECTION].any()


def test_a_class_zero_is_no_class_of_this_dataset(place):
    rewrite(geometry(place, "semantic"), lambda a: np.where(a < 0, 0, a).astype("i2"))

    with pytest.raises(SampleError, match="RANGE"):
        _ = frame(place, 0).targets["semantic"]


def test_an_instance_of_two_classes_is_two_objects(place):
    rewrite(geometry(place, "semantic"), lambda a: painted(a, ([6, 18, -1], 8)))
    rewrite(geometry(place, "semantic_instance"), lambda a: painted(a, ([42, 42, 42], 8)))

    regions = frame(place, 0).targets["instances"].regions

    assert {(region.label, region.area) for region in regions} == {
        ("sofa", 8 * 1024), ("pillow", 8 * 1024),
    }  # fmt: skip


def test_walls_are_stuff_even_where_somebody_numbered_them(place):
    rewrite(geometry(place, "semantic"), lambda a: painted(a, ([1, 1, 5], 8)))
    rewrite(geometry(place, "semantic_instance"), lambda a: painted(a, ([7, 8, 9], 8)))

    targets = frame(place, 0).targets

    assert [region.label for region in targets["instances"].regions] == ["chair"]
    assert "wall" not in targets["instances"].vocabulary
    assert [(s.label, s.thing) for s in targets["panoptic"].segments] == [
        ("wall", False), ("chair", True),
    ]  # fmt: skip


def painted(plane, stripes) -> np.ndarray:
    """Horizontal stripes of these values, so many rows each, on -1."""
    values, height = stripes
    plane = np.full_like(plane, -1)
    for at, value in enumerate(values):
        plane[at * height : (at + 1) * height] = value
    return plane


def test_frames_that_the_release_leaves_out_are_left_out(root, place):
    hidden = "images/scene_cam_00_final_hdf5/frame.0099.color.hdf5"
    assert (root / "ai_003_010" / hidden).is_file()
    assert len(rows(Hypersim(root=root, split="all"))) == 2

    flag = {"included_in_public_release": "False", "split_partition_name": ""}
    edit_table(place / SPLITS, lambda row: {**row, **flag})
    with pytest.raises(SourceError, match="must hold frames of the public release, and has none"):
        Hypersim(root=place).index()


def test_without_the_table_of_splits_nothing_is_read_and_its_address_is_told(place):
    (place / SPLITS).unlink()

    with pytest.raises(SourceError, match=r"which frames are public.*https://raw\.githubuser"):
        Hypersim(root=place).index()


def test_tables_are_found_wherever_they_lie(root, place):
    (place / "a/b").mkdir(parents=True)
    for name in (SPLITS, CAMERAS):
        (place / name).rename(place / "a/b" / name)

    assert rows(Hypersim(root=place)) == rows(Hypersim(root=root))
    assert frame(place, 0).targets["depth"].camera is not None


# Pictures.


def officially_tonemapped(color, entities) -> np.ndarray:
    """The rule of scene_generate_images_tonemap.py, and matplotlib's imsave, pixel for pixel."""
    values = []
    for pixel, entity in zip(color.reshape(-1, 3).astype(float), entities.ravel(), strict=True):
        if entity != -1:
            values.append(pixel @ (0.3, 0.59, 0.11))
    scale = 0.8**2.2 / np.percentile(values, 90) if values else 1.0
    shown = np.maximum(scale * color.astype(float), 0) ** (1 / 2.2)
    return (np.clip(shown, 0, 1) * 255).astype(np.uint8)


def test_the_tone_map_is_the_rule_of_the_authors(place):
    rng = np.random.default_rng(0)
    color = (rng.lognormal(size=(64, 96, 3)) * 5).astype("f2")
    color[:4] = 6e4
    color[5, 5] = -0.01
    entities = np.where(np.arange(64)[:, None] < 4, -1, 7) * np.ones((1, 96))
    rewrite(geometry(place, "color"), lambda _: color)
    rewrite(geometry(place, "render_entity_id"), lambda _: entities.astype("i2"))

    expected = officially_tonemapped(color, entities).astype(int)
    off = np.abs(frame(place, 0).picture.rgb - expected)

    assert off.max() <= 1, "float32 may cut on the other side of a level"
    assert (off == 0).mean() > 0.999
    assert 0 < np.median(expected) < 255


def test_where_nothing_is_seen_color_is_not_scaled(place):
    rewrite(geometry(place, "color"), lambda a: np.full_like(a, 0.25))
    rewrite(geometry(place, "render_entity_id"), lambda a: np.full_like(a, -1))

    assert (frame(place, 0).picture.rgb == int(0.25 ** (1 / 2.2) * 255)).all()


@pytest.mark.parametrize("fault", ["black", "nan", "glare"])
def test_a_picture_that_nobody_could_see_is_a_reject(place, fault):
    light = {"black": 0, "nan": np.nan, "glare": np.inf}[fault]
    rewrite(geometry(place, "color"), lambda a: np.full_like(a, light))

    with pytest.raises(SampleError, match=r"color.hdf5: image: .*RANGE"):
        frame(place, 0)


def test_the_preview_passes_through_untouched(root):
    sample = frame(root, 0, image="preview")
    jpeg = root / "ai_003_010/images/scene_cam_00_final_preview/frame.0000.tonemap.jpg"

    assert sample.picture.format == "jpg"
    assert sample.picture.data == jpeg.read_bytes()
    (row,), (other,) = (rows(Hypersim(root=root, image=kind)) for kind in ("preview", "tonemap"))
    assert row["image"] == "jpg"
    assert (row["key"], row["image_id"]) == (other["key"], other["image_id"])
    off = np.abs(sample.picture.rgb.astype(int) - frame(root, 0).picture.rgb)
    assert np.median(off) <= 2


@pytest.mark.parametrize(
    ("image", "remove", "message"),
    [
        ("tonemap", "*.color.hdf5", r"frame\.\*\.color\.hdf5.*set image: preview"),
        ("preview", "*.tonemap.jpg", r"frame\.\*\.tonemap\.jpg.*set image: tonemap"),
        ("tonemap", "*.render_entity_id.hdf5", r"render_entity_id.*set image: preview"),
    ],
)
def test_a_download_without_the_pictures_asked_for_is_told_which_it_has(
    place, image, remove, message
):
    for path in place.rglob(remove):
        path.unlink()

    with pytest.raises(SourceError, match=message):
        Hypersim(root=place, image=image).index()


# Files that are not what they must be.


@pytest.mark.parametrize(
    ("kind", "target", "change", "code"),
    [
        ("depth_meters", "depth", lambda a: a[:-1], "SHAPE"),
        ("depth_meters", "depth", lambda a: np.zeros_like(a, dtype="i2"), "MODE"),
        ("depth_meters", "depth", lambda a: -a, "RANGE"),
        ("normal_cam", "normals", lambda a: a[..., :2], "SHAPE"),
        ("normal_cam", "normals", lambda a: np.zeros_like(a, dtype="i2"), "MODE"),
        ("semantic", "semantic", lambda a: a.astype("f4"), "MODE"),
        ("semantic", "instances", lambda a: np.where(a > 0, 41, a), "RANGE"),
        ("semantic_instance", "panoptic", lambda a: a[:, :-1], "SHAPE"),
        ("semantic_instance", "instances", lambda a: a.astype("f4"), "MODE"),
    ],
)
def test_arrays_that_are_not_the_published_ones_are_rejects(place, kind, target, change, code):
    rewrite(geometry(place, kind), change)

    with pytest.raises(SampleError) as error:
        _ = frame(place, 0).targets[target]
    assert error.value.args[0] == code


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("color", lambda a: a[..., 0], "SHAPE"),
        ("color", lambda a: a.astype("u1"), "MODE"),
        ("render_entity_id", lambda a: a[:-1], "SHAPE"),
        ("render_entity_id", lambda a: a.astype("f4"), "MODE"),
    ],
)
def test_color_that_is_not_the_published_one_is_a_reject(place, kind, change, code):
    rewrite(geometry(place, kind), change)

    with pytest.raises(SampleError) as error:
        frame(place, 0)
    assert error.value.args[:2] == (code, "image")


@pytest.mark.parametrize("kind", ["color", "depth_meters", "semantic"])
def test_damaged_files_are_rejects_that_name_them(place, kind):
    path = geometry(place, kind)
    path.write_bytes(path.read_bytes()[:900])
    target = {"color": "depth", "depth_meters": "depth", "semantic": "panoptic"}[kind]

    with pytest.raises(SampleError, match=rf"{kind}\.hdf5.*DECODE"):
        _ = frame(place, 0).targets[target]


@pytest.mark.parametrize("target", ["depth", "normals", "semantic", "instances", "panoptic"])
def test_a_frame_without_its_geometry_is_a_reject(place, target):
    """ai_006_001, cam_00, frame 53 is such a one (ml-hypersim issue 7)."""
    for kind in ("depth_meters", "normal_cam", "semantic", "semantic_instance"):
        geometry(place, kind).unlink()

    with pytest.raises(SampleError, match=r"this frame has no such file \[MISSING\]"):
        _ = frame(place, 0).targets[target]


def test_a_dataset_without_a_modality_lacks_its_target(place):
    for path in place.rglob("*.semantic_instance.hdf5"):
        path.unlink()

    assert set(Hypersim(root=place).available()) == {"depth", "normals", "semantic"}


def test_another_dataset_is_refused(tmp_path):
    (tmp_path / SPLITS).write_text("scene_name\n")
    (tmp_path / "ai_001_001.tar.gz").write_bytes(b"\x1f\x8b")

    with pytest.raises(SourceError, match=r"must hold Hypersim.*Extract ai_001_001\.tar\.gz"):
        Hypersim(root=tmp_path).index()


# Archives, and the processed form.


def test_archives_read_as_the_folders_they_extract_to(root, tmp_path):
    for name in ("ai_003_010", "ai_037_002"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for path in sorted((root / name).rglob("*.*")):
                archive.write(path, path.relative_to(root).as_posix())
    for name in (SPLITS, CAMERAS):
        shutil.copy(root / name, tmp_path)
    zipped = Hypersim(root=tmp_path, split="all")

    assert zipped.index() == Hypersim(root=root, split="all").index()
    found, loose = frame(tmp_path, 1), frame(root, 1)
    assert np.array_equal(found.picture.rgb, loose.picture.rgb)
    assert np.array_equal(found.targets["depth"].meters, loose.targets["depth"].meters)


@pytest.mark.parametrize("index", [0, 1])
def test_the_processed_form_reads_as_the_published_one(root, packed, index):
    """Also where it took a wrong pinhole: within the millimeter that it cuts, and float16."""
    published, processed = frame(root, index), frame(packed, index)
    expected = along_the_axis(index)

    assert processed.provenance["image_id"] == published.provenance["image_id"]
    off = np.abs(processed.picture.rgb.astype(int) - published.picture.rgb)
    assert off.max() <= 1
    depth = processed.targets["depth"]
    same_depth(depth, expected, within=expected * HALF * 1.001 + 0.0011)
    assert depth.camera == published.targets["depth"].camera
    assert set(Hypersim(root=packed).available()) == {"depth", "normals"}


def test_processed_normals_are_read_and_a_frame_that_has_none_is_a_reject(packed):
    normals = frame(packed, 1).targets["normals"]

    same_normals(normals, truth(1).normals @ TURN.T, within_deg=1e-3)
    with pytest.raises(SampleError, match=r"normals: this frame has no such file"):
        _ = frame(packed, 0).targets["normals"]


def test_a_pack_is_read_in_its_archive_with_the_table_beside_it(root, packed, tmp_path):
    with tarfile.open(tmp_path / "hypersim_processed_val.tar", "w") as archive:
        archive.add(packed / "val/ai_003_010", "./ai_003_010")
    for name in (SPLITS, CAMERAS):
        shutil.copy(root / name, tmp_path)

    assert np.array_equal(frame(tmp_path, 0).picture.rgb, frame(packed, 0).picture.rgb)


def test_processed_depth_of_8_bits_is_a_reject(packed, tmp_path):
    place = shutil.copytree(packed, tmp_path / "processed")
    path = place / "val/ai_003_010/depth_plane_cam_00_fr0000.png"
    Image.fromarray(np.ones((HEIGHT, WIDTH), np.uint8)).save(path)

    with pytest.raises(SampleError, match=r"16-bit gray PNG.*MODE"):
        _ = frame(place, 0).targets["depth"]


def test_both_forms_in_one_place_are_refused(place, packed):
    shutil.copytree(packed / "train", place / "train")

    with pytest.raises(SourceError, match="holds the dataset twice"):
        Hypersim(root=place).index()


# The release, and real files.


def test_every_archive_of_the_release_is_told_at_its_official_address():
    files = Hypersim.publication.files

    assert len(set(scenes())) == 457
    assert len(files) == 459
    assert files[2].url == (
        "https://docs-assets.developer.apple.com/ml-research/datasets/hypersim/v1/scenes/"
        "ai_001_001.zip"
    )
    assert {file.name for file in files[:2]} == {SPLITS, CAMERAS}


@pytest.fixture
def real(samples, tmp_path):
    """The real frame of a tilt-shift scene, under a real preview, which is of another scene."""
    given = samples / "hypersim"
    frame_path = "ai_037_002/images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5"
    preview = tmp_path / "ai_037_002/images/scene_cam_00_final_preview/frame.0000.tonemap.jpg"
    copies = {
        given / frame_path: tmp_path / frame_path,
        given / "examples/01_marketplace_dataset/scenes/ai_001_001/images"
        "/scene_cam_00_final_preview/_frame.0000.tonemap.jpg": preview,
        given / "contrib/mikeroberts3000" / CAMERAS: tmp_path / CAMERAS,
    }
    for source, target in copies.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (tmp_path / SPLITS).write_text(
        "scene_name,camera_name,frame_id,included_in_public_release,exclude_reason,"
        "split_partition_name\nai_037_002,cam_00,0,True,,train\n"
    )
    return tmp_path


def real_matrix(real) -> np.ndarray:
    table = csv.DictReader(io.StringIO((real / CAMERAS).read_text()))
    row = next(row for row in table if row["scene_name"] == "ai_037_002")
    return np.array([[float(row[f"M_cam_from_uv_{i}{j}"]) for j in range(3)] for i in range(3)])


def seen_along(matrix) -> np.ndarray:
    """The rays of M_cam_from_uv, as ml-hypersim's notebook casts them."""
    u, v = np.meshgrid(np.linspace(-1 + 1 / 1024, 1 - 1 / 1024, 1024),
                       np.linspace(1 - 1 / 768, -1 + 1 / 768, 768))  # fmt: skip
    return np.stack([u, v, np.ones_like(u)], axis=2) @ matrix.T


def test_a_real_distance_image_becomes_depth_by_its_own_camera(real):
    """The pinhole of most readers is off by 2.1 % in the median of this frame, 5.7 % at most."""
    path = real / "ai_037_002/images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5"
    with h5py.File(path) as file:
        distance = file["dataset"][:].astype(np.float64)
    assert distance.min() == pytest.approx(2.96, abs=0.01)
    assert distance.max() == pytest.approx(13.23, abs=0.01)
    x, y, z = np.moveaxis(seen_along(real_matrix(real)), 2, 0)

    depth = frame(real, 1, image="preview").targets["depth"]

    same_depth(depth, distance * -z / np.sqrt(x**2 + y**2 + z**2), within=1e-5)
    assert depth.camera is None
    across, down = np.arange(1024) - 511.5, np.arange(768)[:, None] - 383.5
    usual = distance * 886.81 / np.sqrt(across**2 + down**2 + 886.81**2)
    off = np.abs(usual / depth.meters - 1)
    assert np.median(off) == pytest.approx(0.021, abs=0.001)
    assert off.max() == pytest.approx(0.057, abs=0.001)


def test_by_its_own_camera_the_real_floor_is_level(real, samples):
    """In the world, by the published orientation; by 886.81 px it leans by more than 5 degrees."""
    floor = slice(704, 768), slice(0, 1024)
    pose = samples / "hypersim/ai_037_002/_detail/cam_00/camera_keyframe_orientations.hdf5"
    with h5py.File(pose) as file:
        world_from_camera = file["dataset"][0]
    depth = frame(real, 1, image="preview").targets["depth"].meters.astype(np.float64)
    m = real_matrix(real)

    def lean_deg(matrix) -> float:
        rays = seen_along(matrix)
        points = (depth[..., None] * rays / -rays[..., 2:])[floor].reshape(-1, 3)
        normal = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][2]
        return math.degrees(math.acos(min(abs((world_from_camera @ normal)[2]), 1)))

    assert lean_deg(m) < 0.05
    assert lean_deg(np.diag([0.57735, 0.57735 * 0.75, -1])) > 4


def test_a_real_preview_is_read_as_it_is(real):
    sample = frame(real, 1, image="preview")

    assert (sample.picture.width, sample.picture.height) == (1024, 768)
    assert sample.picture.rgb.dtype == np.uint8


def test_the_real_table_of_cameras_lists_more_slanted_scenes_than_pinholes(samples):
    data = (samples / "hypersim/contrib/mikeroberts3000" / CAMERAS).read_bytes()
    remote = next(file for file in Hypersim.publication.files if file.name == CAMERAS)
    assert (remote.size, remote.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    table = {row["scene_name"]: row for row in csv.DictReader(io.StringIO(data.decode()))}
    public = [table[name] for name in scenes()]

    def slant(row) -> float:
        u, v, z = (abs(float(row[f"M_cam_from_uv_2{column}"])) for column in range(3))
        return max(u, v) / z

    assert len(table) == 482
    assert {(row["settings_output_img_height"], row["settings_output_img_width"]) for row in
            table.values()} == {("768.0", "1024.0")}  # fmt: skip
    assert sum(slant(row) > 1e-9 for row in public) == 261
    assert all(float(row["M_cam_from_uv_22"]) < 0 for row in public)


def test_the_real_lists_of_classes_are_ours(samples):
    """NYU's words, but for its spelling of refrigerator; ml-hypersim leaves spaces out."""
    path = samples / "hypersim/code/cpp/tools/scene_annotation_tool/semantic_label_descs.csv"
    listed = [line.split(",")[:2] for line in path.read_text().splitlines()[1:]]

    assert [int(number) for number, _ in listed] == list(range(1, 41))
    assert [name.replace(" ", "") for name in NYU40_NAMES] == [name.strip() for _, name in listed]
    (mat,) = (samples / "nyu").rglob("classMapping40.mat")
    names = [str(name[0]) for name in scipy.io.loadmat(mat)["className"][0]]
    differ = {pair for pair in zip(NYU40_NAMES, names, strict=True) if pair[0] != pair[1]}
    assert differ == {("refrigerator", "refridgerator")}
