"""Cityscapes: the miniature reads back as its scenes, and each trap is read rightly."""

from __future__ import annotations

import json
import shutil
import zipfile
from functools import cache

import numpy as np
import pytest
from PIL import Image
from readers import rejected, rows, same_depth

from vtencode.building.plausible import check_plausible
from vtencode.codecs.instances import InstanceCodec
from vtencode.codecs.panoptic import PanopticCodec
from vtencode.codecs.semantic import SemanticCodec
from vtencode.doctor.candidates import candidates
from vtencode.errors import CodeError, RecipeError, SampleError, SourceError
from vtencode.formats.cityscapes import (
    StereoRig,
    read_disparity,
    read_rig,
    write_disparity,
    write_rig,
)
from vtencode.miniatures import cityscapes as miniature
from vtencode.miniatures.cityscapes import HEIGHT, RIG, WIDTH, write
from vtencode.miniatures.enlarged import street
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.series import turns
from vtencode.png import write_png, write_png_gray
from vtencode.recipe import load_recipe
from vtencode.sources.cityscapes import Cityscapes
from vtencode.targets import Camera, DepthMap, SemanticMask

#: The 19 classes in the order of their train ids, and the ids that the files have for them.
TRAINED = {
    "road": 7, "sidewalk": 8, "building": 11, "wall": 12, "fence": 13, "pole": 17,
    "traffic light": 19, "traffic sign": 20, "vegetation": 21, "terrain": 22, "sky": 23,
    "person": 24, "rider": 25, "car": 26, "truck": 27, "bus": 28, "train": 31, "motorcycle": 32,
    "bicycle": 33,
}  # fmt: skip
THINGS = ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
#: What has no class among the 34 either: unlabeled, rectification border, out of roi.
NOTHING = (0, 2, 3)
SHAPE = (HEIGHT, WIDTH)


