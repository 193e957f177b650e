"""Shards: others' tars by the endings of their members, and what we built ourselves."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from generic_data import (
    CAMERA,
    ROOMS,
    classes,
    copied,
    millimeters,
    normals_png,
    recipe,
    room,
    write_rooms,
)
from readers import rows, same_normals

import vtencode as vt
from vtencode.errors import SampleError, SourceError, SpecError
from vtencode.exports.reshard import reshard
from vtencode.generic.shards import Shards
from vtencode.generic.tars import members_of
from vtencode.miniatures.series import jpeg
from vtencode.png import write_png_gray
from vtencode.targets import DepthMap, RelativeDepthMap
from vtencode.verification.run import verify


def write_tar(path: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    """A tar as the package webdataset writes it."""
    with tarfile.open(path, "w") as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def members(index: int, key: str) -> list[tuple[str, bytes]]:
    return [
        (f"{key}.jpg", jpeg(room(index).rgb)),
        (f"{key}.depth.png", write_png_gray(millimeters(index))),
        (f"{key}.SEG.png", write_png_gray(classes(index))),
        (f"{key}.normal.png", normals_png(index, "directx")),
        (f"{key}.camera.txt", b"130 130 79.5 59.5"),
        (f"{key}.cls", b"3"),
    ]


MAPPED = {
    "image": "png;jpg",
    "depth": "depth.png",
    "depth_unit": "mm",
    "semantic": "seg.png",
    "semantic_names": ("floor", *map(str, range(1, 22))),
    "semantic_void": "none",
    "normals": "normal.png",
    "normals_frame": "directx",
    "camera": "camera.txt",
}


@pytest.fixture(scope="module")
def tars(tmp_path_factory):
    root = tmp_path_factory.mktemp("tars")
    write_tar(root / "train-0000.tar", [*members(0, "a/000"), *members(1, "a/001")])
    write_tar(root / "train-0001.tar", [("__note__", b""), *members(2, "000")])
    write_tar(root / "val-0000.tar", members(3, "000"))
    return root


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A dataset built of rooms: dense tasks twice, in two colorings, and masks."""
    folder = tmp_path_factory.mktemp("built")
    root = write_rooms(folder / "rooms")
    path = recipe(
        folder / "rooms.yaml",
        {"name": "folder", "prefix": "rooms", **ROOMS},
        *("depth", "normals", "semantic", "instance", "panoptic"),
        seed=3,
    )
    told = json.loads(path.read_text())
    told["tasks"] += [
        {
            "task": "depth",
            "name": "depth-exact",
            "codec": {"name": "depth", "preset": "lossless-mm"},
        },
        {"task": "depth", "name": "half", "share": 0.5},
        {"task": "relative-depth"},
        {"task": "binary"},
    ]
    told["output"] = {"samples_per_shard": 9}
    path.write_text(json.dumps(told))
    vt.build(path, source=root, out=folder / "out", workers=1)
    return folder / "out"


def test_members_that_share_a_key_are_one_sample_with_its_targets(tars):
    source = Shards(root=tars, prefix="mine", split="all", **MAPPED)
    found = rows(source)

    assert [(row["file"], row["member"], row["split"]) for row in found] == [
        ("train-0000.tar", "a/000.jpg", "train"),
        ("train-0000.tar", "a/001.jpg", "train"),
        ("train-0001.tar", "000.jpg", "train"),
        ("val-0000.tar", "000.jpg", "val"),
    ]
    assert len({row["key"] for row in found}) == 4
    for index, row in enumerate(found):
        sample = source.load(row)
        assert sample.picture.data == jpeg(room(index).rgb)
        depth = sample.targets["depth"]
        assert np.array_equal(depth.meters, (millimeters(index) / 1000).astype(np.float32))
        assert depth.camera == CAMERA
        assert np.array_equal(sample.targets["semantic"].ids, classes(index))
        same_normals(sample.targets["normals"], room(index).normals, within_deg=0.8)


