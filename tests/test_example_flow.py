"""The example package: a codec and a source that users add, seen through the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "optical_flow"
PROJECT = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
COMMANDS = re.findall(r"^vtencode (.+)$", (EXAMPLE / "README.md").read_text(), re.MULTILINE)
ONE_PERCENT_OFF = """
from dataclasses import replace
from vtencode_flow import FlowCodec, FlowMap

class Off(FlowCodec):
    def read(self, code):
        decoded = super().read(code)
        return replace(decoded, target=FlowMap(1.01 * decoded.target.xy_px))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder on whose import path the example looks installed, as its pyproject says."""
    folder = tmp_path_factory.mktemp("site")
    info = folder / f"vtencode_flow-{PROJECT['version']}.dist-info"
    info.mkdir()
    facts = f"Metadata-Version: 2.1\nName: {PROJECT['name']}\nVersion: {PROJECT['version']}\n"
    (info / "METADATA").write_text(facts)
    (info / "entry_points.txt").write_text(entry_points())
    return folder


@pytest.fixture
def vtencode(installed, tmp_path):
    """Run the command where the example is installed: (exit code, output)."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    path = os.pathsep.join(map(str, [installed, EXAMPLE, ROOT]))

    def run(*words):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "vtencode", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            cwd=tmp_path,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def entry_points() -> str:
    """The entry points of the pyproject, as an installer writes them."""
    lines: list[str] = []
    for group, names in PROJECT["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {path}" for name, path in names.items()), ""]
    return "\n".join(lines)


@pytest.mark.slow
def test_every_command_of_the_examples_readme_succeeds(vtencode):
    assert [command.split()[0] for command in COMMANDS] == [
        "codecs",
        "check-codec",
        "build",
        "verify",
    ]
    for command in COMMANDS:
        code, output = vtencode(*command.split())
        assert code == 0, output


def test_the_codec_is_listed_beside_the_built_in_ones(vtencode):
    code, output = vtencode("codecs", "--json")

    assert code == 0, output
    assert {"depth", "flow"} <= {codec["name"] for codec in json.loads(output)}


def test_the_measured_error_is_within_the_stated_tolerance(vtencode):
    code, output = vtencode("check-codec", "flow", "--preset", "fast", "--examples", "9", "--json")

    told = json.loads(output)
    assert code == 0, output
    assert told["ok"]
    assert 0 < told["worst_error"] <= told["contract"]["tolerance_px"] * 1.001
    assert told["contract"]["tolerance_px"] == round(256 / 127 / 2, 4)


@pytest.mark.slow
def test_a_codec_that_is_one_percent_off_is_caught(vtencode, tmp_path):
    (tmp_path / "off.py").write_text(ONE_PERCENT_OFF)

    code, output = vtencode("check-codec", "off:Off", "--examples", "9")

    assert code == 1, output
    assert "BROKEN" in output
    assert "error must be at most the tolerance" in output


@pytest.mark.slow
def test_a_frame_whose_motion_the_codec_cannot_hold_is_a_reject(vtencode, tmp_path):
    recipe, small = "examples/optical_flow/recipe.yaml", "tasks.0.codec.params.max_px=5"

    code, output = vtencode(
        "build", recipe, "--demo", "--set", small, "--workers", "1", "--out", "out"
    )

    rejects = [
        json.loads(line) for line in (tmp_path / "out/rejects.jsonl").read_text().splitlines()
    ]
    assert code == 3, output
    assert {(reject["code"], reject["field"]) for reject in rejects} == {("RANGE", "flow")}
    assert "flow: motion must be at most 5 px along x and y, got 7" in rejects[0]["message"]
    assert vtencode("verify", "out", "--workers", "1")[0] == 0


@pytest.mark.slow
def test_the_wheel_of_the_example_holds_what_the_tests_pretend(tmp_path):
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(tmp_path)]
    subprocess.run([*pip, str(EXAMPLE)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (written,) = (name for name in names if name.endswith("entry_points.txt"))
        lines = archive.read(written).decode().split("\n")

    assert {"vtencode_flow.py", "vtencode_flow_scenes.py"} <= names
    assert sorted(filter(None, lines)) == sorted(filter(None, entry_points().split("\n")))