@pytest.fixture(scope="module", autouse=True)
def rendered():
    """Each scene is rendered once, however often it is written."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(street)
        patch.setattr(miniature, "street", once)
        yield once


@pytest.fixture(scope="module")
def root(tmp_path_factory, rendered):
    return write(tmp_path_factory.mktemp("city"), count=1)


@pytest.fixture(scope="module")
def coarse(tmp_path_factory, rendered):
    return write(tmp_path_factory.mktemp("coarse"), count=1, form="coarse")


@pytest.fixture(scope="module")
def truth(rendered):
    """The scenes, by split."""
    camera, people = RIG.camera, miniature.PEOPLE
    return {
        "val" if test else "train": rendered(
            0, index, height=HEIGHT, width=WIDTH, camera=camera, people=people
        )
        for index, test in enumerate(turns(1))
    }


@pytest.fixture
def place(root, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(root, tmp_path / "copy")


def the(place, pattern):
    """The one file of train that matches."""
    (path,) = (path for path in place.rglob(pattern) if "aachen" in path.name)
    return path


def target(place, name, **options):
    source = Cityscapes(root=place, **options)
    (row,) = rows(source)
    return source.load(row).targets[name]


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def areas(masks):
    return sorted((region.label, region.crowd, region.area) for region in masks.regions)


def test_the_miniature_reads_back_as_its_scenes(root, truth):
    source = Cityscapes(root=root, split="all")
    found = rows(source)

    assert [(row["split"], row["scene"]) for row in found] == [
        ("train", "aachen"),
        ("val", "lindau"),
    ]
    assert found[0]["image_id"] == "cityscapes/aachen_000000_000019"
    for row in found:
        expected, sample = truth[row["split"]], source.load(row)
        seen = ~miniature.hood()
        assert np.array_equal(sample.picture.rgb[seen], expected.rgb[seen])
        ids = miniature.label_ids(expected)
        semantic = sample.targets["semantic"]
        assert semantic.vocabulary == tuple(TRAINED)
        for at, id_ in enumerate(TRAINED.values()):
            assert np.array_equal(semantic.ids == at, ids == id_)
        depth, made = sample.targets["depth"], miniature.depth(expected).meters
        quantum = made.astype(np.float64) ** 2 / (RIG.camera.fx * RIG.baseline_m) / 256
        same_depth(depth, made, within=0.51 * np.where(np.isfinite(made), quantum, 0) + 1e-5)
        assert (depth.camera, depth.measure) == (RIG.camera, "z")


def test_an_enlarged_street_is_the_scene_with_every_pixel_twice():
    camera = Camera(fx=100, fy=100, cx=31.5, cy=15.5)
    large = street(3, 1, height=32, width=64, camera=camera, people=2)
    small = scene(3, 1, height=16, width=32, camera=camera.resize(x=0.5, y=0.5), sky=True, people=2)

    assert large.camera == camera
    for name in ("rgb", "depth_z", "instance"):
        assert np.array_equal(getattr(large, name)[1::2, ::2], getattr(small, name))
    on_axis = np.array([camera.cx, camera.cy]) - (2 * np.array([15.5, 7.5]) + 0.5)
    assert np.allclose(on_axis, 0)
    assert np.allclose(large.joints, 2 * small.joints + 0.5)


def test_the_same_arguments_write_the_same_bytes(root, tmp_path):
    again = write(tmp_path, count=1)

    names = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(names) == 12
    for name in names:
        assert (root / name).read_bytes() == (again / name).read_bytes()


def test_another_reader_sees_the_same(root):
    """A second reader, from the description of the format: Pillow, json and arithmetic."""
    ids = pixels(the(root, "*_labelIds.png"))
    numbers = pixels(the(root, "*_instanceIds.png"))
    steps = pixels(the(root, "*_disparity.png")).astype(np.float64)
    camera = json.loads(the(root, "*_camera.json").read_bytes())

    assert (ids.dtype, numbers.dtype) == (np.uint8, np.uint16)
    semantic = target(root, "semantic")
    assert [int((semantic.ids == k).sum()) for k in range(19)] == [
        int((ids == id_).sum()) for id_ in TRAINED.values()
    ]
    expected = [
        (name, bool(number < 1000), int((numbers == number).sum()))
        for name, id_ in TRAINED.items()
        for number in np.unique(numbers[ids == id_]).tolist()
        if name in THINGS
    ]
    assert areas(target(root, "instances")) == sorted(expected)
    assert len(expected) > 5
    depth = target(root, "depth")
    disparity = (steps - 1) / 256
    meters = camera["intrinsic"]["fx"] * camera["extrinsic"]["baseline"] / disparity[depth.valid]
    assert np.allclose(depth.meters[depth.valid], meters, rtol=1e-6)
    assert np.array_equal(depth.valid, steps > 1)


def test_all_labels_are_classes_but_those_of_what_nobody_annotated(root):
    ids = pixels(the(root, "*_labelIds.png"))

    semantic = target(root, "semantic", classes=34)

    assert len(semantic.vocabulary) == 31
    assert {"ego vehicle", "static", "parking", "caravan"} <= set(semantic.vocabulary)
    assert np.array_equal(semantic.labeled, ~np.isin(ids, NOTHING))
    assert (semantic.ids == semantic.vocabulary.index("ego vehicle")).sum() == (ids == 1).sum()
    trained = target(root, "semantic")
    assert np.array_equal(trained.labeled, np.isin(ids, [*TRAINED.values()]))


def test_caravans_and_trailers_are_things_of_the_34_alone(place):
    path = the(place, "*_instanceIds.png")
    numbers = pixels(path)
    numbers[numbers == 26000], numbers[numbers == 26001] = 29000, 30004
    path.write_bytes(write_png_gray(numbers))

    assert target(place, "instances").vocabulary == THINGS
    assert {r.label for r in target(place, "instances").regions} == {"person", "car"}
    every = target(place, "instances", classes=34)
    assert set(every.vocabulary) == {*THINGS, "caravan", "trailer"}
    assert {29000: "caravan", 30004: "trailer"}.items() <= {
        region.id: region.label for region in every.regions
    }.items()


def test_a_thing_below_1000_is_a_crowd_and_a_class_like_any_other(place):
    path = the(place, "*_instanceIds.png")
    numbers = pixels(path)
    group = numbers == 26000
    numbers[group] = 26
    path.write_bytes(write_png_gray(numbers))

    masks = target(place, "instances")
    (crowd,) = (region for region in masks.regions if region.crowd)
    assert (crowd.id, crowd.label, crowd.area) == (26, "car", int((numbers == 26).sum()))
    assert sum(region.label == "car" for region in masks.regions) > 1
    panoptic = target(place, "panoptic")
    (segment,) = (segment for segment in panoptic.segments if segment.crowd)
    assert segment.label == "car"
    assert np.array_equal(panoptic.ids == segment.id, numbers == 26)
    semantic = target(place, "semantic")
    assert (semantic.ids[group] == semantic.vocabulary.index("car")).all()


def test_an_object_may_fill_the_image(place):
    the(place, "*_labelIds.png").write_bytes(write_png_gray(np.full(SHAPE, 33, np.uint8)))
    the(place, "*_instanceIds.png").write_bytes(write_png_gray(np.full(SHAPE, 33999, np.uint16)))

    assert areas(target(place, "instances")) == [("bicycle", False, HEIGHT * WIDTH)]
    assert len(target(place, "panoptic").segments) == 1


def test_panoptic_is_things_one_by_one_and_each_class_of_the_rest_once(root):
    ids = pixels(the(root, "*_labelIds.png"))
    numbers = pixels(the(root, "*_instanceIds.png"))
    panoptic = target(root, "panoptic")

    assert np.array_equal(panoptic.labeled, np.isin(ids, [*TRAINED.values()]))
    assert panoptic.vocabulary == tuple(TRAINED)
    assert len(panoptic.segments) == len(np.unique(numbers[panoptic.labeled]))
    for segment in panoptic.segments:
        inside = panoptic.ids == segment.id
        assert len(np.unique(numbers[inside])) == 1
        assert set(ids[inside].tolist()) == {TRAINED[segment.label]}
        assert segment.thing == (segment.label in THINGS)


def test_maps_of_two_releases_are_a_reject(place):
    path = the(place, "*_instanceIds.png")
    numbers = pixels(path)
    row, column = np.argwhere(numbers == 11)[0].tolist()
    numbers[row, column] = 12
    path.write_bytes(write_png_gray(numbers))

    with pytest.raises(SampleError, match=rf"got 12 for 11 at row {row}, column {column}"):
        target(place, "panoptic")


@pytest.mark.parametrize("id_", [34, 99, 255])
def test_a_label_that_is_none_is_a_reject_that_names_it(place, id_):
    ids = np.full(SHAPE, 7, dtype=np.uint8)
    ids[3, 4] = id_
    the(place, "*_labelIds.png").write_bytes(write_png_gray(ids))

    with pytest.raises(SampleError, match=f"got {id_}") as error:
        target(place, "semantic")
    assert error.value.args[0] == "RANGE"
    assert ("train ids" in str(error.value)) == (id_ == 255)


@pytest.mark.parametrize("number", [34, 255, 999, 11000, 34000, 65535])
def test_a_number_of_no_object_is_a_reject_that_names_it(place, number):
    numbers = np.full(SHAPE, 7, dtype=np.uint16)
    numbers[3, 4] = number
    the(place, "*_instanceIds.png").write_bytes(write_png_gray(numbers))

    with pytest.raises(SampleError, match=f"got {number}") as error:
        target(place, "instances")
    assert error.value.args[0] == "RANGE"


def test_classes_that_are_not_there_are_known_to_be_absent(root):
    assert target(root, "instances").vocabulary == THINGS
    assert "bus" in target(root, "semantic").vocabulary


def move_to(place, split):
    for path in [path for path in place.rglob("train") if path.is_dir()]:
        path.rename(path.with_name(split))


def test_test_has_depth_and_no_labels_whatever_its_files_hold(place):
    move_to(place, "test")
    source = Cityscapes(root=place, split="test")

    assert set(source.available()) == {"depth"}
    source.require(["depth"])
    for name in ("semantic", "instances", "panoptic"):
        with pytest.raises(SourceError, match="test is not annotated publicly"):
            source.require([name])
    assert {row["split"] for row in rows(Cityscapes(root=place, split="all"))} == {"val"}
    with pytest.raises(SourceError, match="'train', and holds val"):
        Cityscapes(root=place).index()


def test_train_extra_has_coarse_annotations_only(coarse):
    fine = Cityscapes(root=coarse, split="train_extra")

    assert set(fine.available()) == {"depth"}
    with pytest.raises(SourceError, match="train_extra has coarse annotations only"):
        fine.require(["semantic"])
    every = rows(Cityscapes(root=coarse, split="all", annotations="coarse"))
    assert [row["split"] for row in every] == ["train_extra", "val"]
    assert all(row["semantic"] and row["instances"] for row in every)


def test_where_annotations_are_coarse_no_class_is_said_to_be_absent(coarse):
    ids = pixels(the(coarse, "*_labelIds.png"))
    options = {"split": "train_extra", "annotations": "coarse"}

    semantic = target(coarse, "semantic", **options)
    instances = target(coarse, "instances", **options)
    panoptic = target(coarse, "panoptic", **options)

    here = [name for name, id_ in TRAINED.items() if (ids == id_).any()]
    assert 3 < len(here) < 19
    assert semantic.vocabulary == panoptic.vocabulary == tuple(here)
    assert instances.vocabulary == ()
    assert instances.regions
    for at, name in enumerate(here):
        assert np.array_equal(semantic.ids == at, ids == TRAINED[name])
    assert np.array_equal(semantic.labeled, np.isin(ids, [*TRAINED.values()]))
    assert semantic.labeled.mean() < 0.8


def test_annotations_of_the_other_kind_are_named(root, coarse):
    with pytest.raises(SourceError, match=r"no gtCoarse.*annotations: fine"):
        Cityscapes(root=root, annotations="coarse").require(["semantic"])
    with pytest.raises(SourceError, match=r"no gtFine.*annotations: coarse"):
        Cityscapes(root=coarse, split="val").require(["panoptic"])


def test_fine_and_coarse_annotations_lie_side_by_side(place, coarse):
    shutil.copytree(coarse / "gtCoarse", place / "gtCoarse")

    both = [
        rows(Cityscapes(root=place, split="val", annotations=kind))[0]["semantic"]
        for kind in ("fine", "coarse")
    ]

    assert ["gtFine/" in path for path in both] == [True, False]


def test_polygons_without_maps_are_refused_by_name(place):
    for path in [*place.rglob("*_gtFine_*.png")]:
        path.unlink()
    folder = place / "gtFine/train/aachen"
    (folder / "aachen_000000_000019_gtFine_polygons.json").write_text("{}")

    with pytest.raises(SourceError, match=r"labelIds\.png and instanceIds\.png of gtFine"):
        Cityscapes(root=place).require(["semantic"])
    shutil.rmtree(place / "gtFine")
    with pytest.raises(SourceError, match=r"give gtFine/"):
        Cityscapes(root=place).require(["semantic"])


def test_without_calibration_there_is_no_depth(place):
    shutil.rmtree(place / "camera")

    source = Cityscapes(root=place)

    assert set(source.available()) == {"semantic", "instances", "panoptic"}
    with pytest.raises(SourceError, match="give disparity/ and camera/"):
        source.require(["depth"])


def test_disparity_is_stored_plus_one_and_0_is_unknown(place):
    steps = np.zeros(SHAPE, dtype=np.uint16)
    steps[100:], steps[200:], steps[300:], steps[400:] = 1, 2, 257, 32257
    the(place, "*_disparity.png").write_bytes(write_png_gray(steps))
    shift = 2262.52 * 0.209313

    depth = target(place, "depth")

    expected = np.full(SHAPE, np.nan)
    expected[100:], expected[200:], expected[300:] = np.inf, shift * 256, shift
    expected[400:] = shift / 126
    same_depth(depth, expected, within=0.01)
    assert depth.meters[500, 0] == pytest.approx(3.7585, abs=1e-3)


def test_depth_past_a_bound_is_unknown_and_what_is_far_stays_far(place):
    steps = np.full(SHAPE, 1, dtype=np.uint16)
    steps[100:], steps[200:] = 5 * 256 + 1, 6 * 256 + 1  # 94.7 and 78.9 m
    the(place, "*_disparity.png").write_bytes(write_png_gray(steps))

    expected = np.full(SHAPE, np.inf)
    expected[100:], expected[200:] = np.nan, 2262.52 * 0.209313 / 6
    same_depth(target(place, "depth", farthest_m=80.0), expected, within=1e-4)


def test_each_frame_has_the_camera_of_its_own_file(place):
    other = StereoRig(Camera(fx=2268.36, fy=2225.54, cx=1048.64, cy=519.28), baseline_m=0.222126)
    before = target(place, "depth")
    the(place, "*_camera.json").write_bytes(write_rig(other))

    after = target(place, "depth")

    assert after.camera == other.camera
    scale = (2268.36 * 0.222126) / (2262.52 * 0.209313)
    assert np.allclose(after.meters[after.valid], before.meters[after.valid] * scale, rtol=1e-6)


def as_gray8(path):
    return write_png_gray(pixels(path).astype(np.uint8))


def as_rgb(path):
    return write_png(np.repeat(pixels(path)[..., None].astype(np.uint8), 3, axis=2))


def small(dtype):
    return lambda _: write_png_gray(np.full((512, 1024), 7, dtype=dtype))


def cut(path):
    return path.read_bytes()[:-400]


@pytest.mark.parametrize(
    ("name", "pattern", "spoil", "code"),
    [
        ("semantic", "*_labelIds.png", as_rgb, "MODE"),
        ("semantic", "*_labelIds.png", small(np.uint16), "MODE"),
        ("semantic", "*_labelIds.png", small(np.uint8), "SHAPE"),
        ("semantic", "*_labelIds.png", cut, "DECODE"),
        ("instances", "*_instanceIds.png", as_gray8, "MODE"),
        ("instances", "*_instanceIds.png", as_rgb, "MODE"),
        ("instances", "*_instanceIds.png", small(np.uint16), "SHAPE"),
        ("instances", "*_instanceIds.png", cut, "DECODE"),
        ("depth", "*_disparity.png", as_gray8, "MODE"),
        ("depth", "*_disparity.png", small(np.uint16), "SHAPE"),
        ("depth", "*_disparity.png", lambda _: b"GIF89a", "DECODE"),
        ("depth", "*_camera.json", lambda _: b"{}", "DECODE"),
        ("depth", "*_camera.json", lambda _: b"[1, 2", "DECODE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, name, pattern, spoil, code):
    path = the(place, pattern)
    path.write_bytes(spoil(path))

    with pytest.raises(SampleError) as error:
        target(place, name)
    assert error.value.args[0] == code


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("semantic", "*_labelIds.png"),
        ("panoptic", "*_instanceIds.png"),
        ("depth", "*_camera.json"),
    ],
)
def test_a_frame_that_lacks_a_file_is_a_reject_of_what_is_made_of_it(place, name, pattern):
    the(place, pattern).unlink()

    source = Cityscapes(root=place, split="all")
    source.require([name])
    with pytest.raises(SampleError) as error:
        source.load(rows(source)[0]).targets[name]
    assert error.value.args[0] == "MISSING"


def test_images_of_other_kinds_and_of_the_sequences_are_not_read(place):
    folder = place / "leftImg8bit/train/aachen"
    image = folder / "aachen_000000_000019_leftImg8bit.png"
    for kind in ("leftImg8bit_blurred", "leftImg8bit_sequence", "rightImg8bit"):
        other = place / kind / "train/aachen"
        other.mkdir(parents=True)
        shutil.copy(image, other / f"aachen_000000_000018_{kind.split('_')[0]}.png")

    assert len(rows(Cityscapes(root=place))) == 1


def test_zips_read_as_the_folders_they_hold(root, tmp_path):
    for name, kind in (
        ("leftImg8bit_trainvaltest", "leftImg8bit"),
        ("gtFine_trainvaltest", "gtFine"),
    ):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr("README", "")
            for path in sorted((root / kind).rglob("*.png")):
                archive.write(path, path.relative_to(root))
    loose, packed = Cityscapes(root=root), Cityscapes(root=tmp_path)

    (one,), (other,) = rows(loose), rows(packed)
    assert packed.load(other).picture.data == loose.load(one).picture.data
    assert set(packed.available()) == {"semantic", "instances", "panoptic"}
    assert np.array_equal(target(tmp_path, "semantic").ids, target(root, "semantic").ids)


def test_cities_can_be_chosen_and_a_city_that_is_not_there_is_named(root):
    assert len(rows(Cityscapes(root=root, split="all", scenes=("lindau",)))) == 1
    with pytest.raises(SourceError, match="no scene 'zurich'"):
        Cityscapes(root=root, scenes=("zurich",)).index()


@pytest.mark.parametrize("fault", ["classes=20", "annotations=medium", "farthest_m=far"])
def test_options_that_are_none_are_faults_of_the_recipe(fault):
    with pytest.raises(RecipeError):
        load_recipe("cityscapes-semantic", overrides=(f"source.{fault}",))


def test_the_files_are_recognized_as_cityscapes(root):
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]

    assert [each.reader for each in candidates(names)] == [Cityscapes]


def test_a_build_goes_on_past_a_frame_that_is_damaged(place, tmp_path):
    path = the(place, "*_labelIds.png")
    path.write_bytes(cut(path))

    told = rejected("cityscapes-semantic", place, tmp_path / "out")

    assert told == {("DECODE", path.relative_to(place).as_posix())}


@pytest.mark.parametrize("count", [19, 34])
def test_every_class_goes_to_a_color_and_back(place, count):
    vocabulary = target(place, "semantic", classes=count).vocabulary
    ids = np.arange(len(vocabulary) + 1, dtype=np.int32).repeat(30).reshape(1, -1) - 1
    mask = SemanticMask(ids, vocabulary, void=-1)

    code = SemanticCodec().encode(mask)
    back = SemanticCodec().decode(code).target

    assert [back.vocabulary[k] for k in back.ids[0, 30::30]] == list(vocabulary)
    assert not back.labeled[0, :30].any()


def test_as_many_pixels_of_each_class_come_out_of_a_picture_as_the_files_hold(root):
    ids = pixels(the(root, "*_labelIds.png"))
    numbers = pixels(the(root, "*_instanceIds.png"))
    held = {name: int((ids == id_).sum()) for name, id_ in TRAINED.items() if (ids == id_).any()}

    def counted(labels):
        return {name: int(count) for name, count in labels if count}

    codec = SemanticCodec()
    back = codec.decode(codec.encode(target(root, "semantic"))).target
    assert counted((n, (back.ids == k).sum()) for k, n in enumerate(back.vocabulary)) == held

    codec = PanopticCodec()
    back = codec.decode(codec.encode(target(root, "panoptic"))).target.semantic()
    assert counted((n, (back.ids == k).sum()) for k, n in enumerate(back.vocabulary)) == held

    codec = InstanceCodec()
    back = codec.decode(codec.encode(target(root, "instances"))).target
    things = [TRAINED[name] for name in THINGS]
    _, expected = np.unique(numbers[np.isin(ids, things)], return_counts=True)
    assert sorted(region.area for region in back.regions) == sorted(expected.tolist())


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d * 10,
        lambda d: d / 10,
        lambda d: d * 1000,
        lambda d: d / 1000,
        lambda d: 1 / d,
        lambda d: RIG.camera.fx * RIG.baseline_m / d,
    ],
    ids=["x 10", "/ 10", "x 1000", "/ 1000", "inverse", "disparity"],
)
def test_depth_of_another_unit_is_outside_of_the_recipes_contract(root, monkeypatch, change):
    recipe = load_recipe("cityscapes-depth")
    source = recipe.source.open(root)
    check_plausible(source.index(), recipe, source)
    read = Cityscapes._depth

    def wrong(self, row, shape):
        depth = read(self, row, shape)
        return DepthMap(change(depth.meters.astype(np.float64)), depth.state)

    monkeypatch.setattr(Cityscapes, "_depth", wrong)
    with pytest.raises(SourceError, match="depth"):
        check_plausible(source.index(), recipe, source)


def test_frames_that_are_known_to_be_wrong_are_left_out():
    recipe = load_recipe("cityscapes-semantic")

    assert recipe.broken("cityscapes-aachen_000053_000019")
    assert recipe.broken("cityscapes-troisdorf_000000_000073")
    assert not recipe.broken("cityscapes-aachen_000054_000019")


def test_calibration_and_disparity_come_back():
    assert read_rig(write_rig(RIG)) == RIG
    meters = np.array([[2.0, 3.7585, 80.0, np.inf, np.nan, 473.56]])

    depth = read_disparity(write_disparity(DepthMap(meters), RIG), RIG)

    same_depth(depth, meters, within=0.51 / 256 * np.nan_to_num(meters, posinf=0) ** 2 / 473)
    steps = np.array([[0, 1, 2, 257, 32257, 65535]], dtype=np.uint16)
    assert np.array_equal(write_disparity(read_disparity(steps, RIG), RIG), steps)


def test_disparity_that_16_bits_cannot_hold_is_cut():
    meters = np.array([[1e-3, 1e7]])

    assert write_disparity(DepthMap(meters), RIG).tolist() == [[65535, 2]]


def rig_text(**changes):
    extrinsic = {"baseline": 0.2}
    intrinsic = {"fx": 1, "fy": 1, "u0": 1, "v0": 1} | changes.pop("intrinsic", {})
    return json.dumps({"extrinsic": extrinsic | changes, "intrinsic": intrinsic}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"extrinsic": {"baseline": 0.2}}',
        rig_text(baseline="0.2"),
        rig_text(baseline=0),
        rig_text(baseline=-0.2),
        rig_text(baseline=True),
        rig_text(baseline=1).replace(b"1}", b"NaN}"),
        rig_text(intrinsic={"fx": 0}),
        rig_text(intrinsic={"u0": None}),
        rig_text().replace(b'"fy"', b'"fx"'),
        b"[" * 100_000,
    ],
)
def test_files_that_are_no_calibration_are_told(data):
    with pytest.raises(CodeError):
        read_rig(data)


def test_a_source_travels_to_another_process(root):
    import pickle

    source = pickle.loads(pickle.dumps(Cityscapes(root=root, classes=34)))
    (row,) = rows(source)

    assert len(source.load(row).targets["semantic"].vocabulary) == 31


@pytest.fixture
def real(samples, tmp_path):
    """The real maps, with a blank image where the real one is not here."""
    shutil.copytree(samples / "cityscapes", tmp_path / "city")
    blank = write_png(np.zeros((*SHAPE, 3), dtype=np.uint8))
    for path in (tmp_path / "city/gtFine").rglob("*_labelIds.png"):
        name = path.name.replace("_gtFine_labelIds", "_leftImg8bit")
        image = tmp_path / "city/leftImg8bit" / path.parent.relative_to(tmp_path / "city/gtFine")
        image.mkdir(parents=True, exist_ok=True)
        if not (image / name).exists():
            (image / name).write_bytes(blank)
    return Cityscapes(root=tmp_path / "city", split="all")


def test_real_maps_are_what_numpy_counts_in_them(real):
    found = rows(real)
    assert [row["split"] for row in found] == ["train"] * 8 + ["val"] * 5
    groups = 0
    for row in found:
        ids, numbers = pixels(real.root / row["semantic"]), pixels(real.root / row["instances"])
        assert (ids.dtype, numbers.dtype, ids.shape) == (np.uint8, np.uint16, SHAPE)
        assert np.array_equal(np.where(numbers < 1000, numbers, numbers // 1000), ids)
        targets = real.load(row).targets

        counts = np.bincount(ids.reshape(-1), minlength=34)
        semantic = targets["semantic"]
        mine = np.bincount(semantic.ids[semantic.labeled], minlength=19)
        assert mine.tolist() == [int(counts[id_]) for id_ in TRAINED.values()]

        per_number = np.bincount(numbers.reshape(-1), minlength=65536)
        expected = []
        for name in THINGS:
            own = [TRAINED[name], *range(1000 * TRAINED[name], 1000 * TRAINED[name] + 1000)]
            expected += [(name, n < 1000, int(per_number[n])) for n in own if per_number[n]]
        assert areas(targets["instances"]) == sorted(expected)
        groups += sum(crowd for _, crowd, _ in expected)
    assert groups == 9


def test_real_panoptic_maps_are_as_the_authors_script_makes_them(real):
    """`createPanopticImgs.py`: a segment for each number, those below 1000 of things crowds."""
    for row in rows(real)[4:9:4]:
        numbers = pixels(real.root / row["instances"])
        panoptic = real.load(row).targets["panoptic"]
        names = {id_: name for name, id_ in TRAINED.items()}

        expected = []
        for number, area in zip(*np.unique(numbers, return_counts=True), strict=True):
            label = int(number) if number < 1000 else int(number) // 1000
            if label in names:
                crowd = bool(number < 1000 and names[label] in THINGS)
                expected.append((names[label], crowd, int(area)))
        mine = [(s.label, s.crowd, int((panoptic.ids == s.id).sum())) for s in panoptic.segments]
        assert sorted(mine) == sorted(expected)


def test_real_images_pass_through_untouched(samples):
    source = Cityscapes(root=samples / "cityscapes")

    found = rows(source)
    assert len(found) == 2
    for row in found:
        sample = source.load(row)
        assert sample.picture.data == (source.root / row["file"]).read_bytes()
        assert sample.picture.rgb.shape == (*SHAPE, 3)
        panoptic = sample.targets["panoptic"]
        assert 0.9 < panoptic.labeled.mean() < 0.95
