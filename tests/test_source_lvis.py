"""LVIS: the miniature reads back as its scenes, and only what was looked for is asked for."""

from __future__ import annotations

import io
import json
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from readers import rows

import vtencode as vt
from vtencode.errors import SampleError, SampleFiltered, SourceError
from vtencode.miniatures.lvis import CAMERA, HEIGHT, OVERLOOKED, WIDTH, told_of, write
from vtencode.miniatures.scenes import scene
from vtencode.seeds import Chance
from vtencode.sources.lvis import Lvis
from vtencode.tasks import find_task

# pycocotools is older than numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

COUNT = 3
SHAPE = (30, 40)
CATEGORIES = {1: "bow_(weapon)", 2: "cow", 3: "sled", 4: "zebra"}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("lvis"), count=COUNT)


@pytest.fixture(scope="module")
def truth():
    scenes = [
        scene(0, at, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=at % 2 == 1)
        for at in range(COUNT + 1)
    ]
    return {f"coco/{139 + 146 * at:012d}": told_of(found) for at, found in enumerate(scenes)}


def jpeg(shape=SHAPE) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", shape[::-1]).save(buffer, "JPEG")
    return buffer.getvalue()


def square(number, category, at, **changed):
    """An annotation of 4 x 4 pixels from (at, at)."""
    outline = [at, at, at + 4, at, at + 4, at + 4, at, at + 4]
    told = {"id": number, "image_id": 7, "category_id": category, "segmentation": [outline]}
    return {**told, **changed}


def one(place, annotations, *, negative=(), partial=(), picture=None, **image) -> Lvis:
    """A dataset of one image."""
    told = {
        "id": 7,
        "width": SHAPE[1],
        "height": SHAPE[0],
        "coco_url": "http://images.cocodataset.org/val2017/000000000007.jpg",
        "neg_category_ids": list(negative),
        "not_exhaustive_category_ids": list(partial),
        **image,
    }
    (place / "val2017").mkdir(exist_ok=True)
    (place / "val2017/000000000007.jpg").write_bytes(picture or jpeg())
    categories = [{"id": number, "name": name} for number, name in CATEGORIES.items()]
    document = {"images": [told], "annotations": annotations, "categories": categories}
    (place / "lvis_v1_train.json").write_text(json.dumps(document))
    return Lvis(root=place)


def instances(source: Lvis):
    (row,) = rows(source)
    return source.load(row).targets["instances"]


def asked(masks, *, negatives, turns=40) -> dict[str, set[bool]]:
    """What the task asks for, and whether as a negative, in so many pairs."""
    task, codec = find_task("instance")(negatives=negatives), vt.codec("instances")
    found: dict[str, set[bool]] = {}
    for turn in range(turns):
        question = task.ask(masks, codec, Chance(0, f"pair-{turn}"), where="pair")
        found.setdefault(question.asked[0], set()).add(question.negative)
    return found


# The miniature


@pytest.mark.parametrize("version", ["v1", "v0.5"])
def test_the_objects_of_every_image_read_back_exactly(root, truth, tmp_path, version):
    place = root if version == "v1" else write(tmp_path, count=COUNT, version=version)
    source = Lvis(root=place, split="all", version=version)

    assert [row["split"] for row in rows(source)] == ["train"] * COUNT + ["val"]
    for row in rows(source):
        expected = truth[row["image_id"]]
        found = source.load(row).targets["instances"]
        regions = [r for r in expected.regions if r.label not in expected.not_exhaustive]
        assert len(found.regions) == len(regions) > 0
        for region, other in zip(found.regions, regions, strict=True):
            assert region.label == other.label
            assert np.array_equal(region.spans, other.spans)
            assert not region.crowd


def test_the_same_arguments_give_the_same_bytes(root, tmp_path):
    again = write(tmp_path, count=COUNT)
    files = sorted(path.relative_to(root) for path in root.rglob("*.*"))

    assert len(files) == 2 + COUNT + 1
    assert all((again / name).read_bytes() == (root / name).read_bytes() for name in files)


