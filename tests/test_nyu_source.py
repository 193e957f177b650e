"""NYU Depth V2 as people have it: what is read, what is refused, and that nothing is written."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image
from trees import (
    LABELED,
    encoded,
    flip,
    frame,
    listing,
    truncate,
    write_bts,
    write_h5,
    write_labeled,
)

import vtencode as vt
from vtencode.errors import SampleError, SourceError
from vtencode.mat5 import read_mat5, write_mat5
from vtencode.sources.base import Sample
from vtencode.sources.nyu_depth_v2 import NyuDepthV2, labeled
from vtencode.sources.nyu_depth_v2.labeled import PUBLISHED, Labeled
from vtencode.sources.nyu_depth_v2.source import CAMERA


def rows(source: NyuDepthV2) -> list[dict[str, Any]]:
    return source.index().to_pylist()


def only(source: NyuDepthV2) -> Sample:
    (row,) = rows(source)
    return source.load(row)


def meters(sample: Sample) -> np.ndarray:
    """Depth with 0 where it is unknown, as the files have it."""
    return np.nan_to_num(sample.targets["depth"].meters, nan=0.0)


def write_regions(path: Path, labels: np.ndarray, instances: np.ndarray, names: list[str]) -> None:
    """Add classes (N, H, W), instances and names to a labeled .mat."""
    with h5py.File(path, "r+") as file:
        file["labels"] = labels.transpose(0, 2, 1)
        file["instances"] = instances.transpose(0, 2, 1)
        cell = np.empty((1, len(names)), dtype=h5py.ref_dtype)
        for at, name in enumerate(names):
            text = file.create_dataset(f"#refs#/n{at}", data=[[ord(char)] for char in name])
            cell[0, at] = text.ref
        file.create_dataset("names", data=cell, dtype=h5py.ref_dtype)


def tiny(count: int, side: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Colors and depths of many tiny frames."""
    colors = np.zeros((count, side, side, 3), np.uint8)
    return colors, np.full((count, side, side), 2, np.float32)


def write_splits(root: Path, train: list[int], test: list[int]) -> None:
    lists = {"trainNdxs": train, "testNdxs": test}
    columns = {name: np.array(of, np.uint16).reshape(-1, 1) for name, of in lists.items()}
    (root / "splits.mat").write_bytes(write_mat5(columns))


# The labeled set.


@pytest.mark.parametrize(("option", "member"), [("filled", "depths"), ("raw", "rawDepths")])
def test_frames_of_the_labeled_set_are_those_h5py_reads(nyu, option, member):
    source = NyuDepthV2(root=nyu, split="all", depth=option)
    with h5py.File(nyu / LABELED) as file:
        colors, depths = file["images"][()], file[member][()]

    found = rows(source)

    assert len(found) == len(colors) == 5
    for number, row in enumerate(found):
        sample = source.load(row)
        assert np.array_equal(sample.picture.rgb, colors[number].transpose(2, 1, 0))
        assert np.array_equal(meters(sample), depths[number].T)
        assert sample.provenance["member"] == f"{member}[{number}]"
        assert sample.provenance["file"] == LABELED


def test_only_the_raw_depths_have_holes(nyu):
    filled, raw = (
        NyuDepthV2(root=nyu, depth=option).load(rows(NyuDepthV2(root=nyu))[0])
        for option in ("filled", "raw")
    )

    assert filled.targets["depth"].valid.all()
    assert 0.5 < raw.targets["depth"].valid.mean() < 0.99


def test_splits_are_the_published_numbers_counted_from_1(nyu):
    lists = read_mat5((nyu / "splits.mat").read_bytes())
    everything = rows(NyuDepthV2(root=nyu, split="all"))

    for split in ("train", "test"):
        numbers = lists[f"{split}Ndxs"].reshape(-1).tolist()
        found = rows(NyuDepthV2(root=nyu, split=split))
        assert [row["key"] for row in found] == [f"nyu-{number:04d}" for number in numbers]
        assert [row["frame"] for row in found] == [number - 1 for number in numbers]
        assert {row["split"] for row in found} == {split}
    assert [row["key"] for row in everything] == [f"nyu-{n:04d}" for n in range(1, 6)]


def test_the_mat_may_be_given_itself_or_by_its_folder(nyu):
    by_file, by_folder = NyuDepthV2(root=nyu / LABELED), NyuDepthV2(root=nyu)

    assert by_file.index() == by_folder.index()
    assert by_file.fingerprint() == by_folder.fingerprint()
    assert [name for name, _ in by_file.files()] == [LABELED, "splits.mat"]


