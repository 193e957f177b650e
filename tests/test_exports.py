"""Exports: one tree for several trainers, whole or not at all, and nothing changed unsaid."""

from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path

import pytest
from exported import dataset, exported
from test_sinks import bytes_of
from trees import vtencode, write_bts

import vtencode as vt
from vtencode.errors import ExportError, LockedError
from vtencode.exports.reshard import reshard
from vtencode.exports.run import export


def staged(out: Path) -> Path:
    return out.with_name(f".{out.name}.exporting")


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> Path:
    """A dataset whose sides are no multiples of 16."""
    root = tmp_path_factory.mktemp("odd")
    source = write_bts(root / "bts", count=2, size=(50, 70))
    sets = ["framing={resize: none}", "output.samples_per_shard=1"]
    return vt.build("nyu-depth", source=source, out=root / "o", overrides=sets, workers=1).out


def test_one_tree_serves_several_trainers(tmp_path):
    out = export(dataset().root, to=["musubi", "ms-swift"], out=tmp_path / "o", workers=1).out

    keys = sorted(pair.key for pair in dataset())
    assert sorted(path.stem for path in (out / "target").glob("*.png")) == keys
    assert sorted(path.stem for path in (out / "source").iterdir()) == keys
    assert {path.name for path in out.iterdir()} == {
        "README.md",
        "export.json",
        "ms-swift",
        "musubi",
        "source",
        "target",
    }
    page = (out / "README.md").read_text()
    assert "## musubi-tuner" in page
    assert f"--dataset_config {out}/musubi/dataset.toml" in page


def test_trainers_that_read_the_same_parquet_share_it(tmp_path):
    to = ["diffusers", "diffusers-kontext"]
    out = export(dataset().root, to=to, out=tmp_path / "o", workers=1).out

    assert [path.name for path in out.iterdir() if path.is_dir()] == ["diffusers"]
    assert (out / "README.md").read_text().count(f"--dataset_name={out}/diffusers ") == 2


def test_an_export_is_the_same_bytes_for_any_number_of_workers(tmp_path):
    for workers in (1, 2):
        out = tmp_path / f"{workers}"
        export(dataset().root, to=["musubi"], out=out, at="/data", workers=workers)
    assert bytes_of(tmp_path / "1") == bytes_of(tmp_path / "2")


def test_loose_pictures_are_linked(tmp_path):
    loose = reshard(dataset().root, to="folder", out=tmp_path / "loose", workers=1).out
    out = export(loose, to=["musubi"], out=tmp_path / "o", workers=1).out

    for file in [*(out / "source").iterdir(), *(out / "target").iterdir()]:
        same = next(loose.glob(f"*/{file.parent.name}/{file.name}"))
        assert file.samefile(same)
    at = {"at": "/data"}
    export(loose, to=["musubi"], out=tmp_path / "a", workers=1, **at)
    export(dataset().root, to=["musubi"], out=tmp_path / "b", workers=1, **at)
    linked, written = bytes_of(tmp_path / "a"), bytes_of(tmp_path / "b")
    assert {n for n in linked if linked[n] != written[n]} == {"export.json", "README.md"}


def test_the_first_pairs_alone_can_be_exported(tmp_path):
    out = exported("musubi", tmp_path / "o", limit=3)
    lines = (out / "musubi" / "dataset.jsonl").read_text().splitlines()
    assert len(lines) == len(list((out / "target").iterdir())) == 3
    assert json.loads((out / "export.json").read_text())["pairs"] == 3
    with pytest.raises(ExportError, match="limit must be at least 1 pair, got 0"):
        exported("musubi", tmp_path / "p", limit=0)


def test_pairs_that_a_loader_would_change_are_refused(odd, tmp_path):
    with pytest.raises(ExportError) as raised:
        export(odd, to=["musubi"], out=tmp_path / "o", workers=1)

    said = str(raised.value)
    assert "musubi would change the size of 1 pairs" in said
    assert "70x50 would be resampled to 64x48" in said
    assert "--allow-changes" in said
    assert list(tmp_path.iterdir()) == []


def test_or_exported_with_a_warning(odd, tmp_path):
    code, _, stderr = vtencode(
        "export", odd, "--to", "musubi", "--out", tmp_path / "o", "--allow-changes"
    )
    assert code == 0
    assert "warning: musubi would change the size of 2 pairs" in stderr
    assert "would be resampled to 64x48" in (tmp_path / "o" / "README.md").read_text()
    with pytest.raises(ExportError, match="would not get what is stored"):
        export(odd, to=["musubi"], out=tmp_path / "o", workers=1)


def test_what_is_finished_is_not_done_again(tmp_path):
    out = exported("musubi", tmp_path / "o")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = exported("musubi", tmp_path / "o")
    assert again == out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


@pytest.mark.parametrize("asked", [{"limit": 2}, {"at": "/elsewhere"}])
def test_another_export_in_its_place_is_refused(asked, tmp_path):
    exported("musubi", tmp_path / "o")
    with pytest.raises(ExportError, match=f"export of which {next(iter(asked))} differ"):
        exported("musubi", tmp_path / "o", **asked)


def test_files_of_others_are_left_alone(tmp_path):
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="must be empty or not there"):
        exported("musubi", tmp_path / "o")
    assert [path.name for path in tmp_path.rglob("*")] == ["o", "notes.txt"]


def test_an_export_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    whole = exported("musubi", tmp_path / "whole", at="/data")
    out = tmp_path / "o"

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("vtencode.exports.musubi.Musubi.write", fail)
        with pytest.raises(KeyboardInterrupt):
            exported("musubi", out, at="/data")
    assert not out.exists()
    kept = {path: path.stat().st_ino for path in staged(out).glob("target/*.png")}
    assert len(kept) == len(dataset())

    with pytest.raises(ExportError, match="unfinished export of something else"):
        exported("musubi", out, at="/data", limit=1)
    exported("musubi", out, at="/data")

    assert {(out / "target" / path.name).stat().st_ino for path in kept} == set(kept.values())
    assert bytes_of(out) == bytes_of(whole)
    assert not staged(out).exists()


def test_two_exports_into_one_place_do_not_mix(tmp_path):
    folder = staged(tmp_path / "o")
    folder.mkdir()
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LockedError, match="another process"):
            exported("musubi", tmp_path / "o")


def test_a_shard_that_is_not_what_was_written_is_refused(tmp_path):
    copy = shutil.copytree(dataset().root, tmp_path / "copy")
    with (copy / "train-00000.tar").open("ab") as file:
        file.write(b"\0" * 512)
    code, _, stderr = vtencode("export", copy, "--to", "musubi", "--out", tmp_path / "o")
    assert code == 5
    assert "train-00000.tar is not what the manifest says" in stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("at", ["train", "", "/data\n/train"])
def test_a_place_that_no_manifest_can_name_is_refused(at, tmp_path):
    with pytest.raises(ExportError, match="at must be an absolute path in one line"):
        exported("musubi", tmp_path / "o", at=at)
    assert list(tmp_path.iterdir()) == []


def test_as_a_command(tmp_path):
    out = tmp_path / "o"
    code, stdout, _ = vtencode("export", dataset().root, "--to", "musubi", "--out", out, "--json")
    assert code == 0
    told = json.loads(stdout)
    assert told["trainers"] == ["musubi"]
    assert told["pairs"] == len(dataset())
    code, _, stderr = vtencode("export", dataset().root, "--to", "musibi", "--out", tmp_path / "p")
    assert code == 2
    assert "Did you mean 'musubi'?" in stderr
