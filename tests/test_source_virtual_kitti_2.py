"""Virtual KITTI 2: the miniature reads back as its scenes, and each trap is read rightly."""

from __future__ import annotations

import io
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image
from readers import rows, same_depth

from vtencode.errors import CodeError, SampleError, SourceError, UnknownNameError
from vtencode.formats.vkitti import read_colors, read_intrinsics, write_colors, write_intrinsics
from vtencode.geometry import angles_deg
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.series import turns
from vtencode.miniatures.virtual_kitti_2 import (
    CAMERA,
    COLORS,
    HEIGHT,
    WIDTH,
    classes,
    tracks,
    write,
)
from vtencode.png import write_png, write_png_gray
from vtencode.sources.virtual_kitti_2 import VirtualKitti2
from vtencode.targets import Camera, DepthState

#: The classes as prompts name them; "undefined" is none.
WORDS = (
    "terrain", "sky", "tree", "vegetation", "building", "road", "guard rail", "traffic sign",
    "traffic light", "pole", "misc", "truck", "car", "van",
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("vkitti"), count=1)


@pytest.fixture(scope="module")
def truth():
    """The scenes, by split."""
    return {
        "val" if test else "train": scene(
            0, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=True
        )
        for index, test in enumerate(turns(1))
    }


@pytest.fixture
def place(root, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(root, tmp_path / "copy")


def train(place, **options):
    """The source, and the row of its training frame."""
    source = VirtualKitti2(root=place, **options)
    (row,) = rows(source)
    return source, row


def target(place, name):
    source, row = train(place)
    return source.load(row).targets[name]


def test_the_miniature_reads_back_as_its_scenes(root, truth):
    source = VirtualKitti2(root=root, split="all")
    found = rows(source)

    assert [(row["split"], row["scene"]) for row in found] == [
        ("val", "Scene01"),
        ("train", "Scene02"),
    ]
    for row in found:
        expected, sample = truth[row["split"]], source.load(row)
        off = sample.picture.rgb.astype(float) - expected.rgb
        assert np.abs(off).mean() < 2
        depth = sample.targets["depth"]
        same_depth(depth, expected.depth_z, within=0.005 + 1e-5)
        assert (depth.camera, depth.measure) == (CAMERA, "z")
        semantic = sample.targets["semantic"]
        assert semantic.vocabulary == WORDS
        assert np.array_equal(semantic.ids, classes(expected))


def test_the_bytes_are_the_same_twice(root, tmp_path):
    again = write(tmp_path, count=1)

    names = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(names) == 12
    for name in names:
        assert (root / name).read_bytes() == (again / name).read_bytes()


def test_another_reader_sees_the_same(root):
    """A second reader, from the description of the format: Pillow and arithmetic."""
    source, row = train(root)
    sample = source.load(row)
    frames = root / "Scene02" / "clone" / "frames"

    steps = np.asarray(Image.open(frames / "depth/Camera_0/depth_00000.png")).astype(np.float64)
    depth = sample.targets["depth"]
    assert np.array_equal(depth.state == DepthState.FAR, steps == 65535)
    assert np.allclose(depth.meters[depth.valid], steps[steps < 65535] / 100, atol=1e-5)

    rgb = np.asarray(Image.open(frames / "classSegmentation/Camera_0/classgt_00000.png"))
    indexed = Image.open(frames / "instanceSegmentation/Camera_0/instancegt_00000.png")
    assert indexed.mode == "P"
    numbers = np.asarray(indexed)
    expected = []
    for name in ("Truck", "Car", "Van"):
        of_class = (rgb == COLORS[name]).all(axis=2)
        _, areas = np.unique(numbers[of_class], return_counts=True)
        expected += [(name.lower(), area) for area in areas.tolist()]
    regions = sample.targets["instances"].regions
    assert sorted((region.label, region.area) for region in regions) == sorted(expected)
    assert len(expected) > 4


def test_instances_are_the_tracked_vehicles(root, truth):
    masks = target(root, "instances")

    numbers, ids = tracks(truth["train"]), classes(truth["train"])
    assert masks.vocabulary == ("truck", "car", "van")
    assert not any(region.crowd for region in masks.regions)
    drawn = masks.id_map()
    assert np.array_equal(drawn > 0, numbers > 0)
    for region in masks.regions:
        inside = drawn == region.id
        assert len({*numbers[inside].tolist()}) == 1
        assert {WORDS[at] for at in np.unique(ids[inside]).tolist()} == {region.label}
    assert len(masks.regions) == len(np.unique(numbers)) - 1


def test_panoptic_has_vehicles_as_things_and_one_segment_a_class_else(root, truth):
    panoptic = target(root, "panoptic")

    assert panoptic.labeled.all()
    things = [segment for segment in panoptic.segments if segment.thing]
    stuff = [segment.label for segment in panoptic.segments if not segment.thing]
    assert len(things) == len(np.unique(tracks(truth["train"]))) - 1
    assert {segment.label for segment in things} <= {"truck", "car", "van"}
    assert len(set(stuff)) == len(stuff)
    assert set(stuff) >= {"sky", "road", "terrain", "tree", "building"}


def test_an_instance_number_outside_vehicles_is_nothing(place):
    (path,) = (place / "Scene02").rglob("instancegt_*.png")
    with Image.open(path) as image:
        numbers = np.asarray(image).copy()
    free = numbers == 0
    numbers[free] = 200
    path.write_bytes(write_png_gray(numbers))

    assert np.array_equal(target(place, "instances").id_map() > 0, ~free)
    stuff = [s.label for s in target(place, "panoptic").segments if not s.thing]
    assert len(set(stuff)) == len(stuff)


def test_vehicles_without_a_number_are_a_crowd(place):
    (path,) = (place / "Scene02").rglob("instancegt_*.png")
    with Image.open(path) as image:
        numbers = np.asarray(image).copy()
    numbers[:, WIDTH // 2 :] = 0
    path.write_bytes(write_png_gray(numbers))

    crowds = [region for region in target(place, "instances").regions if region.crowd]
    assert crowds


def test_the_sky_is_far_and_what_is_near_it_is_not(place):
    (path,) = (place / "Scene02").rglob("depth_*.png")
    steps = np.full((HEIGHT, WIDTH), 65535, dtype=np.uint16)
    steps[100:], steps[200:], steps[300:] = 65534, 1250, 0
    path.write_bytes(write_png_gray(steps))

    expected = np.full(steps.shape, np.inf)
    expected[100:], expected[200:], expected[300:] = 655.34, 12.5, np.nan
    same_depth(target(place, "depth"), expected, within=1e-4)


def test_normals_are_derived_from_depth_and_true_where_valid(root, truth):
    normals, expected = target(root, "normals"), truth["train"]

    off = angles_deg(normals.xyz, expected.normals)[normals.valid]
    assert (off < 6).mean() > 0.985
    assert np.median(off) < 0.6
    ground = np.isfinite(expected.depth_z)
    assert normals.valid[ground].mean() > 0.7


def test_normals_are_not_valid_in_the_sky_at_borders_edges_and_creases(root, truth):
    valid, depth = target(root, "normals").valid, truth["train"].depth_z

    assert not valid[np.isinf(depth)].any()
    assert not valid[0].any()
    assert not valid[-1].any()
    assert not valid[:, [0, -1]].any()
    jump = np.zeros(depth.shape, dtype=bool)
    jump[:, 1:] = np.abs(np.diff(np.minimum(depth, 1e3), axis=1)) > 0.2 * depth[:, 1:]
    assert not valid[jump].any()


def test_rounding_to_centimeters_tilts_a_wall_by_a_few_degrees_at_most(place):
    (path,) = (place / "Scene02").rglob("depth_*.png")
    across = (np.arange(WIDTH) - CAMERA.cx) / CAMERA.fx
    z = 6 / (1 + 0.5 * across)
    steps = np.tile(np.round(100 * z), (HEIGHT, 1)).astype(np.uint16)
    path.write_bytes(write_png_gray(steps))

    normals = target(place, "normals")

    wall = np.array([-0.5, 0, 1]) / np.hypot(0.5, 1)
    off = angles_deg(normals.xyz, np.broadcast_to(wall, normals.xyz.shape))[normals.valid]
    assert normals.valid.mean() > 0.9
    assert off.max() < 10
    assert (off < 6).mean() > 0.99
    assert np.median(off) < 2


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, ["clone", "sunset", "clone"]),
        ({"variations": ("sunset",)}, ["sunset"]),
        ({"camera": "Camera_1"}, ["clone"]),
        ({"variations": ("clone", "sunset"), "camera": "Camera_0"}, ["clone", "sunset"]),
    ],
)
def test_variations_and_a_camera_can_be_kept(place, options, kept):
    frames = place / "Scene02" / "clone" / "frames"
    for kind in frames.iterdir():
        (only,) = (kind / "Camera_0").iterdir()
        for variation, camera in (("clone", "Camera_1"), ("sunset", "Camera_0")):
            copy = place / "Scene02" / variation / "frames" / kind.name / camera
            copy.mkdir(parents=True)
            shutil.copy(only, copy)

    found = rows(VirtualKitti2(root=place, **options))

    assert sorted(row["image_id"].split("/")[2] for row in found) == sorted(kept)
    assert len({row["key"] for row in found}) == len(kept)


