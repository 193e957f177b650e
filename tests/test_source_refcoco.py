"""RefCOCO and its kin: phrases mean in the reader what they mean in the scenes, and in COCO."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import zipfile
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.errors import SampleError, SourceError, SpecError
from vtencode.formats.plain_pickle import read_plain_pickle, write_plain_pickle
from vtencode.leaks import guard_of
from vtencode.leaks.audit import audit
from vtencode.miniatures.refcoco import KINDS, shots, write
from vtencode.sources.coco import Coco
from vtencode.sources.refcoco import RefCoco
from vtencode.targets import Expression, Expressions

#: pycocotools is older than numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

DATASETS = ("refcoco", "refcoco+", "refcocog", "grefcoco")
REFS = {
    "refcoco": "refs(unc).p",
    "refcoco+": "refs(unc).p",
    "refcocog": "refs(umd).p",
    "grefcoco": "grefs(unc).json",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("refcoco"), count=1)


@pytest.fixture(scope="module")
def scenes():
    """What was written, by COCO's image id."""
    return {f"coco/{shot.image:012d}": shot for shot in shots(1, 0)}


@pytest.fixture
def place(root, tmp_path):
    """A copy to change."""
    return shutil.copytree(root, tmp_path / "data")


def read(source: RefCoco, row) -> Expressions:
    found: Expressions = source.load(row).targets["expressions"]
    return found


def covered(found: Expressions, expression: Expression) -> np.ndarray:
    mask = np.zeros(found.shape, dtype=bool)
    for region in found.masks.regions:
        if region.id in expression.ids:
            left, top, right, bottom = region.box
            mask[top:bottom, left:right] |= region.mask
    return mask


def change(path, edit) -> None:
    """Rewrite a document after `edit` changed its value, or gave another."""
    if path.suffix == ".p":
        value = read_plain_pickle(path.read_bytes())
        path.write_bytes(write_plain_pickle(edit(value) or value))
    else:
        value = json.loads(path.read_text())
        path.write_text(json.dumps(edit(value) or value))


def fault(source: RefCoco, at: int = 0) -> SampleError:
    with pytest.raises(SampleError) as error:
        read(source, rows(source)[at])
    return error.value


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_phrase_means_the_objects_of_its_scene(root, scenes, dataset):
    source = RefCoco(root=root, dataset=dataset, split="all")
    said = Counter()
    for row in rows(source):
        sample, scene = source.load(row), scenes[row["image_id"]]
        found = sample.targets["expressions"]
        (expression,) = found.expressions
        truth = {e.text: e.ids for e in scene.phrases()}
        meant = np.isin(scene.found.instance, truth[expression.text])
        assert np.array_equal(covered(found, expression), meant)
        assert bool(expression.ids) == bool(truth[expression.text])
        kinds = {region.label for region in found.masks.regions}
        assert kinds <= {name for _, name in KINDS.values()}
        said[row["image_id"], expression.text] += 1
    wanted = {
        (image, e.text): 1
        for image, scene in scenes.items()
        for e in scene.phrases()
        if dataset == "grefcoco" or (len(e.ids) == 1 and not (dataset == "refcoco+" and e.lateral))
    }
    assert said == wanted


@pytest.mark.parametrize("dataset", DATASETS)
def test_an_image_has_everything_that_is_said_of_it_in_its_split(root, scenes, dataset):
    one = RefCoco(root=root, dataset=dataset, split="all")
    source = RefCoco(root=root, dataset=dataset, split="all", each="image")
    found = rows(source)

    assert len(found) == len({row["key"] for row in found}) == len(scenes)
    for row in found:
        alone = [r for r in rows(one) if r["image_id"] == row["image_id"]]
        everything, scene = read(source, row), scenes[row["image_id"]]
        assert [e.text for e in everything.expressions] == [
            read(one, r).expressions[0].text for r in alone
        ]
        truth = {e.text: e.ids for e in scene.phrases()}
        for expression in everything.expressions:
            meant = np.isin(scene.found.instance, truth[expression.text])
            assert np.array_equal(covered(everything, expression), meant)


