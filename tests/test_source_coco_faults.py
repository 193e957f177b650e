"""COCO whose files are not what was published: told by name, sample by sample where it can be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from coco_places import NO_PIXEL, PLAIN, changed, loaded
from PIL import Image
from readers import rows

from vtencode.errors import SampleError, SourceError
from vtencode.miniatures.coco import write
from vtencode.sources.coco import Coco


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Four images to train, one of every kind, and one to validate."""
    return write(tmp_path_factory.mktemp("coco"), count=4)


@pytest.fixture
def place(root, tmp_path) -> Path:
    """A copy to be changed."""
    return shutil.copytree(root, tmp_path / "coco")


def test_an_image_that_is_not_there_is_a_reject_and_all_of_them_an_error(place):
    source = Coco(root=place)
    first, *others = rows(source)
    (place / first["file"]).unlink()
    with pytest.raises(SampleError, match="MISSING"):
        Coco(root=place).load(rows(Coco(root=place))[0])

    for row in others:
        (place / row["file"]).unlink()
    with pytest.raises(SourceError, match=rf"must hold images .* such as {first['file']}"):
        Coco(root=place).index()


def test_copies_are_read_once_and_two_files_of_one_name_that_differ_are_told(place):
    before = rows(Coco(root=place))
    shutil.copytree(place / "train2017", place / "more/train2017")
    shutil.copy(place / "annotations/stuff_train2017.json", place / "more")
    assert [r["key"] for r in rows(Coco(root=place))] == [r["key"] for r in before]

    with (place / "more/train2017/000000000139.jpg").open("ab") as file:
        file.write(b"more")
    with pytest.raises(SourceError, match=r"both called train2017/000000000139\.jpg and differ"):
        Coco(root=place).index()
    shutil.rmtree(place / "more/train2017")
    (place / "more/stuff_train2017.json").write_text("{}")
    with pytest.raises(
        SourceError, match=r"stuff_train2017\.json tell of the same images and diff"
    ):
        Coco(root=place).index()


def test_an_image_that_a_document_does_not_list_is_a_reject_for_that_target_alone(place):
    changed(place, "stuff_train2017.json", lambda d: d.update(images=[], annotations=[]))
    sample, _ = loaded(Coco(root=place), PLAIN)

    assert sample.targets["instances"].regions
    with pytest.raises(SampleError, match="no annotation that is here tells of this image"):
        _ = sample.targets["stuff"]