def test_a_variation_that_is_none_is_named(root):
    with pytest.raises(UnknownNameError, match=r"'snow'.*sunset"):
        VirtualKitti2(root=root, variations=("snow",))


def test_variations_that_are_not_there_leave_no_frame(root):
    with pytest.raises(SourceError, match="must hold Virtual KITTI 2"):
        VirtualKitti2(root=root, variations=("fog",)).index()


def test_archives_read_as_the_folders_they_extract_to(root, tmp_path):
    parts = {"rgb": "rgb", "depth": "depth", "classSegmentation": "classSegmentation"}
    for name, folder in parts.items():
        with tarfile.open(tmp_path / f"vkitti_2.0.3_{name}.tar", "w") as archive:
            for path in sorted(root.rglob(f"frames/{folder}")):
                archive.add(path, path.relative_to(root))
    loose, packed = VirtualKitti2(root=root), VirtualKitti2(root=tmp_path)

    (one,), (other,) = rows(loose), rows(packed)
    assert one["image_id"] == other["image_id"] == "virtual-kitti-2/Scene02/clone/Camera_0/00000"
    assert packed.load(other).picture.data == loose.load(one).picture.data
    assert set(packed.available()) == {"depth", "normals", "semantic"}
    depths = [source.load(row).targets["depth"] for source, row in ((loose, one), (packed, other))]
    assert np.array_equal(depths[0].meters, depths[1].meters, equal_nan=True)


