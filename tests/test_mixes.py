"""Mixes: shares are exact, parts take turns, and what cannot be is told with its line."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vtencode as vt
from vtencode.building.order import apportioned, counted, pair_table
from vtencode.building.plan import make_plan
from vtencode.building.setting import setting
from vtencode.errors import RecipeError, SourceError, SpecError
from vtencode.recipe import Mix, Part, load_mix, load_recipe, mix_names
from vtencode.spec import canonical_json

MIX = """\
name: mine
recipes:
  - recipe: scenes
    weight: 3
    tasks: {depth: 0.5, normals: 0.5}
  - recipe: nyu-depth
    weight: 1
seed: 7
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str, name: str = "mine.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def samples(count: int, name: str = "a") -> pa.Table:
    return pa.table({"key": [f"{name}-{at:05d}" for at in range(count)]})


def mix_of(*parts: Part) -> Mix:
    recipe = parts[0].recipe
    return Mix("mine", "", "", parts, recipe.output, recipe.max_rejects, recipe.seed)


@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 100), min_size=1, max_size=9))
def test_apportioned_counts_add_up_and_are_off_by_less_than_one(total, weights):
    counts = apportioned(total, weights)

    assert sum(counts) == total
    exact = [total * weight / sum(weights) for weight in weights]
    assert all(abs(count - want) < 1 + 1e-6 for count, want in zip(counts, exact, strict=True))


def test_parts_have_pairs_in_the_proportion_of_their_weights_as_many_as_the_scarcest_allows():
    scenes, depth = load_recipe("scenes"), load_recipe("nyu-depth")
    mix = mix_of(
        Part(scenes, weight=3, shares={"depth": 0.25, "normals": 0.75}),
        Part(depth, weight=1),
    )

    pairs = pair_table(mix, [samples(900), samples(200, "b")])

    assert counted(pairs, mix) == {(0, "depth"): 150, (0, "normals"): 450, (1, "depth"): 200}


def test_parts_take_turns_evenly_from_the_first_pair_to_the_last():
    scenes, depth = load_recipe("scenes"), load_recipe("nyu-depth")
    mix = mix_of(Part(scenes, weight=3, shares={"depth": 1.0}), Part(depth, weight=1))

    parts = pair_table(mix, [samples(300), samples(100, "b")])["part"].to_pylist()

    for start in range(0, 400, 40):
        assert Counter(parts[start : start + 40]) == {0: 30, 1: 10}


def test_a_mix_asks_one_thing_of_many_images_before_many_things_of_one():
    scenes = load_recipe("scenes")
    shares = {"depth": 0.25, "normals": 0.25, "semantic": 0.25, "instance": 0.25}
    mix = mix_of(Part(scenes, cap=200, shares=shares))

    rows = pair_table(mix, [samples(200)])["row"].to_pylist()

    assert len(rows) == 200
    assert len(set(rows)) >= 195


def test_repeats_give_each_sample_again_under_a_key_of_its_own(tmp_path):
    depth = load_recipe("nyu-depth")
    mix = mix_of(Part(depth, repeats=3))

    built = vt.build(mix, demo=2, out=tmp_path / "o", workers=1)

    keys = [pair.key for pair in vt.open_dataset(built.out)]
    assert sorted(keys) == sorted(
        f"{key}{again}" for key in {k[: k.index("-depth") + 6] for k in keys}
        for again in ("", "-r2", "-r3")
    )  # fmt: skip


def test_a_cap_bounds_the_pairs_of_a_recipe():
    mix = mix_of(Part(load_recipe("nyu-depth"), cap=5))

    assert len(pair_table(mix, [samples(20)])) == 5


def test_a_share_of_a_task_is_asked_of_exactly_that_share_of_the_samples():
    scenes = load_recipe("scenes")
    mix = Mix.of(scenes)

    counts = counted(pair_table(mix, [samples(1000)]), mix)

    assert counts[0, "depth"] == 1000
    assert counts[0, "depth-gray"] == 100


def test_the_order_is_a_function_of_names_and_counts_alone():
    mix = mix_of(Part(load_recipe("scenes"), weight=2), Part(load_recipe("nyu-depth"), weight=1))
    tables = [samples(30), samples(10, "b")]

    assert pair_table(mix, tables).equals(pair_table(mix, tables))


@pytest.mark.parametrize("name", mix_names())
def test_every_shipped_mix_loads_and_its_identity_survives_json(name):
    mix = load_mix(name)

    stored = json.loads(canonical_json(mix.identity()))

    assert Mix.from_identity(stored).identity() == mix.identity()