def test_images_are_found_by_their_id_and_never_by_the_file_name_of_a_ref(root):
    refs = read_plain_pickle((root / "refcoco" / REFS["refcoco"]).read_bytes())
    source = RefCoco(root=root, split="all")

    assert not any(list(root.rglob(ref["file_name"])) for ref in refs)
    for row in rows(source):
        number = row["image_id"].removeprefix("coco/")
        assert row["file"].endswith(f"/train2014/COCO_train2014_{number}.jpg")
        assert source.load(row).picture.format == "jpg"


def test_images_under_their_names_of_2017_are_the_same_and_written_alike(root, tmp_path):
    source = RefCoco(root=root)
    other = RefCoco(root=write(tmp_path, count=1, form="train2017"))

    for row, same in zip(rows(source), rows(other), strict=True):
        assert (row["key"], row["image_id"]) == (same["key"], same["image_id"])
        assert same["file"] == f"train2017/{row['image_id'].removeprefix('coco/')}.jpg"
        assert source.load(row).picture.data == other.load(same).picture.data
    for dataset in DATASETS:
        for path in (root / dataset).iterdir():
            assert path.read_bytes() == (tmp_path / dataset / path.name).read_bytes()


def test_an_image_is_called_as_the_reader_of_coco_calls_it(root):
    (number,) = {row["image_id"] for row in rows(RefCoco(root=root))}
    digits = number.removeprefix("coco/")

    assert Coco.prefix == "coco"
    for name in (f"COCO_train2014_{digits}.jpg", f"{digits}.jpg"):
        assert Coco(root=root).named({"file_name": name}) == digits


@pytest.mark.parametrize(
    ("dataset", "by", "splits"),
    [
        ("refcoco", "unc", {"train", "val", "testA", "testB"}),
        ("refcoco", "google", {"train", "val", "test"}),
        ("refcoco+", "unc", {"train", "val", "testA", "testB"}),
        ("refcocog", "umd", {"train", "val", "test"}),
        ("refcocog", "google", {"train", "val"}),
        ("grefcoco", "unc", {"train", "val", "testA", "testB"}),
    ],
)
def test_each_dataset_has_the_splits_of_those_who_split_it(root, dataset, by, splits):
    found = rows(RefCoco(root=root, dataset=dataset, by=by, split="all"))

    assert {row["split"] for row in found} == splits
    parts = {s: rows(RefCoco(root=root, dataset=dataset, by=by, split=s)) for s in splits}
    assert sorted(r["key"] for part in parts.values() for r in part) == sorted(
        r["key"] for r in found
    )
    usual = {"refcocog": "umd"}.get(dataset, "unc")
    unsaid = rows(RefCoco(root=root, dataset=dataset, split="all"))
    assert ([r["key"] for r in unsaid] == [r["key"] for r in found]) == (by == usual)


def test_google_splits_the_objects_of_one_image(root):
    images = {
        split: {r["image_id"] for r in rows(RefCoco(root=root, by="google", split=split))}
        for split in ("train", "val")
    }
    by_image = RefCoco(root=root, by="google", split="all", each="image")

    assert images["train"] & images["val"]
    assert len({row["key"] for row in rows(by_image)}) == len(rows(by_image))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"split": "test"}, r"must have the split 'test', and has testA, testB, train, val"),
        ({"dataset": "refcocog", "by": "unc"}, r"split by unc, and has google, umd: set source.by"),
    ],
)
def test_what_a_dataset_does_not_have_is_told_with_what_it_has(root, options, told):
    with pytest.raises(SourceError, match=told):
        RefCoco(root=root, **options).index()