def test_others_shards_build_and_verify(tars, tmp_path):
    path = recipe(
        tmp_path / "tars.yaml",
        {
            "name": "webdataset",
            "split": "all",
            **MAPPED,
            "semantic_names": list(map(str, range(22))),
        },
        *("depth", "normals", "semantic"),
    )
    made = vt.build(path, source=tars, out=tmp_path / "out", workers=1)

    assert made.manifest["counts"]["written"] == 12
    assert verify(tmp_path / "out", workers=1).ok
    assert {pair.meta["split"] for pair in vt.open_dataset(tmp_path / "out")} == {"train", "val"}


def test_a_single_tar_is_a_dataset_of_the_split_asked_for_if_its_name_tells_none(tars, tmp_path):
    alone = tmp_path / "photos.tar"
    alone.write_bytes((tars / "val-0000.tar").read_bytes())

    assert [row["split"] for row in rows(Shards(root=alone, split="test", **MAPPED))] == ["test"]
    with pytest.raises(SourceError, match="does not say which split"):
        Shards(root=alone, split="all", **MAPPED).index()


def test_members_that_a_sample_lacks_are_rejects_or_skipped(tmp_path):
    lacking = [part for part in members(1, "b") if not part[0].endswith("depth.png")]
    write_tar(tmp_path / "train.tar", [*members(0, "a"), *lacking])
    source = Shards(root=tmp_path, **MAPPED)

    with pytest.raises(SampleError, match=r"b\.jpg needs \.depth\.png beside it") as error:
        _ = source.load(rows(source)[1]).targets["depth"]
    assert error.value.args[0] == "MISSING"
    assert len(rows(Shards(root=tmp_path, missing="skip", **MAPPED))) == 1
    with pytest.raises(SourceError, match="2 of 2 images have no depth"):
        Shards(root=tmp_path, **{**MAPPED, "depth": "d.png"}).index()


def test_shards_without_such_images_say_what_they_hold(tars, tmp_path):
    with pytest.raises(SourceError, match=r"must have members \.webp for images, and has 4 \.jpg"):
        Shards(root=tars, split="all", image="webp").index()
    with pytest.raises(SourceError, match=r"must hold \.tar files"):
        Shards(root=tmp_path, **MAPPED).index()


def test_a_tar_that_is_cut_anywhere_is_told(tars, tmp_path):
    whole = (tars / "val-0000.tar").read_bytes()
    end = max(member.at + member.size for member in members_of(tars / "val-0000.tar"))
    for at in (0, 100, 512, 5000, end - 1, end + -end % 512):
        (tmp_path / "train.tar").write_bytes(whole[:at])
        with pytest.raises(SourceError, match=r"must be a whole tar|must end with empty blocks"):
            Shards(root=tmp_path, **MAPPED).index()


def test_a_compressed_tar_is_told(tars, tmp_path):
    import gzip

    packed = gzip.compress((tars / "val-0000.tar").read_bytes())
    (tmp_path / "train.tar").write_bytes(packed)

    with pytest.raises(SourceError, match="must be a whole tar, not compressed"):
        Shards(root=tmp_path, **MAPPED).index()


def test_a_member_that_stands_twice_is_told(tmp_path):
    write_tar(tmp_path / "train.tar", members(0, "a") * 2)

    with pytest.raises(SourceError, match=r"must hold a\.jpg once, and holds it twice"):
        Shards(root=tmp_path, **MAPPED).index()


def test_some_shards_that_say_their_split_and_some_that_do_not_are_told(tars, tmp_path):
    place = copied(tars, tmp_path / "tars")
    (place / "val-0000.tar").rename(place / "more.tar")

    with pytest.raises(SourceError, match=r"some shards say their split, and more\.tar does not"):
        Shards(root=place, **MAPPED).index()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"depth": "d.png", "depth_unit": "m"}, "depth must be left out, or image set"),
        ({"image": "jpg", "keep": ("depth",)}, "keep must be left out where image is set"),
        ({"keep": ("deph",)}, "keep must be answers of tasks, got 'deph'. Did you mean 'depth'"),
    ],
)
def test_options_that_exclude_each_other_are_told(tmp_path, options, fault):
    with pytest.raises(SpecError, match=fault):
        Shards(root=tmp_path, **options)


