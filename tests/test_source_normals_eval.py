"""DSINE's evaluation pack: each part in its own format and axes, as its scenes; and Marigold's."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import zipfile
from functools import cache

import numpy as np
import pytest
from PIL import Image
from readers import rows, same_normals

import vtencode as vt
from vtencode.codecs.normals import NormalCodec
from vtencode.errors import MissingExtraError, SampleError, SourceError
from vtencode.formats.npy import read_npy, write_npy
from vtencode.formats.pickles import read_pickle, write_pickle
from vtencode.formats.rgb16 import read_rgb16
from vtencode.frame_check import check_frame
from vtencode.geometry import angles_deg
from vtencode.miniatures import normals_eval
from vtencode.miniatures.normals_eval import HOLE, seen, shots, write
from vtencode.miniatures.scenes import scene
from vtencode.png import read_png, write_png_gray
from vtencode.recipe import load_recipe
from vtencode.sources.normals_eval import NormalsEval
from vtencode.sphere import CELL_DEG
from vtencode.targets import Camera, DepthMap

#: Degrees by which a direction is off at most once its coordinates are rounded to 16 bits.
CELL16_DEG = float(np.degrees(np.arcsin(np.sqrt(3) / 65535))) + 1e-3
WITHIN_DEG = {"png": CELL_DEG + 1e-3, "exr": 1e-3, "pkl": 1e-3, "npy": 1e-3}


@pytest.fixture(scope="module", autouse=True)
def rendered_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normals_eval, "scene", cache(scene))
        yield


@pytest.fixture(scope="module")
def scenes():
    return {(kind.part, number): (kind, found) for kind, number, found in shots(1, 0)}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("eval"), count=1)


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    return write(tmp_path_factory.mktemp("marigold"), count=1, form="marigold")


def one(root, part: str, split: str = "test") -> tuple[NormalsEval, dict]:
    source = NormalsEval(root=root, split=split, part=part)
    (row,) = rows(source)
    return source, row


def changed(root, tmp_path, part: str, change) -> tuple[NormalsEval, dict]:
    """The pack with the normals of one part changed, and that frame."""
    _, row = one(root, part)
    place = tmp_path / "pack"
    for name in (row["file"], row["normals"]):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, place / name)
    path = place / row["normals"]
    path.write_bytes(change(path.read_bytes()))
    return one(place, part)


def test_every_part_of_the_miniature_reads_back_as_its_scene(root, scenes):
    found = rows(NormalsEval(root=root, split="all"))

    assert len(found) == len(scenes) == 7
    for row in found:
        number = int("".join(filter(str.isdigit, row["file"].rpartition("/")[2])))
        part = row["file"].split("/")[1]
        kind, expected = scenes[part, number]
        sample = NormalsEval(root=root).load(row)
        within = CELL16_DEG if part == "vkitti" else WITHIN_DEG[row["normals"][-3:]]
        same_normals(sample.targets["normals"], seen(expected, kind).xyz, within_deg=within)
        if part != "vkitti":
            assert np.array_equal(sample.picture.rgb, expected.rgb)


def test_each_part_is_in_the_format_of_its_own(root):
    endings = {
        part: one(root, part)[1]["normals"][-3:]
        for part in ("nyuv2", "scannet", "ibims", "sintel", "vkitti", "oasis")
    }
    images = {row["image"] for row in rows(NormalsEval(root=root, split="all"))}

    assert endings == {
        "nyuv2": "png", "scannet": "png", "ibims": "exr", "sintel": "exr", "vkitti": "png",
        "oasis": "pkl",
    }  # fmt: skip
    assert images == {"png", "jpg"}
    assert one(root, "vkitti")[1]["image"] == "jpg"
    assert load_recipe("normals-eval").output.input == "png"


def test_nyuv2_train_is_the_training_split_and_all_else_is_to_test(root):
    train, test = (rows(NormalsEval(root=root, split=split)) for split in ("train", "test"))

    assert [row["key"] for row in train] == ["eval-nyuv2-train-000000"]
    assert len(test) == 6
    assert rows(NormalsEval(root=root, split="train", part="nyuv2")) == train
    with pytest.raises(SourceError, match="split 'train', and holds test"):
        rows(NormalsEval(root=root, split="train", part="ibims"))


def test_image_ids_are_those_of_the_datasets_counted_as_they_count(root):
    ids = {row["key"]: row["image_id"] for row in rows(NormalsEval(root=root, split="all"))}

    assert ids["eval-nyuv2-train-000000"] == "nyu-depth-v2/0001"
    assert ids["eval-nyuv2-test-000001"] == "nyu-depth-v2/0002"
    assert ids["eval-scannet-scene0532_00-000002"] == "scannet/scene0532_00/000002"
    assert len(set(ids.values())) == len(ids)


# Axes and what is unknown.


def test_normals_are_outward_in_the_files_so_red_is_left_and_blue_is_toward_the_viewer(root):
    source, row = one(root, "nyuv2")
    colors = read_png((root / row["normals"]).read_bytes()).astype(int)
    xyz = source.load(row).targets["normals"].xyz

    red, green, blue = (colors[..., at] > 200 for at in range(3))
    assert red.any()
    assert (xyz[red][:, 0] < 0).all()
    assert (xyz[green][:, 1] > 0).all()
    assert (xyz[blue][:, 2] > 0).all()


def test_black_is_no_normal_and_everything_else_is_one(root):
    source, row = one(root, "scannet")
    colors = read_png((root / row["normals"]).read_bytes())
    valid = source.load(row).targets["normals"].valid

    assert np.array_equal(valid, colors.any(axis=2))
    assert not valid[HOLE].any()


def test_normals_at_most_half_as_long_as_one_are_none(root, tmp_path):
    from vtencode.formats.exr import read_exr, write_exr

    def shortened(data: bytes) -> bytes:
        vectors = read_exr(data)
        vectors[:50] *= np.float32(0.49)
        vectors[50:60] *= np.float32(0.97)
        vectors[60:70] = np.nan
        return write_exr(vectors)

    source, row = changed(root, tmp_path, "ibims", shortened)
    normals = source.load(row).targets["normals"]

    assert not normals.valid[:50].any()
    assert normals.valid[50:60].all()
    assert not normals.valid[60:70].any()
    assert normals.valid[70:].all()


def test_oasis_has_axes_of_its_own_and_normals_in_a_box_whose_ends_count(root):
    source, row = one(root, "oasis")
    stored = read_pickle((root / row["normals"]).read_bytes())
    normals = source.load(row).targets["normals"]
    rows_, columns = np.nonzero(normals.valid)

    box = [int(stored[name]) for name in ("min_y", "max_y", "min_x", "max_x")]
    assert [rows_.min(), rows_.max(), columns.min(), columns.max()] == box
    inside = normals.xyz[box[0] : box[1] + 1, box[2] : box[3] + 1]
    assert np.allclose(inside, stored["normal"] * [1, -1, 1], atol=1e-6)


def test_marigold_s_copy_holds_the_same_normals_in_its_own_axes(copied):
    found = rows(NormalsEval(root=copied, split="test"))

    assert {row["file"].split("/")[0] for row in found} == {"nyuv2", "scannet", "ibims", "oasis"}
    for row in found:
        source = NormalsEval(root=copied)
        stored = read_npy((copied / row["normals"]).read_bytes())
        assert np.allclose(source.load(row).targets["normals"].xyz, stored, atol=1e-6)


def test_a_frame_with_two_files_of_normals_is_ambiguous(root, tmp_path):
    place = shutil.copytree(root / "dsine_eval" / "nyuv2" / "test", tmp_path / "nyuv2" / "test")
    (place / "000001_normal.npy").write_bytes(write_npy(np.zeros((480, 640, 3), np.float32)))

    with pytest.raises(SourceError, match=r"twice, .*000001_normal\.npy and .*_normal\.png"):
        rows(NormalsEval(root=tmp_path, split="test"))


def test_the_archive_of_marigold_reads_as_the_folder_it_extracts_to(copied, tmp_path):
    with zipfile.ZipFile(tmp_path / "evaluation_dataset.zip", "w") as archive:
        for path in sorted(p for p in copied.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(copied))
    loose, packed = (NormalsEval(root=where, split="all") for where in (copied, tmp_path))

    assert packed.index() == loose.index()
    row = rows(packed)[0]
    assert packed.load(row).picture.data == loose.load(row).picture.data


# The paper's own colors.


def test_encoding_what_was_read_gives_the_png_s_pixels_but_for_two_in_a_hundred():
    """Of 2 % of directions the color decodes to a direction of the color beside it."""
    rng = np.random.default_rng(0)
    outward = rng.normal(size=(500, 500, 3))
    outward /= np.linalg.norm(outward, axis=2, keepdims=True)
    colors = np.rint((outward + 1) / 2 * 255).astype(np.uint8)  # DSINE, normal_to_uint8
    decoded = NormalCodec(frame="dsine").decode(vt.Code(colors)).target

    def off(codec: NormalCodec) -> np.ndarray:
        return np.abs(codec.encode(decoded).rgb.astype(int) - colors).max(axis=2)

    plain = off(NormalCodec(frame="dsine", unknown=(0, 0, 0)))
    assert np.array_equal(plain, off(vt.codec("normals")))
    assert plain.max() == 1
    assert (plain == 0).mean() == pytest.approx(0.9805, abs=0.002)
    preset = off(vt.codec("normals", "dsine"))  # rounds as floor(256 u)
    assert preset.max() == 1
    assert (preset == 0).mean() == pytest.approx(0.637, abs=0.005)


def test_the_png_and_the_painted_target_are_the_same_picture(root):
    for part in ("nyuv2", "scannet"):
        source, row = one(root, part)
        colors = read_png((root / row["normals"]).read_bytes())
        painted = vt.codec("normals").encode(source.load(row).targets["normals"]).rgb
        known = colors.any(axis=2)

        assert np.abs(painted.astype(int) - colors)[known].max() <= 1
        assert (painted[~known] == 128).all()


# The real file that there is.


@pytest.fixture
def real(samples, tmp_path):
    """DSINE's example, which is a frame of TartanAir, laid out as a frame of vkitti is."""
    place = tmp_path / "dsine_eval" / "vkitti" / "Scene01"
    place.mkdir(parents=True)
    for ending in ("img", "normal"):
        name = f"000000_{ending}.png"
        shutil.copy(samples / "normals" / "DSINE_example" / name, place / name)
    return tmp_path


