"""Contracts stop a build that reads a dataset wrongly; frames known to be broken are left out."""

from __future__ import annotations

import json

import numpy as np
import pytest

import vtencode as vt
from vtencode.errors import RecipeError, SampleError, SourceError
from vtencode.pairs import check_contract
from vtencode.recipe import ContractSection
from vtencode.targets import DepthMap, NormalMap, RelativeDepthMap

METRIC = ContractSection.model_validate({"depth": {"range_m": [0.1, 10], "median_m": [0.4, 8]}})
RELATIVE = ContractSection.model_validate({"relative_depth": {"spread": [1.1, 100]}})
NORMALS = ContractSection.model_validate({"normals": {"facing": 0.9}})


def recipe(tmp_path, text: str):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\n{text}")
    return path


def scenes(tmp_path, contract: str, task: str = "depth", more: str = ""):
    source = "source: {name: scenes, count: 4, streets: 0.0, height: 240, width: 320}\n"
    tasks = f"tasks: [{{task: {task}}}]\ncontract: {contract}\n{more}"
    return recipe(tmp_path, source + tasks)


@pytest.mark.parametrize("factor", [10, 1000, 1e-3, 256])
def test_depth_in_a_wrong_unit_is_outside(factor):
    depth = DepthMap(np.linspace(0.5, 6, 12, dtype=np.float32).reshape(3, 4) * np.float32(factor))

    with pytest.raises(SampleError, match="another unit"):
        check_contract(depth, METRIC, where="x")


def test_depth_up_to_scale_is_not_held_to_meters():
    check_contract(RelativeDepthMap(np.full((2, 2), 5e4, np.float32)), METRIC, where="x")


@pytest.mark.parametrize(
    ("target", "contract"),
    [
        (DepthMap(np.full((2, 2), np.nan)), METRIC),
        (RelativeDepthMap(np.full((2, 2), np.nan)), RELATIVE),
        (NormalMap(np.zeros((2, 2, 3), np.float32)), NORMALS),
    ],
)
def test_a_frame_without_any_known_pixel_is_empty(target, contract):
    with pytest.raises(SampleError, match="EMPTY"):
        check_contract(target, contract, where="x")


def test_normals_that_face_away_are_in_another_frame():
    toward = np.zeros((10, 10, 3), np.float32)
    toward[..., 2] = 1
    check_contract(NormalMap(toward), NORMALS, where="x")

    with pytest.raises(SampleError, match=r"90% must face the camera, got 0\.0%.*frame of axes"):
        check_contract(NormalMap(-toward), NORMALS, where="x")


@pytest.mark.parametrize("part", ["near_m", "median_m", "far_m"])
def test_a_percentile_outside_stops_the_build_and_all_are_told(tmp_path, part):
    limits = {"range_m": [0.01, 100], "median_m": [0.1, 50], part: [40, 50]}
    path = scenes(tmp_path, json.dumps({"depth": limits}))

    with pytest.raises(SourceError, match=r"depth must have .* 40 to 50 m.*5% .*50% .*95% "):
        vt.build(path, out=tmp_path / "out", workers=1)


def test_normals_are_compared_with_the_depth_of_the_same_frame(tmp_path, monkeypatch):
    path = scenes(tmp_path, "{normals: {facing: 0.9, as_depth: true}}", task="normals")
    assert vt.plan(path).pairs == 4

    from vtencode.miniatures import ground_truth

    right = ground_truth.normals
    monkeypatch.setattr(ground_truth, "normals", lambda scene: flipped(right(scene)))
    with pytest.raises(SourceError, match="normals must be right up backward once read"):
        vt.plan(path)


def flipped(normals: NormalMap) -> NormalMap:
    return NormalMap(normals.xyz * np.array([-1, 1, 1], np.float32))


@pytest.mark.parametrize("part", ["depth", "relative_depth", "normals"])
def test_a_contract_of_what_a_source_lacks_is_a_fault(tmp_path, part):
    limits = {
        "depth": "{range_m: [1, 2], median_m: [1, 2]}",
        "relative_depth": "{spread: [1, 2]}",
        "normals": "{facing: 1.0}",
    }[part]
    text = f"source: {{name: {'scenes' if part == 'relative_depth' else 'nyu-depth-v2'}}}\n"
    text += f"tasks: [{{task: semantic}}]\ncontract: {{{part}: {limits}}}\n"
    if part == "depth":
        assert vt.load_recipe(recipe(tmp_path, text)).contract.depth is not None
        return
    with pytest.raises(RecipeError, match=rf"contract\.{part} +must be left out"):
        vt.load_recipe(recipe(tmp_path, text))


def test_metric_tasks_refuse_depth_up_to_scale_and_name_the_task_that_takes_it(tmp_path):
    text = "source: {name: megadepth}\ntasks: [{task: depth}]\n"

    with pytest.raises(RecipeError, match=r"known up to scale only: ask for relative-depth"):
        vt.load_recipe(recipe(tmp_path, text))
    text = text.replace("task: depth", "task: relative-depth")
    assert vt.load_recipe(recipe(tmp_path, text)).tasks[0].target_name == "depth"


def test_metric_depth_may_be_asked_for_as_relative(tmp_path):
    path = scenes(tmp_path, "{}", task="relative-depth")
    built = vt.build(path, out=tmp_path / "out", workers=1)
    pairs = list(vt.open_dataset(built.out))

    assert len(pairs) == 4
    for pair in pairs:
        assert "metric" not in pair.instruction.lower()
        assert pair.meta["task"] == "relative-depth"
        assert json.loads(pair.meta["codec"])["params"]["curve"]["name"] == "percentile"
    assert vt.verify(built.out, workers=1).ok


def test_frames_known_to_be_broken_are_filtered_counted_and_listed(tmp_path):
    bad = "known_bad:\n  - {samples: 'scenes-0-00000[01]', reason: 'black (issue 7)'}\n"
    path = scenes(tmp_path, "{}", more=bad)
    built = vt.build(path, out=tmp_path / "out", workers=1)

    counts = built.manifest["counts"]
    assert counts == {"planned": 4, "written": 2, "rejected": 0, "filtered": 2}
    lines = (tmp_path / "out" / "filtered.jsonl").read_text().splitlines()
    assert {json.loads(line)["code"] for line in lines} == {"KNOWN_BAD"}
    assert all("black (issue 7)" in line for line in lines)
    assert vt.verify(built.out, workers=1).ok
