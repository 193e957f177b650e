"""Animal Pose: both forms read as the same joints, whose order and flags differ."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from keypoint_readers import all_joints, change_document, joints_come_back, same_joints
from readers import rows

import vtencode as vt
from vtencode.errors import SampleError, SampleFiltered, SourceError
from vtencode.miniatures.animal_pose import (
    HEIGHT,
    JOINTS,
    OF_MMPOSE,
    WIDTH,
    name_of,
    split_of,
    write,
)
from vtencode.miniatures.posed import boxes, marks, posed
from vtencode.miniatures.scenes import scene
from vtencode.sources.animal_pose import NAMES, NAMES_OF_MMPOSE, AnimalPose

COUNT = 2


@pytest.fixture(scope="module")
def shots():
    return list(posed(COUNT, 0, height=HEIGHT, width=WIDTH))


@pytest.fixture(scope="module")
def roots(tmp_path_factory, shots):
    rendered = {shot.index: shot.found for shot in shots}
    place = tmp_path_factory.mktemp("animal-pose")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vtencode.miniatures.posed.scene", lambda _, at, **__: rendered[at])
        return {form: write(place / form, count=COUNT, form=form) for form in ("authors", "mmpose")}


@pytest.fixture
def place(roots, tmp_path):
    return shutil.copytree(roots["authors"], tmp_path / "animal-pose")


def truth(shot):
    expected = marks(shot.found, [*JOINTS.values()])
    expected[..., :2] = np.rint(expected[..., :2])
    expected[..., 2] = np.where(expected[..., 2] > 0, 2, 0)
    return expected


def test_the_scenes_are_the_miniatures(shots):
    first = shots[0].found
    again = scene(0, 0, height=HEIGHT, width=WIDTH, camera=first.camera, people=3)

    assert np.array_equal(first.rgb, again.rgb)


@pytest.mark.parametrize("form", ["authors", "mmpose"])
def test_the_miniature_reads_back_as_its_scenes(roots, shots, form):
    source = AnimalPose(root=roots[form], form=form, split="all")
    found = {row["file"].rpartition("/")[2]: row for row in rows(source)}

    assert set(found) == {name_of(shot) for shot in shots}
    for shot in shots:
        row = found[name_of(shot)]
        assert row["split"] == (split_of(shot) if form == "mmpose" else "train")
        told = source.load(row).targets["keypoints"]
        assert told.names == NAMES
        same_joints(told, truth(shot))
        around = boxes(shot.found)
        assert np.allclose(told.boxes[:, :2], around[:, :2] - 0.5)
        assert np.allclose(told.boxes[:, 2:] - told.boxes[:, :2], around[:, 2:])
    joints_come_back(told)


def test_an_image_has_one_id_in_both_forms(roots):
    ids = [
        {row["image_id"] for row in rows(AnimalPose(root=roots[form], form=form, split="all"))}
        for form in ("authors", "mmpose")
    ]

    assert ids[0] == ids[1]


def test_the_order_of_joints_is_the_authors_in_either_form():
    assert sorted(NAMES) == sorted(NAMES_OF_MMPOSE)
    assert NAMES != NAMES_OF_MMPOSE
    assert tuple(JOINTS) == NAMES
    assert tuple(OF_MMPOSE.values()) == NAMES_OF_MMPOSE


def test_bones_count_from_0_in_the_authors_document(roots):
    stored = json.loads((roots["authors"] / "keypoints.json").read_text())
    told = all_joints(AnimalPose(root=roots["authors"]))[0]

    assert [[*bone] for bone in told.skeleton] == stored["categories"][0]["skeleton"]
    named = {frozenset((told.names[a], told.names[b])) for a, b in told.skeleton}
    assert frozenset(("withers", "tail_base")) in named
    assert frozenset(("left_back_knee", "left_back_paw")) in named
    pairs = {(told.names[a], told.names[b]) for a, b in told.flip_pairs}
    assert pairs == {(n, n.replace("left", "right")) for n in NAMES if n.startswith("left")}


def test_a_document_of_two_splits_counts_once_unless_it_is_asked_for(roots):
    everything = rows(AnimalPose(root=roots["mmpose"], form="mmpose", split="all"))
    together = rows(AnimalPose(root=roots["mmpose"], form="mmpose", split="trainval"))

    assert len({row["key"] for row in everything}) == len(everything) == COUNT + 1
    assert len(together) == COUNT


def test_a_form_that_is_not_there_is_told(roots):
    with pytest.raises(SourceError, match="with form: mmpose"):
        AnimalPose(root=roots["mmpose"]).index()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoints": [[1, 2, 1]] * 19}, "must be 20 times x, y, visibility"),
        ({"keypoints": [[1, 2]] * 20}, "joints must be numbers|must be 20 times"),
        ({"keypoints": [[1, 2, 5]] * 20}, "visibility must be 0, 1 or 2, got 5"),
        ({"keypoints": "all"}, "joints must be numbers"),
        ({"bbox": [5, 5, 1, 1]}, "x0 <= x1"),
        ({"bbox": "all"}, "bbox must be 4 numbers"),
    ],
)
def test_annotations_that_cannot_be_are_rejects(place, change, message):
    def spoil(document):
        document["annotations"][0].update(change)

    change_document(place / "keypoints.json", spoil)
    source = AnimalPose(root=place)

    with pytest.raises(SampleError, match=message):
        _ = source.load(rows(source)[0]).targets["keypoints"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "must be a JSON object"),
        ('{"images": {}, "images": {}}', "is there twice"),
        ('{"images": {"1": "a.jpg"}, "annotations": [', "Fetch it again"),
        ('{"images": {"one": "a.jpg"}, "annotations": []}', "must be a whole number"),
        ('{"images": 3, "annotations": []}', "a list for 'images'"),
        ('{"images": {"1": "2007_000001.jpg"}, "annotations": [{"image_id": 9}]}', "not list"),
    ],
)
def test_documents_in_another_form_are_told(place, text, message):
    (place / "keypoints.json").write_text(text)

    with pytest.raises(SourceError, match=message):
        AnimalPose(root=place).index()


def test_animals_whom_nobody_marked_are_filtered_unless_asked_for(place):
    def unmark(document):
        document["annotations"][0]["keypoints"] = [[0, 0, 0]] * 20

    change_document(place / "keypoints.json", unmark)
    complete = AnimalPose(root=place)
    row = rows(complete)[0]

    with pytest.raises(SampleFiltered, match="whose joints nobody marked"):
        _ = complete.load(row).targets["keypoints"]
    marked = AnimalPose(root=place, animals="marked").load(row).targets["keypoints"]
    assert len(marked.visibility) > 0


def test_prompts_speak_of_animals(roots, tmp_path):
    vt.build("animalpose", source=roots["authors"], out=tmp_path / "out", workers=1)
    pairs = list(vt.open_dataset(tmp_path / "out"))

    assert len(pairs) == COUNT + 1
    for pair in pairs:
        assert not {"people", "person", "everyone"} & set(pair.instruction.lower().split())