def test_archives_may_be_extracted_into_folders_of_their_own(place, root):
    for kind in ("rgb", "depth", "classSegmentation", "instanceSegmentation"):
        for path in sorted(place.glob(f"Scene*/*/frames/{kind}")):
            to = place / f"vkitti_2.0.3_{kind}" / path.relative_to(place)
            to.parent.mkdir(parents=True)
            path.rename(to)

    moved, _ = train(place)
    assert set(moved.available()) == set(VirtualKitti2.targets)
    assert np.array_equal(target(place, "semantic").ids, target(root, "semantic").ids)


def test_folders_may_be_spelled_as_the_authors_page_spells_them(place):
    for path in sorted(place.glob("Scene*/*/frames/*Segmentation")):
        path.rename(path.with_name(path.name.lower()))

    assert set(VirtualKitti2(root=place).available()) == set(VirtualKitti2.targets)


def test_without_the_text_files_the_published_constants_hold(place):
    for path in [*place.rglob("colors.txt"), *place.rglob("intrinsic.txt")]:
        path.unlink()

    assert target(place, "depth").camera == CAMERA
    assert target(place, "semantic").vocabulary == WORDS


def test_each_variation_has_its_own_camera_and_colors(place):
    other = Camera(fx=700, fy=710, cx=600, cy=180)
    folder = place / "Scene02" / "clone"
    (folder / "intrinsic.txt").write_bytes(write_intrinsics({(0, 1): CAMERA, (0, 0): other}))
    swapped = {**COLORS, "Road": COLORS["Terrain"], "Terrain": COLORS["Road"]}
    before = target(place, "semantic")
    (folder / "colors.txt").write_bytes(write_colors(swapped))

    assert target(place, "depth").camera == other
    after = target(place, "semantic")
    road, terrain = WORDS.index("road"), WORDS.index("terrain")
    assert np.array_equal(after.ids == road, before.ids == terrain)
    assert (before.ids == terrain).any()


def test_black_is_no_class_with_and_without_a_line_of_its_own(place):
    (path,) = (place / "Scene02").rglob("classgt_*.png")
    rgb = np.full((HEIGHT, WIDTH, 3), COLORS["Road"], dtype=np.uint8)
    rgb[:40] = 0
    path.write_bytes(write_png(rgb))

    for _ in range(2):
        semantic = target(place, "semantic")
        assert not semantic.labeled[:40].any()
        assert (semantic.ids[40:] == WORDS.index("road")).all()
        (place / "Scene02" / "clone" / "colors.txt").unlink(missing_ok=True)