def test_our_own_output_is_a_source_whose_targets_are_its_answers(built):
    source = Shards(root=built)
    found = rows(source)
    pairs = {pair.key: pair for pair in vt.open_dataset(built)}

    assert len(found) == 4
    assert [row["key"] for row in found] == sorted(
        f"rooms-{'kitchen' if index % 2 else 'hall'}-{index:04d}" for index in range(4)
    )
    assert set(source.available()) == {
        *("depth", "relative_depth", "normals", "semantic", "binary", "instances", "panoptic")
    }
    for row in found:
        sample, key = source.load(row), row["key"]
        assert np.array_equal(sample.picture.rgb, pairs[f"{key}-depth"].input)
        assert sample.provenance["image_id"].startswith("rooms/")
        assert sample.provenance["source_file"].startswith("rgb/")
        assert sample.provenance["license"] == pairs[f"{key}-depth"].meta["license"]
        normals = pairs[f"{key}-normals"].decode().target
        assert np.array_equal(sample.targets["normals"].xyz, normals.xyz)
        panoptic = pairs[f"{key}-panoptic"].decode().target
        assert np.array_equal(sample.targets["panoptic"].ids, panoptic.ids)
        semantic = pairs[f"{key}-semantic"].decode().target
        assert sample.targets["semantic"].vocabulary == semantic.vocabulary
        assert type(sample.targets["relative_depth"]) is RelativeDepthMap


def test_of_several_answers_to_one_task_the_most_exact_is_taken(built):
    source = Shards(root=built)

    for row in rows(source):
        depth, index = source.load(row).targets["depth"], int(row["key"][-4:])
        assert type(depth) is DepthMap
        assert np.array_equal(depth.meters, (millimeters(index) / 1000).astype(np.float32))
        assert depth.camera == CAMERA


def test_asking_our_output_again_decodes_to_the_same_targets(built, tmp_path):
    path = recipe(
        tmp_path / "again.yaml", {"name": "webdataset"}, "depth", "normals", "panoptic", seed=8
    )
    made = vt.build(path, source=built, out=tmp_path / "out", workers=1)
    source = Shards(root=built)
    given = {row["image_id"]: source.load(row) for row in rows(source)}

    assert made.manifest["counts"] == {"planned": 12, "written": 12, "rejected": 0, "filtered": 0}
    assert verify(tmp_path / "out", workers=1).ok
    for pair in vt.open_dataset(tmp_path / "out"):
        sample, target = given[pair.meta["image_id"]], pair.decode().target
        assert np.array_equal(pair.input, sample.picture.rgb)
        told = json.loads(pair.meta["source"])
        assert told["source_file"] == sample.provenance["source_file"]
        if pair.meta["task"] == "normals":
            assert np.array_equal(target.xyz, sample.targets["normals"].xyz)
        elif pair.meta["task"] == "panoptic":
            mine = {segment.label for segment in sample.targets["panoptic"].segments}
            assert {segment.label for segment in target.segments} <= mine
        else:
            off = vt.codec("depth").error(sample.targets["depth"], target)
            assert (off <= vt.codec("depth").tolerance(sample.targets["depth"])).all()


def test_re_encoding_our_output_by_its_own_codec_changes_no_decoded_pixel(built, tmp_path):
    first = recipe(tmp_path / "first.yaml", {"name": "webdataset", "keep": ["depth"]}, "depth")
    second = recipe(tmp_path / "second.yaml", {"name": "webdataset"}, "depth")
    vt.build(first, source=built, out=tmp_path / "one", workers=1)
    vt.build(second, source=tmp_path / "one", out=tmp_path / "two", workers=1)

    one, two = (
        {pair.meta["image_id"]: pair for pair in vt.open_dataset(tmp_path / name)}
        for name in ("one", "two")
    )
    assert set(one) == set(two)
    for image_id, pair in one.items():
        assert np.array_equal(pair.code, two[image_id].code)
        assert (
            pair.decode().target.meters.tobytes() == two[image_id].decode().target.meters.tobytes()
        )
        assert pair.meta["camera"] == two[image_id].meta["camera"]