def test_a_scene_can_be_kept_and_one_that_is_not_there_is_named(nyu):
    assert len(rows(NyuDepthV2(root=nyu, split="all", scenes=("living_room_0002",)))) == 1
    with pytest.raises(SourceError, match="no scene 'attic' in the split 'train'"):
        NyuDepthV2(root=nyu, scenes=("attic",)).index()


def test_the_published_file_without_its_split_is_refused_with_the_remedy(tmp_path):
    colors, depths = tiny(PUBLISHED)
    write_labeled(tmp_path, colors, depths=depths)

    with pytest.raises(SourceError, match=r"splits\.mat .*download nyu-depth.*--split all"):
        NyuDepthV2(root=tmp_path).index()
    everything = rows(NyuDepthV2(root=tmp_path, split="all"))
    assert everything[41]["image_id"] == "nyu-depth-v2/0042"
    assert len(everything) == PUBLISHED


def test_a_cut_of_ones_own_is_all_train_and_has_no_test(tmp_path):
    colors, depths = tiny(3)
    write_labeled(tmp_path, colors, depths=depths)

    assert [row["split"] for row in rows(NyuDepthV2(root=tmp_path))] == ["train"] * 3
    with pytest.raises(SourceError, match=r"split 'test', and holds train"):
        NyuDepthV2(root=tmp_path, split="test").index()


def test_a_split_that_counts_from_0_is_refused(tmp_path):
    colors, depths = tiny(3)
    write_labeled(tmp_path, colors, depths=depths)
    write_splits(tmp_path, [0, 1], [2])

    with pytest.raises(SourceError, match=r"divide the 3 frames .* names frame 0"):
        NyuDepthV2(root=tmp_path).index()


def test_a_frame_in_neither_list_is_in_no_split_but_all(tmp_path):
    colors, depths = tiny(3)
    write_labeled(tmp_path, colors, depths=depths)
    write_splits(tmp_path, [1], [3])

    assert len(rows(NyuDepthV2(root=tmp_path))) == 1
    assert [row["split"] for row in rows(NyuDepthV2(root=tmp_path, split="all"))] == [
        "train",
        "neither",
        "test",
    ]


def test_a_split_file_cut_short_is_refused(nyu, tmp_path):
    shutil.copytree(nyu, tmp_path, dirs_exist_ok=True)
    truncate(tmp_path / "splits.mat")

    with pytest.raises(SourceError, match=r"splits\.mat must hold trainNdxs and testNdxs"):
        NyuDepthV2(root=tmp_path).index()


@pytest.mark.parametrize("kept", [0, 100, 600, 2000, -1])
def test_a_mat_cut_short_is_refused(nyu, tmp_path, kept):
    data = (nyu / LABELED).read_bytes()
    (tmp_path / LABELED).write_bytes(data[:kept])

    with pytest.raises(SourceError, match=r"must be a whole MATLAB 7\.3 .* cut short"):
        NyuDepthV2(root=tmp_path).index()


def test_a_damaged_frame_is_a_reject_and_its_neighbors_are_read(nyu, tmp_path):
    shutil.copytree(nyu, tmp_path, dirs_exist_ok=True)
    with h5py.File(nyu / LABELED) as file:
        chunk = file["images"].id.get_chunk_info(1)
    flip(tmp_path / LABELED, (chunk.byte_offset + 512 + 99) / (tmp_path / LABELED).stat().st_size)
    source = NyuDepthV2(root=tmp_path, split="all")
    found = rows(source)

    with pytest.raises(SampleError) as caught:
        source.load(found[1])
    assert caught.value.args[:3] == ("DECODE", "image", f"{LABELED} frame 2")
    source.load(found[0])
    source.load(found[2])


