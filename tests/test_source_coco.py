"""COCO: the miniature reads back as its scenes, in every form; traps and faults are told."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import shutil
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from coco_places import CROWD, NO_PIXEL, PLAIN, UNMARKED, changed, loaded, seen
from PIL import Image
from readers import rows

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.errors import SampleFiltered, SourceError, SpecError
from vtencode.miniatures.coco import image_id, rendered, write
from vtencode.miniatures.coco_documents import STUFF_OF, THING_OF
from vtencode.miniatures.ground_truth import FLIP_PAIRS, SKELETON
from vtencode.miniatures.scenes import CLASSES
from vtencode.png import GRAY, INDEXED, png_header
from vtencode.sources.base import Publication
from vtencode.sources.coco import Coco
from vtencode.sources.coco.base import CocoSource
from vtencode.sources.coco.classes import STUFF, THINGS
from vtencode.sources.coco.found import Kind
from vtencode.sources.coco.instances import instances_of
from vtencode.sources.coco.wholebody import JOINTS
from vtencode.targets import InstanceMasks


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Four images to train, one of every kind, and one to validate."""
    return write(tmp_path_factory.mktemp("coco"), count=4)


@pytest.fixture
def place(root, tmp_path) -> Path:
    """A copy to be changed."""
    return shutil.copytree(root, tmp_path / "coco")


