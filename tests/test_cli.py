"""The command line as a user types it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from trees import typed

import vtencode as vt
from vtencode.cli.main import COMMANDS, cli


def vtencode(*words, **environ):
    """Run the command in a process of its own: (exit code, stdout, stderr)."""
    done = subprocess.run(
        [sys.executable, "-m", "vtencode", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_in_the_readme(command, pytestconfig):
    done = CliRunner().invoke(cli, [command, "--help"])

    assert done.exit_code == 0
    assert len(done.output.splitlines()) > 4
    assert command in (pytestconfig.rootpath / "README.md").read_text()


def test_help_is_instant_and_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['vtencode', '--help']\n"
        "from vtencode.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pyarrow', 'rich', 'pydantic', 'PIL', 'cv2'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    times = []
    for _ in range(3):
        started = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        times.append(time.perf_counter() - started)

        assert done.returncode == 0, done.stderr

    assert min(times) < 0.3


def test_a_build_imports_neither_torch_nor_webdataset_nor_datasets(nyu, tmp_path):
    code = (
        "import sys, vtencode as vt\n"
        f"vt.build('nyu-depth', source={str(nyu)!r}, out={str(tmp_path / 'o')!r}, workers=1)\n"
        "heavy = {'torch', 'webdataset', 'datasets', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def test_a_demo_is_built_verified_and_says_what_to_do_next(tmp_path):
    out = tmp_path / "nyu"

    code, stdout, stderr = vtencode("build", "nyu-depth", "--demo", "--limit", 2, "--out", out)

    assert code == 0, stderr
    assert "2 written of 2 planned" in stdout
    assert "worst error" in stdout
    assert f"vtencode verify {out}" in stdout
    assert "2/2" in stderr
    code, stdout, _ = vtencode("verify", out, "--json")
    found = json.loads(stdout)
    assert code == 0
    assert found["ok"]
    assert found["worst_share_of_tolerance"] <= 1
    assert found["pairs"] == 2


@pytest.mark.slow
def test_a_demo_dataset_on_disk_builds_like_the_real_one(tmp_path):
    assert vtencode("demo", "nyu-depth", "--out", tmp_path / "d", "--count", 3)[0] == 0

    words = ("--source", tmp_path / "d", "--json", "--split", "all", "--limit", 2)
    code, stdout, _ = vtencode("build", "nyu-depth", *words, "--out", tmp_path / "o")

    built = json.loads(stdout)
    assert code == 0
    assert built["split"] == "all"
    assert built["counts"] == {"planned": 2, "written": 2, "rejected": 0, "filtered": 0}
    assert vtencode("demo", "nyu-depth", "--out", tmp_path / "d")[0] == 2


def test_plan_writes_nothing_and_names_the_shards(nyu, tmp_path):
    words = ("--source", nyu, "--set", "output.samples_per_shard=3", "--json")

    code, stdout, _ = vtencode("plan", "nyu-depth", *words, "--out", tmp_path / "o")

    plan = json.loads(stdout)
    assert code == 0
    assert plan["shards"] == ["train-00000.tar", "train-00001.tar"]
    assert plan["pairs"] == 4
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("build", "nyu-depth"), "--out"),
        (("build", "nyu-dept", "--demo", "--out", "o"), "Did you mean 'nyu-depth'"),
        (("build", "nyu-depth", "--demo", "--source", "x", "--out", "o"), "exclude each other"),
        (("build", "nyu-depth", "--source", "/nowhere", "--out", "o"), "/nowhere must be"),
        (("build", "nyu-depth", "--demo", "--out", "o", "--set", "seed=x"), "whole number"),
        (("build", "nyu-depth", "--demo", "--out", "o", "--split", "trian"), "train, test, all"),
        (("build", "nyu-depth", "--demo", "--out", "o", "--format", "zip"), "must be a sink"),
        (("build", "nyu-depth", "--demo", "--out", "o", "--limit", "0"), "--limit"),
        (("verify", "/nowhere"), "must hold a manifest.json"),
        (("codecs", "depht"), "Did you mean 'depth'"),
        (("recipes", "nyu"), "Choose from: nyu-depth"),
        (("tasks", "instances"), "Did you mean 'instance'"),
        (("build", "small", "--source", "/x", "--out", "o"), "/x must be"),
        (("build", "scenes", "--source", "/x", "--out", "o"), "rendered on the spot"),
        (("bild",), "bild"),
        (("decode", "/nowhere.png"), "/nowhere.png"),
    ],
)
def test_wrong_words_exit_2_and_say_what_to_do(words, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    code, stdout, stderr = typed(capsys, *words)

    assert (code, stdout) == (2, "")
    assert told in stderr
    assert "Traceback" not in stderr
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_no_dataset(tmp_path):
    code, _, stderr = vtencode("build", "nyu-depth", "--source", tmp_path, "--out", tmp_path / "o")

    assert code == 2
    assert "holds none of them" in stderr


def test_a_recipe_with_three_faults_has_them_all_told_with_their_lines(tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(
        "name: mine\n"
        "source: {name: nyu-depth-v2, dpth: raw}\n"
        "tasks:\n"
        "  - {task: depth, codec: {name: depth}, instructions: depth}\n"
        "output: {samples_per_shard: many}\n"
        "seed: 1\n"
        "seed: 2\n"
    )

    code, _, stderr = vtencode("build", recipe, "--demo", "--out", tmp_path / "o")

    assert code == 2
    assert "mine.yaml has 3 faults" in stderr
    for line, told in (
        (2, "Did you mean 'depth'"),
        (5, "whole number"),
        (7, "already set on line"),
    ):
        assert any(f"line {line} " in row and told in row for row in stderr.splitlines()), told


def test_without_data_or_network_there_are_three_ways_on(tmp_path):
    code, _, stderr = vtencode(
        "build", "nyu-depth", "--out", tmp_path / "o", VTENCODE_DATA=str(tmp_path / "data")
    )

    assert code == 2
    for word in ("2.8 GB", "license", "--source PATH", "--demo", "vtencode download nyu-depth"):
        assert word in stderr


@pytest.mark.slow
def test_the_data_folder_is_where_a_plain_build_looks(nyu, tmp_path):
    home = tmp_path / "data"
    home.mkdir()
    (home / "nyu-depth-v2").symlink_to(nyu)
    words = ("build", "nyu-depth", "--out", tmp_path / "o")

    # The miniature's files are not of the published size, so a dataset of another form is put.
    from trees import write_bts

    (home / "nyu-depth-v2").unlink()
    write_bts(home / "nyu-depth-v2", count=2)
    code, stdout, stderr = vtencode(*words, VTENCODE_DATA=str(home))

    assert code == 0, stderr
    assert "2 written of 2 planned" in stdout


def test_lists_are_json_objects_with_names():
    lists = {"codecs": {"depth"}, "recipes": {"nyu-depth", "small"}, "tasks": {"referring"}}
    for word, some in lists.items():
        code, stdout, _ = vtencode(word, "--json")
        plain = vtencode(word)[1]

        assert code == 0
        assert some <= {each["name"] for each in json.loads(stdout)}
        assert all(name in plain for name in some)


def test_the_contract_of_a_codec_and_the_page_of_a_recipe_are_told():
    contract, recipe = vtencode("codecs", "depth")[1], vtencode("recipes", "nyu-depth")[1]

    for word in ("1786", "412.49", "89.8", "2604.20329", "vision-banana", "0.00187"):
        assert word in contract
    for word in ("Silberman", "academic", "2.8 GB", "train, test, all"):
        assert word in recipe


def test_the_page_of_a_task_tells_its_fields_and_options():
    page = vtencode("tasks", "referring")[1]

    for word in ("expressions (Expressions)", "{phrase}", "38 in the pool", "negatives  0.1"):
        assert word in page


@pytest.mark.slow
def test_a_mix_is_planned_built_and_proved_as_a_user_types_it(tmp_path):
    parts = "[{recipe: scenes, cap: 3}, {recipe: scenes, cap: 2, set: [source.seed=1]}]"
    small = ("--set", f"recipes={parts}")
    code, plan, _ = vtencode("plan", "small", *small)
    assert code == 0
    for word in ("scenes: depth 1", "5 from 2000 samples", "rendered on the spot"):
        assert word in plan

    code, built, stderr = vtencode("build", "small", "--out", tmp_path / "o", *small)

    assert code == 0, stderr
    assert "5 written of 5 planned" in built
    code, proved, _ = vtencode("verify", tmp_path / "o")
    assert code == 0
    assert re.search(r"verdict +whole\n", proved)


@pytest.fixture
def kinect(tmp_path):
    """A 16-bit depth image in millimeters, 0 where nothing was measured."""
    depth = np.random.default_rng(0).integers(400, 10_000, (48, 64)).astype(np.uint16)
    depth[:5] = 0
    Image.fromarray(depth).save(tmp_path / "kinect.png")
    return tmp_path / "kinect.png", depth


@pytest.mark.parametrize("suffix", [".npy", ".png"])
def test_what_encode_paints_decode_reads_without_being_told_the_codec(kinect, tmp_path, suffix):
    path, depth = kinect
    code, stdout, _ = vtencode(
        "encode", "depth", path, "--unit", "mm", "--out", tmp_path / "code.png"
    )
    assert code == 0
    assert "worst error" in stdout

    out = tmp_path / f"back{suffix}"
    code, stdout, _ = vtencode("decode", tmp_path / "code.png", "--out", out, "--json")

    told = json.loads(stdout)
    assert (code, told["exact"], told["residual_median"]) == (0, True, 0)
    assert told["unknown"] == pytest.approx(5 / 48, abs=1e-4)
    back = np.load(out) * 1000 if suffix == ".npy" else np.asarray(Image.open(out), float)
    measured = depth > 0
    assert np.abs(back[measured] - depth[measured]).max() <= 12
    assert (np.isnan(back) if suffix == ".npy" else back == 0)[~measured].all()


def test_encode_takes_arrays_and_members_of_h5_files_and_parameters(tmp_path):
    meters = np.linspace(0.5, 9, 300).reshape(15, 20).astype(np.float32)
    np.save(tmp_path / "d.npy", meters)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["group/depth"] = meters
    outs = []
    for name in ("d.npy", "d.h5:group/depth"):
        outs.append(tmp_path / f"{len(outs)}.png")
        words = ("--out", outs[-1], "--set", "curve.lam=-2.0")
        assert vtencode("encode", "depth", tmp_path / name, *words)[0] == 0

    assert outs[0].read_bytes() == outs[1].read_bytes()
    expected = vt.codec("depth", curve={"lam": -2.0}).encode(vt.DepthMap(meters=meters)).rgb
    assert np.array_equal(np.asarray(Image.open(outs[0])), expected)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("encode", "depth", "{kinect}", "--out", "x.png"), "say what 1 is with --unit"),
        (("encode", "depth", "{kinect}", "--unit", "feet", "--out", "x.png"), "--unit must be"),
        (("encode", "depth", "d.exr", "--out", "x.png"), "must be a .png, a .npy or a .h5"),
        (("encode", "depth", "none.npy", "--out", "x.png"), "none.npy cannot be read"),
        (
            ("encode", "depth", "{kinect}", "--unit", "mm", "--set", "k=3", "--out", "x.png"),
            "k is not",
        ),
        (("decode", "{kinect}", "--codec", "depth"), "must be an 8-bit RGB PNG, got 16-bit gray"),
    ],
)
def test_files_that_are_no_depth_are_refused(words, told, kinect, monkeypatch, capsys):
    monkeypatch.chdir(kinect[0].parent)

    code, _, stderr = typed(capsys, *(word.format(kinect=kinect[0]) for word in words))

    assert code == 2
    assert told in stderr


def test_a_painted_picture_needs_its_codec_named_and_a_jpeg_will_do(tmp_path):
    rgb = vt.codec("depth").encode(vt.DepthMap(meters=np.full((64, 64), 3.0))).rgb
    Image.fromarray(rgb).save(tmp_path / "painted.jpg", quality=95)

    assert "--codec NAME" in vtencode("decode", tmp_path / "painted.jpg")[2]
    words = ("decode", tmp_path / "painted.jpg", "--codec", "depth:vision-banana", "--json")
    told = json.loads(vtencode(*words)[1])

    assert not told["exact"]
    assert told["meters"]["p50"] == pytest.approx(3, abs=0.1)


def test_the_real_output_of_a_generator_is_read_as_the_issue_of_the_paper_says(samples):
    path = samples / "vision-banana" / "depth" / "depth_kinkaku_1.png"

    told = json.loads(vtencode("decode", path, "--codec", "depth", "--json")[1])

    assert told["residual_median"] <= 2
    assert told["white"] == pytest.approx(0.28, abs=0.01)
