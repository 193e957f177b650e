"""Mapillary Vistas: the miniature reads back as its scenes, and each trap is read rightly."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from functools import cache

import numpy as np
import pytest
from PIL import Image
from readers import rejected, rows

from vtencode.codecs.instances import InstanceCodec
from vtencode.codecs.panoptic import PanopticCodec
from vtencode.codecs.semantic import SemanticCodec
from vtencode.doctor.candidates import candidates
from vtencode.errors import RecipeError, SampleError, SourceError
from vtencode.miniatures import mapillary as miniature
from vtencode.miniatures.enlarged import street
from vtencode.miniatures.mapillary import HEIGHT, WIDTH, frame_name, label_list, write
from vtencode.miniatures.series import turns
from vtencode.png import write_png, write_png_gray
from vtencode.recipe import load_recipe
from vtencode.sources.mapillary import Mapillary
from vtencode.targets import SemanticMask

SHAPE = (HEIGHT, WIDTH)
VERSIONS = ("v1.2", "v2.0")
#: Numbers of v2.0 that the README, `demo.py` and readers of the data tell.
CAR, PERSON, GROUP, PERSONS, UNLABELED = 108, 30, 115, 31, 123


@pytest.fixture(scope="module", autouse=True)
def rendered():
    """Each scene is rendered once, however often it is written."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(street)
        patch.setattr(miniature, "street", once)
        yield once


@pytest.fixture(scope="module")
def root(tmp_path_factory, rendered):
    return write(tmp_path_factory.mktemp("vistas"), count=1)


@pytest.fixture(scope="module")
def first(tmp_path_factory, rendered):
    """v1.2 as it was first published."""
    return write(tmp_path_factory.mktemp("first"), count=1, form="first")


