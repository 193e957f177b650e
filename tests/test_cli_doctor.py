"""`vtencode doctor`: what a person is told, and what a program."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from vtencode.cli.doctor import doctor
from vtencode.miniatures import diode


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return diode.write(tmp_path_factory.mktemp("doctor") / "diode", count=1)


def asked(*words):
    """Run the command in this process: (exit code, stdout)."""
    done = CliRunner().invoke(doctor, [*map(str, words)])
    return done.exit_code, done.stdout


def test_a_dataset_is_told_with_the_commands_that_build_it(root):
    code, stdout = asked(root)
    told = {line.split("  ")[0]: line for line in stdout.splitlines() if line[:1].strip()}

    assert code == 0
    assert told["path"] == f"path  {root} (8 files)"
    assert "DIODE" in told["dataset"]
    assert told["frames"].endswith("train 1, val 1")
    assert told["targets"].endswith("depth, normals")
    assert f"vtencode build diode-depth --source {root} --out OUT" in stdout
    assert f"vtencode build diode-normals --source {root} --out OUT" in stdout
    assert "missing" not in told
    assert "next" not in told


def test_what_is_missing_is_told_and_recipes_without_it_by_their_reason(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "diode")
    for path in place.rglob("*_normal.npy"):
        path.unlink()
    _, stdout = asked(place)

    assert "missing    normals" in stdout
    assert "diode-normals cannot be built: " in stdout


def test_what_only_some_frames_have_is_counted(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "diode")
    next(place.rglob("*_normal.npy")).unlink()

    assert "targets    depth, normals of 1 frames only" in asked(place)[1]


def test_what_must_be_extracted_comes_with_its_command(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "diode")
    (place / "train.tar.gz").write_bytes(b"\x1f\x8b")
    _, stdout = asked(place)

    assert stdout.splitlines()[-1] == f"next  tar -xf {place}/train.tar.gz -C {place}"


def test_what_nobody_knows_exits_2_and_says_what_to_do(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    code, stdout = asked(tmp_path)

    assert code == 2
    assert "no dataset that vtencode knows by its names" in stdout
    assert stdout.splitlines()[-1] == f"next  vtencode init --from {tmp_path} --out mine.yaml"


def test_paths_with_spaces_are_quoted(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "my data")

    assert f"--source '{place}' --out OUT" in asked(place)[1]


def test_json_holds_all_of_it(root, tmp_path):
    code, stdout = asked(root, "--json")
    told = json.loads(stdout)

    assert code == 0
    assert told["found"][0]["frames"] == {"train": 1, "val": 1}
    assert told["kind"] == "dataset"
    code, stdout = asked(tmp_path, "--json")
    assert (code, json.loads(stdout)["recognized"]) == (2, False)


def test_nothing_is_written(root):
    before = sorted((path, path.stat().st_mtime_ns) for path in root.parent.rglob("*"))
    asked(root)

    assert sorted((path, path.stat().st_mtime_ns) for path in root.parent.rglob("*")) == before