def test_the_vocabulary_is_what_was_looked_for_all_over_the_image(root, truth):
    source = Lvis(root=root, split="all")
    for row in rows(source):
        expected = truth[row["image_id"]]
        found = source.load(row).targets["instances"]
        whole = {r.label for r in expected.regions} - {*expected.not_exhaustive}
        assert set(found.vocabulary) == whole | {*expected.negative}
        assert OVERLOOKED not in found.vocabulary
    assert any(each.not_exhaustive for each in truth.values())
    assert all(each.negative for each in truth.values())


def test_pictures_are_cocos_in_either_folder_and_pass_through_untouched(root):
    source = Lvis(root=root, split="all")
    folders = {row["file"].split("/")[0] for row in rows(source)}

    assert folders == {"train2017"}
    for row in rows(source):
        sample = source.load(row)
        assert sample.picture.data == (root / row["file"]).read_bytes()
        assert row["key"] == f"lvis-coco-{row['file'][-16:-4]}"
        assert sample.provenance["image_id"] == f"coco/{row['file'][-16:-4]}"


def test_images_to_validate_are_of_both_folders_of_coco(tmp_path):
    place = write(tmp_path, count=5)
    source = Lvis(root=place, split="val")
    extra = json.loads((place / "lvis_v1_val.json").read_text())
    train = json.loads((place / "lvis_v1_train.json").read_text())
    moved = train["images"][0]
    moved["coco_url"] = moved["coco_url"].replace("train2017", "val2017")
    (place / "val2017").mkdir()
    name = f"{moved['id']:012d}.jpg"
    (place / "train2017" / name).rename(place / "val2017" / name)
    extra["images"].append(moved)
    extra["annotations"] += [a for a in train["annotations"] if a["image_id"] == moved["id"]]
    (place / "lvis_v1_val.json").write_text(json.dumps(extra))

    assert [row["file"].split("/")[0] for row in rows(source)] == ["train2017", "val2017"]
    assert all(source.load(row).targets["instances"].regions for row in rows(source))