@cache
def truth(number: int):
    return rendered(0, (number - 139) // 146)


def plain(name: str) -> str:
    """A class without what panoptic segments and stuff put behind its name."""
    return name.removesuffix("-merged").removesuffix("-other")


def named(scene, names) -> np.ndarray:
    """The name of each pixel's class: object (H, W), None where it has none."""
    of = np.array([names.get("sky" if name == "none" else name) for name in CLASSES], object)
    return of[scene.semantic]


# What the miniature shows.


@pytest.mark.parametrize("kind", [PLAIN, NO_PIXEL, UNMARKED])
def test_instances_are_the_things_of_the_scene_pixel_by_pixel(root, kind):
    sample, number = loaded(Coco(root=root, annotations=("instances",)), kind)
    scene, masks = truth(number), sample.targets["instances"]
    names = named(scene, THING_OF)
    things = set(np.unique(scene.instance[names != None]).tolist()) - {0}  # noqa: E711

    assert {id_ - 100 * number for id_ in seen(masks)} == things
    for region in masks.regions:
        mask = scene.instance == region.id - 100 * number
        assert np.array_equal(seen(masks)[region.id], mask)
        assert {region.label} == set(names[mask].tolist())
        assert not region.crowd


def test_what_was_looked_for_is_every_class_of_the_document(root):
    masks = loaded(Coco(root=root), PLAIN)[0].targets["instances"]

    assert masks.vocabulary == tuple(THINGS.values())
    assert len(masks.vocabulary) == 80


def test_a_crowd_is_one_region_of_a_group_and_its_id_fits(root):
    sample, number = loaded(Coco(root=root), CROWD)
    masks = sample.targets["instances"]
    (crowd,) = [region for region in masks.regions if region.crowd]

    expected = named(truth(number), THING_OF) == crowd.label
    assert np.array_equal(seen(masks)[crowd.id], expected)
    assert len(np.unique(truth(number).instance[expected])) > 1
    assert crowd.id < 2**31
    document = json.loads((root / "annotations/instances_train2017.json").read_bytes())
    (entry,) = [a for a in document["annotations"] if a["iscrowd"]]
    assert entry["id"] > 2**31
    assert isinstance(entry["segmentation"]["counts"], list)
    assert entry["area"] != crowd.area


def test_a_class_of_which_no_object_has_a_pixel_is_neither_here_nor_absent(root):
    masks = loaded(Coco(root=root), NO_PIXEL)[0].targets["instances"]

    assert "hot dog" not in {region.label for region in masks.regions}
    assert "hot dog" not in masks.vocabulary
    assert len(masks.vocabulary) == 79


@pytest.mark.parametrize("kind", range(4))
def test_every_pixel_of_a_stuff_and_thing_map_has_the_class_of_the_scene(root, kind):
    sample, number = loaded(Coco(root=root, annotations=("semantic",)), kind)
    mask = sample.targets["semantic"]
    expected = named(truth(number), THING_OF | STUFF_OF)

    vocabulary = np.array([*mask.vocabulary, None], object)
    assert np.array_equal(vocabulary[np.where(mask.labeled, mask.ids, -1)], expected)
    assert len(mask.vocabulary) == 171
    assert (root / rows(Coco(root=root))[kind]["semantic_map"]).exists()


def test_maps_are_gray_or_have_a_palette(root):
    files = (path.read_bytes() for path in (root / "stuffthingmaps").rglob("*.png"))

    assert {png_header(data).color_type for data in files} == {GRAY, INDEXED}


def test_documents_of_stuff_tell_stuff_alone(root):
    sample, number = loaded(Coco(root=root), PLAIN)
    mask = sample.targets["stuff"]
    expected = named(truth(number), STUFF_OF)

    vocabulary = np.array([*mask.vocabulary, None], object)
    assert np.array_equal(vocabulary[np.where(mask.labeled, mask.ids, -1)], expected)
    assert mask.vocabulary == tuple(STUFF.values())
    assert len(mask.vocabulary) == 91


@pytest.mark.parametrize("kind", [PLAIN, CROWD])
def test_panoptic_segments_are_things_one_by_one_and_stuff_by_class(root, kind):
    sample, number = loaded(Coco(root=root), kind)
    scene, found = truth(number), sample.targets["panoptic"]
    names = named(scene, THING_OF | STUFF_OF)
    crowds = {segment.label for segment in found.segments if segment.crowd}

    assert np.array_equal(found.labeled, names != None)  # noqa: E711
    assert len(crowds) == (kind == CROWD)
    for segment in found.segments:
        mask = found.ids == segment.id
        assert {plain(name) for name in names[mask].tolist()} == {plain(segment.label)}
        things = set(np.unique(scene.instance[mask]).tolist())
        assert len(things) == 1 or not segment.thing or segment.crowd
        assert segment.thing == (segment.label in THINGS.values())
    assert len({segment.label for segment in found.segments if not segment.thing}) == sum(
        not segment.thing for segment in found.segments
    )
    assert len(found.vocabulary) == 133


def test_joints_are_those_of_the_scene_to_the_pixel_that_they_are_in(root):
    sample, number = loaded(Coco(root=root), PLAIN)
    scene, people = truth(number), sample.targets["keypoints"]
    shown = [at for at, own in enumerate(scene.people) if (scene.instance == own).any()]

    assert people.visibility.tolist() == scene.joint_visibility[shown].tolist()
    there = people.present
    assert np.array_equal(people.xy_px[there], np.rint(scene.joints[shown][there]))
    assert people.names == COCO_JOINTS
    assert people.skeleton == SKELETON
    assert people.flip_pairs == FLIP_PAIRS
    for box, own in zip(people.boxes, scene.people[shown], strict=True):
        down, along = np.nonzero(scene.instance == own)
        edges = along.min(), down.min(), along.max(), down.max()
        assert box.tolist() == [edges[0] - 0.5, edges[1] - 0.5, edges[2] + 0.5, edges[3] + 0.5]


def test_whole_bodies_have_the_same_bodies_and_133_joints(root):
    sample, _ = loaded(Coco(root=root), PLAIN)
    whole, body = sample.targets["wholebody"], sample.targets["keypoints"]

    assert whole.names == JOINTS
    assert len(JOINTS) == len(set(JOINTS)) == 133
    assert np.array_equal(whole.xy_px[:, :17], body.xy_px, equal_nan=True)
    assert np.array_equal(whole.visibility[:, :17], body.visibility)
    assert whole.skeleton == body.skeleton
    assert len(whole.flip_pairs) == 8 + 3 + 29 + 21


def test_a_part_that_is_not_valid_is_absent_whatever_numbers_it_has(place):
    def invalid(document):
        for person in document["annotations"]:
            person["face_valid"] = person["foot_valid"] = False
            person["lefthand_valid"] = True
            person["lefthand_kpts"] = [5.5, 6.5, 0.0083] + [0.0] * 60

    changed(place, "coco_wholebody_train_v1.0.json", invalid)
    whole = loaded(Coco(root=place), PLAIN)[0].targets["wholebody"]

    assert not whole.present[:, 17:91].any()
    assert whole.present[:, 91].all()
    assert (whole.xy_px[:, 91] == [5.5, 6.5]).all()
    assert not whole.present[:, 92:112].any()


def test_who_is_not_marked_is_not_asked_about(root):
    complete = loaded(Coco(root=root), UNMARKED)[0]
    marked = loaded(Coco(root=root, people="marked"), UNMARKED)[0]
    people = [r for r in complete.targets["instances"].regions if r.label == "person"]

    for target in ("keypoints", "wholebody"):
        with pytest.raises(SampleFiltered, match="shows 1 crowds or people whose joints nobody"):
            _ = complete.targets[target]
        assert len(marked.targets[target].visibility) == len(people) - 1


def test_an_image_of_crowds_alone_says_nothing_about_joints(place):
    def crowd(document):
        for person in document["annotations"]:
            person["iscrowd"] = 1

    changed(place, "person_keypoints_train2017.json", crowd)

    for people in ("complete", "marked"):
        sample, _ = loaded(Coco(root=place, people=people), PLAIN)
        with pytest.raises(SampleFiltered, match="NOTHING"):
            _ = sample.targets["keypoints"]


def test_an_image_without_people_shows_nobody_and_can_be_left_out(place):
    number = image_id(0)

    def away(document):
        document["annotations"] = [a for a in document["annotations"] if a["image_id"] != number]

    changed(place, "person_keypoints_train2017.json", away)
    source = Coco(root=place, annotations=("keypoints",))
    people = loaded(source, PLAIN)[0].targets["keypoints"]

    assert people.visibility.shape == (0, 17)
    kept = rows(Coco(root=place, annotations=("keypoints",), only_annotated=True))
    assert [row["key"] for row in kept] == [row["key"] for row in rows(source)][1:]


@pytest.mark.parametrize(("kind", "mode"), [(PLAIN, "RGB"), (CROWD, "L"), (NO_PIXEL, "CMYK")])
def test_gray_and_cmyk_jpegs_become_rgb_and_others_stay_as_they_are(root, kind, mode):
    source = Coco(root=root)
    row = rows(source)[kind]
    data = (root / row["file"]).read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == mode
        expected = np.asarray(image.convert("RGB")).astype(int)

    picture = source.load(row).picture
    assert picture.format == "jpg"
    assert (picture.data == data) == (mode == "RGB")
    assert np.abs(picture.rgb - expected).mean() < 1.5


# Forms.


def packed(folder: Path, into: Path, *names: str) -> None:
    with zipfile.ZipFile(into, "w") as archive:
        for name in names:
            for path in sorted((folder / name).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder))