def test_of_one_dataset_alone_the_others_cannot_be_read(place):
    for dataset in ("refcoco", "refcoco+", "grefcoco"):
        shutil.rmtree(place / dataset)

    with pytest.raises(
        SourceError, match=r"must hold refcoco, and holds refcocog: set source\.dataset"
    ):
        RefCoco(root=place).index()
    (place / "refcocog" / "refs(umd).p").unlink()
    with pytest.raises(SourceError, match="split by umd, and has google"):
        RefCoco(root=place, dataset="refcocog").index()
    shutil.rmtree(place / "refcocog")
    (place / "refcocog.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(SourceError, match=r"none of it\. Extract refcocog\.tar\.gz first"):
        RefCoco(root=place, dataset="refcocog").index()


def test_without_outlines_or_any_image_nothing_can_be_read(place):
    (place / "refcoco+" / "instances.json").unlink()
    shutil.rmtree(place / "images")

    with pytest.raises(SourceError, match=r"must hold refcoco\+/instances.json"):
        RefCoco(root=place, dataset="refcoco+").index()
    with pytest.raises(SourceError, match=r"must hold the images of .*COCO_train2014_000000090000"):
        RefCoco(root=place).index()


def test_two_copies_of_a_dataset_are_told_apart_by_pointing_at_one(place):
    shutil.copytree(place / "refcoco", place / "old" / "refcoco")

    with pytest.raises(SourceError, match=r"old/refcoco/refs\(unc\) and refcoco/refs\(unc\)"):
        RefCoco(root=place).index()


def test_an_image_that_is_not_there_is_a_reject(place):
    source = RefCoco(root=place, split="all")
    last = rows(source)[-1]
    (place / last["file"]).unlink()

    again = RefCoco(root=place, split="all")
    assert "MISSING" in str(fault(again, at=-1))
    assert rows(again)[-1]["file"] == last["file"].removeprefix("images/mscoco/images/")
    assert read(again, rows(again)[0]).expressions


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_refs_are_read_whatever_pickled_them(root, place, protocol):
    path = place / "refcoco" / REFS["refcoco"]
    value = pickle.loads(path.read_bytes(), encoding="latin-1")
    path.write_bytes(pickle.dumps(value, protocol))

    assert RefCoco(root=place).index() == RefCoco(root=root).index()


def test_refs_as_json_go_before_their_pickle(root, place):
    path = place / "refcoco" / REFS["refcoco"]
    path.with_suffix(".json").write_text(json.dumps(read_plain_pickle(path.read_bytes())))
    path.write_bytes(b"cos\nsystem\n.")

    source = RefCoco(root=place)
    assert source.index() == RefCoco(root=root).index()
    assert "refcoco/refs(unc).json" in dict(source.files())
    assert "refcoco/refs(unc).p" not in dict(source.files())


def test_archives_read_as_the_folders_that_they_extract_to(root, tmp_path):
    images = root / "images" / "mscoco" / "images"
    for name, folder in (("refcoco.zip", root), ("train2014.zip", images)):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path in sorted((folder / name.removesuffix(".zip")).iterdir()):
                archive.write(path, f"{path.parent.name}/{path.name}")
    loose, zipped = RefCoco(root=root), RefCoco(root=tmp_path)

    for row, same in zip(rows(loose), rows(zipped), strict=True):
        assert row["key"] == same["key"]
        assert loose.load(row).picture.data == zipped.load(same).picture.data
        assert read(loose, row).expressions == read(zipped, same).expressions


def test_the_files_of_a_split_are_its_documents_and_its_images(root):
    train, everything = RefCoco(root=root), RefCoco(root=root, split="all")

    assert [name for name, _ in train.files()] == [
        "images/mscoco/images/train2014/COCO_train2014_000000090000.jpg",
        "refcoco/instances.json",
        "refcoco/refs(unc).p",
    ]
    assert len(everything.files()) == 2 + 4
    assert pickle.loads(pickle.dumps(train)).index() == train.index()


def test_where_the_words_came_from_is_told(root):
    source = RefCoco(root=root, split="testB")
    row = rows(source)[-1]
    told = source.load(row).provenance
    (ref,) = (
        ref
        for ref in read_plain_pickle((root / "refcoco" / REFS["refcoco"]).read_bytes())
        if str(ref["ref_id"]) == told["refs"]
    )

    assert row["key"] == f"refcoco-unc-{told['refs']}-{told['sentences']}"
    assert int(told["sentences"]) in ref["sent_ids"]
    assert told["file"] == row["file"]


def test_numbers_that_are_used_twice_give_keys_of_their_own(place):
    def edit(refs):
        for ref in refs:
            ref["ref_id"] = 7
            for each in ref["sentences"]:
                each["sent_id"] = 1

    change(place / "refcoco" / REFS["refcoco"], edit)
    keys = [row["key"] for row in rows(RefCoco(root=place))]

    assert keys[:3] == ["refcoco-unc-7-1", "refcoco-unc-7-1-2", "refcoco-unc-7-1-3"]
    assert len(set(keys)) == len(keys)


def test_words_of_several_lines_are_on_one_and_none_is_a_reject(place):
    def edit(refs):
        first, second, third = (ref["sentences"][0] for ref in refs[:3])
        first["sent"] = "  the\tsofa\nby the wall "
        second["sent"] = " "
        third["sent"] = "the \ud800 ball"

    path = place / "grefcoco" / REFS["grefcoco"]
    change(path, edit)
    first, second, third = (
        ref["sentences"][0]["sent_id"] for ref in json.loads(path.read_text())[:3]
    )
    source = RefCoco(root=place, dataset="grefcoco")
    at = {int(row["key"].split("-")[-1]): row for row in rows(source)}

    assert read(source, at[first]).expressions[0].text == "the sofa by the wall"
    for number, code in ((second, "EMPTY"), (third, "DECODE")):
        with pytest.raises(SampleError, match=rf"\[{code}\]"):
            read(source, at[number])
    whole = RefCoco(root=place, dataset="refcoco", each="image")
    assert len(read(whole, rows(whole)[0]).expressions) > 1


def test_a_sentence_without_words_leaves_the_rest_of_its_image_alone(place):
    change(place / "refcoco" / REFS["refcoco"], lambda r: r[0]["sentences"][0].update(sent=""))
    source = RefCoco(root=place, each="image")
    (row,) = rows(source)

    assert len(read(source, row).expressions) == len(json.loads(row["expressions"])) - 1


def test_refs_without_sentences_are_skipped_as_the_authors_of_grefcoco_say(place):
    path = place / "grefcoco" / REFS["grefcoco"]
    before = rows(RefCoco(root=place, dataset="grefcoco", split="all"))
    change(path, lambda refs: refs[0].update(sentences=[]))
    after = rows(RefCoco(root=place, dataset="grefcoco", split="all"))

    assert {r["key"] for r in after} < {r["key"] for r in before}
    change(path, lambda refs: [ref.update(sentences=[]) for ref in refs] and None)
    with pytest.raises(SourceError, match="and has no sentence"):
        RefCoco(root=place, dataset="grefcoco").index()


def ids_of(edit):
    """Change the ann_id of the first ref."""
    return lambda refs: refs[0].update(ann_id=edit(refs[0]["ann_id"]))


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (ids_of(lambda ids: [*ids, -1]), "RANGE"),
        (ids_of(lambda ids: [*ids, 123]), "MISSING"),
        (ids_of(lambda ids: [ids[0] + 1_000_000]), "MISSING"),
        (lambda refs: refs[0].update(no_target=True), "RANGE"),
        (lambda refs: refs[0].update(ann_id=[-1], no_target=False), "RANGE"),
    ],
)
def test_ids_that_mean_no_annotation_of_the_image_are_rejects(place, edit, code):
    change(place / "grefcoco" / REFS["grefcoco"], edit)

    error = fault(RefCoco(root=place, dataset="grefcoco"))
    assert error.args[0] == code
    assert "coco/000000090000" in str(error)


