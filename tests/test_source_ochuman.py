"""OCHuman: both forms read as the scenes, and who is not annotated is not called absent."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from keypoint_readers import all_joints, change_document, joints_come_back, same_joints
from pycocotools.coco import COCO
from readers import rows

import vtencode as vt
from vtencode.errors import SampleError, SampleFiltered, SourceError
from vtencode.miniatures.ochuman import (
    ALIKE,
    HEIGHT,
    JOINTS,
    LACKING,
    STATES,
    WIDTH,
    masks,
    name_of,
    write,
)
from vtencode.miniatures.posed import boxes, marks, posed
from vtencode.sources.coco.joints import BODY
from vtencode.sources.ochuman import OcHuman
from vtencode.targets import InstanceMasks, Visibility

COUNT = 4
COCO_FORM = "ochuman_coco_format_val_range_0.00_1.00.json"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("ochuman"), count=COUNT)


@pytest.fixture(scope="module")
def shots():
    return list(posed(COUNT, 0, height=HEIGHT, width=WIDTH))


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "ochuman")


def truth(shot, names):
    return marks(shot.found, [ALIKE.get(name, name) for name in names])


def same_masks(told: InstanceMasks, regions) -> None:
    assert len(told.regions) == len(regions)
    for region, expected in zip(told.regions, regions, strict=True):
        assert region.label == "person"
        assert np.array_equal(region.spans, expected.spans)


def test_the_authors_document_reads_back_as_its_scenes(root, shots):
    source = OcHuman(root=root, split="all", people="marked")
    found = {row["file"].rpartition("/")[2]: row for row in rows(source)}

    assert set(found) == {name_of(shot) for shot in shots[:-1]}
    for shot in shots[:-1]:
        row, lacking = found[name_of(shot)], LACKING[shot.index % len(LACKING)]
        expected = truth(shot, JOINTS)
        kept = len(expected) - ("keypoints" in lacking)
        sample = source.load(row)
        told = sample.targets["keypoints"]
        assert told.names == JOINTS
        same_joints(told, expected[:kept])
        around = boxes(shot.found)[:kept]
        assert np.allclose(told.boxes[:, :2], around[:, :2] - 0.5)
        assert np.allclose(told.boxes[:, 2:] - told.boxes[:, :2], around[:, 2:])
        if not lacking:
            instances = sample.targets["instances"]
            same_masks(instances, masks(shot))
            assert instances.vocabulary == ("person",)
    joints_come_back(told)


def test_the_coco_form_reads_back_as_those_whom_it_lists(root, shots):
    source = OcHuman(root=root, split="all", form="coco")
    found = {row["file"].rpartition("/")[2]: row for row in rows(source)}

    assert set(found) == {name_of(shot) for shot in shots[:-1]}
    for shot in shots[:-1]:
        sample = source.load(found[name_of(shot)])
        lacking = LACKING[shot.index % len(LACKING)]
        kept = len(masks(shot)) - ("segms" in lacking)
        told = sample.targets["keypoints"]
        expected = truth(shot, BODY)[:kept]
        own = expected[::2]  # of every other person all that is hidden is so by the own body
        own[..., 2] = np.where(own[..., 2] > 0, Visibility.VISIBLE, 0)
        assert told.names == BODY
        same_joints(told, expected)
        same_masks(sample.targets["instances"], masks(shot)[:kept])


def test_joints_that_the_own_body_hides_are_hidden_in_the_authors_document_alone(root):
    (native, coco) = (
        all_joints(OcHuman(root=root, people="marked", form=form))[0] for form in ("native", "coco")
    )
    order = [native.names.index(name) for name in BODY]
    hidden = native.visibility[0, order] == Visibility.OCCLUDED

    assert hidden.any()
    assert (coco.visibility[0][hidden] == Visibility.VISIBLE).all()


def test_people_are_not_told_apart_where_somebody_has_no_outline(root, shots):
    source = OcHuman(root=root, split="all")
    for row, shot in zip(rows(source), shots, strict=False):
        told = source.load(row).targets["instances"]
        complete = "segms" not in LACKING[shot.index % len(LACKING)]
        assert bool(told.regions) == complete
        assert told.vocabulary == (("person",) if complete else ())


def test_images_are_filtered_where_somebody_has_no_joints_unless_asked_for(root, shots):
    lacking = [shot.index for shot in shots[:-1] if "keypoints" in LACKING[shot.index % 4]]
    assert lacking == [3]
    row = rows(OcHuman(root=root, split="all"))[3]

    with pytest.raises(SampleFiltered, match="whose joints nobody marked"):
        _ = OcHuman(root=root).load(row).targets["keypoints"]
    assert len(OcHuman(root=root, people="marked").load(row).targets["keypoints"].visibility)


def test_of_the_coco_form_nobody_knows_who_else_is_there(root):
    source = OcHuman(root=root, form="coco")

    assert all(source.load(row).targets["instances"].vocabulary == () for row in rows(source))


def test_the_first_images_by_their_ids_are_to_validate_and_the_others_to_test(place, monkeypatch):
    change_document(place / "ochuman.json", lambda document: document["images"].reverse())
    monkeypatch.setattr("vtencode.sources.ochuman.source.VALIDATED", 3)
    found = {split: rows(OcHuman(root=place, split=split)) for split in ("val", "test", "all")}

    assert [row["image_id"][-1] for row in found["val"]] == ["1", "2", "3"]
    assert [row["image_id"][-1] for row in found["test"]] == ["4"]
    assert found["all"] == [*found["val"], *found["test"]]
    assert {row["split"] for row in found["test"]} == {"test"}


def test_a_split_that_is_not_there_is_told(root):
    with pytest.raises(SourceError, match=r"split 'test', and has 4 in all.*2500 are val"):
        OcHuman(root=root, split="test").index()


def test_numbers_and_joints_mean_what_the_document_says(place):
    def change(document):
        document["keypoint_visible"] = {
            "vis": 3, "self_occluded": 0, "others_occluded": 1, "missing": 2,
        }  # fmt: skip
        told = {STATES[name]: number for name, number in document["keypoint_visible"].items()}
        document["keypoint_names"].reverse()
        for image in document["images"]:
            for person in image["annotations"]:
                if person["keypoints"]:
                    joints = np.array(person["keypoints"]).reshape(-1, 3)[::-1]
                    joints[:, 2] = [told[int(state)] for state in joints[:, 2]]
                    person["keypoints"] = joints.reshape(-1).tolist()

    before = all_joints(OcHuman(root=place, people="marked"))
    change_document(place / "ochuman.json", change)
    after = all_joints(OcHuman(root=place, people="marked"))

    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one.visibility, other.visibility)
        assert np.array_equal(one.xy_px, other.xy_px, equal_nan=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoint_names": ["nose"]}, "must have the 19 keypoint_names"),
        ({"keypoint_visible": {"vis": 1}}, "must have keypoint_visible"),
        ({"keypoint_visible": {**STATES, "vis": "1"}}, "must have keypoint_visible"),
        ({"images": {}}, "must have a list of `images`"),
    ],
)
def test_documents_in_another_form_are_told(place, change, message):
    change_document(place / "ochuman.json", lambda document: document.update(change))

    with pytest.raises(SourceError, match=message):
        OcHuman(root=place).index()


def test_images_without_an_id_are_told(place):
    change_document(place / "ochuman.json", lambda found: found["images"][0].pop("image_id"))

    with pytest.raises(SourceError, match="must have an image_id"):
        OcHuman(root=place).index()


def test_a_form_that_is_not_there_is_told(place):
    (place / "ochuman.json").unlink()

    with pytest.raises(SourceError, match="with form: coco"):
        OcHuman(root=place).index()
    assert len(rows(OcHuman(root=place, form="coco"))) == COUNT


def test_documents_of_narrower_ranges_are_not_read(place):
    (place / COCO_FORM).rename(place / COCO_FORM.replace("0.00_1.00", "0.50_0.75"))

    with pytest.raises(SourceError, match="must hold OCHuman"):
        OcHuman(root=place, form="coco").index()


SQUARE = [10.0, 10.0, 30.0, 10.0, 30.0, 30.0, 10.0, 30.0]


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"keypoints": [1, 2, 9] * 19}, "keypoints", "visibility must be 0, 1 or 2, got -1"),
        ({"keypoints": [1, 2, "vis"] * 19}, "keypoints", "visibility must be 0, 1 or 2, got -1"),
        ({"keypoints": [1, 2, 1] * 17}, "keypoints", "must be 19 times x, y, visibility"),
        ({"bbox": [30, 30, 10, 10]}, "keypoints", "x0 <= x1"),
        ({"segms": {"outer": [[1e9] * 6], "inner": []}}, "instances", "finite and near"),
        ({"segms": {"outer": [SQUARE], "inner": [[1, 2]]}}, "instances", "3 corners or more"),
        ({"segms": {"outer": [SQUARE]}}, "instances", "`outer` and `inner`"),
        ({"segms": [SQUARE]}, "instances", "`outer` and `inner`"),
        ({"segms": {"outer": 3, "inner": []}}, "instances", "`outer` and `inner`"),
    ],
)
def test_annotations_that_cannot_be_are_rejects(place, change, field, message):
    def spoil(document):
        document["images"][0]["annotations"][0].update(change)

    change_document(place / "ochuman.json", spoil)
    source = OcHuman(root=place)

    with pytest.raises(SampleError, match=message) as error:
        _ = source.load(rows(source)[0]).targets[field]
    assert error.value.args[0] == "RANGE"


def test_outlines_whose_runs_lie_are_rejects(place):
    def spoil(document):
        document["annotations"][0]["segmentation"]["counts"] = "0oooo1"

    change_document(place / COCO_FORM, spoil)
    source = OcHuman(root=place, form="coco")

    with pytest.raises(SampleError, match="annotation 1"):
        _ = source.load(rows(source)[0]).targets["instances"]


def test_nothing_but_what_is_asked_for_is_made(place):
    def spoil(document):
        document["images"][0]["annotations"][0]["segms"] = {"outer": [[1e9] * 6], "inner": []}

    change_document(place / "ochuman.json", spoil)
    source = OcHuman(root=place)

    assert len(source.load(rows(source)[0]).targets["keypoints"].visibility)


def test_a_build_goes_on_past_annotations_that_cannot_be(place, tmp_path):
    def spoil(document):
        document["images"][0]["annotations"][0]["segms"]["outer"] = [[1e9] * 6]

    change_document(place / "ochuman.json", spoil)
    built = vt.build(
        "ochuman", source=place, out=tmp_path / "out", workers=1, overrides=("max_rejects=0.5",)
    )

    counts = built.manifest["counts"]
    assert counts["rejected"] == 1
    assert counts["written"] == 4
    assert "finite and near its image" in (tmp_path / "out" / "rejects.jsonl").read_text()


def test_the_mask_of_each_pair_is_that_of_its_scene(root, shots, tmp_path):
    out = tmp_path / "out"
    vt.build("ochuman", source=root, out=out, workers=1)
    read = 0
    for pair in vt.open_dataset(out):
        if pair.key.endswith("-instance"):
            shot = shots[int(pair.key.split("-")[1]) - 1]
            areas = sorted(region.area for region in pair.decode().target.regions)
            assert areas == sorted(region.area for region in masks(shot))
            read += 1
    assert read == 2


# pycocotools is older than numpy 2.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_real_documents_read_as_pycocotools_reads_them(samples, tmp_path):
    path = samples / "ochuman" / "mmpose" / "test_ochuman.json"
    coco = COCO(path)
    shutil.copy(path, tmp_path / COCO_FORM)
    (tmp_path / "images").mkdir()
    for image in coco.dataset["images"]:
        shutil.copy(path.parent / image["file_name"], tmp_path / "images")
    source = OcHuman(root=tmp_path, form="coco")

    stored = json.loads(path.read_text())
    assert len(rows(source)) == len(stored["images"]) == 3
    people = 0
    for row in rows(source):
        (image,) = (i for i in stored["images"] if row["file"].endswith(i["file_name"]))
        annotations = coco.imgToAnns[image["id"]]
        sample = source.load(row)
        told = sample.targets["keypoints"]
        same_joints(told, np.array([a["keypoints"] for a in annotations]).reshape(-1, 17, 3))
        instances = sample.targets["instances"]
        for region, annotation in zip(instances.regions, annotations, strict=True):
            whole = np.zeros((image["height"], image["width"]), dtype=bool)
            left, top, right, bottom = region.box
            whole[top:bottom, left:right] = region.mask
            assert np.array_equal(whole, coco.annToMask(annotation) == 1)
            people += 1
    joints_come_back(told)
    assert people == 5
