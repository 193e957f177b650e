"""CrowdPose: the miniature reads back as its scenes, and its flags are not taken for COCO's."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from keypoint_readers import (
    all_joints,
    change_document,
    joints_come_back,
    plain_images,
    same_joints,
)
from pycocotools.coco import COCO
from readers import rows

import vtencode as vt
from vtencode.errors import SampleError, SampleFiltered, SourceError
from vtencode.miniatures.crowdpose import ALIKE, HEIGHT, JOINTS, WIDTH, image_id, write
from vtencode.miniatures.posed import boxes, marks, posed
from vtencode.sources.crowdpose import CrowdPose
from vtencode.targets import Visibility


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("crowdpose"), count=2)


@pytest.fixture(scope="module")
def shots():
    return list(posed(2, 0, height=HEIGHT, width=WIDTH))


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "crowdpose")


def test_the_miniature_reads_back_as_its_scenes(root, shots):
    source = CrowdPose(root=root, split="all", people="marked")
    found = {row["image_id"]: row for row in rows(source)}

    assert len(found) == len(shots)
    for shot in shots:
        row = found[f"crowdpose/{image_id(shot)}"]
        assert row["split"] == ("val" if shot.test else "train")
        told = source.load(row).targets["keypoints"]
        expected = marks(shot.found, [ALIKE.get(name, name) for name in JOINTS])
        expected[..., :2] = np.rint(expected[..., :2])
        expected[..., 2] = np.where(expected[..., 2] > 0, Visibility.VISIBLE, 0)
        same_joints(told, expected)
        around = boxes(shot.found)
        assert np.allclose(told.boxes[:, :2], around[:, :2] - 0.5)
        assert np.allclose(told.boxes[:, 2:] - told.boxes[:, :2], around[:, 2:])
    joints_come_back(told)


def test_one_and_two_are_both_joints_that_are_marked(root):
    stored = json.loads((root / "json" / "crowdpose_train.json").read_text())
    flags = {flag for person in stored["annotations"] for flag in person["keypoints"][2::3]}
    told = all_joints(CrowdPose(root=root, people="marked"))

    assert {1, 2} <= flags
    seen = np.concatenate([each.visibility.reshape(-1) for each in told])
    assert set(seen.tolist()) <= {Visibility.ABSENT, Visibility.VISIBLE}


def test_bones_join_the_joints_of_this_dataset_and_not_those_of_coco(root):
    told = all_joints(CrowdPose(root=root, people="marked"))[0]
    bones = {frozenset((told.names[a], told.names[b])) for a, b in told.skeleton}
    stored = json.loads((root / "json" / "crowdpose_train.json").read_text())

    assert max(max(bone) for bone in stored["categories"][0]["skeleton"]) > len(JOINTS)
    assert frozenset(("head", "neck")) in bones
    assert frozenset(("left_knee", "left_ankle")) in bones
    assert all(
        len({name.split("_")[0] for name in bone} & {"left", "right"}) < 2
        or bone in map(frozenset, (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")))
        for bone in bones
    )
    pairs = {(told.names[a], told.names[b]) for a, b in told.flip_pairs}
    assert pairs == {(n, n.replace("left", "right")) for n in JOINTS if n.startswith("left")}


def test_images_of_the_document_of_two_splits_count_once_unless_it_is_asked_for(root):
    everything = rows(CrowdPose(root=root, split="all"))
    together = rows(CrowdPose(root=root, split="trainval"))

    assert len({row["key"] for row in everything}) == len(everything) == 3
    assert {row["image_id"] for row in together} == {row["image_id"] for row in everything}
    assert {row["split"] for row in together} == {"trainval"}


def test_images_with_crowds_are_filtered_unless_asked_for(root, shots):
    crowded = next(f"crowdpose/{image_id(shot)}" for shot in shots if shot.index % 4 == 2)
    complete = CrowdPose(root=root, split="all")
    row = next(row for row in rows(complete) if row["image_id"] == crowded)

    with pytest.raises(SampleFiltered, match="whose joints nobody marked"):
        _ = complete.load(row).targets["keypoints"]
    marked = CrowdPose(root=root, people="marked").load(row).targets["keypoints"]
    assert len(marked.visibility) > 0


def test_documents_of_mmpose_are_read_too(place):
    path = place / "json" / "crowdpose_val.json"
    path.rename(path.with_name("mmpose_crowdpose_val.json"))

    assert len(rows(CrowdPose(root=place, split="val"))) == 1


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"keypoints": [1, 2, 3] * 14}, "RANGE", "visibility must be 0, 1 or 2, got 3"),
        ({"keypoints": [1, 2, 2] * 17}, "RANGE", "must be 14 times x, y, visibility"),
        ({"keypoints": ["a", 2, 2] * 14}, "RANGE", "joints must be numbers"),
        ({"keypoints": [1e300, 2, 2] * 14}, "RANGE", "must be finite float32"),
        ({"keypoints": {"x": 1}}, "RANGE", "joints must be numbers"),
        ({"bbox": [1, 2, 3]}, "RANGE", "bbox must be 4 numbers"),
    ],
)
def test_annotations_that_cannot_be_are_rejects(place, change, code, message):
    def spoil(document):
        document["annotations"][0].update(change)

    change_document(place / "json" / "crowdpose_val.json", spoil)
    source = CrowdPose(root=place, split="val")
    (row,) = rows(source)

    with pytest.raises(SampleError, match=message) as error:
        _ = source.load(row).targets["keypoints"]
    assert error.value.args[0] == code


def test_an_image_of_another_size_is_a_reject(place):
    change_document(
        place / "json" / "crowdpose_val.json", lambda d: d["images"][0].update(width=WIDTH + 1)
    )
    source = CrowdPose(root=place, split="val")

    with pytest.raises(SampleError, match="SHAPE"):
        _ = source.load(rows(source)[0]).targets["keypoints"]


def test_a_key_that_is_there_twice_is_a_reject(place):
    path = place / "json" / "crowdpose_val.json"
    path.write_text(path.read_text().replace('"iscrowd": 0', '"iscrowd": 0, "iscrowd": 1', 1))
    source = CrowdPose(root=place, split="val")

    with pytest.raises(SampleError, match="'iscrowd' is there twice"):
        _ = source.load(rows(source)[0]).targets["keypoints"]


def test_a_missing_image_is_a_reject_and_none_at_all_is_told(place):
    first = rows(CrowdPose(root=place))[0]
    (place / first["file"]).unlink()
    with pytest.raises(SampleError, match="MISSING"):
        CrowdPose(root=place).load(first)

    shutil.rmtree(place / "images")
    with pytest.raises(SourceError, match="must hold images that its annotations"):
        CrowdPose(root=place).index()


def test_a_build_goes_on_past_annotations_that_cannot_be(place, tmp_path):
    def spoil(document):
        document["annotations"][0]["keypoints"][2] = 7

    change_document(place / "json" / "crowdpose_train.json", spoil)
    built = vt.build(
        "crowdpose",
        source=place,
        out=tmp_path / "out",
        workers=1,
        overrides=("source.people=marked", "max_rejects=0.5"),
    )

    counts = built.manifest["counts"]
    assert (counts["rejected"], counts["written"]) == (1, 1)
    assert "visibility must be 0, 1 or 2" in (tmp_path / "out" / "rejects.jsonl").read_text()


@pytest.mark.parametrize(
    "document", ["mmpose/test_crowdpose.json", "faster_coco_eval/example_crowdpose_val.json"]
)
def test_real_documents_read_as_pycocotools_reads_them(samples, tmp_path, document):
    path = samples / "crowdpose" / document
    shutil.copy(path, tmp_path / "crowdpose_val.json")
    coco = COCO(path)
    plain_images(tmp_path / "images", coco.dataset["images"])
    for image in (samples / "crowdpose" / "mmpose").glob("*.jpg"):
        shutil.copy(image, tmp_path / "images")
    source = CrowdPose(root=tmp_path, split="val", people="marked")

    found = {int(row["image_id"].rpartition("/")[2]): row for row in rows(source)}
    assert set(found) == set(coco.getImgIds())
    read = 0
    for number, row in found.items():
        people = [np.array(each["keypoints"]).reshape(-1, 3) for each in coco.imgToAnns[number]]
        expected = np.array([each for each in people if each[:, 2].any()]).reshape(-1, 14, 3)
        expected[..., 2] = np.where(expected[..., 2] > 0, 2, 0)
        told = source.load(row).targets["keypoints"]
        same_joints(told, expected)
        joints_come_back(told)
        read += int(told.present.sum())
    stored = [flag for each in coco.dataset["annotations"] for flag in each["keypoints"][2::3]]
    assert read == sum(flag > 0 for flag in stored)
    assert {1, 2} <= set(stored)
