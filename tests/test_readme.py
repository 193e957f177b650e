"""What the documents show runs, and says the truth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import vtencode as vt
from vtencode.frames import FRAMES
from vtencode.instructions import load_pool, pool_names
from vtencode.legends import min_apart
from vtencode.recipe import recipe_names
from vtencode.registry import names

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the dataset where the README's commands put it."""
    folder = tmp_path_factory.mktemp("readme")
    vt.build("nyu-depth", out=folder / "out" / "nyu", demo=2)
    return folder


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.split("\n")[-2][:30])
def test_a_python_block_of_the_readme_runs(block, built):
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=built, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_there_is_python_in_the_readme():
    assert len(PYTHON) == 4


def test_every_command_the_readme_shows_exists():
    blocks = "".join(re.findall(r"^```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE))
    shown = set(re.findall(r"^(?:\.venv/bin/)?vtencode ([\w-]+)", blocks, re.MULTILINE))

    from vtencode.cli.main import COMMANDS

    assert shown <= set(COMMANDS)
    assert {"build", "verify", "plan", "encode", "decode"} <= shown


def test_the_recipe_of_the_readme_loads(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "mine.yaml").write_text(text)

    assert vt.load_recipe(tmp_path / "mine.yaml").name == "mine"


def test_the_readme_names_every_task_and_states_the_figures_of_asking():
    counts = [len(load_pool(name).templates) for name in pool_names()]

    assert all(f"`{name}`" in README for name in names("task"))
    assert f"pools of {min(counts)} to {max(counts)} a task" in README
    for count, stated in ((5, "100 levels of RGB for 5"), (19, "69 for 19"), (150, "29 for 150")):
        assert stated in README
        assert int(stated.split()[0]) <= min_apart(count) < int(stated.split()[0]) + 1


def test_the_readme_lists_every_recipe():
    assert [name for name in recipe_names() if f"`{name}`" not in README] == []


def test_the_figures_the_readme_states_are_the_codecs():
    tolerances = vt.codec("depth").contract()["tolerance_m"]

    assert (round(1000 * tolerances["1"], 1), round(1000 * tolerances["10"])) == (1.9, 11)
    assert "within 1.9 mm at 1 m, 11 mm at 10 m" in README
    assert vt.codec("keypoints").contract()["tolerance_px"] == 0.011
    assert "within 0.011 px" in README
    normals = vt.codec("normals").contract()["tolerance_deg"]
    assert sorted(round(value, 2) for value in normals.values()) == [0.39, 0.78]
    assert "within 0.39° for 98 % of directions, 0.78° for all" in README
    assert len(FRAMES) == 17


def test_ci_runs_the_test_command_of_the_readme_word_for_word():
    script = (ROOT / ".ci" / "run").read_text()
    extract = re.search(r"command=\$\((.*)\)", script)
    assert extract is not None

    command = subprocess.run(
        ["sh", "-c", extract[1]], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()

    assert f"<!-- test -->\n```sh\n{command}\n```" in README
    assert ".ci/check" in command


needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="torch, which an example needs, is not installed"
)
#: Examples that measure take their time.
SCRIPTS = [
    pytest.param(
        path,
        id=path.name,
        marks=[
            *([pytest.mark.slow] if path.stem.endswith(("_table", "_tables")) else []),
            *([needs_torch] if path.stem.startswith("torch_") else []),
        ],
    )
    for path in sorted((ROOT / "examples").glob("*.py"))
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_example_runs(script, tmp_path):
    done = subprocess.run(
        [sys.executable, script, str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "VTENCODE_QUICK": "1"},
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.slow
def test_the_wheel_carries_recipes_pools_and_schemas(tmp_path):
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(pip, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")

    names = set(zipfile.ZipFile(wheel).namelist())

    for shipped in ("recipes/nyu-depth.yaml", "recipes/instructions/depth.yaml"):
        assert f"vtencode/{shipped}" in names
    assert "vtencode/schemas/recipe.schema.json" in names
    assert not any(name.startswith(("tests/", "examples/")) for name in names)