@pytest.mark.parametrize("how", ["external", "virtual", "link", "absent", "shape", "group"])
def test_arrays_that_are_not_in_the_file_itself_are_refused(tmp_path, how):
    colors, depths = tiny(2)
    path = write_labeled(tmp_path, colors, depths=depths)
    elsewhere = tmp_path / "elsewhere.h5"
    with h5py.File(elsewhere, "w") as file:
        file["images"] = np.zeros((2, 3, 4, 4), np.uint8)
    with h5py.File(path, "r+") as file:
        del file["images"]
        if how == "external":
            outside = [(str(tmp_path / "raw"), 0, h5py.h5f.UNLIMITED)]
            file.create_dataset("images", (2, 3, 4, 4), np.uint8, external=outside)
        elif how == "virtual":
            layout = h5py.VirtualLayout((2, 3, 4, 4), np.uint8)
            layout[...] = h5py.VirtualSource(str(elsewhere), "images", (2, 3, 4, 4))
            file.create_virtual_dataset("images", layout)
        elif how == "link":
            file["images"] = h5py.ExternalLink(str(elsewhere), "/images")
        elif how == "shape":
            file["images"] = np.zeros((2, 4, 4, 3), np.uint8)
        elif how == "group":
            file.create_group("images")

    with pytest.raises(SourceError, match="images"):
        NyuDepthV2(root=tmp_path).index()


def test_fewer_depths_than_images_are_refused(tmp_path):
    colors, depths = tiny(3)
    write_labeled(tmp_path, colors, depths=depths[:2])

    with pytest.raises(SourceError, match="as many depths as images, got 2 and 3"):
        NyuDepthV2(root=tmp_path).index()


def test_real_frames_of_the_labeled_set_read_as_they_are(samples, tmp_path):
    folder = samples / "nyu" / "multi-task-refinenet"
    frames = [folder / "ExpNYUD_joint" / "000464.png", folder / "ExpNYUD_three" / "000433.png"]
    colors = [np.asarray(Image.open(path)) for path in frames]
    raw = [np.asarray(Image.open(p.with_name(f"depth_gt_{p.name}"))) / 5000 for p in frames]
    filled = [np.where(depth > 0, depth, 3) for depth in raw]
    write_labeled(tmp_path, colors, depths=filled, rawDepths=raw)

    for option, depths in (("raw", raw), ("filled", filled)):
        source = NyuDepthV2(root=tmp_path, depth=option)
        for row, color, depth in zip(rows(source), colors, depths, strict=True):
            sample = source.load(row)
            assert np.array_equal(sample.picture.rgb, color)
            assert np.array_equal(meters(sample), depth.astype(np.float32))
            assert sample.targets["depth"].camera == CAMERA


# Classes and instances of the labeled set.


def two_chairs(tmp_path: Path, *, labels: int = 2, names: tuple[str, ...] = ("wall", "chair")):
    """One 4x4 frame: an unlabeled row, a wall, and two chairs."""
    colors, depths = tiny(1)
    path = write_labeled(tmp_path, colors, depths=depths)
    plane = np.zeros((1, 4, 4), np.uint16)
    plane[0, 1], plane[0, 2:] = 1, labels
    numbers = np.zeros((1, 4, 4), np.uint8)
    numbers[0, 2:, :2], numbers[0, 2:, 2:] = 1, 2
    write_regions(path, plane, numbers, list(names))
    return NyuDepthV2(root=tmp_path)


def test_each_pair_of_class_and_number_is_an_instance_and_0_is_void(tmp_path):
    targets = only(two_chairs(tmp_path)).targets
    semantic, instances, panoptic = (
        targets[name] for name in ("semantic", "instances", "panoptic")
    )

    assert semantic.vocabulary == panoptic.vocabulary == ("wall", "chair")
    assert instances.vocabulary == ("chair",)  # walls are there, and nobody counted them
    assert semantic.ids.tolist() == [[-1] * 4, [0] * 4, [1] * 4, [1] * 4]
    assert semantic.void == -1
    assert instances.id_map().tolist() == [[0] * 4, [0] * 4, [1, 1, 2, 2], [1, 1, 2, 2]]
    assert [region.label for region in instances.regions] == ["chair", "chair"]
    assert [(s.label, s.thing) for s in panoptic.segments] == [
        ("wall", False),
        ("chair", True),
        ("chair", True),
    ]
    assert ((panoptic.ids == 0) == ~semantic.labeled).all()


def test_instances_of_two_classes_that_have_one_number_are_two(tmp_path):
    colors, depths = tiny(1)
    path = write_labeled(tmp_path, colors, depths=depths)
    labels = np.full((1, 4, 4), 1, np.uint16)
    labels[0, :, 2:] = 2
    write_regions(path, labels, np.full((1, 4, 4), 7, np.uint8), ["lamp", "box"])

    instances = only(NyuDepthV2(root=tmp_path)).targets["instances"]
    assert [(region.label, region.area) for region in instances.regions] == [
        ("lamp", 8),
        ("box", 8),
    ]