@pytest.fixture
def place(root, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(root, tmp_path / "copy")


def the(place, pattern):
    """The one file of training that matches."""
    (path,) = (place / "training").glob(pattern)
    return path


def opened(place, version="v2.0", **options):
    return Mapillary(root=place, version=version, **options)


def target(place, name, version="v2.0", **options):
    source = opened(place, version, **options)
    (row,) = rows(source)
    return source.load(row).targets[name]


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def put(place, numbers, version="v2.0"):
    """Write both maps of a frame anew."""
    the(place, f"{version}/instances/*").write_bytes(write_png_gray(numbers))
    the(place, f"{version}/labels/*").write_bytes(write_png_gray((numbers >> 8).astype(np.uint8)))


def areas(masks):
    return sorted((region.label, region.crowd, region.area) for region in masks.regions)


def without_void(labels):
    """The labels that name a class: not the unlabeled, nor the ambiguous."""
    return [n for n, x in enumerate(labels) if x["evaluate"] or x["name"].endswith("-group")]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_miniature_reads_back_as_its_scenes(root, version):
    source = opened(root, version, split="all")
    found = {row["image_id"]: row for row in rows(source)}
    labels = label_list(version)

    assert sorted(row["split"] for row in found.values()) == ["train", "val"]
    for index, test in enumerate(turns(1)):
        row = found[f"mapillary/{frame_name(0, index)}"]
        assert row["split"] == ("val" if test else "train")
        scene, sample = miniature.shot(0, index), source.load(row)
        off = sample.picture.rgb.astype(float) - scene.rgb
        assert np.abs(off).mean() < 2
        expected = miniature.instance_numbers(scene, version) >> 8
        semantic = sample.targets["semantic"]
        assert np.array_equal(semantic.labeled, np.isin(expected, without_void(labels)))
        for at, name in enumerate(semantic.vocabulary):
            (number,) = (n for n, label in enumerate(labels) if label["readable"] == name)
            assert np.array_equal(semantic.ids == at, expected == number)


def test_the_same_arguments_write_the_same_bytes(root, tmp_path):
    again = write(tmp_path, count=1)

    names = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(names) == 2 + 2 * 5
    for name in names:
        assert (root / name).read_bytes() == (again / name).read_bytes()


def test_the_labels_are_as_many_as_the_authors_count():
    """v1.2: 66 classes, 37 with instances. v2.0: 124; 70 with, 46 stuff, 8 void or crowd."""
    old, new = label_list("v1.2"), label_list("v2.0")

    assert [len(old), sum(label["instances"] for label in old)] == [66, 37]
    scored = [label["instances"] for label in new if label["evaluate"]]
    assert [len(new), sum(scored), len(scored) - sum(scored)] == [124, 70, 46]
    for labels, last in ((old, 65), (new, 123)):
        assert labels[last]["name"] == "void--unlabeled"
    assert [new[at]["readable"] for at in (CAR, PERSON, GROUP, PERSONS)] == [
        "Car", "Person", "Vehicle Group", "Person Group",
    ]  # fmt: skip


def test_another_reader_sees_the_same(root):
    """A second reader, from the description of the format: Pillow, json and arithmetic."""
    ids, numbers = pixels(the(root, "v2.0/labels/*")), pixels(the(root, "v2.0/instances/*"))
    labels = json.loads((root / "config_v2.0.json").read_bytes())["labels"]

    with Image.open(the(root, "v2.0/labels/*")) as image:
        assert image.mode == "P"
    assert numbers.dtype == np.uint16
    assert np.array_equal(numbers // 256, ids)
    expected = []
    for number in np.unique(numbers).tolist():
        label = labels[number // 256]
        if label["instances"]:
            expected.append((label["readable"], False, int((numbers == number).sum())))
    told_apart = [each for each in areas(target(root, "instances")) if not each[1]]
    assert told_apart == sorted(expected)
    assert len(expected) > 5


def test_objects_are_numbered_from_0(root):
    numbers = pixels(the(root, "v2.0/instances/*"))

    masks = target(root, "instances")

    first = next(region for region in masks.regions if region.id == 256 * CAR + 1)
    assert first.label == "Car"
    assert first.area == (numbers == 256 * CAR).sum()


def test_an_object_may_fill_the_image(place):
    put(place, np.full(SHAPE, 256 * CAR + 255, dtype=np.uint16))

    assert areas(target(place, "instances")) == [("Car", False, HEIGHT * WIDTH)]
    assert len(target(place, "panoptic").segments) == 1


def test_the_last_label_is_void_and_the_first_is_a_class(place):
    numbers = np.full(SHAPE, 256 * UNLABELED, dtype=np.uint16)
    numbers[:100] = 0
    put(place, numbers)

    semantic, masks = target(place, "semantic"), target(place, "instances")

    assert semantic.vocabulary[0] == "Bird"
    assert (semantic.ids[:100] == 0).all()
    assert not semantic.labeled[100:].any()
    assert areas(masks) == [("Bird", False, 100 * WIDTH)]
    panoptic = target(place, "panoptic")
    assert [(s.label, s.thing) for s in panoptic.segments] == [("Bird", True)]
    assert np.array_equal(panoptic.labeled, semantic.labeled)


def test_what_is_ambiguous_is_void_and_its_kin_are_not_said_to_be_absent(place):
    labels = label_list("v2.0")
    (ambiguous,) = (n for n, x in enumerate(labels) if x["readable"] == "Traffic Sign - Ambiguous")
    numbers = np.full(SHAPE, 256 * 61, dtype=np.uint16)
    numbers[:10], numbers[10:20] = 256 * ambiguous, 256 * 100
    put(place, numbers)

    for name in ("semantic", "instances", "panoptic"):
        vocabulary = target(place, name).vocabulary
        assert "Traffic Sign (Front)" in vocabulary
        assert not {"Traffic Sign (Back)", "Traffic Sign - Parking"} & set(vocabulary)
        assert {"Traffic Cone", "Car"} <= set(vocabulary)
        assert "Traffic Sign - Ambiguous" not in vocabulary
    assert not target(place, "semantic").labeled[:10].any()
    assert areas(target(place, "instances")) == [("Traffic Sign (Front)", False, 10 * WIDTH)]


def test_a_group_is_a_crowd_of_what_shows_beside_it(place):
    numbers = np.full(SHAPE, 256 * 61, dtype=np.uint16)
    numbers[:50], numbers[50:60], numbers[60:80] = 256 * GROUP, 256 * CAR, 256 * PERSON
    put(place, numbers)

    masks = target(place, "instances")

    assert areas(masks) == [
        ("Car", False, 10 * WIDTH), ("Car", True, 50 * WIDTH), ("Person", False, 20 * WIDTH),
    ]  # fmt: skip
    assert "Car" in masks.vocabulary
    assert not {"Bus", "Truck", "Bicycle"} & set(masks.vocabulary)
    assert {"Person", "Bicyclist", "Bird"} <= set(masks.vocabulary)
    panoptic = target(place, "panoptic")
    crowd = next(segment for segment in panoptic.segments if segment.crowd)
    assert (crowd.label, crowd.thing) == ("Vehicle Group", True)
    assert np.array_equal(panoptic.ids == crowd.id, numbers == 256 * GROUP)
    semantic = target(place, "semantic")
    assert semantic.vocabulary[semantic.ids[0, 0]] == "Vehicle Group"
    assert "Bus" not in semantic.vocabulary


def test_people_in_a_group_alone_are_not_said_to_be_absent(place):
    numbers = np.full(SHAPE, 256 * PERSONS, dtype=np.uint16)
    put(place, numbers)

    assert target(place, "instances").regions == ()
    for name in ("semantic", "instances", "panoptic"):
        assert "Person" not in target(place, name).vocabulary
        assert "Bicyclist" in target(place, name).vocabulary


def test_stuff_with_a_number_is_still_one_segment(place):
    numbers = np.full(SHAPE, 256 * 61, dtype=np.uint16)
    numbers[:50] += 7
    put(place, numbers)

    assert [segment.label for segment in target(place, "panoptic").segments] == ["Sky"]
    assert target(place, "instances").regions == ()


def test_the_version_must_be_said_where_both_are_there(root, first):
    with pytest.raises(SourceError, match=r"v1\.2 and of v2\.0.*Set version"):
        Mapillary(root=root).index()
    assert len(rows(Mapillary(root=first))) == 1
    with pytest.raises(SourceError, match=r"annotations of v2\.0, and holds those of v1\.2"):
        Mapillary(root=first, version="v2.0").index()


def test_the_versions_have_other_classes(root):
    old, new = target(root, "semantic", "v1.2"), target(root, "semantic", "v2.0")

    assert len(old.vocabulary) == 65
    assert "Vehicle Group" not in old.vocabulary
    assert set(new.vocabulary) - set(old.vocabulary) >= {"Road Shoulder", "Traffic Cone"}
    for name in ("Road", "Person", "Sky"):
        same = [mask.ids == mask.vocabulary.index(name) for mask in (old, new)]
        assert np.array_equal(*same)
        assert same[0].any()


def test_the_first_release_reads_as_the_folder_of_its_version(root, first):
    assert not (first / "training/v1.2").exists()
    for name in ("semantic", "panoptic"):
        old, same = target(root, name, "v1.2"), target(first, name, "auto")
        assert np.array_equal(old.ids, same.ids)
        assert old.vocabulary == same.vocabulary
    assert areas(target(root, "instances", "v1.2")) == areas(target(first, "instances", "auto"))


def test_the_configuration_says_what_numbers_mean_and_must_be_there(place, first, tmp_path):
    config = json.loads((place / "config_v2.0.json").read_bytes())
    config["labels"][CAR]["readable"] = "Automobile"
    (place / "config_v2.0.json").write_text(json.dumps(config))
    assert "Automobile" in {region.label for region in target(place, "instances").regions}

    (place / "config_v2.0.json").unlink()
    with pytest.raises(SourceError, match=r"must hold config_v2\.0\.json"):
        opened(place).index()
    bare = shutil.copytree(first, tmp_path / "bare")
    (bare / "config.json").unlink()
    with pytest.raises(SourceError, match=r"must hold config_v1\.2\.json"):
        Mapillary(root=bare).index()


def test_the_configuration_counts_as_a_file_of_the_dataset(root, first):
    assert "config_v2.0.json" in dict(opened(root).files())
    assert "config.json" in dict(Mapillary(root=first).files())
    assert Mapillary(root=first).fingerprint() != opened(root).fingerprint()


def label(**changes):
    plain = {"name": "a--b", "readable": "B", "instances": True, "evaluate": True}
    return plain | changes


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"labels": []},
        {"labels": 3},
        {"labels": ["car"]},
        {"labels": [label(readable="")]},
        {"labels": [label(readable=3)]},
        {"labels": [label(instances="no")]},
        {"labels": [label(), label(name="c--d")]},
        {"labels": [label(name=f"a--{n}", readable=f"{n}") for n in range(257)]},
        [1, 2],
        "labels",
    ],
)
def test_documents_that_are_no_configuration_are_told(place, document):
    (place / "config_v2.0.json").write_text(json.dumps(document))

    with pytest.raises(SourceError, match=r"config_v2\.0\.json must be the configuration"):
        opened(place).index()


