"""Real annotations of COCO, against pycocotools and readers written here from the descriptions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from coco_places import seen
from PIL import Image
from readers import rows

from vtencode.errors import SampleFiltered
from vtencode.sources.coco import Coco
from vtencode.sources.coco.wholebody import JOINTS

# pycocotools, which some tests compare with, is older than numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def laid(root: Path, document: Path, name: str, *pictures: Path) -> dict:
    """A document under its official name, with its images: real ones, or else gray."""
    read = json.loads(document.read_bytes())
    split, year = "train" if "train" in name else "val", "2014" if "2014" in name else "2017"
    folder = root / f"{split}{year}"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "annotations").mkdir(exist_ok=True)
    shutil.copyfile(document, root / "annotations" / name)
    real = {path.name: path for path in pictures}
    for image in read["images"]:
        if image["file_name"] in real:
            shutil.copyfile(real[image["file_name"]], folder / image["file_name"])
        elif not (folder / image["file_name"]).exists():
            size = image["width"], image["height"]
            Image.new("RGB", size, "gray").save(folder / image["file_name"])
    return read


def test_839_real_masks_and_9_crowds_are_those_of_pycocotools(samples, tmp_path):
    from pycocotools import mask as coco

    file = samples / "coco/faster_coco_eval/instances_val2014_100.json"
    document = laid(tmp_path, file, "instances_val2014.json")
    names = {each["id"]: each["name"] for each in document["categories"]}
    of: dict[str, list] = {}
    for entry in document["annotations"]:
        of.setdefault(f"coco/{entry['image_id']:012d}", []).append(entry)
    source = Coco(root=tmp_path, split="val", year=2014)

    masks, crowds = 0, 0
    for row in rows(source):
        found, theirs = source.load(row).targets["instances"], of.get(row["image_id"], [])
        height, width = found.shape
        ours = seen(found)
        for region, entry in zip(found.regions, theirs, strict=True):
            runs = coco.frPyObjects(entry["segmentation"], height, width)
            whole = coco.merge(runs) if isinstance(runs, list) else runs
            assert np.array_equal(ours[region.id], coco.decode(whole).astype(bool))
            assert (region.label, region.crowd) == (names[entry["category_id"]], entry["iscrowd"])
            assert region.id == entry["id"] or entry["id"] >= 2**31
            masks, crowds = masks + 1, crowds + region.crowd
        assert found.vocabulary == tuple(names[number] for number in sorted(names))
    assert (masks, crowds, len(rows(source))) == (839, 9, 100)


@pytest.fixture
def panoptic(samples, tmp_path) -> Path:
    folder = samples / "coco_panoptic"
    pictures = [*(folder / "input_images").glob("*.jpg")]
    laid(tmp_path, folder / "panoptic_examples.json", "panoptic_val2017.json", *pictures)
    detections = folder / "panoptic_coco_detection_format.json"
    laid(tmp_path, detections, "instances_val2017.json", *pictures)
    shutil.copytree(folder / "panoptic_examples", tmp_path / "annotations/panoptic_val2017")
    return tmp_path


def test_real_panoptic_segments_have_the_areas_and_the_outlines_that_were_published(panoptic):
    document = json.loads((panoptic / "annotations/panoptic_val2017.json").read_bytes())
    names = {each["id"]: each["name"] for each in document["categories"]}
    source = Coco(root=panoptic, split="val")

    for row, told in zip(rows(source), document["annotations"], strict=True):
        sample = source.load(row)
        found, shapes = sample.targets["panoptic"], sample.targets["instances"]
        with Image.open(panoptic / "annotations/panoptic_val2017" / told["file_name"]) as image:
            red, green, blue = np.asarray(image).astype(int).transpose(2, 0, 1)
        assert np.array_equal(found.ids, red + 256 * green + 65536 * blue)
        by_id = {segment.id: segment for segment in found.segments}
        assert len(by_id) == len(told["segments_info"])
        for info in told["segments_info"]:
            segment = by_id[info["id"]]
            assert (found.ids == info["id"]).sum() == info["area"]
            assert segment.label == names[info["category_id"]]
            assert segment.crowd == bool(info["iscrowd"])
        assert any(segment.crowd for segment in found.segments)
        assert not found.labeled.all()
        # The same segments in the form of instances, whose ids start at 0.
        areas = sorted((region.label, region.area, region.crowd) for region in shapes.regions)
        assert areas == sorted((by_id[i].label, int(n), by_id[i].crowd) for i, n in counted(found))


def counted(found) -> list[tuple[int, int]]:
    ids, counts = np.unique(found.ids[found.labeled], return_counts=True)
    return list(zip(ids.tolist(), counts.tolist(), strict=True))


def test_real_maps_of_stuff_and_things_have_the_classes_of_the_documents(samples, tmp_path):
    folder = samples / "coco_stuff/SPADE"
    shutil.copytree(folder / "val_img", tmp_path / "val2017")
    shutil.copytree(folder / "val_label", tmp_path / "stuffthingmaps/val2017")
    names = {}
    for path in (
        samples / "coco_stuff/cocostuffapi/annotations/stuff_examples.json",
        samples / "coco/faster_coco_eval/instances_val2014_100.json",
    ):
        names |= {c["id"]: c["name"] for c in json.loads(path.read_bytes())["categories"]}
    source = Coco(root=tmp_path, split="val")

    void = 0
    for row in rows(source):
        found = source.load(row).targets["semantic"]
        with Image.open(tmp_path / row["semantic_map"]) as image:
            stored = np.asarray(image)
        expected = {
            names[value + 1]: int((stored == value).sum())
            for value in np.unique(stored).tolist()
            if value != 255
        }
        ids, counts = np.unique(found.ids[found.labeled], return_counts=True)
        got = {found.vocabulary[at]: n for at, n in zip(ids.tolist(), counts.tolist(), strict=True)}
        assert got == expected
        assert np.array_equal(found.labeled, stored != 255)
        void += int((stored == 255).sum())
    assert len(rows(source)) == 8
    assert void > 0


def test_real_stuff_documents_are_decoded_as_pycocotools_does(samples, tmp_path):
    from pycocotools import mask as coco

    file = samples / "coco_stuff/cocostuffapi/annotations/stuff_examples.json"
    document = laid(tmp_path, file, "stuff_train2017.json")
    names = {each["id"]: each["name"] for each in document["categories"]}
    source = Coco(root=tmp_path)

    for row in rows(source):
        found = source.load(row).targets["stuff"]
        own = [a for a in document["annotations"] if a["image_id"] == int(row["image_id"][-12:])]
        labeled = np.zeros(found.shape, dtype=bool)
        for entry in own:
            mask = coco.decode(entry["segmentation"]).astype(bool)
            if names[entry["category_id"]] == "other":
                assert not found.labeled[mask].any()
                continue
            labeled |= mask
            at = found.vocabulary.index(names[entry["category_id"]])
            assert np.array_equal(found.ids == at, mask)
        assert np.array_equal(found.labeled, labeled)
    assert len(rows(source)) == 2


def test_real_joints_are_as_they_were_written_and_nobody_unmarked_is_asked_about(samples, tmp_path):
    folder = samples / "coco/mmpose"
    document = laid(
        tmp_path,
        folder / "test_coco.json",
        "person_keypoints_val2017.json",
        *folder.glob("*.jpg"),
    )
    marked, complete = (
        Coco(root=tmp_path, split="val", people=people) for people in ("marked", "complete")
    )

    filtered = []
    for row in rows(marked):
        found = marked.load(row).targets["keypoints"]
        own = [a for a in document["annotations"] if a["image_id"] == int(row["image_id"][-12:])]
        told = np.array([a["keypoints"] for a in own if a["num_keypoints"]]).reshape(-1, 17, 3)
        assert np.array_equal(found.visibility, told[..., 2])
        there = told[..., 2] > 0
        assert np.array_equal(found.xy_px[there], told[there][:, :2])
        assert np.isnan(found.xy_px[~there]).all()
        assert list(found.names) == document["categories"][0]["keypoints"]
        assert [[a + 1, b + 1] for a, b in found.skeleton] == document["categories"][0]["skeleton"]
        boxes = np.array([a["bbox"] for a in own if a["num_keypoints"]])
        assert np.allclose(found.boxes[:, 2:] - found.boxes[:, :2], boxes[:, 2:], atol=1e-3)
        try:
            assert len(complete.load(row).targets["keypoints"].visibility) == len(own)
        except SampleFiltered:
            filtered.append(row["image_id"])
    assert filtered == ["coco/000000040083", "coco/000000196141"]


@pytest.fixture
def bodies(samples, tmp_path) -> Path:
    file = samples / "coco_wholebody/example_gt.json"
    laid(tmp_path, file, "coco_wholebody_val_v1.0.json", *(samples / "coco/mmpose").glob("*.jpg"))
    return tmp_path


def test_real_whole_bodies_have_every_joint_that_is_marked_of_a_valid_part(bodies):
    document = json.loads((bodies / "annotations/coco_wholebody_val_v1.0.json").read_bytes())
    source = Coco(root=bodies, split="val", people="marked")
    parts = ("keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")

    present = 0
    for row in rows(source):
        number = int(row["image_id"][-12:])
        own = [a for a in document["annotations"] if a["image_id"] == number and a["num_keypoints"]]
        found = source.load(row).targets["wholebody"]
        told = np.array([[v for part in parts for v in a[part]] for a in own]).reshape(-1, 133, 3)
        assert np.array_equal(found.present, told[..., 2] > 0)
        assert np.array_equal(
            found.xy_px[found.present], told[found.present][:, :2].astype(np.float32)
        )
        assert np.array_equal(found.visibility[:, :17], told[:, :17, 2])
        present += int(found.present.sum())
    assert present > 1500


@pytest.mark.parametrize(
    ("part", "body"),
    [
        ("eyelid_1", "eye"),
        ("eyebrow_3", "eye"),
        ("jaw_1", "ear"),
        ("heel", "ankle"),
        ("big_toe", "ankle"),
        ("hand_root", "wrist"),
        ("thumb_4", "wrist"),
    ],
)
def test_left_and_right_of_real_whole_bodies_are_the_sides_of_their_names(bodies, part, body):
    source = Coco(root=bodies, split="val", people="marked")

    votes = []
    for row in rows(source):
        for xy in source.load(row).targets["wholebody"].xy_px:
            at = {name: xy[JOINTS.index(name)] for name in JOINTS}
            sides = [(f"{side}_{part}", f"{side}_{body}") for side in ("left", "right")]
            here = [at[name] for pair in sides for name in pair]
            if np.isfinite(here).all():
                left, left_body, right, right_body = here
                same = np.hypot(*(left - left_body)) + np.hypot(*(right - right_body))
                crossed = np.hypot(*(left - right_body)) + np.hypot(*(right - left_body))
                votes.append(same < crossed)
    assert len(votes) >= 4
    assert np.mean(votes) > 0.8


def test_one_real_image_has_joints_and_classes(samples, tmp_path):
    picture = samples / "coco/mmpose/000000000785.jpg"
    for name, kind in (
        ("test_coco.json", "person_keypoints_val2017.json"),
        ("test_coco_wholebody.json", "coco_wholebody_val_v1.0.json"),
    ):
        laid(tmp_path, samples / "coco/mmpose" / name, kind, picture)
    (tmp_path / "stuffthingmaps/val2017").mkdir(parents=True)
    label = samples / "coco_stuff/SPADE/val_label/000000000785.png"
    shutil.copy(label, tmp_path / "stuffthingmaps/val2017")
    source = Coco(root=tmp_path, split="val")
    (row,) = [row for row in rows(source) if row["image_id"] == "coco/000000000785"]
    sample = source.load(row)

    person = sample.targets["semantic"].vocabulary.index("person")
    inside = sample.targets["semantic"].ids == person
    seen_joints = sample.targets["keypoints"].xy_px[sample.targets["keypoints"].visibility == 2]
    columns, lines = seen_joints.astype(int).T
    assert inside[lines, columns].mean() > 0.9
    assert sample.picture.data == picture.read_bytes()
    assert sample.targets["wholebody"].present.sum() == 17 + 6 + 68 + 21