def test_a_class_without_a_name_is_a_reject_of_that_target_alone(tmp_path):
    sample = only(two_chairs(tmp_path, labels=3))

    for name in ("semantic", "instances", "panoptic"):
        with pytest.raises(SampleError, match=r"labels\[0\]: semantic: .*got 2.*\[RANGE\]"):
            sample.targets[name]
    assert sample.targets["depth"].valid.all()


@pytest.mark.parametrize("names", [("wall", "wall"), ("wall", "")])
def test_names_that_do_not_tell_classes_apart_are_refused(tmp_path, names):
    source = two_chairs(tmp_path)
    with h5py.File(tmp_path / LABELED, "r+") as file:
        texts = [file.create_dataset(f"m{at}", data=[*map(ord, n)]) for at, n in enumerate(names)]
        file["names"][0] = [text.ref for text in texts]

    with pytest.raises(SourceError, match="names must be distinct texts"):
        only(source).targets["semantic"]


@pytest.mark.parametrize("how", ["fewer", "text"])
def test_classes_that_break_the_form_are_refused(tmp_path, how):
    source = two_chairs(tmp_path)
    with h5py.File(tmp_path / LABELED, "r+") as file:
        if how == "fewer":
            del file["labels"]
            file["labels"] = np.zeros((0, 4, 4), np.uint16)
        else:
            del file["names"]
            file["names"] = np.zeros((1, 2))

    with pytest.raises(SourceError, match=r"as many labels as images|names must be a cell"):
        only(source).targets["semantic"]


def test_only_what_is_asked_for_is_read(nyu, monkeypatch):
    read: list[str] = []
    plane = Labeled._plane

    def spy(self, frames, field, row):
        read.append(field)
        return plane(self, frames, field, row)

    monkeypatch.setattr(Labeled, "_plane", spy)
    source = NyuDepthV2(root=nyu)
    targets = source.load(rows(source)[0]).targets
    assert read == []
    assert targets["depth"] is targets["depth"]
    assert read == ["depth"]
    for name in ("semantic", "instances", "panoptic"):
        assert targets[name].shape == (480, 640)
    assert read == ["depth", "labels", "instances"]


def test_the_mat_has_every_target_and_one_without_labels_has_depth_alone(nyu, tmp_path):
    colors, depths = tiny(1)
    write_labeled(tmp_path, colors, depths=depths)

    everything = {"depth", "semantic", "instances", "panoptic"}
    assert NyuDepthV2(root=nyu).available().keys() == everything
    assert NyuDepthV2(root=tmp_path).available().keys() == {"depth"}
    NyuDepthV2(root=nyu).require(everything)


@pytest.mark.parametrize("form", ["bts", "h5"])
def test_a_tree_asked_for_classes_says_that_it_has_none(tmp_path, form):
    if form == "bts":
        write_bts(tmp_path, count=1)
    else:
        write_h5(tmp_path, H5)
    source = NyuDepthV2(root=tmp_path)

    source.require(["depth"])
    assert [*source.load(rows(source)[0]).targets] == ["depth"]
    with pytest.raises(
        SourceError, match=r"has no 'semantic': it has depth\. nyu_depth_v2_labeled"
    ):
        source.require(["depth", "semantic"])


# Which image it is.


def test_only_the_whole_labeled_set_is_known_by_its_published_numbers(nyu, monkeypatch):
    source = NyuDepthV2(root=nyu, split="all")
    assert {source.load(row).provenance["image_id"] for row in rows(source)} == {""}

    monkeypatch.setattr(labeled, "PUBLISHED", 5)
    source = NyuDepthV2(root=nyu, split="all")
    ids = [source.load(row).provenance["image_id"] for row in rows(source)]
    assert ids == [f"nyu-depth-v2/{number:04d}" for number in range(1, 6)]


@pytest.mark.parametrize("below", ["", "official_splits", "official_splits/test/bathroom"])
def test_bts_counts_the_official_frames_from_0(tmp_path, below):
    write_bts(tmp_path, count=3, folder="official_splits/test/bathroom")
    source = NyuDepthV2(root=tmp_path / below, split="test")

    assert [row["image_id"] for row in rows(source)] == [
        f"nyu-depth-v2/{number:04d}" for number in (1, 2, 3)
    ]