@pytest.mark.parametrize("text", [b"", b"\xff", b'{"labels": [], "labels": []}', b"[" * 100_000])
def test_texts_that_are_no_configuration_are_told(place, text):
    (place / "config_v2.0.json").write_bytes(text)

    with pytest.raises(SourceError, match="must be the configuration"):
        opened(place).index()


def test_a_configuration_without_scores_calls_its_unlabeled_void(first, tmp_path):
    place = shutil.copytree(first, tmp_path / "copy")
    document = json.loads((place / "config.json").read_bytes())
    for each in document["labels"]:
        del each["evaluate"]
    (place / "config.json").write_text(json.dumps(document))

    semantic = target(place, "semantic", "auto")
    assert "Unlabeled" not in semantic.vocabulary
    assert not semantic.labeled.all()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_number_of_no_label_is_a_reject_that_names_it(place, version):
    beyond = len(label_list(version))
    numbers = np.zeros(SHAPE, dtype=np.uint16)
    numbers[5, 6] = 256 * beyond
    put(place, numbers, version)

    for name in ("semantic", "instances", "panoptic"):
        with pytest.raises(SampleError, match=f"got {beyond}") as error:
            target(place, name, version)
        assert error.value.args[0] == "RANGE"


def test_maps_of_two_versions_are_a_reject(place):
    shutil.copy(the(place, "v1.2/labels/*"), the(place, "v2.0/labels/*"))

    with pytest.raises(SampleError, match="must have the labels of labels/") as error:
        target(place, "panoptic")
    assert error.value.args[0] == "RANGE"


