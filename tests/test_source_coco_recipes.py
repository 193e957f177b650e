"""Recipes of COCO: every class comes back, every pixel is counted, and faults are borne."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from coco_places import changed, seen
from readers import rows

import vtencode as vt
from vtencode.errors import BuildError
from vtencode.miniatures.coco import write
from vtencode.recipe import load_recipe
from vtencode.sources.coco import Coco
from vtencode.targets import InstanceMasks, Keypoints, PanopticMap, Region, Segment, SemanticMask

RECIPES = [
    "coco-instances",
    "coco-binary",
    "coco-semantic",
    "coco-panoptic",
    "coco-keypoints",
    "coco-wholebody",
    "coco",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("coco"), count=4)


@pytest.fixture(scope="module")
def built(root, tmp_path_factory):
    """Every recipe's dataset, and what its source says of each image."""
    out = tmp_path_factory.mktemp("built")
    found = {}
    for name in RECIPES:
        vt.build(name, source=root, out=out / name, workers=1, limit=3)
        source = load_recipe(name).source.open(root)
        samples = {row["image_id"]: source.load(row) for row in rows(source)}
        found[name] = vt.open_dataset(out / name), samples
    return found


def areas(target) -> dict[str, int]:
    """Pixels of each class that a target says, whatever its type."""
    found: dict[str, int] = {}
    if isinstance(target, SemanticMask):
        ids, counts = np.unique(target.ids[target.labeled], return_counts=True)
        return {target.vocabulary[at]: n for at, n in zip(ids, counts.tolist(), strict=True)}
    if isinstance(target, PanopticMap):
        for segment in target.segments:
            if not segment.crowd:
                area = int((target.ids == segment.id).sum())
                found[segment.label] = found.get(segment.label, 0) + area
        return found
    for region in target.regions:
        found[region.label] = found.get(region.label, 0) + region.area
    return found


@pytest.mark.parametrize("name", RECIPES)
def test_every_pair_paints_of_each_class_as_many_pixels_as_its_source_has(built, name):
    dataset, samples = built[name]

    for pair in dataset:
        source = samples[pair.meta["image_id"]].targets[pair.meta["target"]]
        decoded = pair.decode().target
        if isinstance(source, Keypoints):
            continue
        there, asked = areas(source), json.loads(pair.meta["asked"])
        expected = {} if pair.meta["negative"] else {n: there[n] for n in asked if n in there}
        if pair.meta["task"] == "instance":
            assert sum(areas(decoded).values()) == sum(expected.values())
        else:
            got = {label: n for label, n in areas(decoded).items() if label != "background"}
            assert got == expected
    assert len(dataset) > 0


@pytest.mark.parametrize("name", ["coco-keypoints", "coco-wholebody"])
def test_every_painted_joint_is_where_its_source_has_it(built, name):
    dataset, samples = built[name]

    count = 0
    for pair in dataset:
        source = samples[pair.meta["image_id"]].targets[pair.meta["target"]]
        decoded = pair.decode().target
        spoken = [joint.replace("_", " ") for joint in source.names]
        for joint, at in ((j.replace("_", " "), k) for k, j in enumerate(decoded.names)):
            here = decoded.xy_px[:, at][decoded.present[:, at]]
            theirs = source.xy_px[:, spoken.index(joint)]
            for xy in here:
                assert np.nanmin(np.hypot(*(theirs - xy).T)) <= 0.0111
                count += 1
    assert count > 5


def test_every_task_of_one_recipe_is_asked_of_the_same_images(built):
    dataset, _ = built["coco"]
    asked: dict[str, set[str]] = {}
    for pair in dataset:
        asked.setdefault(pair.meta["image_id"], set()).add(pair.meta["task"])

    assert len(asked) == 3
    for tasks in asked.values():
        assert tasks >= {"semantic", "binary", "instance", "panoptic"}
    assert any("keypoints" in tasks for tasks in asked.values())