def test_16_bits_of_a_real_file_are_all_read(samples, real):
    import cv2

    source, row = one(real, "vkitti")
    normals = source.load(row).targets["normals"]
    path = samples / "normals" / "DSINE_example" / "000000_normal.png"
    levels = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGR2RGB)
    outward = levels.astype(np.float64) / 65535 * 2 - 1
    expected = outward * [-1, 1, 1] / np.linalg.norm(outward, axis=2, keepdims=True)

    assert np.array_equal(normals.valid, levels.sum(axis=2, dtype=np.int64) > 0)
    assert 0.51 < normals.valid.mean() < 0.52
    assert np.abs(normals.xyz - expected)[normals.valid].max() < 1e-6
    eight = np.asarray(Image.open(path).convert("RGB")) / 255 * 2 - 1  # what Pillow gives
    turned = angles_deg(eight * [-1, 1, 1], expected)[normals.valid]
    assert turned.max() > 100 * CELL16_DEG


def test_the_numbers_of_the_real_file_were_rounded_and_not_cut(samples):
    """Unit vectors come back too long or too short on average where they are read as cut."""
    path = samples / "normals" / "DSINE_example" / "000000_normal.png"
    levels = read_rgb16(path.read_bytes()).astype(np.float64)
    known = levels.any(axis=2)
    off = {
        told: abs(np.linalg.norm((2 * levels + shift) / scale - 1, axis=2)[known].mean() - 1)
        for told, shift, scale in (
            ("rounded", 0, 65535), ("cut at 65535", 1, 65535), ("cut at 65536", 1, 65536),
        )
    }  # fmt: skip

    assert off["rounded"] < 1e-6
    assert off["cut at 65535"] > 9e-6
    assert off["cut at 65536"] > 9e-6


