"""What a user does at two in the morning: odd paths, closed streams, arguments that clash."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import numpy as np
import pytest
from trees import typed, write_bts

import vtencode as vt
from vtencode.errors import RecipeError, SourceError, SpecError

RECIPE = """\
name: mine
source: {name: nyu-depth-v2}
tasks:
  - {task: depth, codec: {name: depth}, instructions: [Paint the depth.]}
"""


@pytest.fixture(scope="module")
def bts(tmp_path_factory):
    return write_bts(tmp_path_factory.mktemp("edges") / "bts", count=3)


def shell(line, **environ):
    """Run a shell line with `vtencode` in it: (exit code, stdout, stderr)."""
    line = line.replace("vtencode", f"{shlex.quote(sys.executable)} -m vtencode", 1)
    env = {**os.environ, **environ}
    done = subprocess.run(["bash", "-c", line], capture_output=True, env=env, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_two_tasks_of_one_name_are_a_fault_with_its_line(tmp_path):
    path = tmp_path / "two.yaml"
    path.write_text(RECIPE + RECIPE.splitlines()[-1] + "\n")

    with pytest.raises(RecipeError, match=r"line 5 +tasks\.1\.task +must be used once"):
        vt.load_recipe(path)


def test_an_interval_that_descends_is_a_fault_of_the_recipe_not_of_the_data(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE + "contract: {depth: {range_m: [9, 0.1], median_m: [1, 2]}}\n")

    with pytest.raises(RecipeError, match=r"range_m +must be \[low, high\] with low < high"):
        vt.load_recipe(path)


def test_a_script_without_a_guard_builds(bts, tmp_path):
    script = tmp_path / "plain.py"
    script.write_text(
        "import vtencode as vt\n"
        f"made = vt.build('nyu-depth', source={str(bts)!r}, out='o', workers=2,\n"
        "                overrides=['output.samples_per_shard=1'])\n"
        "print(made.manifest['counts']['written'])\n"
    )

    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.returncode) == ("3\n", 0), done.stderr


def test_test_frames_stay_test_frames_through_links_and_dots(tmp_path):
    tree = tmp_path / "t" / "official_splits" / "test"
    write_bts(tmp_path / "t", count=2, folder="official_splits/test/kitchen")
    (tmp_path / "mine").symlink_to(tree)

    for source in (tmp_path / "mine", tree / "kitchen" / ".."):
        made = vt.plan("nyu-depth", source=source, overrides=["source.split=test"])
        assert made.samples == 2
        with pytest.raises(SourceError, match="must hold frames of the split 'train'"):
            vt.plan("nyu-depth", source=source)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"demo": 2, "source": "x"}, "exclude each other"),
        ({"limit": 0}, "limit must be at least 1"),
        ({"limit": -1}, "limit must be at least 1"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"recipe": vt.load_recipe("nyu-depth"), "overrides": ["seed=1"]}, "loaded already"),
    ],
)
def test_arguments_that_would_be_ignored_are_refused(given, told, bts, tmp_path):
    arguments = {"recipe": "nyu-depth", "source": bts, "out": tmp_path / "o", **given}

    with pytest.raises(SpecError, match=told):
        vt.build(**arguments)


def test_one_override_need_not_be_a_list():
    assert vt.load_recipe("nyu-depth", "seed=7").seed == 7


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", "2>&-", ">&-"])
def test_a_build_bears_closed_streams(closed, bts, tmp_path):
    out = shlex.quote(str(tmp_path / "o"))

    code, _, stderr = shell(f"vtencode build nyu-depth --source {bts} --out {out} {closed}")

    assert code == 0, stderr
    assert vt.verify(tmp_path / "o").ok


@pytest.mark.parametrize("command", ["build nyu-depth --out o", "download nyu-depth --to d"])
def test_nobody_at_the_keyboard_is_a_no_to_downloads(command, tmp_path):
    words = f"cd {tmp_path} && vtencode {command} <&-"

    code, _, stderr = shell(words, VTENCODE_DATA=str(tmp_path / "none"))

    assert code == 2
    assert "Traceback" not in stderr
    assert "--yes" in stderr


@pytest.mark.slow
def test_out_folders_of_any_spelling_work_and_the_next_step_can_be_pasted(bts, tmp_path):
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/o \xe8 spaces")

    code, stdout, stderr = shell(
        f"vtencode build nyu-depth --source {bts} --out {tmp_path}/'o é spaces'/u"
    )
    assert code == 0, stderr
    following = stdout.split("next")[1].strip()
    assert shell(following)[0] == 0
    assert vt.build("nyu-depth", source=bts, out=folder, workers=2).whole


def test_source_names_that_are_not_utf8_are_refused_by_name(bts, tmp_path):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/n/sync/sc\xe8ne")
    write_bts(tmp_path / "n", count=1, folder="sync/plain")
    (tmp_path / "n" / "sync" / "plain").rename(odd)

    with pytest.raises(SourceError, match=r"must be UTF-8, got 'sync/sc\\udce8ne"):
        vt.plan("nyu-depth", source=tmp_path / "n")


@pytest.mark.parametrize("name", ["plan.json", "source.json"])
def test_bookkeeping_of_another_shape_is_told(name, bts, tmp_path):
    vt.build("nyu-depth", source=bts, out=tmp_path / "o", workers=1)
    (tmp_path / "o" / ".vtencode" / name).write_text("[1]")
    command = "verify" if name == "source.json" else f"build nyu-depth --source {bts} --out"

    code, _, stderr = shell(f"vtencode {command} {tmp_path / 'o'}")

    assert code == 2
    assert "Traceback" not in stderr


@pytest.mark.parametrize("below", ["file", "file/sub"])
def test_an_output_below_a_file_is_wrong_usage(below, bts, tmp_path):
    (tmp_path / "file").write_text("mine")

    code, _, stderr = shell(f"vtencode build nyu-depth --source {bts} --out {tmp_path / below}")

    assert code == 2
    assert "is a file, not a folder" in stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("decode c.png --out c.png", "is the file that is read"),
        ("encode depth d.npy --out c.jpg", "must end in .png"),
        ("encode depth d.npy --out .", "is a directory"),
        ("encode depth d.npy --out none/c.png", "the folder of none/c.png must be there"),
    ],
)
def test_an_out_file_that_cannot_be_meant_is_refused_before_anything_is_read(
    words, told, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    np.save("d.npy", np.full((4, 4), 2.0, np.float32))
    assert typed(capsys, "encode", "depth", "d.npy", "--out", "c.png")[0] == 0
    before = (tmp_path / "c.png").read_bytes()

    code, _, stderr = typed(capsys, *words.split())

    assert code == 2
    assert told in stderr
    assert (tmp_path / "c.png").read_bytes() == before