def test_the_published_archives_read_as_the_folders_they_extract_to(root, tmp_path):
    packed(root, tmp_path / "train2017.zip", "train2017")
    packed(root, tmp_path / "val2017.zip", "val2017")
    packed(
        root / "stuffthingmaps",
        tmp_path / "stuffthingmaps_trainval2017.zip",
        "train2017",
        "val2017",
    )
    os.link(
        root / "annotations/coco_wholebody_train_v1.0.json",
        tmp_path / "coco_wholebody_train_v1.0.json",
    )
    with zipfile.ZipFile(tmp_path / "annotations_trainval2017.zip", "w") as archive:
        for path in sorted((root / "annotations").glob("*_*2017.json")):
            archive.write(path, f"annotations/{path.name}")
    (tmp_path / "annotations").mkdir()
    for split in ("train", "val"):
        inner = tmp_path / "annotations" / f"panoptic_{split}2017.zip"
        packed(root / "annotations", inner, f"panoptic_{split}2017")
    loose, archives = Coco(root=root), Coco(root=tmp_path)

    assert archives.available() == loose.available() == Coco.targets
    for one, other in zip(rows(loose), rows(archives), strict=True):
        assert (one["key"], one["image_id"]) == (other["key"], other["image_id"])
        here, there = loose.load(one), archives.load(other)
        assert here.picture.data == there.picture.data
        assert np.array_equal(here.targets["semantic"].ids, there.targets["semantic"].ids)
        assert np.array_equal(here.targets["panoptic"].ids, there.targets["panoptic"].ids)
        assert seen(here.targets["instances"]).keys() == seen(there.targets["instances"]).keys()