def test_the_depth_of_the_real_file_knows_its_normals_as_ours(samples, real):
    folder = samples / "normals" / "DSINE_example"
    k = np.load(folder / "000000_intrins.npy")
    camera = Camera(fx=k[0, 0], fy=k[1, 1], cx=k[0, 2], cy=k[1, 2])
    meters = np.load(folder / "000000_depth.npy").astype(np.float32)
    depth = DepthMap(np.where(meters < 1000, meters, np.inf).astype(np.float32), camera=camera)
    source, row = one(real, "vkitti")

    report = check_frame(source.load(row).targets["normals"].xyz, depth)

    assert report.axes == ("right", "up", "backward")
    assert report.sure
    assert report.match > 0.95


# What is refused.


@pytest.mark.parametrize(
    ("part", "change", "code"),
    [
        ("nyuv2", lambda _: write_png_gray(np.zeros((480, 640), np.uint8)), "MODE"),
        ("nyuv2", lambda data: data[: len(data) // 2], "DECODE"),
        ("vkitti", lambda data: data[: len(data) // 2], "DECODE"),
        ("sintel", lambda data: data[: len(data) // 2], "DECODE"),
        ("sintel", lambda _: b"\x89PNG\r\n\x1a\n", "DECODE"),
        ("oasis", lambda data: data[: len(data) // 2], "DECODE"),
        ("oasis", lambda _: pickle.dumps(os.system), "DECODE"),
        ("oasis", lambda _: write_pickle({"normal": np.zeros((2, 2, 3))}), "DECODE"),
        ("oasis", lambda data: write_pickle({**read_pickle(data), "max_x": 640}), "DECODE"),
        ("oasis", lambda data: write_pickle({**read_pickle(data), "min_y": -1}), "DECODE"),
        (
            "oasis",
            lambda data: write_pickle(
                {name: n.astype(np.uint8) if name == "normal" else n
                 for name, n in read_pickle(data).items()}
            ),
            "MODE",
        ),
    ],
)  # fmt: skip
def test_normals_that_are_not_the_published_ones_are_rejects(root, tmp_path, part, change, code):
    source, row = changed(root, tmp_path, part, change)

    with pytest.raises(SampleError) as error:
        _ = source.load(row).targets["normals"]
    assert error.value.args[:3] == (code, "normals", row["normals"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda a: a[:-1], "SHAPE"),
        (lambda a: a[..., :2], "SHAPE"),
        (lambda a: a.transpose(2, 0, 1), "SHAPE"),
        (lambda a: (127 * a).astype(np.int8), "MODE"),
    ],
)
def test_arrays_that_are_not_the_published_ones_are_rejects(copied, tmp_path, change, code):
    source, row = changed(copied, tmp_path, "nyuv2", lambda data: write_npy(change(read_npy(data))))

    with pytest.raises(SampleError) as error:
        _ = source.load(row).targets["normals"]
    assert error.value.args[0] == code


def test_a_frame_without_its_normals_is_a_reject(root, tmp_path):
    source, row = changed(root, tmp_path, "ibims", lambda data: data)
    (source.root / row["normals"]).unlink()
    bare, row = one(source.root, "ibims")

    with pytest.raises(SampleError, match=r"normals: this frame has no such file \[MISSING\]"):
        _ = bare.load(row).targets["normals"]
    assert dict(bare.available()) == {}
    with pytest.raises(SourceError, match="must have the target 'normals'"):
        bare.require(["normals"])


def test_openexr_is_asked_for_before_a_build_where_a_part_needs_it(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenEXR", None)

    NormalsEval(root=root, split="test", part="nyuv2").require(["normals"])
    for part in ("ibims", "sintel", "all"):
        with pytest.raises(MissingExtraError, match=r"vtencode\[exr\]"):
            NormalsEval(root=root, split="test", part=part).require(["normals"])


def test_what_is_no_pack_is_refused(tmp_path):
    (tmp_path / "dsine_eval.7z").write_bytes(b"")

    with pytest.raises(SourceError, match=r"evaluation pack of DSINE.*Extract dsine_eval\.7z"):
        NormalsEval(root=tmp_path).index()