@pytest.mark.parametrize("ids", [[-1], []])
@pytest.mark.parametrize("flag", [None, True])
def test_words_that_mean_nothing_have_no_region(place, ids, flag):
    new = {"ann_id": ids, "no_target": flag}
    change(place / "grefcoco" / REFS["grefcoco"], lambda refs: refs[0].update(new))
    source = RefCoco(root=place, dataset="grefcoco")
    found = read(source, rows(source)[0])

    assert found.expressions[0].ids == ()
    assert found.masks.regions == ()


def test_crowds_are_meant_in_refcoco_and_left_out_in_grefcoco_as_their_readers_do(place):
    refs = read_refs(place, "grefcoco")
    mixed = next(r for r in refs if len(r["ann_id"]) > 1)
    crowd = mixed["ann_id"][0]

    def edit(document):
        for each in document["annotations"]:
            each["iscrowd"] = int(each["id"] == crowd)

    for dataset in ("refcoco", "grefcoco"):
        change(place / dataset / "instances.json", edit)
    kept = RefCoco(root=place, split="all")
    alone = next(r for r in rows(kept) if f'"annotations": [{crowd}]' in r["expressions"])
    (region,) = read(kept, alone).masks.regions
    assert region.crowd

    source = RefCoco(root=place, dataset="grefcoco", split="all")
    found = rows(source)
    row = next(r for r in found if r["key"].startswith(f"grefcoco-unc-{mixed['ref_id']}-"))
    several = read(source, row)
    assert len(several.expressions[0].ids) == len(mixed["ann_id"]) - 1
    assert not any(region.crowd for region in several.masks.regions)
    alone = next(r for r in found if f'"annotations": [{crowd}]' in r["expressions"])
    with pytest.raises(SampleError, match=r"means crowds alone \[EMPTY\]"):
        read(source, alone)