def test_an_archive_in_an_archive_is_told_to_be_taken_out(place):
    (place / "panoptic").mkdir()
    with zipfile.ZipFile(place / "panoptic_annotations_trainval2017.zip", "w") as archive:
        for path in sorted((place / "annotations").glob("panoptic_*.json")):
            archive.write(path, f"annotations/{path.name}")
            path.unlink()
        archive.writestr("annotations/panoptic_train2017.zip", b"PK\x05\x06" + bytes(18))
    for folder in (place / "annotations").glob("panoptic_*"):
        shutil.rmtree(folder)
    source = Coco(root=place)

    assert "panoptic" not in source.available()
    told = r"Extract panoptic_annotations_trainval2017\.zip first, .*/panoptic_train2017\.zip is"
    with pytest.raises(SourceError, match=told):
        source.require(["instances", "panoptic"])


@pytest.mark.parametrize("target", [*Coco.targets])
def test_what_is_not_there_is_told_with_its_place(root, tmp_path, target):
    (tmp_path / "train2017").symlink_to(root / "train2017")
    shutil.copytree(root / "train2017", tmp_path / "images/train2017")
    (tmp_path / "train2017").unlink()
    other = "stuff_train2017.json" if target != "stuff" else "instances_train2017.json"
    (tmp_path / "annotations").mkdir()
    shutil.copy(root / "annotations" / other, tmp_path / "annotations")

    with pytest.raises(SourceError, match=rf"2017|_v1\.0.*for the target '{target}'"):
        Coco(root=tmp_path).require([target])


def test_images_may_lie_below_any_folder_and_documents_anywhere(root, tmp_path):
    shutil.copytree(root / "train2017", tmp_path / "coco/images/train2017")
    shutil.copy(root / "annotations/instances_train2017.json", tmp_path / "coco")
    found = rows(Coco(root=tmp_path))

    assert [row["file"] for row in found] == [
        f"coco/images/{row['file']}" for row in rows(Coco(root=root))
    ]


def test_maps_are_read_without_any_document(root, tmp_path):
    for name in ("train2017", "stuffthingmaps"):
        shutil.copytree(root / name, tmp_path / name)
    source = Coco(root=tmp_path, annotations=("semantic",))

    assert source.available().keys() == {"semantic"}
    assert [r["key"] for r in rows(source)] == [r["key"] for r in rows(Coco(root=root))]
    assert source.load(rows(source)[0]).targets["semantic"].labeled.any()


def test_the_older_release_has_the_same_ids_of_images(tmp_path):
    older = Coco(root=write(tmp_path / "2014", count=1, year=2014), split="all", year=2014)

    assert {row["file"] for row in rows(older)} == {
        f"{split}2014/COCO_{split}2014_{image_id(at):012d}.jpg"
        for at, split in enumerate(["val", "train"])
    }
    assert {row["image_id"] for row in rows(older)} == {
        f"coco/{image_id(at):012d}" for at in (0, 1)
    }
    assert older.available().keys() == {"instances", "keypoints"}
    assert older.load(rows(older)[0]).targets["instances"].regions
    with pytest.raises(SourceError, match="must hold COCO"):
        Coco(root=tmp_path / "2014").index()


def test_only_the_documents_that_are_asked_for_are_read(place):
    for path in (place / "annotations").glob("*.json"):
        if not path.name.startswith("instances_"):
            path.write_text("no JSON at all")

    source = Coco(root=place, annotations=("instances",))
    assert len(rows(source)) == 4
    assert source.available().keys() == {"instances"}
    assert not any("stuff" in name or "panoptic" in name for name, _ in source.files())
    with pytest.raises(SourceError, match="must have an object at letter 0"):
        Coco(root=place).index()
    with pytest.raises(SpecError, match=r"annotations must be of instances, panoptic, .*'boxes'"):
        Coco(root=place, annotations=("boxes",))