def test_a_recipe_alone_is_a_mix_of_one_with_the_recipes_own_identity():
    assert load_mix("nyu-depth").identity() == load_recipe("nyu-depth").identity()


def test_the_mixs_seed_and_output_are_its_parts(written):
    mix = load_mix(written(MIX), ["output.samples_per_shard=9"])

    assert {part.recipe.seed for part in mix.parts} == {7}
    assert {part.recipe.output.samples_per_shard for part in mix.parts} == {9}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("weight: 3", "weight: 0", (4, "recipes.0.weight", "must be > 0, got 0")),
        ("weight: 3", "weight: -1", (4, "recipes.0.weight", "must be > 0, got -1")),
        ("    weight: 1\n", "", (6, "recipes.1.weight", "is missing: give every recipe a weight")),
        ("normals: 0.5", "normals: 0.4", (5, "recipes.0.tasks", "must be shares that add up to 1")),
        ("normals: 0.5", "normal: 0.5", (5, "recipes.0.tasks.normal", "Did you mean 'normals'?")),
        ("normals: 0.5", "normals: 0", (5, "recipes.0.tasks.normals", "must be above 0, got 0")),
        ("nyu-depth", "nyu-deth", (6, "recipes.1.recipe", "Did you mean 'nyu-depth'?")),
        ("seed: 7", "sed: 7", (8, "sed", "is not a field here. Did you mean 'seed'?")),
    ],
)
def test_a_fault_of_a_mix_is_told_with_its_line(written, old, new, told):
    line, path, message = told
    with pytest.raises(RecipeError) as caught:
        load_mix(written(MIX.replace(old, new)))

    (fault,) = caught.value.faults
    assert fault[:2] == (line, path)
    assert message in fault[2]


def test_all_faults_of_a_mix_are_told_at_once(written):
    text = MIX.replace("weight: 3", "weight: 0").replace("nyu-depth", "nowhere")

    with pytest.raises(RecipeError) as caught:
        load_mix(written(text.replace("seed: 7", "seed: x\nleak_guard: {against: [nobody]}")))

    assert [fault[0] for fault in caught.value.faults] == [4, 6, 8, 9]


def test_a_mix_may_name_recipes_that_lie_beside_it(written):
    written("name: own\nsource: {name: scenes}\ntasks:\n  - task: normals\n", "own.yaml")

    mix = load_mix(written("name: mine\nrecipes:\n  - recipe: own.yaml\n"))

    assert mix.parts[0].recipe.name == "own"


def test_two_parts_that_make_one_key_are_refused(tmp_path):
    mix = mix_of(Part(load_recipe("nyu-depth")), Part(load_recipe("nyu-depth")))

    with pytest.raises(SpecError, match="both make the pair 'nyu-"):
        vt.build(mix, demo=2, out=tmp_path / "o")


def test_a_mix_of_several_sources_asks_where_each_is(tmp_path):
    with pytest.raises(SourceError, match="needs nyu-depth-v2"):
        vt.build("small", out=tmp_path / "o")


def test_a_loaded_recipe_is_no_mix(written):
    with pytest.raises(RecipeError, match=r"has 1 fault:.*\n.*must be a recipe, got a mix"):
        load_recipe(written(MIX))


def test_a_mix_that_lists_itself_is_told_in_one_line(written):
    path = written("name: mine\nrecipes:\n  - recipe: mine.yaml\n")

    with pytest.raises(RecipeError) as caught:
        load_mix(path)

    (fault,) = caught.value.faults
    assert fault[:2] == (3, "recipes.0.recipe")
    assert "must be a recipe, got a mix: list its recipes instead" in fault[2]


def test_the_small_mix_has_all_kinds_of_targets_in_the_shares_that_it_states():
    mix = load_mix("small")
    with setting(mix, source=None, demo=True) as ready:
        _, tables = make_plan(mix, ready.sources, limit=None)

    counts = counted(tables.pairs, mix)

    total, weights = sum(counts.values()), sum(part.weight for part in mix.parts)
    for (at, task), count in counts.items():
        part = mix.parts[at]
        mine = sum(each for (number, _), each in counts.items() if number == at)
        assert mine / total == pytest.approx(part.weight / weights, abs=0.01)
        if part.shares:
            assert count / mine == pytest.approx(part.shares[task], abs=0.01 * total / mine)
    kinds = {
        part.recipe.source.reader.targets[task.target_name]
        for part in mix.parts
        for task in part.recipe.tasks
        if not part.shares or task.key in part.shares
    }
    assert kinds >= {
        vt.DepthMap, vt.NormalMap, vt.SemanticMask, vt.InstanceMasks, vt.Keypoints,
    }  # fmt: skip
