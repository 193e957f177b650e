"""The NYU Depth V2 miniature: official layout, faithful frames, the same bytes every time."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from vtencode.errors import SpecError
from vtencode.mat5 import read_mat5
from vtencode.miniatures import nyu_depth_v2
from vtencode.miniatures.nyu_depth_v2 import CAMERA, write
from vtencode.miniatures.scenes import CLASSES, Scene, scene
from vtencode.sources.nyu_depth_v2 import NyuDepthV2

COUNT, TEST, SEED = 3, 1, 7
TOTAL = COUNT + TEST


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("nyu") / "miniature", count=COUNT, seed=SEED)


@pytest.fixture(scope="module")
def labeled(root: Path) -> Iterator[h5py.File]:
    with h5py.File(root / "nyu_depth_v2_labeled.mat", "r") as file:
        yield file


@cache
def frame(index: int) -> Scene:
    return scene(SEED, index, height=480, width=640, camera=CAMERA)


def texts(file: h5py.File, name: str) -> list[str]:
    return ["".join(map(chr, file[ref][:, 0])) for ref in file[name][0]]


def digests(root: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in root.iterdir()}


def splits(root: Path) -> dict[str, NDArray[Any]]:
    return read_mat5((root / "splits.mat").read_bytes())


def test_the_folder_holds_the_official_files_only(root: Path) -> None:
    assert sorted(path.name for path in root.iterdir()) == [
        "classMapping40.mat",
        "nyu_depth_v2_labeled.mat",
        "splits.mat",
    ]


def test_the_file_starts_as_matlab_7_3_writes_it(root: Path) -> None:
    head = (root / "nyu_depth_v2_labeled.mat").read_bytes()[:520]
    assert head.startswith(b"MATLAB 7.3 MAT-file, Platform: ")
    assert head[:116].rstrip().endswith(b"HDF5 schema 1.00 .")
    assert struct.unpack("<H2s", head[124:128]) == (0x0200, b"IM")
    assert head[512:] == b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "matlab_class"),
    [
        ("images", (TOTAL, 3, 640, 480), "uint8", b"uint8"),
        ("depths", (TOTAL, 640, 480), "float32", b"single"),
        ("rawDepths", (TOTAL, 640, 480), "float32", b"single"),
        ("labels", (TOTAL, 640, 480), "uint16", b"uint16"),
        ("instances", (TOTAL, 640, 480), "uint8", b"uint8"),
        ("accelData", (4, TOTAL), "float32", b"single"),
        ("names", (1, len(CLASSES) - 1), "object", b"cell"),
        ("scenes", (1, TOTAL), "object", b"cell"),
        ("sceneTypes", (1, TOTAL), "object", b"cell"),
        ("rawDepthFilenames", (1, TOTAL), "object", b"cell"),
        ("rawRgbFilenames", (1, TOTAL), "object", b"cell"),
    ],
)
def test_arrays_have_the_official_shapes_and_types(
    labeled: h5py.File, name: str, shape: tuple[int, ...], dtype: str, matlab_class: bytes
) -> None:
    found = labeled[name]
    assert found.shape == shape
    assert found.dtype == np.dtype(dtype)
    assert found.attrs["MATLAB_class"] == matlab_class


@pytest.mark.parametrize("name", ["images", "depths", "rawDepths", "labels", "instances"])
def test_one_frame_can_be_read_without_the_others(labeled: h5py.File, name: str) -> None:
    assert labeled[name].compression == "gzip"
    assert labeled[name].chunks[0] == 1


def test_cells_refer_to_utf_16_texts(labeled: h5py.File) -> None:
    item = labeled[labeled["names"][0, 0]]
    assert item.dtype == np.uint16
    assert item.shape == (len(CLASSES[1]), 1)
    assert item.attrs["MATLAB_class"] == b"char"
    assert item.attrs["MATLAB_int_decode"] == 2
    assert tuple(texts(labeled, "names")) == CLASSES[1:]
    assert len(set(texts(labeled, "rawRgbFilenames"))) == TOTAL
    for place, name in zip(
        texts(labeled, "scenes"), texts(labeled, "rawDepthFilenames"), strict=True
    ):
        assert name.startswith(f"{place}/d-")
        assert name.endswith(".pgm")


@pytest.mark.parametrize("index", range(TOTAL))
def test_a_frame_read_back_is_the_scene_it_was_written_from(labeled: h5py.File, index: int) -> None:
    expected = frame(index)
    rgb = labeled["images"][index].transpose(2, 1, 0)
    np.testing.assert_array_equal(rgb[8:-8, 8:-8], expected.rgb[8:-8, 8:-8])
    np.testing.assert_array_equal(labeled["depths"][index].T, expected.depth_z)
    np.testing.assert_array_equal(labeled["labels"][index].T, expected.semantic)


def test_targets_read_back_are_the_ground_truth_of_the_scene(root: Path) -> None:
    source = NyuDepthV2(root=root, split="all")
    for index, row in enumerate(source.index().to_pylist()):
        expected, targets = frame(index), source.load(row).targets
        semantic, instances = targets["semantic"], targets["instances"]
        np.testing.assert_array_equal(semantic.ids, expected.semantic.astype(int) - 1)
        assert semantic.vocabulary == CLASSES[1:]
        found = instances.id_map()
        for region in instances.regions:
            (owner,) = np.unique(expected.instance[found == region.id])
            kind = expected.semantic[found == region.id][0]
            assert region.label == CLASSES[kind]
            same = (expected.instance == owner) & (expected.semantic == kind)
            np.testing.assert_array_equal(found == region.id, same)
        np.testing.assert_array_equal(targets["panoptic"].semantic().labeled, semantic.labeled)
        assert targets["panoptic"].instances().id_map().max() == len(instances.regions)


def test_colors_have_a_white_border(labeled: h5py.File) -> None:
    border = np.ones((640, 480), dtype=bool)
    border[8:-8, 8:-8] = False
    assert (labeled["images"][:][:, :, border] == 255).all()


def test_raw_depth_has_holes_and_is_else_the_depth(labeled: h5py.File) -> None:
    raw, depth = labeled["rawDepths"][:], labeled["depths"][:]
    assert 0.05 < (raw == 0).mean() < 0.4
    np.testing.assert_array_equal(raw[raw > 0], depth[raw > 0])
    assert depth.min() > 0


def test_instances_count_from_one_within_each_label(labeled: h5py.File) -> None:
    for index in range(TOTAL):
        expected = frame(index)
        instances = labeled["instances"][index].T
        for kind in np.unique(expected.semantic):
            found = np.unique(instances[expected.semantic == kind])
            assert found.tolist() == list(range(1, len(found) + 1))
        pairs = (expected.semantic.astype(int) << 6) + instances
        objects = (expected.semantic.astype(int) << 16) + expected.instance
        both = np.stack([pairs, objects]).reshape(2, -1)
        assert len(np.unique(both, axis=1).T) == len(np.unique(pairs)) == len(np.unique(objects))


def test_splits_are_disjoint_and_cover_every_frame(root: Path) -> None:
    found = splits(root)
    assert list(found) == ["testNdxs", "trainNdxs"]
    assert found["trainNdxs"].shape == (COUNT, 1)
    assert found["testNdxs"].shape == (TEST, 1)
    assert {values.dtype for values in found.values()} == {np.dtype(np.uint16)}
    both = np.concatenate(list(found.values()))
    assert sorted(both[:, 0]) == list(range(1, TOTAL + 1))
    assert 1 < found["testNdxs"][0, 0] < TOTAL


def test_the_same_arguments_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    assert digests(write(tmp_path, count=COUNT, seed=SEED)) == digests(root)


def test_another_seed_gives_other_frames(tmp_path: Path) -> None:
    one, other = (write(tmp_path / str(seed), count=1, seed=seed) for seed in (0, 1))
    name = "nyu_depth_v2_labeled.mat"
    assert digests(one)[name] != digests(other)[name]


def test_one_train_frame_has_one_test_frame_beside_it(tmp_path: Path) -> None:
    found = splits(write(tmp_path, count=1))
    assert found["trainNdxs"].tolist() == [[2]]
    assert found["testNdxs"].tolist() == [[1]]


def test_no_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"count must be >= 1 .*, got 0"):
        write(tmp_path / "miniature", count=0)
    assert not (tmp_path / "miniature").exists()


def test_an_interrupted_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Scene:
        raise KeyboardInterrupt

    monkeypatch.setattr(nyu_depth_v2, "scene", fail)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, count=1)
    assert list(tmp_path.iterdir()) == []
