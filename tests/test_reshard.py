"""Datasets cut anew: the law that it equals a build, and what stops it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from trees import truncate, vtencode, write_bts
from upath import UPath

import vtencode as vt
from vtencode.exports.reshard import reshard
from vtencode.registry import names

SINKS = names("sink")


@pytest.fixture(scope="module")
def bts(tmp_path_factory) -> Path:
    """Frames of which one is damaged, so that shards have a hole."""
    root = write_bts(tmp_path_factory.mktemp("bts"), count=11)
    truncate(next(root.rglob("sync_depth_00004.png")))
    return root


def build(name: str, bts: Path, out: Path, per_shard: int) -> Path:
    sets = [f"output.format={name}", f"output.samples_per_shard={per_shard}"]
    sets.append("framing={resize: none}")
    return vt.build("nyu-depth", source=bts, out=out, overrides=sets, workers=1).out


@pytest.fixture(scope="module")
def built(bts, tmp_path_factory) -> dict[tuple[str, int], Path]:
    """The same build in each format, in two sizes of shards."""
    root = tmp_path_factory.mktemp("built")
    return {
        (name, size): build(name, bts, root / f"{name}-{size}", size)
        for name, size in [*((name, 4) for name in SINKS), ("webdataset", 3)]
    }


def visible(root: Path) -> dict[str, bytes]:
    """Every file but those of `.vtencode`, by name."""
    files = (file for file in root.rglob("*") if file.is_file())
    found = {str(file.relative_to(root)): file.read_bytes() for file in files}
    return {name: data for name, data in found.items() if not name.startswith(".vtencode")}


@pytest.mark.parametrize("old", SINKS)
@pytest.mark.parametrize("new", SINKS)
def test_a_dataset_in_another_format_is_the_build_in_that_format(old, new, built, tmp_path):
    made = reshard(built[old, 4], to=new, out=tmp_path / "o", workers=1)
    assert visible(made.out) == visible(built[new, 4])


def test_holes_stay_where_the_plan_has_them(built):
    manifest = json.loads((built["webdataset", 4] / "manifest.json").read_bytes())
    assert manifest["counts"]["rejected"] == 1
    assert sorted(shard["written"] for shard in manifest["shards"]) != [3, 4, 4]


@pytest.mark.parametrize(("old", "new"), [(4, 3), (3, 4)])
def test_shards_of_another_size_are_those_of_a_build(old, new, built, tmp_path):
    made = reshard(
        built["webdataset", old],
        to="webdataset",
        out=tmp_path / "o",
        samples_per_shard=new,
        workers=1,
    )
    assert visible(made.out) == visible(built["webdataset", new])
    assert vt.verify(made.out, workers=1).ok


def test_what_was_done_when_it_was_stopped_is_kept(built, tmp_path):
    out = tmp_path / "o"
    reshard(built["webdataset", 4], to="parquet", out=out, workers=1)
    first, last = sorted(out.glob("*.parquet"))[:: len(list(out.glob("*.parquet"))) - 1]
    kept = first.stat().st_ino
    (out / "manifest.json").unlink()
    last.unlink()

    reshard(built["webdataset", 4], to="parquet", out=out, workers=1)

    assert first.stat().st_ino == kept
    assert visible(out) == visible(built["parquet", 4])


def test_a_build_does_not_take_shards_that_were_cut_anew_for_its_own(bts, built, tmp_path):
    """They do not say how many pairs of each task they hold."""
    out = reshard(built["webdataset", 4], to="parquet", out=tmp_path / "o", workers=1).out
    (out / "manifest.json").unlink()

    build("parquet", bts, out, 4)

    assert visible(out) == visible(built["parquet", 4])


@pytest.mark.parametrize("damaged", ["train-00000.tar", "filtered.jsonl"])
def test_a_dataset_that_is_not_what_its_manifest_says_is_refused(damaged, built, tmp_path):
    copy = shutil.copytree(built["webdataset", 4], tmp_path / "copy")
    with (copy / damaged).open("ab") as file:
        file.write(b"\n")

    with pytest.raises(vt.VtencodeError, match=damaged) as raised:
        reshard(copy, to="parquet", out=tmp_path / "o", workers=1)

    assert raised.value.exit_code == 5
    assert not (tmp_path / "o" / "manifest.json").exists()


def test_onto_an_object_store_and_from_it(built, tmp_path, monkeypatch):
    monkeypatch.setenv("VTENCODE_CACHE", str(tmp_path / "cache"))
    there = UPath(f"memory://{tmp_path.name}")

    made = reshard(built["webdataset", 4], to="parquet", out=str(there))

    expected = visible(built["parquet", 4])
    assert {name: (there / name).read_bytes() for name in expected} == expected
    assert made.manifest == json.loads(expected["manifest.json"])
    assert visible(reshard(there, to="folder", out=tmp_path / "o").out) == visible(
        built["folder", 4]
    )
    again = reshard(built["webdataset", 4], to="parquet", out=str(there))
    assert again.manifest == made.manifest


@pytest.mark.parametrize("name", ["o", "link", "o/../o"])
def test_a_dataset_is_not_written_over_itself(name, built, tmp_path):
    copy = shutil.copytree(built["webdataset", 4], tmp_path / "o")
    (tmp_path / "link").symlink_to(copy)
    before = {path: path.stat().st_ino for path in copy.rglob("*")}

    with pytest.raises(vt.VtencodeError, match="is the dataset that is read"):
        reshard(copy, to="webdataset", out=tmp_path / name, workers=1)

    assert {path: path.stat().st_ino for path in copy.rglob("*")} == before


def test_files_of_others_are_left_alone(built, tmp_path):
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "notes.txt").write_text("mine")

    with pytest.raises(vt.VtencodeError, match="holds other files"):
        reshard(built["webdataset", 4], to="parquet", out=tmp_path / "o", workers=1)

    assert [file.name for file in (tmp_path / "o").iterdir()] == ["notes.txt"]


def test_as_a_command(built, tmp_path):
    out = tmp_path / "o"
    code, stdout, _ = vtencode("export", built["webdataset", 4], "--to", "folder", "--out", out)
    assert code == 0
    assert stdout.splitlines()[-1] == f"next     vtencode verify {out}"
    assert visible(out) == visible(built["folder", 4])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "parquet,musubi"), "alone"),
        (("--to", "parquet", "--limit", "2"), "alone"),
        (("--to", "musubi", "--samples-per-shard", "2"), "is for folder, parquet, webdataset"),
        (("--to", "tfrecord"), "no trainer is named 'tfrecord'"),
        (("--to", "musubi", "--out", "memory://o"), "must be a folder"),
    ],
)
def test_wrong_usage_is_told(words, told, built, tmp_path):
    code, _, stderr = vtencode("export", built["webdataset", 4], "--out", tmp_path / "o", *words)
    assert code == 2
    assert told in stderr
    assert not (tmp_path / "o").exists()