def test_images_to_test_have_no_annotations_and_are_refused(place):
    (place / "training").rename(place / "testing")
    shutil.rmtree(place / "testing/v1.2")
    shutil.rmtree(place / "testing/v2.0")

    assert [row["split"] for row in rows(opened(place, split="all"))] == ["val"]
    source = opened(place, split="test")
    assert len(rows(source)) == 1
    for name in source.targets:
        with pytest.raises(SourceError, match="test is not annotated publicly"):
            source.require([name])


def test_an_orientation_is_dropped_for_annotations_are_of_stored_pixels(place):
    path = the(place, "images/*")
    with Image.open(path) as image:
        rgb = np.asarray(image)
        exif = image.getexif()
        exif[0x0112] = 6
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=95, exif=exif)
    path.write_bytes(buffer.getvalue())
    source = opened(place)
    (row,) = rows(source)

    sample = source.load(row)

    assert (sample.picture.height, sample.picture.width) == SHAPE
    assert np.abs(sample.picture.rgb.astype(float) - rgb).mean() < 3
    assert sample.targets["semantic"].shape == SHAPE


def as_gray8(path):
    return write_png_gray(pixels(path).astype(np.uint8))


def as_colors(path):
    with Image.open(path) as image:
        return write_png(np.asarray(image.convert("RGB")))