def test_a_worker_needs_the_row_and_no_document(place):
    source = Coco(root=place)
    row = rows(source)[PLAIN]
    there = pickle.loads(pickle.dumps(source))
    for path in (place / "annotations").glob("*.json"):
        path.unlink()

    sample = there.load(row)
    assert len(pickle.dumps(source)) < 1000
    assert set(sample.targets) == set(Coco.targets)
    assert sample.targets["instances"].regions
    assert sample.targets["keypoints"].visibility.any()
    assert sample.targets["panoptic"].segments


def test_all_splits_are_read_together(root):
    every = rows(Coco(root=root, split="all"))

    assert [row["split"] for row in every] == ["train"] * 4 + ["val"]
    assert len({row["key"] for row in every}) == 5
    assert rows(Coco(root=root, split="val")) == every[4:]


def test_the_patterns_know_every_file_and_no_other(root):
    every = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    assert all(Coco.pattern.fullmatch(name) for name in every)
    assert every == dict(Coco(root=root, split="all").files()).keys()
    for other in ("annotations/captions_train2017.json", "test2017/000000000001.jpg", "a.json"):
        assert not Coco.pattern.fullmatch(other)


def test_the_same_arguments_write_the_same_bytes(tmp_path):
    one, two = (write(tmp_path / name, count=1) for name in ("one", "two"))

    for path in sorted(one.rglob("*.*")):
        assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()


# A dataset of another name in the same form.


@dataclass(frozen=True, kw_only=True)
class Pets(CocoSource):
    """Annotations in `pets_1.json` and `pets_2.json`, of which an option chooses."""

    name: ClassVar[str] = "pets"
    prefix: ClassVar[str] = "pets"
    splits: ClassVar[tuple[str, ...]] = ("train",)
    targets: ClassVar[dict[str, type]] = {"instances": InstanceMasks}
    derived: ClassVar[dict[str, tuple[str, ...]]] = {"instances": ("pets",)}
    holds: ClassVar[str] = "pets"
    kinds: ClassVar[dict[str, Kind]] = {"pets": Kind(re.compile(r"pets_(?P<fold>\d)\.json"))}
    pictures: ClassVar[re.Pattern[str]] = re.compile(r"photos/.+\.(?:jpg|png)")
    publication: ClassVar[Publication] = Coco.publication

    fold: int = 1

    def split_of(self, parts):
        return "train" if parts["fold"] == str(self.fold) else None

    def makers(self, row, shape):
        return {
            "instances": lambda: instances_of(self.told(row, "pets", shape), looked_for=("cat",))
        }


def test_another_dataset_says_its_files_and_what_to_make_of_them(tmp_path):
    entry = {"id": 7, "file_name": "a b/C.png", "height": 4, "width": 6, "more": "é"}
    square = {"image_id": 7, "category_id": 3, "segmentation": [[1, 1, 3, 1, 3, 3, 1, 3]]}
    document = {
        "images": [entry],
        "annotations": [square],
        "categories": [{"id": 3, "name": "cat"}],
    }
    (tmp_path / "pets_1.json").write_text(json.dumps(document, ensure_ascii=False))
    (tmp_path / "pets_2.json").write_text("[]")
    (tmp_path / "photos/a b").mkdir(parents=True)
    Image.new("RGB", (6, 4)).save(tmp_path / "photos/a b/C.png")
    source = Pets(root=tmp_path)
    (row,) = rows(source)

    assert (row["image"], row["image_id"], row["file"]) == ("png", "pets/C", "photos/a b/C.png")
    (region,) = source.load(row).targets["instances"].regions
    assert (region.label, region.box, region.area) == ("cat", (1, 1, 3, 3), 4)
    assert source.available().keys() == {"instances"}
    assert sorted(name for name, _ in source.files()) == ["pets_1.json", "photos/a b/C.png"]
    with pytest.raises(SourceError, match="must have an object"):
        Pets(root=tmp_path, fold=2).index()


def test_a_document_too_large_for_its_archive_is_told_to_be_extracted(root, tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "annotations_trainval2017.zip", "w") as archive:
        archive.write(root / "annotations/instances_train2017.json", "instances_train2017.json")
    monkeypatch.setattr("vtencode.sources.archives.MAX_MEMBER_BYTES", 1000)

    with pytest.raises(SourceError, match=r"must have at most 1000 bytes.*Extract its archive"):
        Coco(root=tmp_path).index()