def test_a_color_of_no_class_is_a_reject_that_names_it(place):
    (path,) = (place / "Scene02").rglob("classgt_*.png")
    rgb = np.full((HEIGHT, WIDTH, 3), COLORS["Road"], dtype=np.uint8)
    rgb[0, :3] = (100, 60, 101)
    path.write_bytes(write_png(rgb))

    with pytest.raises(SampleError, match=r"\(100, 60, 101\) in 3 pixels"):
        target(place, "semantic")


def gray8(values):
    return write_png_gray((values % 256).astype(np.uint8))


def as_palette(path):
    with Image.open(path) as image:
        buffer = io.BytesIO()
        image.convert("P").save(buffer, "PNG")
    return buffer.getvalue()


def as_rgb(path):
    with Image.open(path) as image:
        return write_png(np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(
    ("name", "pattern", "spoil", "code"),
    [
        ("depth", "depth_*", lambda path: gray8(np.asarray(Image.open(path))), "MODE"),
        ("semantic", "classgt_*", as_palette, "MODE"),
        ("instances", "instancegt_*", as_rgb, "MODE"),
        ("depth", "depth_*", lambda _: write_png_gray(np.ones((375, 1241), np.uint16)), "SHAPE"),
        ("semantic", "classgt_*", lambda _: write_png(np.ones((9, 9, 3), np.uint8)), "SHAPE"),
        ("instances", "instancegt_*", lambda _: write_png_gray(np.ones((9, 9), np.uint8)), "SHAPE"),
        ("depth", "depth_*", lambda path: path.read_bytes()[:-500], "DECODE"),
        ("semantic", "classgt_*", lambda _: b"GIF89a", "DECODE"),
        ("depth", "intrinsic*", lambda _: write_intrinsics({(7, 0): CAMERA}), "DECODE"),
        ("depth", "intrinsic*", lambda _: b"frame cameraID\n0 0 700\n", "DECODE"),
        ("semantic", "colors*", lambda _: b"Category r g b\nRoad 1 2\n", "DECODE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, name, pattern, spoil, code):
    (path,) = (place / "Scene02").rglob(pattern)
    path.write_bytes(spoil(path))

    with pytest.raises(SampleError) as error:
        target(place, name)
    assert error.value.args[0] == code


def test_data_without_classes_have_depth_and_normals_alone(place):
    for path in place.rglob("classgt_*.png"):
        path.unlink()

    source = VirtualKitti2(root=place)
    assert set(source.available()) == {"depth", "normals"}
    with pytest.raises(SourceError, match="must have the target 'instances'"):
        source.require(["instances"])
    for name in ("semantic", "instances", "panoptic"):
        with pytest.raises(SampleError, match="MISSING"):
            target(place, name)


def test_depth_without_color_is_no_frame(place):
    for path in place.rglob("rgb_*.jpg"):
        path.unlink()

    with pytest.raises(SourceError, match="must hold Virtual KITTI 2"):
        VirtualKitti2(root=place).index()


@pytest.mark.parametrize(
    "name",
    [
        "Scene01/clone/frames/rgb/Camera_2/rgb_00000.jpg",
        "Scene03/clone/frames/rgb/Camera_0/rgb_00000.jpg",
        "Scene01/clone/frames/forwardFlow/Camera_0/flow_00000.png",
        "vkitti_1.3.1_rgb/0001/clone/00000.png",
    ],
)
def test_other_files_are_not_taken_for_frames(name):
    assert VirtualKitti2.pattern.fullmatch(name) is None


def test_colors_and_cameras_come_back_from_their_text():
    cameras = {(0, 0): CAMERA, (0, 1): Camera(fx=1 / 3, fy=2, cx=-0.5, cy=0)}

    assert read_colors(write_colors(COLORS)) == COLORS
    assert list(read_colors(write_colors(COLORS))) == list(COLORS)
    assert read_intrinsics(write_intrinsics(cameras)) == cameras


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Category r g b\n",
        b"Road 1 2 300\n",
        b"Road 1 2 three\n",
        b"Road 1 2 3\nSky 1 2 3\n",
        b"Road 1 2 3\nRoad 4 5 6\n",
        b"\xff\xfe\x00",
    ],
)
def test_texts_that_are_no_colors_are_told(text):
    with pytest.raises(CodeError):
        read_colors(text)


@pytest.mark.parametrize("text", [b"0 0 1 1 1\n", b"0 a 1 1 1 1\n", b"0 0 -1 1 1 1\n"])
def test_texts_that_are_no_cameras_are_told(text):
    with pytest.raises(CodeError):
        read_intrinsics(text)