def read_refs(place, dataset):
    data = (place / dataset / REFS[dataset]).read_bytes()
    return json.loads(data) if dataset == "grefcoco" else read_plain_pickle(data)


def annotation(**new):
    """Change the annotation that the first ref means."""

    def edit(document):
        next(a for a in document["annotations"] if a["id"] == 1700001).update(new)

    return edit


def other_image(document):
    first, second = document["images"][:2]
    next(a for a in document["annotations"] if a["id"] == 1700001)["image_id"] = second["id"]
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("edit", "code", "told"),
    [
        (annotation(segmentation={"size": [480, 640], "counts": [5, 307000]}), "RANGE", "add up"),
        (annotation(segmentation={"size": [480, 640], "counts": [-1, 307201]}), "RANGE", "runs"),
        (annotation(segmentation={"size": [48, 64], "counts": [3072]}), "RANGE", "size"),
        (annotation(segmentation={"size": [480, 640], "counts": "l" * 40}), "RANGE", "packed run"),
        (annotation(segmentation=[[1e9, 1, 2, 2, 3, 1]]), "RANGE", "near its image"),
        (annotation(segmentation=[[1, 1, 2, 2]]), "RANGE", "3 corners"),
        (annotation(segmentation=[[1, 1, 2, "x", 3, 3]]), "RANGE", "numbers"),
        (annotation(segmentation=[]), "EMPTY", "no outline"),
        (annotation(segmentation=[[5, 5, 5, 5, 5, 5]]), "EMPTY", "without a pixel"),
        (annotation(category_id=99), "RANGE", "category"),
        (annotation(id=1), "MISSING", "the annotation 1700001 is not there"),
        (annotation(id=[1]), "MISSING", "the annotation 1700001 is not there"),
        (other_image, "MISSING", "or of another image"),
        (lambda d: d["images"][0].update(height=481), "SHAPE", "must be of an image of"),
        (lambda d: d["images"][0].update(height="480"), "SHAPE", "whole numbers"),
    ],
)
def test_annotations_that_are_wrong_are_rejects_that_name_them(place, edit, code, told):
    change(place / "refcoco" / "instances.json", edit)

    error = fault(RefCoco(root=place))
    assert error.args[0] == code
    assert told in str(error)
    assert "coco/000000090000" in str(error)