def test_the_number_less_1_of_a_bts_test_file_is_that_of_a_train_frame(samples):
    data = (samples / "nyu" / "nyuv2-meta-data" / "splits.mat").read_bytes()
    test = read_mat5(data)["testNdxs"].reshape(-1).astype(int).tolist()
    train = read_mat5(data)["trainNdxs"].reshape(-1).astype(int).tolist()

    assert 46 in test  # official_splits/test/bathroom/rgb_00045.jpg
    assert 45 in train
    assert {1, 9, 21} <= {*test}  # val/official/00001.h5, 00009.h5, 00021.h5
    assert {0, 8, 10, 20, 22}.isdisjoint(test)


def test_raw_frames_are_known_by_scene_and_file_and_their_bytes_by_hash(tmp_path):
    write_bts(tmp_path, count=1)
    found = only(NyuDepthV2(root=tmp_path)).provenance

    assert found["image_id"] == "nyu-depth-v2/room_0001/rgb_00000"
    data = (tmp_path / "sync/room_0001/rgb_00000.jpg").read_bytes()
    assert found["sha256"] == hashlib.sha256(data).hexdigest()


def test_an_h5_frame_is_known_by_its_published_number_in_the_test_split(tmp_path):
    write_h5(tmp_path, H5)
    ids = [row["image_id"] for row in rows(NyuDepthV2(root=tmp_path, split="all"))]

    assert ids == [
        "nyu-depth-v2/kitchen_0001/00001",
        "nyu-depth-v2/kitchen_0001/00101",
        "nyu-depth-v2/0001",
    ]


# The BTS tree.


def test_the_real_bts_frame_is_read_from_wherever_its_tree_is_entered(samples):
    whole = samples / "nyu" / "bts"
    place = whole / "sync" / "demo_0001"
    depth = np.asarray(Image.open(place / "sync_depth_00000.png"))

    for root in (whole, whole / "sync", place):
        (row,) = rows(NyuDepthV2(root=root))
        sample = NyuDepthV2(root=root).load(row)
        assert (row["key"], row["split"]) == ("nyu-demo_0001-00000", "train")
        assert (row["scene"], row["image"]) == ("demo_0001", "jpg")
        assert np.array_equal(meters(sample), (depth / 1000).astype(np.float32))
        assert sample.picture.data == (place / "rgb_00000.jpg").read_bytes()


@pytest.mark.parametrize("below", ["", "official_splits", "official_splits/test"])
def test_official_test_frames_are_the_test_split_wherever_the_tree_is_entered(tmp_path, below):
    write_bts(tmp_path, count=2, folder="official_splits/test/bathroom")
    root = tmp_path / below

    assert {row["split"] for row in rows(NyuDepthV2(root=root, split="test"))} == {"test"}
    with pytest.raises(SourceError, match="split 'train', and holds test"):
        NyuDepthV2(root=root).index()


def test_one_scene_of_the_test_set_is_still_the_test_set(tmp_path):
    write_bts(tmp_path, count=2, folder="official_splits/test/bathroom")
    source = NyuDepthV2(root=tmp_path / "official_splits" / "test" / "bathroom", split="test")

    assert [row["scene"] for row in rows(source)] == ["bathroom"] * 2


def test_a_train_set_in_a_folder_that_is_called_test_is_a_train_set(tmp_path):
    write_bts(tmp_path / "test", count=2)

    assert {row["split"] for row in rows(NyuDepthV2(root=tmp_path / "test"))} == {"train"}


def test_two_train_sets_do_not_stand_in_the_way_of_the_test_set(tmp_path):
    for folder in ("sync/room", "official_splits/train/room", "official_splits/test/kitchen"):
        write_bts(tmp_path, count=1, folder=folder)

    assert [row["scene"] for row in rows(NyuDepthV2(root=tmp_path, split="test"))] == ["kitchen"]
    for split in ("train", "all"):
        with pytest.raises(SourceError, match="two train sets"):
            rows(NyuDepthV2(root=tmp_path, split=split))


def test_two_train_sets_are_ambiguous_and_either_may_be_entered(tmp_path):
    write_bts(tmp_path, count=1)
    write_bts(tmp_path, count=2, folder="official_splits/train/room")

    with pytest.raises(SourceError, match=r"two train sets.*sync/.*official_splits/train/"):
        NyuDepthV2(root=tmp_path).index()
    assert len(rows(NyuDepthV2(root=tmp_path / "sync"))) == 1
    assert len(rows(NyuDepthV2(root=tmp_path / "official_splits"))) == 2


