"""ADE20K of 2021: the miniature reads back as its scenes, and each trap is read rightly."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.codecs.instances import InstanceCodec
from vtencode.codecs.panoptic import PanopticCodec
from vtencode.codecs.semantic import SemanticCodec
from vtencode.doctor.candidates import candidates
from vtencode.errors import CodeError, SampleError, SourceError
from vtencode.formats.ade20k import write_codes
from vtencode.miniatures.ade20k_full import CAMERA, HEIGHT, OF_SCENE, WIDTH, write
from vtencode.miniatures.scenes import CLASSES, PARTS, scene
from vtencode.miniatures.series import turns
from vtencode.png import write_png, write_png_gray
from vtencode.sources.ade20k import Ade20kFull
from vtencode.sources.ade20k.annotation import Annotated, read_annotation, write_annotation
from vtencode.sources.ade20k.classes import STUFF


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("ade20k"), count=1)


@pytest.fixture(scope="module")
def truth():
    """The scenes, by split."""
    return {
        "val" if test else "train": scene(
            0, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index % 2 == 1, people=2
        )
        for index, test in enumerate(turns(1))
    }


@pytest.fixture
def place(root, tmp_path):
    """A copy of the frame to train that a test may spoil."""
    folder = "ADE20K_2021_17_01/images/ADE/training"
    shutil.copytree(root / folder, tmp_path / "copy" / folder)
    return tmp_path / "copy"


def the(place, pattern):
    (path,) = place.rglob(pattern)
    return path


def target(place, name, **options):
    source = Ade20kFull(root=place, **options)
    row = rows(source)[0]
    return source.load(row).targets[name]


def edited(place, change):
    """Change the objects of the JSON."""
    path = the(place, "*.json")
    document = json.loads(path.read_text())
    listed = change(document["annotation"]["object"])
    document["annotation"]["object"] = listed
    path.write_text(json.dumps(document))


def first(name):
    return name.split(",")[0]


def test_the_miniature_reads_back_as_its_scenes(root, truth):
    source = Ade20kFull(root=root, split="all")
    found = rows(source)

    assert [(row["split"], row["scene"]) for row in found] == [
        ("train", "urban/street"),
        ("val", "home_or_hotel/living_room"),
    ]
    for row in found:
        sample, expected = source.load(row), truth[row["split"]]
        assert np.abs(sample.picture.rgb.astype(float) - expected.rgb).mean() < 2
        mask = sample.targets["semantic"]
        names = np.array([first(OF_SCENE[name][1]) for name in CLASSES])
        assert mask.labeled.all()
        assert np.array_equal(np.array(mask.vocabulary)[mask.ids], names[expected.semantic])
        parts = sample.targets["parts"]
        told = np.array([name.replace("bookshelf", "bookcase") for name in PARTS])
        assert np.array_equal(parts.labeled, expected.parts > 0)
        shown = np.array(parts.vocabulary)[parts.ids[parts.labeled]]
        assert np.array_equal(shown, told[expected.parts[expected.parts > 0]])


def test_the_bytes_are_the_same_twice(root, tmp_path):
    again = write(tmp_path, count=1)

    names = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(names) > 50
    for name in names:
        assert (root / name).read_bytes() == (again / name).read_bytes()


def test_instances_are_the_countable_objects_as_they_are_seen(root, truth):
    masks = target(root, "instances")

    expected = truth["train"]
    pairs, areas = np.unique(
        expected.semantic.astype(np.int64) << 16 | expected.instance, return_counts=True
    )
    listed = [
        (first(OF_SCENE[CLASSES[pair >> 16]][1]), area)
        for pair, area in zip(pairs.tolist(), areas.tolist(), strict=True)
    ]
    things = sorted(each for each in listed if each[0] not in STUFF)
    assert sorted((region.label, region.area) for region in masks.regions) == things
    assert {name for name, _ in listed} & STUFF >= {"sky", "tree", "building"}
    assert not any(region.crowd for region in masks.regions)
    assert masks.vocabulary == ()


def test_panoptic_has_the_same_objects_and_one_segment_a_class_of_stuff(root):
    panoptic, masks = target(root, "panoptic"), target(root, "instances")

    things = [segment for segment in panoptic.segments if segment.thing]
    stuff = [segment.label for segment in panoptic.segments if not segment.thing]
    assert sorted((panoptic.ids == segment.id).sum() for segment in things) == sorted(
        region.area for region in masks.regions
    )
    assert len(set(stuff)) == len(stuff)
    assert set(stuff) <= STUFF
    assert panoptic.labeled.all()
    assert panoptic.vocabulary == ()


def test_the_real_image_reads_as_a_second_reader_reads_it(samples):
    real = samples / "ade20k_full"
    source = Ade20kFull(root=real)
    (row,) = rows(source)
    sample = source.load(row)
    folder = (real / row["file"]).parent
    objects = json.loads((real / row["annotation"]).read_text())["annotation"]["object"]
    with Image.open(real / row["semantic"]) as image:
        red, green, blue = np.asarray(image).astype(int).transpose(2, 0, 1)
    kinds = red // 10 * 256 + green

    assert row["image_id"] == "ade20k/ADE_train_00016900"
    assert sample.picture.data == (real / row["file"]).read_bytes()
    mask = sample.targets["semantic"]
    assert np.array_equal(mask.labeled, kinds > 0)
    for each in objects:
        if each["parts"]["part_level"] == 0:
            at = mask.vocabulary.index(first(each["name"]))
            assert np.array_equal(mask.ids == at, kinds == each["name_ndx"])
    assert len(mask.vocabulary) == 16

    regions = {}
    for region in sample.targets["instances"].regions:
        regions.setdefault(region.label, []).append(region)
    for each in objects:
        name = first(each["name"])
        if each["parts"]["part_level"] or name in STUFF:
            continue
        with Image.open(folder / each["instance_mask"]) as image:
            seen = np.asarray(image) == 255
        number = set(blue[seen].tolist())
        assert len(number) == 1
        areas = [region.area for region in regions[name]]
        assert int(seen.sum()) in areas
    assert sum(map(len, regions.values())) == 22

    parts = sample.targets["parts"]
    held = dict(zip(*np.unique(parts.ids[parts.labeled], return_counts=True), strict=True))
    assert {parts.vocabulary[k]: int(n) for k, n in held.items()} == {
        "car license plate": 5376,
        "car headlight": 1725,
        "car windshield": 43809,
    }


def test_a_class_that_shares_its_first_name_goes_by_its_whole_name(place):
    edited(
        place,
        lambda listed: [
            {**each, "name": "car, railcar"} if each["name"] == "box" else each for each in listed
        ],
    )

    vocabulary = target(place, "semantic").vocabulary

    assert {name for name in vocabulary if "car" in name} == {
        "car, auto, automobile, machine, motorcar",
        "car, railcar",
    }


def test_a_class_that_no_pixel_has_is_not_in_the_vocabulary(place):
    edited(place, lambda listed: [*listed, {**listed[0], "id": 999, "name": "x", "name_ndx": 99}])

    assert "x" not in target(place, "semantic").vocabulary


def test_class_0_is_void(place):
    path = the(place, "*_seg.png")
    with Image.open(path) as image:
        rgb = np.asarray(image).copy()
    rgb[:50] = 0
    path.write_bytes(write_png(rgb))

    mask = target(place, "semantic")

    assert not mask.labeled[:50].any()
    assert mask.labeled[50:].all()
    assert not target(place, "panoptic").labeled[:50].any()


def test_hidden_pixels_of_an_objects_own_mask_are_not_its(place):
    masks = target(place, "instances")

    drawn = masks.id_map()
    own = list(place.rglob("instance_*.png"))
    hidden = 0
    for path in own:
        with Image.open(path) as image:
            hidden += int((np.asarray(image) == 128).sum())
    assert hidden > 1000
    assert not masks.overlap
    assert (drawn > 0).sum() == sum(region.area for region in masks.regions)


def test_more_objects_than_blue_can_tell_apart_are_read_from_their_own_masks(tmp_path):
    count, side = 300, 3
    folder = tmp_path / "training" / "urban" / "street"
    (folder / "ADE_train_00000001").mkdir(parents=True)
    ids = np.arange(count).reshape(20, 15).repeat(side, 0).repeat(side, 1)
    objects = []
    for at in range(count):
        mask = f"ADE_train_00000001/instance_{at:03d}_ADE_train_00000001.png"
        objects.append(Annotated(at, 401, "car, auto", 0, None, mask))
        own = np.where(ids == at, 255, np.where(ids == at + 1, 128, 0)).astype(np.uint8)
        (folder / mask).write_bytes(write_png_gray(own))
    stem = folder / "ADE_train_00000001"
    Path(f"{stem}.json").write_bytes(write_annotation(objects, {}))
    codes = write_codes(np.full(ids.shape, 401), ids * 255 // count)
    Path(f"{stem}_seg.png").write_bytes(write_png(codes))
    Image.fromarray(codes).save(f"{stem}.jpg")

    masks = target(tmp_path, "instances")

    assert len(np.unique(codes[..., 2])) < count
    assert [region.area for region in masks.regions] == [side**2] * count
    assert {region.label for region in masks.regions} == {"car"}


def test_a_json_of_latin_1_and_of_one_object_alone_is_read(place):
    path = the(place, "*.json")
    listed = json.loads(path.read_text())["annotation"]["object"]
    named = {each["name_ndx"]: each for each in listed if not each["parts"]["part_level"]}
    seg = the(place, "*_seg.png")
    kinds = np.full((HEIGHT, WIDTH), 401)
    seg.write_bytes(write_png(write_codes(kinds, 0 * kinds + 9)))
    only = {**named[401], "name": "café, coffee bar"}
    text = json.dumps({"annotation": {"object": only}}, ensure_ascii=False)
    path.write_bytes(text.encode("latin-1"))

    masks = target(place, "instances")

    assert [(region.label, region.area) for region in masks.regions] == [("café", HEIGHT * WIDTH)]


def test_parts_go_by_what_they_are_a_part_of(root):
    parts = target(root, "parts")

    assert {"car wheel", "person head", "person leg"} <= set(parts.vocabulary)
    assert len(set(parts.vocabulary)) == len(parts.vocabulary)


def test_a_part_outside_what_has_such_parts_goes_by_its_only_owner_or_is_void(place):
    path = the(place, "*_parts_1.png")
    wheel, other = 3035, 3999
    kinds = np.zeros((HEIGHT, WIDTH), int)
    kinds[:20], kinds[20:40] = wheel, other
    path.write_bytes(write_png(write_codes(kinds, kinds * 0)))

    def with_two_owners(listed):
        ids = {each["name"].split(",")[0]: each["id"] for each in listed}
        part = next(each for each in listed if each["name_ndx"] == wheel)
        more = [
            {
                **part,
                "id": 900 + at,
                "name": "knob",
                "name_ndx": other,
                "parts": {**part["parts"], "ispartof": ids[name]},
            }
            for at, name in enumerate(("box", "ball"))
        ]
        return [*listed, *more]

    edited(place, with_two_owners)
    parts = target(place, "parts")

    assert {parts.vocabulary[k] for k in np.unique(parts.ids[:20]).tolist()} == {"car wheel"}
    assert not parts.labeled[20:].any()


def test_an_image_without_parts_has_none_and_is_no_reject(place):
    the(place, "*_parts_1.png").unlink()

    parts = target(place, "parts")

    assert not parts.labeled.any()
    assert parts.vocabulary == ()
    source = Ade20kFull(root=place)
    assert set(source.available()) == {"semantic", "instances", "panoptic"}


def test_parts_of_parts_go_by_the_parts_that_they_are_in(place):
    level_1 = the(place, "*_parts_1.png")
    with Image.open(level_1) as image:
        rgb = np.asarray(image)
    wheels = rgb[..., 0].astype(int) // 10 * 256 + rgb[..., 1] == 3035
    path = level_1.with_name(level_1.name.replace("parts_1", "parts_2"))
    path.write_bytes(write_png(write_codes(np.where(wheels, 2122, 0), 0 * wheels.astype(int))))

    def with_rim(listed):
        wheel = next(each for each in listed if each["name_ndx"] == 3035)
        told = {"hasparts": [], "ispartof": wheel["id"], "part_level": 2}
        return [*listed, {**wheel, "id": 950, "name": "rim", "name_ndx": 2122, "parts": told}]

    edited(place, with_rim)
    parts = target(place, "parts", part_level=2)

    assert parts.vocabulary == ("wheel rim",)
    assert np.array_equal(parts.labeled, wheels)
    assert wheels.any()


@pytest.mark.parametrize(
    ("name", "pattern", "spoil", "code"),
    [
        ("semantic", "*_seg.png", lambda _: write_png_gray(np.ones((9, 9), np.uint8)), "MODE"),
        ("semantic", "*_seg.png", lambda _: write_png(np.ones((9, 9, 3), np.uint8)), "SHAPE"),
        ("semantic", "*_seg.png", lambda data: data[:-500], "DECODE"),
        ("semantic", "*_seg.png", lambda _: ones(20, 5), "RANGE"),
        ("semantic", "*_seg.png", lambda _: ones(11, 5), "DECODE"),
        ("parts", "*_parts_1.png", lambda _: ones(20, 5), "RANGE"),
        ("parts", "*_parts_1.png", lambda data: data[:-500], "DECODE"),
        ("semantic", "*.json", lambda _: b"{", "DECODE"),
        ("semantic", "*.json", lambda _: b'{"annotation": {"object": 1}}', "DECODE"),
        ("instances", "*.json", lambda _: b'{"annotation": {"object": []}}', "RANGE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, name, pattern, spoil, code):
    path = the(place, pattern)
    path.write_bytes(spoil(path.read_bytes()))

    with pytest.raises(SampleError) as error:
        target(place, name)
    assert error.value.args[0] == code


def ones(red, green):
    return write_png(np.full((HEIGHT, WIDTH, 3), (red, green, 1), np.uint8))


def test_a_class_that_the_json_does_not_name_is_told(place):
    the(place, "*_seg.png").write_bytes(ones(20, 5))

    with pytest.raises(SampleError, match=rf"got 517 in {HEIGHT * WIDTH} pixels"):
        target(place, "semantic")


@pytest.mark.parametrize("pattern", ["*_seg.png", "*.json"])
def test_a_frame_that_lacks_a_file_is_a_reject(place, pattern):
    the(place, pattern).unlink()

    for name in ("semantic", "instances", "panoptic"):
        with pytest.raises(SampleError, match="MISSING"):
            target(place, name)


def test_frames_of_films_belong_to_the_split_of_their_folder(place):
    for path in sorted(place.rglob("*ADE_train_00000001*"), key=lambda p: -len(p.parts)):
        path.rename(path.with_name(path.name.replace("ADE_train", "ADE_frame")))

    (row,) = rows(Ade20kFull(root=place))

    assert (row["key"], row["split"]) == ("ade20k-full-frame_00000001", "train")


def test_the_archive_reads_as_the_folder_it_extracts_to(root, tmp_path):
    with zipfile.ZipFile(tmp_path / "ADE20K_2021_17_01.zip", "w") as archive:
        for path in sorted(root.rglob("*.*")):
            archive.write(path, path.relative_to(root).as_posix())

    assert Ade20kFull(root=tmp_path).index() == Ade20kFull(root=root).index()
    assert np.array_equal(target(tmp_path, "semantic").ids, target(root, "semantic").ids)


def test_other_files_are_not_taken_for_frames(root):
    for name in (
        "ADEChallengeData2016/images/training/ADE_train_00000001.jpg",
        "images/ADE/training/urban/street/ADE_train_00016900/instance_000_ADE_train_00016900.png",
        "images/ADE/training/urban/street/ADE_train_00016900_atr.txt",
    ):
        assert Ade20kFull.pattern.fullmatch(name) is None
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    assert [each.reader for each in candidates(names)] == [Ade20kFull]


def test_a_folder_without_frames_is_no_dataset(tmp_path):
    with pytest.raises(SourceError, match="must hold ADE20K of 2021"):
        Ade20kFull(root=tmp_path).index()


def test_as_many_pixels_of_each_class_come_out_of_a_picture_as_the_file_holds(root):
    path = the(root / "ADE20K_2021_17_01/images/ADE/training", "*_seg.png")
    with Image.open(path) as image:
        rgb = np.asarray(image).astype(int)
    kinds = rgb[..., 0] // 10 * 256 + rgb[..., 1]
    named = {index: first(name) for index, name in OF_SCENE.values()}
    held = Counter(np.vectorize(named.get)(kinds).reshape(-1).tolist())

    for name, codec in (("semantic", SemanticCodec()), ("panoptic", PanopticCodec())):
        back = codec.decode(codec.encode(target(root, name))).target
        mask = back if name == "semantic" else back.semantic()
        found = np.array(mask.vocabulary)[mask.ids].reshape(-1).tolist()
        assert Counter(found) == held

    codec = InstanceCodec()
    back = codec.decode(codec.encode(target(root, "instances"))).target
    areas = Counter()
    for region in back.regions:
        areas[region.label] += region.area
    assert areas == {name: count for name, count in held.items() if name not in STUFF}


@pytest.mark.parametrize("recipe", ["ade20k-full-semantic", "ade20k-full-instances"])
def test_a_build_goes_on_past_what_is_damaged(root, tmp_path, recipe):
    place = shutil.copytree(root, tmp_path / "copy")
    path = the(place / "ADE20K_2021_17_01/images/ADE/validation", "*.json")
    path.write_bytes(path.read_bytes().replace(b'"name_ndx":', b'"name_ndx":1,"name_ndx":', 1))

    built = vt.build(
        recipe, source=place, out=tmp_path / "o", workers=1, overrides=("source.split=all",)
    )

    assert built.manifest["counts"]["written"] > 0
    told = [json.loads(line) for line in (tmp_path / "o/rejects.jsonl").read_text().splitlines()]
    assert {each["code"] for each in told} == {"DECODE"}
    assert "name_ndx" in told[0]["message"]


def test_annotations_come_back_from_their_text():
    objects = (
        Annotated(0, 401, "car, auto", 0, None, "a/instance_000_a.png"),
        Annotated(7, 3035, "wheel", 1, 0, ""),
    )

    assert read_annotation(write_annotation(objects, {"filename": "a.jpg"})) == objects
    assert read_annotation(write_annotation(objects[:1], {})) == objects[:1]
    assert read_annotation(write_annotation((), {})) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"name_ndx": "401"},
        {"name_ndx": 1.5},
        {"id": None},
        {"name": "", "raw_name": ""},
        {"name": 3},
        {"parts": {"part_level": 0}},
        {"parts": {"part_level": 1, "ispartof": "car"}},
        {"instance_mask": "../../../etc/passwd"},
        {"instance_mask": "/etc/instance_000_x.png"},
    ],
)
def test_entries_that_are_no_objects_are_told(change):
    written = write_annotation([Annotated(0, 401, "car", 0, None, "")], {})
    document = json.loads(written)
    document["annotation"]["object"] |= change

    with pytest.raises(CodeError):
        read_annotation(json.dumps(document).encode())