def test_archives_read_as_the_files_they_extract_to(root, tmp_path):
    for name in ("lvis_v1_train.json", "train2017"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            paths = [root / name] if name.endswith("json") else sorted((root / name).iterdir())
            for path in paths:
                archive.write(path, path.relative_to(root))
    loose, packed = Lvis(root=root), Lvis(root=tmp_path)

    assert loose.index() == packed.index()
    for row in rows(packed):
        a, b = loose.load(row), packed.load(row)
        assert a.picture.data == b.picture.data
        areas = [[r.area for r in each.targets["instances"].regions] for each in (a, b)]
        assert areas[0] == areas[1]


def test_what_is_painted_decodes_to_the_same_classes_and_areas(root):
    source, codec = Lvis(root=root, split="all"), vt.codec("instances")
    for row in rows(source):
        found = source.load(row).targets["instances"]
        back = codec.decode(codec.encode(found)).target
        told = {(r.id, r.label, r.area) for r in found.regions}
        assert {(r.id, r.label, r.area) for r in back.regions} == told


# What may be asked


def test_a_class_of_which_some_objects_are_not_outlined_is_neither_there_nor_absent(tmp_path):
    told = [square(1, 2, 0), square(2, 1, 10), square(3, 2, 20)]
    masks = instances(one(tmp_path, told, negative=[4], partial=[2]))

    assert [region.label for region in masks.regions] == ["bow_(weapon)"]
    assert masks.vocabulary == ("bow_(weapon)", "zebra")
    assert asked(masks, negatives=0.0) == {"bow (weapon)": {False}}
    assert asked(masks, negatives=1.0) == {"zebra": {True}}


def test_a_class_that_nobody_looked_for_is_not_absent(tmp_path):
    masks = instances(one(tmp_path, [square(1, 2, 0)], negative=[3]))

    assert asked(masks, negatives=0.5) == {"cow": {False}, "sled": {True}}


def test_a_class_that_is_not_exhaustive_is_not_absent_even_where_it_has_no_object(tmp_path):
    masks = instances(one(tmp_path, [square(1, 2, 0)], negative=[3, 4], partial=[3]))

    assert masks.vocabulary == ("cow", "zebra")


def test_an_image_in_which_no_class_is_whole_has_nothing_to_ask(tmp_path):
    masks = instances(one(tmp_path, [square(1, 2, 0)], partial=[2]))

    assert masks.vocabulary == ()
    assert masks.regions == ()
    with pytest.raises(SampleFiltered, match="NOTHING"):
        asked(masks, negatives=0.5)


def test_an_image_of_absent_classes_alone_is_asked_for_them(tmp_path):
    masks = instances(one(tmp_path, [], negative=[3, 4]))

    assert set(asked(masks, negatives=1.0)) == {"sled", "zebra"}


def test_the_mask_of_a_class_is_asked_for_only_where_it_is_whole(tmp_path):
    told = [square(1, 2, 0), square(2, 1, 10), square(3, 1, 20)]
    masks = instances(one(tmp_path, told, partial=[2]))
    task, codec = find_task("binary")(negatives=0.0), vt.codec("semantic")
    questions = [task.ask(masks, codec, Chance(0, str(at)), where="pair") for at in range(20)]

    assert {question.asked for question in questions} == {("bow (weapon)",)}
    assert {int((question.target.ids == 1).sum()) for question in questions} == {32}


# Which documents, and where images are


def test_another_version_and_split_are_told(root):
    with pytest.raises(SourceError, match=r"must hold LVIS: .*with version: v0\.5"):
        Lvis(root=root, version="v0.5").index()
    with pytest.raises(SourceError, match="must have the split 'test', and has train, val"):
        Lvis(root=root, split="test").index()


def test_documents_without_their_images_are_refused(root, tmp_path):
    shutil.copy(root / "lvis_v1_train.json", tmp_path)

    with pytest.raises(SourceError, match=r"images .* such as train2017/000000000139\.jpg"):
        Lvis(root=tmp_path).index()


def test_an_image_that_is_not_there_is_a_reject(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "lvis")
    source = Lvis(root=place)
    first = rows(source)[0]
    (place / first["file"]).unlink()

    with pytest.raises(SampleError, match=r"000000000139\.jpg.*MISSING"):
        source.load(first)


@pytest.mark.parametrize(
    "url",
    [None, "", "000000000007.jpg", "http://x/test2017/000000000007.jpg", "http://x/../secret.jpg"],
)
def test_an_image_without_an_address_in_coco_is_refused(tmp_path, url):
    source = one(tmp_path, [], coco_url=url)

    with pytest.raises(SourceError, match="coco_url of image 7 must end in train2017/ or val2017/"):
        source.index()


# Documents that are not the published ones


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"category_id": 5}, "the category 5, which is none"),
        ({"category_id": "2"}, "the category '2', which is none"),
        ({"segmentation": [[0, 0, 1e9, 0, 5, 5]]}, "near its image"),
        ({"segmentation": [[0, 0, 5, 5]]}, "3 corners or more"),
        ({"segmentation": {"size": [30, 40], "counts": [7, 1]}}, "add up to 30 x 40"),
    ],
)
def test_annotations_that_are_none_are_rejects_that_name_them(tmp_path, changed, told):
    source = one(tmp_path, [square(3, 2, 0, **changed)])

    with pytest.raises(SampleError, match=told) as error:
        instances(source)
    assert error.value.args[0] == "RANGE"
    assert "lvis_v1_train.json coco/000000000007 annotation 3" in str(error.value)


@pytest.mark.parametrize("key", ["neg_category_ids", "not_exhaustive_category_ids"])
@pytest.mark.parametrize("listed", [None, 3, [5], ["cow"], [True], [2.0]])
def test_lists_of_classes_that_are_none_are_rejects(tmp_path, key, listed):
    source = one(tmp_path, [square(1, 2, 0)], **{key: listed})

    with pytest.raises(SampleError, match=f"must have a list {key}.*RANGE"):
        instances(source)