def test_images_that_lack_an_answer_are_skipped_if_so_told(built, tmp_path):
    path = recipe(
        tmp_path / "half.yaml",
        {"name": "webdataset"},
        "depth",
    )
    told = json.loads(path.read_text())
    told["tasks"] = [{"task": "depth", "share": 0.5}, {"task": "normals"}]
    path.write_text(json.dumps(told))
    vt.build(path, source=built, out=tmp_path / "out", workers=1)

    lacking = Shards(root=tmp_path / "out")
    row = next(row for row in rows(lacking) if not row["depth"])
    with pytest.raises(SampleError, match="has no answer of depth beside it"):
        _ = lacking.load(row).targets["depth"]
    assert len(rows(lacking)) == 4
    assert len(rows(Shards(root=tmp_path / "out", missing="skip"))) == 2
    assert len(rows(Shards(root=tmp_path / "out", missing="skip", keep=("normals",)))) == 4


def test_images_cut_or_mirrored_differently_are_different_samples(built, tmp_path):
    path = recipe(
        tmp_path / "flips.yaml", {"name": "webdataset"}, "depth", "normals",
        framing={"resize": "none", "flip": 0.5},
    )  # fmt: skip
    vt.build(path, source=built, out=tmp_path / "out", workers=1)
    source = Shards(root=tmp_path / "out")
    found = rows(source)
    flips = {pair.key: pair.transform.flip for pair in vt.open_dataset(tmp_path / "out")}

    parted = sum(flips[k] != flips[k.replace("-depth", "-normals")] for k in flips if "depth" in k)
    assert parted > 0
    assert len(found) == 4 + parted
    assert len({row["key"] for row in found}) == len(found)
    for row in found:
        sample = source.load(row)
        for name in ("depth", "normals"):
            if row[name]:
                assert sample.targets[name].shape == (sample.picture.height, sample.picture.width)


def test_a_target_that_nobody_was_asked_for_is_told(built):
    with pytest.raises(SourceError, match="must have the target 'keypoints', and was built with"):
        Shards(root=built).require(["keypoints"])
    with pytest.raises(SourceError, match="must hold answers of keypoints, and holds none"):
        Shards(root=built, keep=("keypoints",)).index()


def test_our_output_read_as_others_and_others_read_as_ours_are_told(built, tars):
    with pytest.raises(SourceError, match="was built by vtencode: leave image"):
        Shards(root=built, image="input.jpg").index()
    with pytest.raises(SourceError, match=r"must be a dataset that vtencode built.*image: jpg"):
        Shards(root=tars).index()


def test_what_was_built_in_another_format_is_told_how_to_be_read(built, tmp_path):
    loose = reshard(built, to="parquet", out=tmp_path / "o", workers=1).out
    with pytest.raises(
        SourceError, match=r"is built as parquet: vtencode export .* --to webdataset"
    ):
        Shards(root=loose).index()


def test_a_shard_of_another_size_than_the_manifest_says_is_told(built, tmp_path):
    place = copied(built, tmp_path / "built")
    shard = next(place.glob("*.tar"))
    shard.write_bytes(shard.read_bytes() + bytes(512))

    with pytest.raises(SourceError, match=r"must have the .* bytes that the manifest says"):
        Shards(root=place).index()


def test_a_built_dataset_is_fingerprinted_by_its_manifest(built, tmp_path):
    mine, moved = Shards(root=built), Shards(root=copied(built, tmp_path / "moved"))

    assert mine.fingerprint() == moved.fingerprint() != Shards(root=built, prefix="x").files()
    assert [name for name, _ in mine.files()] == sorted(p.name for p in built.glob("*.tar"))