def test_an_empty_folder_and_a_split_that_is_not_there_are_told(root, tmp_path):
    with pytest.raises(SourceError, match=r"must hold COCO: .* holds none of it"):
        Coco(root=tmp_path).index()
    (tmp_path / "val2017.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(SourceError, match=r"Extract val2017\.tar\.gz first"):
        Coco(root=tmp_path).index()
    with pytest.raises(SourceError, match="must have the split 'test', and has train, val"):
        Coco(root=root, split="test").index()


NAN = float("nan")
BAD = {
    "runs that lie": ("segmentation", {"counts": [5, 5], "size": [480, 640]}, "RANGE", "add up"),
    "runs below 0": ("segmentation", {"counts": [-1, 307201], "size": [480, 640]}, "RANGE", "runs"),
    "runs beyond": ("segmentation", {"counts": [2**40], "size": [480, 640]}, "RANGE", "32 bits"),
    "runs cut": ("segmentation", {"counts": "o", "size": [480, 640]}, "RANGE", "are cut"),
    "runs of another size": ("segmentation", {"counts": [1], "size": [1, 1]}, "RANGE", "size"),
    "NaN": ("segmentation", [[0.0, NAN, 3.0, 4.0, 5.0, 6.0]], "DECODE", "NaN is no number"),
    "far away": ("segmentation", [[0, 0, 1e9, 0, 5, 5]], "RANGE", "near its image"),
    "infinite": ("segmentation", [[0, 0, 10**400, 0, 5, 5]], "RANGE", "must be numbers"),
    "two corners": ("segmentation", [[0, 0, 5, 5]], "RANGE", "3 corners"),
    "words": ("segmentation", [["a"] * 6], "RANGE", "polygon"),
    "a number": ("segmentation", 7, "RANGE", "polygons or run lengths"),
    "an unknown class": ("category_id", 12, "RANGE", "has the category 12, which is none"),
    "a class of another kind": ("category_id", [1], "RANGE", r"has the category \[1\]"),
}


@pytest.mark.parametrize("fault", BAD)
def test_an_annotation_that_cannot_be_is_a_reject_by_name(place, fault):
    field, value, code, told = BAD[fault]
    changed(place, "instances_train2017.json", lambda d: d["annotations"][0].update({field: value}))
    sample, number = loaded(Coco(root=place), PLAIN)

    with pytest.raises(SampleError, match=told) as error:
        _ = sample.targets["instances"]
    assert error.value.args[:2] == (code, "instances")
    assert f"instances_train2017.json coco/{number:012d}" in error.value.args[2]
    assert ("annotation" in error.value.args[2].split()) == (code == "RANGE")
    assert loaded(Coco(root=place), NO_PIXEL)[0].targets["instances"].regions


def test_two_annotations_of_one_id_are_a_reject(place):
    def twice(document):
        document["annotations"][1]["id"] = document["annotations"][0]["id"]

    changed(place, "instances_train2017.json", twice)

    with pytest.raises(SampleError, match="RANGE"):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["instances"]


def test_a_key_that_is_there_twice_is_a_reject(place):
    path = place / "annotations/instances_train2017.json"
    path.write_text(path.read_text().replace('"iscrowd": 0', '"iscrowd": 0, "iscrowd": 1', 1))

    with pytest.raises(SampleError, match="'iscrowd' is there twice"):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["instances"]


def test_a_class_of_which_an_object_has_no_outline_is_not_told(place):
    def blank(document):
        person = next(a for a in document["annotations"] if a["category_id"] == 1)
        del person["segmentation"]

    changed(place, "instances_train2017.json", blank)
    masks = loaded(Coco(root=place), PLAIN)[0].targets["instances"]

    assert "person" not in {region.label for region in masks.regions}
    assert "person" not in masks.vocabulary
    assert masks.regions


def test_ids_that_do_not_fit_are_the_next_that_are_free(place):
    def renumbered(document):
        for entry, id_ in zip(document["annotations"], [2, 0, -5, 2**40, "x", True], strict=False):
            entry["id"] = id_

    changed(place, "instances_train2017.json", renumbered)
    masks = loaded(Coco(root=place), PLAIN)[0].targets["instances"]

    assert [region.id for region in masks.regions][:6] == [2, 1, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda i: i.update(height=481), "SHAPE"),
        (lambda i: i.pop("width"), "SHAPE"),
        (lambda i: i.update(width="640"), "SHAPE"),
    ],
)
def test_a_document_of_another_size_than_its_image_is_a_reject(place, change, code):
    changed(place, "instances_train2017.json", lambda d: change(d["images"][0]))

    with pytest.raises(SampleError) as error:
        _ = loaded(Coco(root=place), PLAIN)[0].targets["instances"]
    assert error.value.args[0] == code


@pytest.mark.parametrize(
    ("keypoints", "told"),
    [
        ([1, 2, 2], "17 times x, y, visibility"),
        ([1, 2, 3] * 17, "visibility must be 0, 1 or 2, got 3"),
        ([1, 2, 0.5] * 17, "visibility must be 0, 1 or 2, got 0.5"),
        (["a"] * 51, "joints must be numbers"),
        ([1e400, 2, 2] * 17, "Infinity is no number|finite"),
        ({"x": 1}, "joints must be numbers"),
        (7, "joints must be|17 times"),
    ],
)
def test_joints_that_cannot_be_are_a_reject(place, keypoints, told):
    changed(
        place,
        "person_keypoints_train2017.json",
        lambda d: d["annotations"][0].update(keypoints=keypoints),
    )

    with pytest.raises(SampleError, match=told):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["keypoints"]


