"""Human-Art: the miniature reads back as its scenes, with 17 joints and with 21."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from keypoint_readers import all_joints, change_document, joints_come_back, same_joints
from readers import rows

from vtencode.errors import SampleError, SampleFiltered, SourceError
from vtencode.miniatures.human_art import HEIGHT, JOINTS_21, WIDTH, joints_of, path_of, write
from vtencode.miniatures.posed import posed
from vtencode.sources.human_art import HumanArt

COUNT = 2


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("human-art"), count=COUNT)


@pytest.fixture(scope="module")
def shots():
    return list(posed(COUNT, 0, height=HEIGHT, width=WIDTH))


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "human-art")


def document(place, name="training_humanart.json"):
    return place / "HumanArt" / "annotations" / name


def test_the_miniature_reads_back_as_its_scenes(root, shots):
    for count in (17, 21):
        source = HumanArt(root=root, split="all", joints=count)
        found = {row["image_id"]: row for row in rows(source)}
        assert len(found) == len(shots)
        for shot in shots:
            row = found[f"human-art/{path_of(shot).removesuffix('.jpg')}"]
            assert row["split"] == ("val" if shot.test else "train")
            told = source.load(row).targets["keypoints"]
            assert told.names == JOINTS_21[:count]
            same_joints(told, joints_of(shot)[:, :count])
    joints_come_back(told)


def test_the_four_more_joints_have_bones_and_are_mirrored(root):
    told = all_joints(HumanArt(root=root))[0]
    bones = {frozenset((told.names[a], told.names[b])) for a, b in told.skeleton}
    pairs = {(told.names[a], told.names[b]) for a, b in told.flip_pairs}

    assert frozenset(("left_wrist", "left_finger")) in bones
    assert frozenset(("right_ankle", "right_toe")) in bones
    assert {("left_finger", "right_finger"), ("left_toe", "right_toe")} <= pairs
    assert len(bones) == 23
    coco = all_joints(HumanArt(root=root, joints=17))[0]
    stored = json.loads(document(root).read_text())["categories"][0]["skeleton"]
    assert [[a + 1, b + 1] for a, b in coco.skeleton] == stored


def test_images_of_one_name_in_two_scenarios_are_told_apart(root):
    found = rows(HumanArt(root=root, split="all"))
    names = [row["file"].rpartition("/")[2] for row in found]

    assert len(set(names)) < len(names)
    assert len({row["key"] for row in found}) == len(found)
    assert len({row["file"] for row in found}) == len(found)


def test_one_scenario_is_read_from_its_own_document(root):
    found = rows(HumanArt(root=root, split="all", scenario="cartoon"))

    assert 0 < len(found) < COUNT
    assert all("/cartoon/" in row["file"] for row in found)
    with pytest.raises(SourceError, match="must hold Human-Art"):
        HumanArt(root=root, scenario="murals").index()


def test_documents_that_hold_coco_too_are_not_read(place):
    shutil.copy(document(place), document(place, "training_humanart_coco.json"))
    document(place).unlink()

    assert {row["split"] for row in rows(HumanArt(root=place, split="all"))} == {"val"}


def test_images_lie_wherever_the_documents_paths_end(place):
    shutil.move(place / "HumanArt" / "images", place / "images")
    shutil.move(place / "HumanArt" / "annotations", place / "annotations")
    (place / "HumanArt").rmdir()

    assert len(all_joints(HumanArt(root=place, split="all"))) == COUNT + 1


def test_people_whose_joints_nobody_marked_are_no_reject(place):
    def unmark(found):
        found["annotations"][0].update(keypoints=[0] * 51, keypoints_21=[0] * 63)

    change_document(document(place), unmark)
    source = HumanArt(root=place)
    with pytest.raises(SampleFiltered, match="whose joints nobody marked"):
        _ = source.load(rows(source)[0]).targets["keypoints"]


def test_an_annotation_with_17_joints_alone_is_a_reject_where_21_are_asked_for(place):
    change_document(document(place), lambda found: found["annotations"][0].pop("keypoints_21"))

    source = HumanArt(root=place)
    with pytest.raises(SampleError, match="must be 21 times x, y, visibility"):
        _ = source.load(rows(source)[0]).targets["keypoints"]
    of_coco = HumanArt(root=place, joints=17)
    assert of_coco.load(rows(of_coco)[0]).targets["keypoints"].visibility.shape[1] == 17


def test_a_missing_image_is_a_reject(place):
    row = rows(HumanArt(root=place))[0]
    (place / row["file"]).unlink()

    with pytest.raises(SampleError, match="MISSING"):
        HumanArt(root=place).load(row)


def test_nothing_outside_the_dataset_is_read(place):
    image = next((place / "HumanArt" / "images").rglob("*.jpg"))
    shutil.copy(image, place.parent / "secret.jpg")

    def point_out(found):
        found["images"][0]["file_name"] = "HumanArt/images/../../secret.jpg"

    change_document(document(place), point_out)
    source = HumanArt(root=place)
    with pytest.raises(SampleError, match="MISSING"):
        source.load(rows(source)[0])


def test_both_kinds_of_people_are_told_apart_by_visibility(root):
    told = all_joints(HumanArt(root=root, split="all"))

    assert set(np.concatenate([each.visibility.reshape(-1) for each in told])) == {0, 1, 2}