def test_two_forms_in_one_folder_are_ambiguous(nyu, tmp_path):
    shutil.copytree(nyu, tmp_path, dirs_exist_ok=True)
    write_bts(tmp_path, count=1)

    with pytest.raises(SourceError, match=r"holds the dataset twice: .*labeled.* and the BTS"):
        NyuDepthV2(root=tmp_path).index()


def test_a_frame_whose_depth_is_missing_is_a_reject(tmp_path):
    write_bts(tmp_path, count=1)
    (tmp_path / "sync/room_0001/sync_depth_00000.png").unlink()

    with pytest.raises(SampleError) as caught:
        meters(only(NyuDepthV2(root=tmp_path)))
    assert caught.value.args[:3] == ("MISSING", "depth", "sync/room_0001/sync_depth_00000.png")


def test_depth_as_large_as_its_image_or_a_reject(tmp_path):
    write_bts(tmp_path, count=1)
    other = encoded(np.full((24, 64), 2000, np.uint16), "png")
    (tmp_path / "sync/room_0001/sync_depth_00000.png").write_bytes(other)

    with pytest.raises(SampleError, match=r"\(48, 64\), got \(24, 64\) \[SHAPE\]"):
        meters(only(NyuDepthV2(root=tmp_path)))


def test_8_bit_depth_is_refused_before_a_build_and_a_reject_when_it_comes_later(tmp_path):
    write_bts(tmp_path, count=2)
    place = tmp_path / "sync" / "room_0001"
    eight = encoded(np.full((48, 64), 60, np.uint8), "png")

    (place / "sync_depth_00001.png").write_bytes(eight)
    source = NyuDepthV2(root=tmp_path)
    with pytest.raises(SampleError, match=r"16-bit gray PNG .*got 8-bit gray 64x48 \[MODE\]"):
        meters(source.load(rows(source)[1]))
    (place / "sync_depth_00000.png").write_bytes(eight)
    with pytest.raises(SourceError, match=r"16-bit .* got 8-bit gray.*DenseDepth.*labeled \.mat"):
        NyuDepthV2(root=tmp_path).index()


@pytest.mark.parametrize("place", ["nyu2_train/room_0001_out", "data/nyu2_train"])
def test_densedepth_is_refused_by_name(tmp_path, place):
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "1.jpg").write_bytes(b"")

    with pytest.raises(SourceError, match=r"DenseDepth.*8-bit.*Use the BTS tree"):
        NyuDepthV2(root=tmp_path).index()


def test_depth_cut_short_is_a_reject(tmp_path):
    write_bts(tmp_path, count=1)
    truncate(tmp_path / "sync/room_0001/sync_depth_00000.png")

    with pytest.raises(SampleError, match=r"must be whole.*\[DECODE\]"):
        meters(only(NyuDepthV2(root=tmp_path)))


# The .h5 tree.

H5 = {
    "train/kitchen_0001/00001.h5": 0,
    "train/kitchen_0001/00101.h5": 1,
    "val/official/00001.h5": 2,
}


def test_the_h5_tree_is_read_with_val_as_the_test_split(tmp_path):
    write_h5(tmp_path, H5)
    train, test = (NyuDepthV2(root=tmp_path, split=split) for split in ("train", "test"))

    assert [row["key"] for row in rows(train)] == [
        "nyu-kitchen_0001-00001",
        "nyu-kitchen_0001-00101",
    ]
    sample, (color, depth) = only(test), frame(2)
    assert np.array_equal(sample.picture.rgb, color)
    assert np.array_equal(meters(sample), (depth / 1000).astype(np.float32))


