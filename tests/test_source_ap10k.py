"""AP-10K: the miniature reads back as its scenes, in each of three folds."""

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
from vtencode.miniatures.ap10k import FOLDS, HEIGHT, JOINTS, SPECIES, WIDTH, name_of, write
from vtencode.miniatures.posed import marks, posed
from vtencode.sources.ap10k import Ap10k
from vtencode.targets import Visibility

COUNT = 2


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("ap10k"), count=COUNT)


@pytest.fixture(scope="module")
def shots():
    return list(posed(COUNT, 0, height=HEIGHT, width=WIDTH))


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "ap10k")


def test_the_miniature_reads_back_as_its_scenes(root, shots):
    source = Ap10k(root=root, split="all")
    found = {row["file"].rpartition("/")[2]: row for row in rows(source)}

    assert set(found) == {name_of(shot) for shot in shots}
    for shot in shots:
        row = found[name_of(shot)]
        assert row["split"] == ("val" if shot.test else "train")
        told = source.load(row).targets["keypoints"]
        expected = marks(shot.found, [*JOINTS.values()])
        expected[..., :2] = np.rint(expected[..., :2])
        expected[..., 2] = np.where(expected[..., 2] > 0, Visibility.VISIBLE, 0)
        assert told.names == tuple(JOINTS)
        same_joints(told, expected)
    joints_come_back(told)


def test_each_fold_splits_the_same_images_in_its_own_way(root):
    every = {}
    for fold in FOLDS:
        found = rows(Ap10k(root=root, split="all", fold=fold))
        every[fold] = {row["image_id"]: row["split"] for row in found}
        assert len(found) == COUNT + 1

    assert every[1].keys() == every[2].keys() == every[3].keys()
    assert len({tuple(sorted(each.items())) for each in every.values()}) == 3


def test_bones_and_mirrored_joints_are_the_same_for_every_species(root):
    stored = json.loads((root / "annotations" / "ap10k-train-split1.json").read_text())
    told = all_joints(Ap10k(root=root))[0]

    assert len(stored["categories"]) == len(SPECIES)
    for category in stored["categories"]:
        assert [[a + 1, b + 1] for a, b in told.skeleton] == category["skeleton"]
        assert [*told.names] == category["keypoints"]
    pairs = {(told.names[a], told.names[b]) for a, b in told.flip_pairs}
    assert pairs == {(n, n.replace("left", "right")) for n in JOINTS if n.startswith("left")}


def test_images_with_animals_whom_nobody_marked_are_filtered_unless_asked_for(place):
    def unmark(document):
        document["annotations"][0]["keypoints"] = [0] * 51

    change_document(place / "annotations" / "ap10k-val-split1.json", unmark)
    complete = Ap10k(root=place, split="val")
    marked = Ap10k(root=place, split="val", animals="marked")
    (row,) = rows(complete)

    with pytest.raises(SampleFiltered, match="whose joints nobody marked"):
        _ = complete.load(row).targets["keypoints"]
    assert len(marked.load(row).targets["keypoints"].visibility) > 0


def test_a_document_with_other_joints_is_a_reject(place):
    def spoil(document):
        document["annotations"][0]["keypoints"] = [1, 2, 2] * 20

    change_document(place / "annotations" / "ap10k-val-split1.json", spoil)
    source = Ap10k(root=place, split="val")

    with pytest.raises(SampleError, match="must be 17 times x, y, visibility"):
        _ = source.load(rows(source)[0]).targets["keypoints"]


def test_a_fold_that_is_not_there_is_told(place):
    for path in (place / "annotations").glob("*-split3.json"):
        path.unlink()

    with pytest.raises(SourceError, match="must hold AP-10K"):
        Ap10k(root=place, fold=3).index()


def test_prompts_speak_of_animals(root, tmp_path):
    vt.build("ap10k", source=root, out=tmp_path / "out", workers=1)
    pairs = list(vt.open_dataset(tmp_path / "out"))

    assert len(pairs) == COUNT
    for pair in pairs:
        assert not {"people", "person", "everyone"} & set(pair.instruction.lower().split())


def test_real_documents_read_as_pycocotools_reads_them(samples, tmp_path):
    path = samples / "ap10k" / "mmpose" / "test_ap10k.json"
    coco = COCO(path)
    (tmp_path / "annotations").mkdir()
    shutil.copy(path, tmp_path / "annotations" / "ap10k-test-split1.json")
    (tmp_path / "data").mkdir()
    for image in coco.dataset["images"]:
        shutil.copy(path.parent / image["file_name"], tmp_path / "data")
    source = Ap10k(root=tmp_path, split="test")

    found = {int(row["image_id"].rpartition("/")[2]): row for row in rows(source)}
    assert set(found) == set(coco.getImgIds()) == {4, 37516}
    for number, row in found.items():
        told = source.load(row).targets["keypoints"]
        expected = [np.array(each["keypoints"]).reshape(17, 3) for each in coco.imgToAnns[number]]
        assert told.shape == (coco.imgs[number]["height"], coco.imgs[number]["width"])
        same_joints(told, np.array(expected))
        joints_come_back(told)
    assert len(coco.getCatIds()) == 54
