"""NYU's 40 and 13 classes: every name keeps its class, and objects of one class stay apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from readers import rows
from trees import write_labeled

from vtencode.errors import SampleError, SourceError
from vtencode.mat5 import read_mat5, write_mat5
from vtencode.miniatures.nyu_depth_v2 import GROUPED, MAPPING
from vtencode.recipe import load_recipe
from vtencode.sources.nyu_depth_v2 import NyuDepthV2
from vtencode.sources.nyu_depth_v2.classes import NAMES, NAMES_13, NAMES_40
from vtencode.spec import read_params

META = Path("nyu") / "nyuv2-meta-data"


def write_mat(
    root: Path, labels: np.ndarray, names: list[str], instances: np.ndarray | None = None
) -> None:
    """A labeled .mat of one frame with these classes."""
    colors = np.zeros((1, *labels.shape, 3), np.uint8)
    path = write_labeled(root, colors, depths=np.ones((1, *labels.shape), np.float32))
    numbers = np.zeros(labels.shape, np.uint8) if instances is None else instances
    with h5py.File(path, "r+") as file:
        file["labels"] = labels.T[None].astype(np.uint16)
        file["instances"] = numbers.T[None].astype(np.uint8)
        cell = np.empty((1, len(names)), dtype=h5py.ref_dtype)
        for at, name in enumerate(names):
            cell[0, at] = file.create_dataset(f"#refs#/n{at}", data=[[ord(c)] for c in name]).ref
        file.create_dataset("names", data=cell, dtype=h5py.ref_dtype)


def write_mapping(root: Path, mapping: list[int]) -> None:
    (root / MAPPING).write_bytes(write_mat5({"mapClass": np.array([mapping], np.uint8)}))


def targets(root: Path, classes: int):
    source = NyuDepthV2(root=root, split="all", classes=classes)
    (row,) = rows(source)
    return source.load(row).targets


@pytest.fixture(scope="module")
def meta(samples):
    """The official mappings, read by SciPy."""
    loadmat = pytest.importorskip("scipy.io", reason="SciPy is the oracle").loadmat
    forty = loadmat(samples / META / "classMapping40.mat", squeeze_me=True)
    thirteen = loadmat(samples / META / "class13Mapping.mat", squeeze_me=True)["classMapping13"]
    return forty, thirteen


# The published files.


def test_the_names_are_spelled_as_the_files_spell_them(meta):
    forty, thirteen = meta

    assert tuple(forty["className"].tolist()) == NAMES_40
    assert tuple(thirteen["classNames"].item().tolist()) == NAMES_13
    assert "refridgerator" in NAMES_40
    assert {count: len(set(names)) for count, names in NAMES.items()} == {40: 40, 13: 13}


@pytest.mark.parametrize("classes", [894, 40, 13])
def test_each_of_the_894_names_is_read_as_its_class_of_the_files(samples, meta, tmp_path, classes):
    forty, thirteen = meta
    names = forty["allClassName"].tolist()
    labels = np.arange(895).reshape(5, 179)
    write_mat(tmp_path, labels, names)
    shutil.copy(samples / META / "classMapping40.mat", tmp_path)

    semantic = targets(tmp_path, classes)["semantic"]

    assert len(names) == 894
    for label, id_ in zip(labels.ravel().tolist(), semantic.ids.ravel().tolist(), strict=True):
        if label == 0:
            assert id_ == semantic.void
            continue
        expected = names[label - 1]
        if classes != 894:
            of_40 = int(forty["mapClass"][label - 1])
            expected = forty["className"][of_40 - 1]
        if classes == 13:
            expected = thirteen["classNames"].item()[thirteen["labels13"].item()[of_40 - 1] - 1]
        assert semantic.vocabulary[id_] == expected
    assert len(semantic.vocabulary) == classes
    assert len(np.unique(semantic.ids)) == classes + 1


def test_classes_are_the_files_and_not_what_names_suggest(samples, meta, tmp_path):
    names = meta[0]["allClassName"].tolist()
    asked = ["book", "books", "rug", "stacked chairs", "refridgerator", "night stand"]
    write_mat(tmp_path, np.array([[names.index(name) + 1 for name in asked]]), names)
    shutil.copy(samples / META / "classMapping40.mat", tmp_path)

    found = {n: targets(tmp_path, n)["semantic"] for n in (40, 13)}
    said = {n: [m.vocabulary[i] for i in m.ids[0].tolist()] for n, m in found.items()}

    assert said[40] == [
        "otherprop", "books", "otherprop", "otherfurniture", "refridgerator", "night stand",
    ]  # fmt: skip
    assert said[13] == ["objects", "books", "objects", "furniture", "furniture", "furniture"]


# What a mapping may be.


def test_a_name_without_a_class_is_void_and_so_is_what_nobody_labeled(tmp_path):
    write_mat(tmp_path, np.array([[0, 1, 2, 3]]), ["wall", "nothing", "bed"])
    write_mapping(tmp_path, [1, 0, 4])

    for classes, expected in ((40, [None, "wall", None, "bed"]), (13, [None, "wall", None, "bed"])):
        semantic = targets(tmp_path, classes)["semantic"]
        said = [semantic.vocabulary[i] if i >= 0 else None for i in semantic.ids[0].tolist()]
        assert said == expected
        assert semantic.labeled[0].tolist() == [False, True, False, True]


def test_instances_count_in_each_name_so_two_names_of_one_class_are_two_objects(tmp_path):
    labels = np.array([[1, 1, 2, 2, 2, 3]])
    write_mat(tmp_path, labels, ["bottle", "cup", "wall"], np.array([[1, 1, 1, 2, 0, 0]]))
    write_mapping(tmp_path, [40, 40, 1])

    found = targets(tmp_path, 40)
    instances, panoptic = found["instances"], found["panoptic"]

    ids = instances.id_map()[0].tolist()
    assert ids[0] == ids[1]
    assert len({ids[0], ids[2], ids[3], ids[4]}) == 4
    assert ids[5] == 0
    assert {region.label for region in instances.regions} == {"otherprop"}
    assert sorted(region.crowd for region in instances.regions) == [False, False, False, True]
    assert [s.label for s in panoptic.segments if s.thing and not s.crowd] == ["otherprop"] * 3
    assert [s.label for s in panoptic.segments if not s.thing] == ["wall"]


def test_all_names_need_no_mapping_and_no_mapping_is_told_before_a_build(tmp_path):
    write_mat(tmp_path, np.array([[1, 2]]), ["wall", "bed"])
    named = NyuDepthV2(root=tmp_path, classes=894)
    grouped = NyuDepthV2(root=tmp_path, classes=40)

    named.require(iter(["semantic", "instances"]))
    grouped.require(["depth"])
    assert grouped.load(rows(grouped)[0]).targets["depth"].valid.all()
    for name in ("semantic", "instances", "panoptic"):
        with pytest.raises(
            SourceError, match=r"classMapping40\.mat must say .*github\.com/ankurhanda.*894"
        ):
            grouped.require([name])


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"mapClass": np.array([[1, 4, 5]], np.uint8)}, "each of the 2 names .* gives 3"),
        ({"mapClass": np.array([[1]], np.uint8)}, "each of the 2 names .* gives 1"),
        ({"mapClass": np.array([[1, 41]], np.uint8)}, "whole numbers of 0 to 40"),
        ({"mapClass": np.array([[1, 4.5]])}, "whole numbers of 0 to 40"),
        ({"mapClass": np.array([[1, np.nan]])}, "whole numbers of 0 to 40"),
        ({"mapClass": np.array([[-1, 4]], np.int8)}, "whole numbers of 0 to 40"),
        ({"labels40": np.array([[1, 4]], np.uint8)}, "must hold mapClass"),
        (None, "must hold mapClass"),
    ],
)
@pytest.mark.parametrize("classes", [40, 13])
def test_a_mapping_for_another_file_is_refused(tmp_path, variables, message, classes):
    write_mat(tmp_path, np.array([[1, 2]]), ["wall", "bed"])
    (tmp_path / MAPPING).write_bytes(b"MATLAB" if variables is None else write_mat5(variables))

    with pytest.raises(SourceError, match=message):
        NyuDepthV2(root=tmp_path, classes=classes).require(["semantic"])


def test_a_label_without_a_name_is_a_reject(tmp_path):
    write_mat(tmp_path, np.array([[1, 3]]), ["wall", "bed"])
    write_mapping(tmp_path, [1, 4])

    for classes in (894, 40, 13):
        found = targets(tmp_path, classes)
        with pytest.raises(SampleError, match=r"labels\[0\]: semantic: .*got 2.*RANGE"):
            _ = found["semantic"]


def test_the_mapping_is_a_file_of_the_dataset_where_it_is_read(tmp_path):
    write_mat(tmp_path, np.array([[1, 2]]), ["wall", "bed"])
    write_mapping(tmp_path, [1, 4])
    before = {n: NyuDepthV2(root=tmp_path, classes=n).fingerprint() for n in (894, 40)}

    write_mapping(tmp_path, [1, 4, 5, 6, 7, 8, 9, 10, 11])

    after = {n: NyuDepthV2(root=tmp_path, classes=n).fingerprint() for n in (894, 40)}
    assert after[894] == before[894]
    assert after[40] != before[40]


def test_only_894_40_or_13_may_be_asked_for():
    for value in (41, "40", None):
        _, faults = read_params(NyuDepthV2, {"classes": value}, skip=("root",))
        assert [(name, "894, 40, 13" in fault) for name, fault in faults] == [("classes", True)]
    for name, count in (("nyu-semantic", 894), ("nyu-semantic-40", 40), ("nyu-semantic-13", 13)):
        assert load_recipe(name).source.options()[0]["classes"] == count


# The miniature.


def test_the_miniature_groups_its_own_names_as_its_mapping_says(nyu):
    everything, forty, thirteen = (
        NyuDepthV2(root=nyu, split="all", classes=classes) for classes in (894, 40, 13)
    )
    stored = read_mat5((nyu / MAPPING).read_bytes())["mapClass"]
    for row in rows(everything)[:2]:
        named, of_40, of_13 = (
            source.load(row).targets["semantic"] for source in (everything, forty, thirteen)
        )
        assert stored.shape == (1, len(named.vocabulary))
        for id_ in np.unique(named.ids[named.labeled]).tolist():
            where = named.ids == id_
            (group,) = np.unique(of_40.ids[where]).tolist()
            assert of_40.vocabulary[group] == NAMES_40[GROUPED[named.vocabulary[id_]] - 1]
            assert len(np.unique(of_13.ids[where])) == 1
        assert np.array_equal(named.labeled, of_40.labeled)
        assert np.array_equal(named.labeled, of_13.labeled)


def test_grouping_names_loses_no_object_of_the_miniature(nyu):
    (row, *_) = rows(NyuDepthV2(root=nyu))
    named, grouped = (
        NyuDepthV2(root=nyu, classes=classes).load(row).targets["instances"]
        for classes in (894, 40)
    )
    told = [r for r in grouped.regions if not r.crowd]

    assert len(told) == len([r for r in named.regions if not r.crowd]) > 3
    pairs = np.unique(np.stack([named.id_map(), grouped.id_map()]).reshape(2, -1), axis=1)
    inside = pairs[:, pairs[0] > 0]
    assert len(np.unique(inside[0])) == inside.shape[1]