def small(dtype):
    return lambda _: write_png_gray(np.zeros((540, 960), dtype=dtype))


def cut(path):
    return path.read_bytes()[:-300]


@pytest.mark.parametrize(
    ("name", "kind", "spoil", "code"),
    [
        ("semantic", "labels", as_colors, "MODE"),
        ("semantic", "labels", small(np.uint16), "MODE"),
        ("semantic", "labels", small(np.uint8), "SHAPE"),
        ("semantic", "labels", cut, "DECODE"),
        ("instances", "instances", as_gray8, "MODE"),
        ("instances", "instances", small(np.uint16), "SHAPE"),
        ("panoptic", "instances", cut, "DECODE"),
        ("panoptic", "instances", lambda _: b"", "DECODE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, name, kind, spoil, code):
    path = the(place, f"v2.0/{kind}/*")
    path.write_bytes(spoil(path))

    with pytest.raises(SampleError) as error:
        target(place, name)
    assert error.value.args[0] == code


def test_a_frame_that_lacks_a_map_is_a_reject_of_what_is_made_of_it(place):
    the(place, "v2.0/instances/*").unlink()
    source = opened(place)
    (row,) = rows(source)
    targets = source.load(row).targets

    assert targets["semantic"].labeled.any()
    for name in ("instances", "panoptic"):
        with pytest.raises(SampleError) as error:
            targets[name]
        assert error.value.args[0] == "MISSING"


def test_an_image_that_is_damaged_is_a_reject(place):
    path = the(place, "images/*")
    path.write_bytes(b"\xff\xd8\xff" + path.read_bytes()[200:])
    source = opened(place)

    with pytest.raises(SampleError) as error:
        source.load(rows(source)[0])
    assert error.value.args[0] == "DECODE"


def test_a_zip_reads_as_the_folder_it_holds(root, tmp_path):
    with zipfile.ZipFile(tmp_path / "An-ZjB1Zm61yAZG0ozTymz8I8NqI4x0M.zip", "w") as archive:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(root))

    assert rows(opened(tmp_path))[0]["image_id"] == rows(opened(root))[0]["image_id"]
    for name in ("semantic", "panoptic"):
        assert np.array_equal(target(tmp_path, name).ids, target(root, name).ids)


def test_converted_masks_and_folders_of_other_names_are_not_read(place):
    for kind in ("labels_mask", "panoptic", "polygons"):
        other = place / "training/v2.0" / kind
        other.mkdir()
        shutil.copy(the(place, "v2.0/labels/*"), other)
    shutil.copytree(place / "training", place / "train")

    source = opened(place)
    assert len(rows(source)) == 1
    assert not [name for name, _ in source.files() if name.startswith("train/")]


def test_the_files_are_recognized_as_mapillary(root, first):
    for place in (root, first):
        paths = [path for path in place.rglob("*") if path.is_file()]
        names = [path.relative_to(place).as_posix() for path in paths]
        assert [each.reader for each in candidates(names)] == [Mapillary]


def test_an_option_that_is_none_is_a_fault_of_the_recipe():
    with pytest.raises(RecipeError, match=r"v1\.3"):
        load_recipe("mapillary-semantic", overrides=("source.version=v1.3",))


def test_a_build_goes_on_past_a_frame_that_is_damaged(place, tmp_path):
    path = the(place, "v2.0/labels/*")
    path.write_bytes(cut(path))

    told = rejected("mapillary-semantic", place, tmp_path / "out")

    assert told == {("DECODE", path.relative_to(place).as_posix())}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_class_goes_to_a_color_and_back(version):
    labels = label_list(version)
    vocabulary = tuple(labels[at]["readable"] for at in without_void(labels))
    assert len(vocabulary) == {"v1.2": 65, "v2.0": 119}[version]
    ids = np.arange(len(vocabulary) + 1, dtype=np.int32).repeat(30).reshape(1, -1) - 1

    code = SemanticCodec().encode(SemanticMask(ids, vocabulary, void=-1))
    back = SemanticCodec().decode(code).target

    assert [back.vocabulary[k] for k in back.ids[0, 30::30]] == list(vocabulary)
    assert not back.labeled[0, :30].any()


@pytest.mark.parametrize("version", VERSIONS)
def test_as_many_pixels_of_each_class_come_out_of_a_picture_as_the_files_hold(root, version):
    ids = pixels(the(root, f"{version}/labels/*"))
    numbers = pixels(the(root, f"{version}/instances/*"))
    labels = label_list(version)
    held = {
        labels[at]["readable"]: int((ids == at).sum())
        for at in without_void(labels)
        if (ids == at).any()
    }

    def counted(mask):
        counts = {n: int((mask.ids == k).sum()) for k, n in enumerate(mask.vocabulary)}
        return {name: count for name, count in counts.items() if count}

    codec = SemanticCodec()
    assert counted(codec.decode(codec.encode(target(root, "semantic", version))).target) == held
    codec = PanopticCodec()
    back = codec.decode(codec.encode(target(root, "panoptic", version))).target
    assert counted(back.semantic()) == held
    codec = InstanceCodec()
    masks = target(root, "instances", version)
    told_apart = type(masks)(masks.shape, tuple(r for r in masks.regions if not r.crowd))
    back = codec.decode(codec.encode(told_apart)).target
    things = [at for at, label in enumerate(labels) if label["instances"]]
    _, expected = np.unique(numbers[np.isin(ids, things)], return_counts=True)
    assert sorted(region.area for region in back.regions) == sorted(expected.tolist())


def test_a_source_travels_to_another_process(root):
    import pickle

    source = pickle.loads(pickle.dumps(opened(root)))
    (row,) = rows(source)

    assert source.load(row).targets["semantic"].labeled.any()


@pytest.fixture
def datumaro(samples, tmp_path):
    """Datumaro's fixture: its folders and frames named as the authors name them."""
    given, place = samples / "datumaro/mapillary_vistas_dataset", tmp_path / "vistas"
    for path in sorted(given.rglob("*")):
        part = path.relative_to(given).as_posix().split("/")
        if path.is_file():
            part[0] = {"train": "training", "val": "validation"}.get(part[0], part[0])
            if path.suffix in (".jpg", ".png"):
                part[-1] = path.stem.rjust(22, "0") + path.suffix
            to = place.joinpath(*part)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
    return place


@pytest.mark.parametrize("version", VERSIONS)
def test_the_fixture_of_datumaro_reads_as_its_numbers(datumaro, version):
    names = ("Bird", "Separator", "Bicycle")
    found = rows(opened(datumaro, version, split="all"))

    assert [row["split"] for row in found] == ["train", "val", "val"]
    for row in found:
        source = opened(datumaro, version, split="all")
        ids, numbers = pixels(datumaro / row["semantic"]), pixels(datumaro / row["instances"])
        targets = source.load(row).targets
        semantic = targets["semantic"]
        assert semantic.vocabulary == names
        assert np.array_equal(semantic.ids, ids)
        expected = [
            (names[number // 256], False, int((numbers == number).sum()))
            for number in np.unique(numbers).tolist()
        ]
        assert areas(targets["instances"]) == sorted(expected)
        segments = targets["panoptic"].segments
        assert sorted(segment.label for segment in segments) == sorted(n for n, _, _ in expected)
