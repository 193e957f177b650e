"""A build with a leak guard leaves out the images of evaluation sets, and says so."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from trees import hashes

import vtencode as vt
from vtencode.errors import BuildError, PlanChangedError, SourceError

ROOMS = """\
name: rooms
source: {name: scenes, count: 12, height: 96, width: 128}
tasks:
  - task: depth
  - task: normals
    share: 0.5
framing: {resize: none}
output: {samples_per_shard: 5}
"""

#: A build that is killed when so many of its pairs are done.
KILLED = """\
import os, signal, sys
import vtencode as vt

def report(done, planned):
    if done == 8:
        os.kill(os.getpid(), signal.SIGKILL)

vt.build(sys.argv[1], out=sys.argv[2], workers=1, report=report)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Recipes, and `held`: a dataset built of three scenes, two of them in training too."""
    folder = tmp_path_factory.mktemp("guard")
    (folder / "plain.yaml").write_text(ROOMS)
    vt.build(folder / "plain.yaml", out=folder / "held", workers=1, limit=3)
    guard = f"leak_guard: {{against: [{folder / 'held'}]}}\n"
    (folder / "guarded.yaml").write_text(ROOMS + guard)
    return folder


@pytest.fixture(scope="module")
def built(folder, tmp_path_factory) -> Path:
    return vt.build(folder / "guarded.yaml", out=tmp_path_factory.mktemp("o") / "o", workers=1).out


def filtered(out: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (out / "filtered.jsonl").read_text().splitlines()]


def manifest(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_bytes())


def images(out: Path) -> set[str]:
    return {pair.meta["image_id"] for pair in vt.open_dataset(out)}


def test_exactly_the_images_of_the_evaluation_set_are_left_out(folder, built):
    held = images(folder / "held")
    every = {f"scenes-0/{at}" for at in range(15) if at % 5 != 4}
    left = filtered(built)

    assert len(held) == 3
    assert images(built) == every - held
    assert {each["code"] for each in left} == {"LEAK"}
    assert all("of the evaluation set held" in each["message"] for each in left)
    assert [each["key"] for each in left] == sorted(each["key"] for each in left)
    counts = manifest(built)["counts"]
    assert counts == {
        "planned": 18, "written": 18 - len(left), "rejected": 0, "filtered": len(left)
    }  # fmt: skip
    assert vt.verify(built, workers=1).problems == ()
    assert vt.audit(built, [folder / "held"], workers=1).findings == ()


@pytest.mark.slow
def test_a_guarded_build_that_was_killed_resumes_to_the_same_bytes(folder, built, tmp_path):
    words = [sys.executable, "-c", KILLED, folder / "guarded.yaml", tmp_path / "o"]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL

    vt.build(folder / "guarded.yaml", out=tmp_path / "o", workers=1)

    assert hashes(tmp_path / "o") == hashes(built)


def test_an_evaluation_set_that_changed_is_told_by_name(folder, tmp_path):
    recipe = tmp_path / "mine.yaml"
    (tmp_path / "ids.txt").write_text("scenes-0/1\n")
    recipe.write_text(f"{ROOMS}leak_guard: {{against: [{tmp_path / 'ids.txt'}]}}\n")
    few = {"workers": 1, "overrides": ["source.count=3"]}
    out = vt.build(recipe, out=tmp_path / "o", **few).out

    (tmp_path / "ids.txt").write_text("scenes-0/2\n")

    said = "\n".join(vt.verify(out, workers=1).problems)
    assert "than the one that was built; what changed: recipe.leak_guard.digest" in said
    assert "scenes-0-000001-depth: was filtered, and need not be" in said
    with pytest.raises(PlanChangedError, match=r"what changed: recipe\.leak_guard\.digest"):
        vt.build(recipe, out=out, **few)

    (tmp_path / "ids.txt").unlink()

    with pytest.raises(SourceError, match=r"ids.txt' must be a list .* and is none"):
        vt.verify(out, workers=1)


def test_a_build_of_which_all_is_filtered_is_no_dataset(folder, tmp_path):
    ids = tmp_path / "ids.txt"
    ids.write_text("".join(f"scenes-0/{at}\n" for at in range(15)))
    set_ = f"leak_guard.against=[{ids}]"

    with pytest.raises(BuildError, match="all 18 pairs were filtered or rejected: scene 1"):
        vt.build(folder / "plain.yaml", out=tmp_path / "o", workers=1, overrides=[set_])
    assert not (tmp_path / "o" / "manifest.json").exists()


@pytest.mark.slow
def test_the_guard_of_the_mix_of_the_paper_lets_only_training_images_pass(tmp_path):
    made = vt.build("vision-banana", demo=2, limit=2, out=tmp_path / "o", workers=1)

    assert vt.verify(made.out, workers=1).problems == ()
    assert made.manifest["counts"]["written"] > 0


def test_a_guard_moves_with_its_evaluation_set_only_if_it_is_told(folder, tmp_path):
    """What a set holds decides, and not where it is; but the recipe says where."""
    moved = Path(shutil.copytree(folder / "held", tmp_path / "held"))
    there, here = (f"leak_guard.against=[{path}]" for path in (folder / "held", moved))

    first, second = (vt.plan(folder / "plain.yaml", overrides=[set_]) for set_ in (there, here))

    guards = [plan.recipe["leak_guard"] for plan in (first, second)]
    assert guards[0]["digest"] == guards[1]["digest"]
