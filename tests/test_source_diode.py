"""DIODE: the miniature reads back as its scenes, and what others trip over is read rightly."""

from __future__ import annotations

import shutil
import tarfile

import numpy as np
import pytest
from readers import rows, same_depth, same_normals

from vtencode.errors import SampleError, SourceError
from vtencode.formats.npy import read_npy, write_npy
from vtencode.miniatures.diode import CAMERA, HEIGHT, WIDTH, write
from vtencode.miniatures.scenes import scene
from vtencode.sources.diode import Diode


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("diode"), count=1)


def truth(index: int):
    return scene(0, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index % 2 == 1)


def test_the_miniature_reads_back_as_its_scenes(root):
    source = Diode(root=root, split="all")
    found = rows(source)

    assert [row["split"] for row in found] == ["train", "val"]
    for row in found:
        expected, sample = truth(int(row["scene"][-5:])), source.load(row)
        assert np.array_equal(sample.picture.rgb, expected.rgb)
        answered = expected.depth_z < 350
        same_depth(sample.targets["depth"], np.where(answered, expected.depth_z, np.nan))
        same_normals(sample.targets["normals"], expected.normals)
        assert sample.targets["depth"].camera == CAMERA
        assert CAMERA.fx != CAMERA.fy


def test_a_domain_can_be_kept(root):
    everything = rows(Diode(root=root, split="all"))
    kept = [rows(Diode(root=root, split="all", domain=name)) for name in ("indoors", "outdoor")]

    assert [len(each) for each in kept] == [1, 1]
    kept_keys = {row["key"] for each in kept for row in each}
    assert kept_keys == {row["key"] for row in everything}


def test_normals_that_face_away_are_turned(root):
    (row,) = rows(Diode(root=root, split="train"))
    stored = read_npy((root / row["normals"]).read_bytes())
    z = Diode(root=root).load(row).targets["normals"].xyz[..., 2]

    patch = (slice(100, 140), slice(200, 260))
    assert np.allclose(np.abs(stored[patch][..., 2]), np.abs(z[patch]))
    assert (stored[patch][..., 2] < 0).mean() > 0.5
    assert (z[patch] >= -0.5).all()


def test_what_the_mask_leaves_out_is_unknown_whatever_number_is_there(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "diode")
    (row,) = rows(Diode(root=place, split="train"))
    mask = read_npy((place / row["mask"]).read_bytes()).copy()
    known = mask == 1
    mask[-7:] = 0
    (place / row["mask"]).write_bytes(write_npy(mask))

    depth = Diode(root=place).load(row).targets["depth"]

    assert not depth.valid[-7:].any()
    assert np.array_equal(depth.valid[:-7], known[:-7])
    assert known[-7:].all()


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("depth", lambda a: a[..., 0], "SHAPE"),
        ("depth", lambda a: (a * 1000).astype(np.uint16), "MODE"),
        ("depth", lambda a: -a, "RANGE"),
        ("mask", lambda a: a[:-1], "SHAPE"),
    ],
)
def test_arrays_that_are_not_the_published_ones_are_rejects(root, tmp_path, kind, change, code):
    place = shutil.copytree(root, tmp_path / "diode")
    (row,) = rows(Diode(root=place, split="train"))
    path = place / row[kind]
    path.write_bytes(write_npy(change(read_npy(path.read_bytes()))))

    with pytest.raises(SampleError) as error:
        _ = Diode(root=place).load(row).targets["depth"]
    assert error.value.args[0] == code


def test_a_frame_without_its_mask_is_a_reject_that_names_what_is_missing(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "diode")
    for path in place.rglob("*_depth_mask.npy"):
        path.unlink()
    (row,) = rows(Diode(root=place, split="train"))

    with pytest.raises(SampleError, match="MISSING"):
        _ = Diode(root=place).load(row).targets["depth"]


def test_without_normals_only_depth_can_be_asked_for(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "diode")
    for path in place.rglob("*_normal.npy"):
        path.unlink()

    assert set(Diode(root=place).available()) == {"depth"}
    with pytest.raises(SourceError, match="must have the target 'normals'"):
        Diode(root=place).require(["normals"])


def test_an_archive_reads_as_the_folder_it_extracts_to(root, tmp_path):
    with tarfile.open(tmp_path / "train.tar", "w") as archive:
        archive.add(root / "train", "train")
    loose, packed = Diode(root=root), Diode(root=tmp_path)

    assert packed.index() == loose.index()
    (row,) = rows(packed)
    assert packed.load(row).picture.data == loose.load(row).picture.data
    assert dict(packed.files()).items() <= dict(loose.files()).items()


def test_a_packed_archive_must_be_extracted_first(tmp_path):
    (tmp_path / "val.tar.gz").write_bytes(b"\x1f\x8b")

    with pytest.raises(SourceError, match=r"must hold DIODE.*Extract val\.tar\.gz first"):
        Diode(root=tmp_path).index()