def test_an_image_that_the_document_does_not_list_is_a_reject(place):
    def edit(document):
        image = document["images"].pop(0)["id"]
        document["annotations"] = [a for a in document["annotations"] if a["image_id"] != image]

    change(place / "refcoco" / "instances.json", edit)

    assert "is not in instances.json [MISSING]" in str(fault(RefCoco(root=place)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"iscrowd": 0, "image_id": 90000,', '"iscrowd": 0, "iscrowd": 1, "image_id": 90000,'),
        ('"area": ', '"area": NaN, "x": '),
    ],
)
def test_json_that_is_not_plain_is_a_reject(place, old, new):
    path = place / "refcoco" / "instances.json"
    path.write_text(path.read_text().replace(old, new))

    assert fault(RefCoco(root=place)).args[0] == "DECODE"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({}, "must be a list of refs, got a dict of 0"),
        ([], "must be a list of refs, got a list of 0"),
        ("refs", "must be a list of refs, got a str of 4"),
        ([{}], "ref 0 of 1: split must be a str, got nothing"),
        ([["x"]], "ref 0 of 1: a ref must be a dict, got a list of 1"),
        ([{"split": "train"}], "ref_id must be a int, got nothing"),
        ([{"split": "../x"}], "split must be a word"),
        ([{"split": "train", "ref_id": True}], "ref_id must be a int, got a bool"),
        ([{"split": "train", "ref_id": 1, "image_id": "2"}], "image_id must be a int, got a str"),
        ([{"split": "train", "ref_id": 1, "image_id": 2}], "ann_id must be a list, got nothing"),
        (
            [{"split": "train", "ref_id": 1, "image_id": 2, "ann_id": ["3"]}],
            "ann_id must be a whole number, or a list of them",
        ),
        (
            [{"split": "train", "ref_id": 1, "image_id": 2, "ann_id": 3, "sentences": ["x"]}],
            "a sentence must be a dict, got a str of 1",
        ),
        (
            [{"split": "train", "ref_id": 1, "image_id": 2, "ann_id": 3, "sentences": [{}]}],
            "sent_id must be a int, got nothing",
        ),
    ],
)
def test_refs_of_another_form_are_no_dataset_and_the_first_that_breaks_is_told(place, value, told):
    (place / "refcoco" / REFS["refcoco"]).write_bytes(write_plain_pickle(value))
    (place / "grefcoco" / REFS["grefcoco"]).write_text(json.dumps(value))

    for dataset in ("refcoco", "grefcoco"):
        with pytest.raises(SourceError, match=rf"{dataset}/g?refs\(unc\)") as error:
            RefCoco(root=place, dataset=dataset).index()
        assert told in str(error.value)


@pytest.mark.parametrize(
    "data", [b"[", b'[{"split": "train", "split": "val"}]', b"\xff", b"[" * 100_000, b"[NaN]"]
)
def test_refs_that_are_no_plain_json_are_no_dataset(place, data):
    (place / "grefcoco" / REFS["grefcoco"]).write_bytes(data)

    with pytest.raises(SourceError, match=r"grefcoco/grefs\(unc\)\.json"):
        RefCoco(root=place, dataset="grefcoco").index()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"images": [], "annotations": [{}]}'])
def test_outlines_that_are_no_document_of_coco_are_no_dataset(place, data):
    (place / "refcoco" / "instances.json").write_bytes(data)

    with pytest.raises(SourceError, match=r"refcoco/instances\.json"):
        RefCoco(root=place).index()


def test_images_stay_in_the_pixels_that_they_are_stored_in(place):
    source = RefCoco(root=place)
    row = rows(source)[0]
    path = place / row["file"]
    gray = Image.open(path).convert("L")
    turned = Image.Exif()
    turned[0x0112] = 6
    gray.save(path, "JPEG", exif=turned)

    sample = source.load(row)
    assert (sample.picture.height, sample.picture.width) == (480, 640)
    assert np.abs(sample.picture.rgb[..., 0].astype(int) - np.asarray(gray)).mean() < 3
    assert sample.targets["expressions"].shape == (480, 640)


def test_every_sentence_is_a_pair_whose_colors_show_exactly_what_is_meant(root, scenes, tmp_path):
    out = tmp_path / "out"
    vt.build("grefcoco", source=root, out=out, workers=1, overrides=["framing.resize=none"])
    source = RefCoco(root=root, dataset="grefcoco")
    planned = {f"{row['key']}-referring": row for row in rows(source)}
    pairs = {pair.key: pair for pair in vt.open_dataset(out)}

    assert pairs.keys() == planned.keys()
    negative = 0
    for key, pair in pairs.items():
        (expression,) = read(source, planned[key]).expressions
        truth = {e.text: e.ids for e in scenes[planned[key]["image_id"]].phrases()}
        ids = pair.decode().target.ids
        found = scenes[planned[key]["image_id"]].found.instance
        meant = np.isin(found, truth[expression.text])
        assert np.array_equal(ids == 1, meant)
        assert Counter(ids.reshape(-1).tolist()) == Counter(meant.astype(int).reshape(-1).tolist())
        assert pair.meta["negative"] == (not expression.ids)
        negative += pair.meta["negative"]
    assert 0 < negative < len(pairs)