def test_json_that_says_two_things_is_a_reject(tmp_path):
    source = one(tmp_path, [square(3, 2, 0)])
    path = tmp_path / "lvis_v1_train.json"
    path.write_text(path.read_text().replace('"category_id": 2', '"category_id": 2, "id": 3', 1))

    with pytest.raises(SampleError, match=r"'id' is there twice.*DECODE"):
        instances(source)


def test_a_picture_of_another_size_is_a_reject(tmp_path):
    source = one(tmp_path, [], picture=jpeg((30, 41)))

    with pytest.raises(SampleError, match=r"of an image of \(30, 41\).*SHAPE"):
        instances(source)


def test_a_build_goes_on_without_an_image_whose_outlines_lie(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "lvis")
    document = json.loads((place / "lvis_v1_train.json").read_text())
    wrong = document["annotations"][0]
    wrong["segmentation"] = [[0, 0, 1e9, 0, 5, 5]]
    document["images"][0]["not_exhaustive_category_ids"] = []
    (place / "lvis_v1_train.json").write_text(json.dumps(document))
    out = tmp_path / "out"
    done = vt.build("lvis", source=place, out=out, workers=1)
    lines = [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]

    counts = done.manifest["counts"]
    assert counts["rejected"] == len(lines) >= 1
    assert counts["written"] >= COUNT - 1
    assert {line["code"] for line in lines} == {"RANGE"}
    assert all(f"annotation {wrong['id']}" in line["where"] for line in lines)


# Real annotations


@pytest.fixture(scope="module")
def real(samples, tmp_path_factory):
    """The first 100 images of v0.5 to validate, whose pictures are not here: black ones are."""
    place = tmp_path_factory.mktemp("real")
    told = json.loads((samples / "lvis" / "lvis_val_100.json").read_text())
    shutil.copy(samples / "lvis" / "lvis_val_100.json", place / "lvis_v0.5_val.json")
    (place / "val2017").mkdir()
    for image in told["images"]:
        name = image["coco_url"].rpartition("/")[2]
        (place / "val2017" / name).write_bytes(jpeg((image["height"], image["width"])))
    return place, told


def test_real_outlines_are_filled_as_cocos_own_tools_fill_them(real):
    place, told = real
    source = Lvis(root=place, split="val", version="v0.5")
    names = {each["id"]: each["name"] for each in told["categories"]}
    images = {f"coco/{each['id']:012d}": each for each in told["images"]}

    assert len(rows(source)) == 100
    for row in rows(source)[::4]:
        image = images[row["image_id"]]
        shape = (image["height"], image["width"])
        entries = [
            each
            for each in told["annotations"]
            if each["image_id"] == image["id"]
            and each["category_id"] not in image["not_exhaustive_category_ids"]
        ]
        found = source.load(row).targets["instances"]
        assert [region.id for region in found.regions] == [each["id"] for each in entries]
        for region, each in zip(found.regions, entries, strict=True):
            runs = coco_mask.merge(coco_mask.frPyObjects(each["segmentation"], *shape))
            mask = coco_mask.decode(runs).astype(bool)
            left, top, right, bottom = region.box
            assert region.label == names[each["category_id"]]
            assert np.array_equal(region.mask, mask[top:bottom, left:right])
            assert region.area == mask.sum()


def test_real_images_tell_what_was_looked_for(real):
    place, told = real
    source = Lvis(root=place, split="val", version="v0.5")
    names = {each["id"]: each["name"] for each in told["categories"]}
    images = {f"coco/{each['id']:012d}": each for each in told["images"]}
    partial = 0
    for row in rows(source):
        image = images[row["image_id"]]
        there = {
            each["category_id"] for each in told["annotations"] if each["image_id"] == image["id"]
        }
        doubtful = {*image["not_exhaustive_category_ids"]}
        sure = (there | {*image["neg_category_ids"]}) - doubtful
        if len(there) < 4 or doubtful:
            found = source.load(row).targets["instances"]
            assert set(found.vocabulary) == {names[number] for number in sure}
            assert {r.label for r in found.regions} == {names[n] for n in there - doubtful}
            partial += bool(doubtful)
    assert partial == 12