def shown_whole(target):
    """A picture that shows every class of a target's vocabulary, in blocks of 8 pixels."""
    names = target.names if isinstance(target, Keypoints) else target.vocabulary
    side = int(np.ceil(np.sqrt(len(names))))
    at = np.minimum(np.arange(side * side), len(names) - 1).reshape(side, side)
    ids = np.kron(at, np.ones((8, 8), int))
    if isinstance(target, SemanticMask):
        return SemanticMask(ids, names, void=target.void)
    if isinstance(target, InstanceMasks):
        regions = (Region.from_mask(ids == k, id=k + 1, label=n) for k, n in enumerate(names))
        return InstanceMasks(ids.shape, tuple(regions), names)
    if isinstance(target, PanopticMap):
        segments = (Segment(k + 1, n, thing=k < 80) for k, n in enumerate(names))
        return PanopticMap(ids + 1, tuple(segments), names)
    xy = np.array([(16 + 32 * (k % side), 16 + 32 * (k // side)) for k in range(len(names))], float)
    seen_all = np.full((1, len(names)), 2)
    return Keypoints(xy[None], seen_all, names, shape=(32 * side + 32, 32 * side + 32))


@pytest.mark.parametrize("target", ["instances", "panoptic", "semantic", "stuff", "keypoints"])
def test_every_name_becomes_a_color_and_the_same_name_again(root, target):
    (row, *_) = rows(Coco(root=root))
    given = Coco(root=root).load(row).targets[target]
    whole = shown_whole(given)
    codec = {
        InstanceMasks: lambda: vt.codec("instances"),
        PanopticMap: lambda: vt.codec("panoptic"),
        SemanticMask: lambda: vt.codec("semantic", vocabulary=given.vocabulary),
        Keypoints: lambda: vt.codec("keypoints", joints=given.names, people=1),
    }[type(given)]()
    back = codec.decode(codec.encode(whole)).target

    if isinstance(whole, Keypoints):
        assert back.names == given.names
        assert np.allclose(back.xy_px, whole.xy_px, atol=1 / 64)
    else:
        assert areas(back) == areas(whole)
        assert {*areas(back)} == {*given.vocabulary}


def test_133_joints_become_133_colors_and_the_same_joints_again(root):
    (row, *_) = rows(Coco(root=root))
    whole = shown_whole(Coco(root=root).load(row).targets["wholebody"])
    codec = vt.codec("keypoints", joints=whole.names, people=1)
    back = codec.decode(codec.encode(whole)).target

    assert back.names == whole.names
    assert np.allclose(back.xy_px, whole.xy_px, atol=1 / 64)


def test_a_build_bears_samples_that_cannot_be_and_names_each(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "coco")

    def hostile(document):
        first = {}
        for entry in document["annotations"]:
            first.setdefault(entry["image_id"], entry)
        lying, strange, _, _ = (first[image["id"]] for image in document["images"])
        lying["segmentation"] = {"counts": [2**31 - 1], "size": [480, 640]}
        strange["segmentation"] = [[0.0, float("nan"), 1.0, 1.0, 2.0, 2.0]]

    changed(place, "instances_train2017.json", hostile)
    images = rows(Coco(root=place, annotations=("instances",)))
    (place / images[2]["file"]).unlink()

    out = tmp_path / "out"
    made = vt.build("coco-instances", source=place, out=out, workers=1)
    rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]

    counts = made.manifest["counts"]
    assert (counts["written"], counts["rejected"]) == (1, 3)
    assert [reject["code"] for reject in rejects] == ["RANGE", "DECODE", "MISSING"]
    assert ["annotation" in reject["where"].split() for reject in rejects] == [True, False, False]
    assert all(
        row["image_id"] in reject["where"] for row, reject in zip(images[:2], rejects, strict=False)
    )
    assert vt.verify(out, workers=1).ok
    with pytest.raises(BuildError, match="may be"):
        vt.build(
            "coco-instances",
            source=place,
            out=tmp_path / "strict",
            workers=1,
            overrides=["max_rejects=0.0"],
        )


def test_crowds_are_in_the_mask_of_a_class_and_no_instances(root):
    source = Coco(root=root)
    for row in rows(source):
        masks = source.load(row).targets["instances"]
        crowds = {region.label for region in masks.regions if region.crowd}
        if crowds:
            (label,) = crowds
            assert seen(masks)[masks.regions[-1].id].any()
            asked = [pair for pair in ask("instance", masks) if pair.asked == (label,)]
            assert not asked
            assert any(pair.asked == (label,) for pair in ask("binary", masks))
            return
    pytest.fail("the miniature must have a crowd")


def ask(name: str, masks: InstanceMasks) -> list:
    from vtencode.registry import find
    from vtencode.seeds import Chance

    task = find("task", name)(negatives=0.0)
    codec = vt.codec(task.codec)
    chances = (Chance(0, f"pair-{at}", turn=at) for at in range(40))
    return [task.ask(masks, codec, chance, where="here") for chance in chances]