def test_phrases_of_left_and_right_are_never_mirrored(root, tmp_path):
    out = tmp_path / "out"
    vt.build("refcoco", source=root, out=out, workers=1, overrides=["framing.flip=1.0"])
    flipped = {True: 0, False: 0}
    for pair in vt.open_dataset(out):
        lateral = Expression(" ".join(json.loads(pair.meta["asked"])), ()).lateral
        mirrored = json.loads(pair.meta["framing"])["flip"]
        assert mirrored == (not lateral)
        flipped[lateral] += 1

    assert flipped[True]
    assert flipped[False]


def test_a_build_goes_on_past_broken_samples_and_counts_them(place, tmp_path):
    first, second = sorted({ref["ann_id"] for ref in read_refs(place, "refcoco")})[:2]

    def edit(document):
        entries = {a["id"]: a for a in document["annotations"]}
        entries[first]["segmentation"] = {"size": [480, 640], "counts": [1, 2]}
        entries[second]["segmentation"] = [[1e9, 1e9, 2, 2, 3, 1]]

    change(place / "refcoco" / "instances.json", edit)
    last = rows(RefCoco(root=place, split="all"))[-1]
    (place / last["file"]).unlink()
    total = len(rows(RefCoco(root=place, split="all")))
    out = tmp_path / "out"
    sets = ["source.split=all", "max_rejects=0.9"]
    built = vt.build("refcoco", source=place, out=out, workers=1, overrides=sets)
    rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]

    assert built.manifest["counts"]["rejected"] == len(rejects)
    assert built.manifest["counts"]["written"] == total - len(rejects) > 0
    assert Counter(each["code"] for each in rejects).keys() == {"RANGE", "MISSING"}
    for number in (first, second):
        assert any(f"annotation {number}" in each["where"] for each in rejects)


def test_evaluation_images_are_found_in_other_training_splits_and_by_ids_alone(root, tmp_path):
    small = {"workers": 1, "limit": 3}
    test = tmp_path / "refcoco-val"
    train = tmp_path / "refcocog-train"
    clean = tmp_path / "refcoco-train"
    vt.build("refcoco", source=root, out=test, overrides=["source.split=val"], **small)
    vt.build("refcocog", source=root, out=train, overrides=["source.by=google"], workers=1)
    vt.build("refcoco", source=root, out=clean, **small)

    found = audit(train, [test], workers=1)
    ids = tmp_path / "val.txt"
    ids.write_text("\n".join({*RefCoco(root=root, split="val").index()["image_id"].to_pylist()}))
    by_id = audit(train, [ids], workers=1)

    assert {each.leak.kind for each in found.findings} == {"id"}
    assert [each.image_id for each in found.findings] == [e.image_id for e in by_id.findings]
    assert found.findings
    assert audit(clean, [test, ids], workers=1).ok
    row = rows(RefCoco(root=root, split="val"))[0]
    picture = RefCoco(root=root, split="val").load(row).picture
    assert "evaluation set val" in str(guard_of([ids]).reason(row["image_id"], picture))


def test_a_miniature_has_at_least_one_image(tmp_path):
    with pytest.raises(SpecError, match="count must be >= 1"):
        write(tmp_path / "none", count=0)


def blank(path, width, height):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 60)).save(data, "JPEG")
    path.write_bytes(data.getvalue())


@pytest.mark.parametrize("form", ["json", "python 2", "protocol 2"])
def test_the_published_record_is_read_as_its_authors_wrote_it(samples, tmp_path, form):
    refs = json.loads((samples / "refcoco" / "excerpt" / "refs(unc)_record0.json").read_text())
    forms = {
        "json": ("refs(unc).json", json.dumps(refs).encode()),
        "python 2": ("refs(unc).p", write_plain_pickle(refs)),
        "protocol 2": ("refs(unc).p", pickle.dumps(refs, 2)),
    }
    name, data = forms[form]
    outline = {
        "id": 1719310, "image_id": 581857, "category_id": 1, "iscrowd": 0,
        "segmentation": [[10, 20, 110, 20, 110, 220, 10, 220]],
    }  # fmt: skip
    document = {
        "images": [{"id": 581857, "height": 427, "width": 640, "file_name": "x.jpg"}],
        "annotations": [outline],
        "categories": [{"id": 1, "name": "person"}],
    }
    (tmp_path / "refcoco").mkdir()
    (tmp_path / "refcoco" / name).write_bytes(data)
    (tmp_path / "refcoco" / "instances.json").write_text(json.dumps(document))
    blank(tmp_path / "train2014" / "COCO_train2014_000000581857.jpg", 640, 427)

    source = RefCoco(root=tmp_path)
    found = rows(source)
    texts = [read(source, row).expressions[0].text for row in found]
    assert [row["key"] for row in found] == [f"refcoco-unc-0-{n}" for n in range(3)]
    assert {row["image_id"] for row in found} == {"coco/000000581857"}
    assert texts == ["the lady with the blue shirt", "lady with back to us", "blue shirt"]
    (region,) = read(source, found[0]).masks.regions
    assert (region.box, region.area, region.label) == ((10, 20, 110, 220), 100 * 200, "person")