@pytest.mark.parametrize("below", ["", "val", "val/official"])
def test_val_is_the_test_split_wherever_the_tree_is_entered(tmp_path, below):
    write_h5(tmp_path, {"val/official/00001.h5": 0})

    assert only(NyuDepthV2(root=tmp_path / below, split="test")).key == "nyu-official-00001"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rgb": None}, "SHAPE"),
        ({"depth": np.zeros((48, 63), np.float32)}, "SHAPE"),
        ({"depth": np.zeros((48, 64), np.uint16)}, "MODE"),
        ({"rgb": np.zeros((3, 48, 64), np.float32)}, "MODE"),
        ({"rgb": np.full((3, 48, 64), 256, np.uint16)}, "MODE"),
        ({"depth": np.full((48, 64), -1, np.float32)}, "RANGE"),
    ],
    ids=str,
)
def test_an_h5_frame_that_breaks_the_form_is_a_reject(tmp_path, change, code):
    write_h5(tmp_path, {"train/kitchen/00001.h5": 0})
    with h5py.File(tmp_path / "train/kitchen/00001.h5", "r+") as file:
        for name, values in change.items():
            del file[name]
            if values is not None:
                file[name] = values

    with pytest.raises(SampleError) as caught:
        meters(only(NyuDepthV2(root=tmp_path)))
    assert caught.value.args[0] == code


def test_an_h5_frame_kept_in_another_file_is_a_reject(tmp_path):
    write_h5(tmp_path, {"train/kitchen/00001.h5": 0})
    shutil.move(tmp_path / "train/kitchen/00001.h5", tmp_path / "elsewhere")
    with h5py.File(tmp_path / "train/kitchen/00001.h5", "w") as file:
        for name in ("rgb", "depth"):
            file[name] = h5py.ExternalLink(str(tmp_path / "elsewhere"), name)

    with pytest.raises(SampleError, match="SHAPE"):
        only(NyuDepthV2(root=tmp_path))


def test_an_h5_frame_cut_short_is_a_reject(tmp_path):
    write_h5(tmp_path, {"train/kitchen/00001.h5": 0})
    truncate(tmp_path / "train/kitchen/00001.h5")

    with pytest.raises(SampleError, match="DECODE"):
        only(NyuDepthV2(root=tmp_path))


def test_a_disk_that_fails_is_no_reject(tmp_path, monkeypatch):
    write_h5(tmp_path, {"train/kitchen/00001.h5": 0})
    source = NyuDepthV2(root=tmp_path)
    (row,) = rows(source)

    def fail(*_args, **_options):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(h5py, "File", fail)
    with pytest.raises(OSError, match="Input/output error"):
        source.load(row)


# All forms.


@pytest.mark.parametrize("content", [None, "", "notes.txt"])
def test_what_is_no_dataset_is_refused(tmp_path, content):
    root = tmp_path / "root"
    if content is not None:
        root.mkdir()
    if content:
        (root / content).write_text("nothing of use")

    with pytest.raises(SourceError, match=str(root)):
        NyuDepthV2(root=root).index()
    with pytest.raises(SourceError, match=r"must be .*mat or a folder, got a file"):
        NyuDepthV2(root=Path(__file__)).index()


OPTIONS = ("root", "split", "depth", "classes", "scenes")


def test_a_pickled_source_takes_no_open_file_along(nyu):
    source = NyuDepthV2(root=nyu)
    row = rows(source)[0]
    before = source.load(row)

    data = pickle.dumps(source)
    copy = pickle.loads(data)

    assert len(data) < 1000
    assert vars(copy) == {name: vars(source)[name] for name in OPTIONS}
    assert copy.load(row).picture.data == before.picture.data


def test_moving_and_touching_keep_the_fingerprint_and_a_changed_size_does_not(tmp_path):
    write_bts(tmp_path / "a", count=3)
    before = NyuDepthV2(root=tmp_path / "a").fingerprint()
    shutil.move(tmp_path / "a", tmp_path / "b")
    depth = tmp_path / "b/sync/room_0001/sync_depth_00002.png"

    os.utime(depth, (1, 1))
    assert NyuDepthV2(root=tmp_path / "b").fingerprint() == before
    depth.write_bytes(depth.read_bytes() + b"\0")
    assert NyuDepthV2(root=tmp_path / "b").fingerprint() != before


@pytest.mark.parametrize("form", ["labeled", "bts", "h5"])
def test_nothing_is_written_below_the_root(nyu, tmp_path, form):
    root = tmp_path / "root"
    if form == "labeled":
        shutil.copytree(nyu, root)
    elif form == "bts":
        write_bts(root, count=3)
    else:
        write_h5(root, H5)
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = listing(root)

    try:
        vt.build("nyu-depth", source=root, out=tmp_path / "o", workers=1)
        assert vt.verify(tmp_path / "o", workers=1).ok
        assert listing(root) == before
    finally:
        for path in (root, *root.rglob("*")):
            path.chmod(0o755)