@pytest.mark.parametrize(
    "part", [{"face_kpts": ["a"] * 204}, {"foot_kpts": 7}, {"lefthand_kpts": [1, 2, 2]}]
)
def test_parts_that_cannot_be_are_a_reject(place, part):
    valid = {f"{next(iter(part)).split('_')[0]}_valid": True}
    changed(
        place, "coco_wholebody_train_v1.0.json", lambda d: d["annotations"][0].update(part | valid)
    )

    with pytest.raises(SampleError, match="RANGE"):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["wholebody"]


def repainted(place: Path, pattern: str, change) -> None:
    path = min(place.glob(pattern))
    image = Image.open(path)
    image.load()
    change(image).save(path)


def test_pictures_of_segments_must_be_those_of_the_document(place):
    folder = "annotations/panoptic_train2017/*.png"

    def one_more(image):
        image.putpixel((3, 3), (1, 0, 0))
        return image

    repainted(place, folder, one_more)
    with pytest.raises(
        SampleError, match=r"the segment 1 must be in both, and is in .*png and not"
    ):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["panoptic"]
    repainted(place, folder, lambda image: image.resize((320, 240)))
    with pytest.raises(SampleError, match="SHAPE"):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["panoptic"]
    repainted(place, folder, lambda image: image.convert("L"))
    with pytest.raises(SampleError, match="MODE"):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["panoptic"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: a.update(file_name="x.png"), "must have one annotation, of 0000"),
        (lambda a: a.update(segments_info=7), "must be a list of segments"),
        (lambda a: a["segments_info"].pop(), "must be in both"),
        (lambda a: a["segments_info"][0].update(id=0), "a color other than black"),
        (lambda a: a["segments_info"][0].update(category_id=12), "has the category 12"),
        (lambda a: a["segments_info"].append(a["segments_info"][0]), "two of one id"),
    ],
)
def test_segments_that_cannot_be_are_a_reject(place, change, told):
    changed(place, "panoptic_train2017.json", lambda d: change(d["annotations"][0]))

    with pytest.raises(SampleError, match=told):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["panoptic"]


def test_a_number_that_was_never_annotated_is_a_reject_not_a_class(place):
    def street_sign(image):
        image.putpixel((3, 3), 11)
        return image

    repainted(place, "stuffthingmaps/train2017/*.png", street_sign)

    with pytest.raises(SampleError, match="numbers of annotated classes less 1, got 11"):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["semantic"]


def test_stuff_of_an_unknown_class_is_a_reject(place):
    changed(place, "stuff_train2017.json", lambda d: d["annotations"][0].update(category_id=1))

    with pytest.raises(SampleError, match="has the category 1, which is no stuff"):
        _ = loaded(Coco(root=place), PLAIN)[0].targets["stuff"]


@pytest.mark.parametrize(
    ("categories", "told"),
    [
        ([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], "ids and names of their own"),
        ([{"id": 1, "name": "a"}, {"id": 2, "name": "a"}], "ids and names of their own"),
        ([{"id": "1", "name": "a"}], "must have an id and a name"),
        ([{"id": 1}], "must have an id and a name"),
        ([7], "must have an id and a name"),
        ({"a": 1}, "must have an id and a name|ids and names"),
        (NAN, "NaN is no number|must be a list"),
    ],
)
def test_categories_that_cannot_be_are_an_error_of_the_document(place, categories, told):
    changed(place, "instances_train2017.json", lambda d: d.update(categories=categories))

    with pytest.raises(SourceError, match=told):
        Coco(root=place).index()


def test_two_images_of_one_name_in_a_document_are_told(place):
    changed(
        place,
        "instances_train2017.json",
        lambda d: d["images"].append({**d["images"][0], "id": 1}),
    )

    with pytest.raises(SourceError, match="a name of its own, got coco/000000000139 twice"):
        Coco(root=place).index()