def test_real_outlines_and_crowds_of_coco_are_pixel_by_pixel_those_of_its_own_tools(
    samples, tmp_path
):
    from pycocotools import mask as tools

    path = samples / "coco" / "faster_coco_eval" / "instances_val2014_100.json"
    document = json.loads(path.read_text())
    crowded = {a["image_id"] for a in document["annotations"] if a["iscrowd"]}
    images = {i["id"]: i for i in document["images"] if i["id"] in crowded or i["id"] % 5 == 0}
    meant = [a for a in document["annotations"] if a["image_id"] in images]
    refs = [
        {
            "ref_id": at, "image_id": a["image_id"], "ann_id": a["id"], "split": "train",
            "sentences": [{"sent_id": at, "sent": f"object {a['id']}"}],
        }
        for at, a in enumerate(meant)
    ]  # fmt: skip
    (tmp_path / "refcoco").mkdir()
    shutil.copy(path, tmp_path / "refcoco" / "instances.json")
    (tmp_path / "refcoco" / "refs(unc).p").write_bytes(pickle.dumps(refs, 2))
    for image in images.values():
        name = f"COCO_train2014_{image['id']:012d}.jpg"
        blank(tmp_path / "train2014" / name, image["width"], image["height"])

    source, by_id = RefCoco(root=tmp_path, each="image"), {a["id"]: a for a in meant}
    compared = crowds = 0
    for row in rows(source):
        found = read(source, row)
        for expression in found.expressions:
            one = by_id[int(expression.text.split()[1])]
            height, width = found.shape
            runs = tools.frPyObjects(one["segmentation"], height, width)
            merged = tools.merge(runs) if isinstance(runs, list) else runs
            assert np.array_equal(covered(found, expression), tools.decode(merged).astype(bool))
            compared += 1
            crowds += one["iscrowd"]
    assert compared == len(meant) > 200
    assert crowds == 9


def test_real_photographs_of_coco_are_read_with_what_is_said_of_their_people(samples, tmp_path):
    from pycocotools import mask as tools

    folder = samples / "coco" / "mmpose"
    document = json.loads((folder / "test_coco.json").read_text())
    refs = [
        {
            "ref_id": at, "image_id": a["image_id"], "ann_id": [a["id"]], "split": "val",
            "sentences": [{"sent_id": at, "sent": "somebody"}],
        }
        for at, a in enumerate(document["annotations"]) if not a["iscrowd"]
    ]  # fmt: skip
    (tmp_path / "grefcoco").mkdir()
    (tmp_path / "train2017").mkdir()
    shutil.copy(folder / "test_coco.json", tmp_path / "grefcoco" / "instances.json")
    (tmp_path / "grefcoco" / "grefs(unc).json").write_text(json.dumps(refs))
    for image in document["images"]:
        shutil.copy(folder / image["file_name"], tmp_path / "train2017" / image["file_name"])

    source = RefCoco(root=tmp_path, dataset="grefcoco", split="val")
    outlines = {a["id"]: a["segmentation"] for a in document["annotations"]}
    for row, ref in zip(rows(source), refs, strict=True):
        found = read(source, row)
        (number,) = ref["ann_id"]
        runs = tools.merge(tools.frPyObjects(outlines[number], *found.shape))
        assert np.array_equal(covered(found, found.expressions[0]), tools.decode(runs).astype(bool))
    assert len(refs) > 10
