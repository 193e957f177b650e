"""Plans at their edges: keys that collide, weights of any size, nothing to build, plugins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import write_bts

import vtencode as vt
from vtencode.building.keys import LONGEST
from vtencode.building.order import counted, pair_table
from vtencode.building.plan import make_plan
from vtencode.building.rows import planned_pairs, write_tables
from vtencode.errors import RecipeError, SourceError, SpecError
from vtencode.miniatures.scene_source import Scenes
from vtencode.recipe import Mix, Part, Recipe, load_mix, load_recipe
from vtencode.registry import REGISTRIES

ROOMS = """\
name: rooms
source: {name: scenes, count: 4, height: 48, width: 64}
tasks:
  - task: depth
  - task: depth
    name: other
framing: {resize: none}
"""


@dataclass(frozen=True, kw_only=True)
class Keyed(Scenes):
    """Scenes by keys of one's own."""

    keys: tuple[str, ...] = ("a",)

    def index(self) -> pa.Table:
        count = len(self.keys)
        columns = {"image": ["png"] * count, "split": ["train"] * count}
        return pa.table({"key": pa.array(self.keys, pa.string()), **columns, "index": range(count)})


@pytest.fixture
def written(tmp_path):
    def write(text: str, name: str = "rooms.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def rooms(*names: str) -> Recipe:
    """A recipe whose tasks, all depth, have these names."""
    tasks = [{"task": "depth", "name": name} for name in names]
    return Recipe.model_validate({"name": "rooms", "source": {"name": "scenes"}, "tasks": tasks})


def mix_of(*parts: Part) -> Mix:
    recipe = parts[0].recipe
    return Mix("mine", "", "", parts, recipe.output, recipe.max_rejects, recipe.seed)


def planned(mix: Mix, *keys: tuple[str, ...]):
    return make_plan(mix, [Keyed(keys=each) for each in keys], limit=None)


# Keys.


@pytest.mark.parametrize(
    ("parts", "keys", "told"),
    [
        ([Part(rooms("depth", "depth-r2"), repeats=2)], [("a",)], "'a-depth-r2'"),
        ([Part(rooms("c", "b-c"))], [("a", "a-b")], "'a-b-c'"),
        ([Part(rooms("depth")), Part(rooms("depth"))], [("a",), ("a",)], "'a-depth'"),
        ([Part(rooms("c")), Part(rooms("b-c"))], [("a-b",), ("a",)], "'a-b-c'"),
        ([Part(rooms("x"), repeats=2), Part(rooms("r2"))], [("a",), ("a-x",)], "'a-x-r2'"),
    ],
    ids=["repeat", "one recipe", "two recipes", "two sources", "key and repeat"],
)
def test_two_pairs_of_one_key_are_refused(parts, keys, told):
    with pytest.raises(SpecError, match=f"both make the pair {told}"):
        planned(mix_of(*parts), *keys)


def test_a_key_that_is_too_long_is_refused_whatever_makes_it_long():
    fits = "x" * (LONGEST - len("-depth"))
    mix = mix_of(Part(rooms("depth")))

    assert planned(mix, (fits,))[0].pairs == 1
    for repeats, key in ((1, f"{fits}x"), (2, fits)):
        with pytest.raises(SpecError, match=r"at most 80 characters, got 8[13] in 'x"):
            planned(mix_of(Part(rooms("depth"), repeats=repeats)), (key,))


def test_a_sample_key_that_is_there_twice_is_named_at_once():
    with pytest.raises(SourceError, match="the sample key 'last' must be used once"):
        planned(mix_of(Part(rooms("depth"))), (*map(str, range(200_000)), "last", "last"))


def test_the_keys_that_are_checked_are_those_that_are_built(tmp_path):
    mix = mix_of(Part(rooms("c", "d"), repeats=2), Part(rooms("e")))
    plan, tables = planned(mix, ("a", "b"), ("c",))
    write_tables(tables, tmp_path)

    keys = [pair.key for pair in planned_pairs(plan, mix, tmp_path, 0)]

    assert sorted(keys) == sorted(
        [f"{key}-{task}{again}" for key in "ab" for task in "cd" for again in ("", "-r2")] + ["c-e"]
    )


# Counts.


@given(st.lists(st.floats(5e-324, 1.7e308), min_size=1, max_size=4), st.integers(1, 300))
def test_any_weights_give_counts_in_their_proportion(weights, count):
    parts = [Part(rooms("depth"), weight=weight) for weight in weights]
    table = pa.table({"key": [f"a{at:05d}" for at in range(count)]})

    counts = list(
        counted(pair_table(mix_of(*parts), [table] * len(parts)), mix_of(*parts)).values()
    )

    assert count - 1 <= max(counts) <= count
    largest = max(weights)
    for weight, got in zip(weights, counts, strict=True):
        assert abs(got - count * (weight / largest)) <= 1


def test_a_cap_of_one_is_one_pair():
    assert planned(mix_of(Part(rooms("depth", "other"), cap=1)), ("a", "b"))[0].pairs == 1


@pytest.mark.parametrize(
    "mix",
    [
        mix_of(Part(rooms("depth"))),
        mix_of(Part(rooms("depth"), weight=1), Part(rooms("other"), weight=1)),
    ],
    ids=["alone", "one part of two"],
)
def test_a_plan_of_no_pair_is_refused(mix):
    keys = [(), ("a",)][: len(mix.parts)]

    with pytest.raises(SourceError, match="mine gives no pair: there are so many samples: rooms 0"):
        planned(mix, *keys)


def test_shares_too_small_for_any_pair_are_refused(written):
    path = written(ROOMS.replace("- task: depth\n", "- task: depth\n    share: 0.01\n"))

    with pytest.raises(SourceError, match="no pair"):
        vt.plan(path)
    assert vt.plan(path, overrides=["source.count=100"]).pairs == 2


# Recipes of a mix.


def test_what_a_mix_holds_out_must_leave_phrasings_for_each_task(written):
    written(ROOMS.replace("name: other", "name: other\n    instructions: [Depth., Far., Near.]"))
    mix = "name: mine\nrecipes:\n  - recipe: rooms.yaml\nheldout: 0.9\n"

    with pytest.raises(RecipeError, match="must leave one of 3 instructions to train with"):
        load_mix(written(mix, "mine.yaml"))


def test_a_recipe_with_a_name_of_any_length_is_a_fault(written):
    with pytest.raises(RecipeError, match="must be a shipped recipe or a file"):
        load_mix(written(f"name: mine\nrecipes:\n  - recipe: {'x' * 5000}\n", "mine.yaml"))


def test_keys_that_the_mix_decides_are_not_set_in_its_recipes(written):
    mix = "name: mine\nrecipes:\n  - recipe: rooms.yaml\n    set: [seed=5, output.input=png]\n"
    written(ROOMS)

    with pytest.raises(RecipeError) as caught:
        load_mix(written(mix, "mine.yaml"))

    assert [fault[:2] for fault in caught.value.faults] == [
        (4, "recipes.0.set.0"),
        (4, "recipes.0.set.1"),
    ]


# Sources.


def test_a_place_for_a_source_that_nobody_reads_is_refused(tmp_path):
    with pytest.raises(SourceError, match="scenes reads no source"):
        vt.plan("scenes", source=tmp_path)


def test_scenes_need_no_source_and_a_demo_makes_fewer(written):
    path = written(ROOMS)

    assert vt.plan(path).samples == 4
    assert vt.plan(path, demo=2).samples == 2


@dataclass(frozen=True, kw_only=True)
class Own(Keyed):
    """A generated source without `count`, whose default is a tuple that a function makes."""

    name: ClassVar[str] = "own"
    keys: tuple[str, ...] = field(default_factory=lambda: ("a", "b"))


@pytest.fixture
def own(monkeypatch):
    """`own` as an entry point would give it."""
    known = REGISTRIES["source"]
    paths = {**known.builtins, "own": f"{__name__}:Own"}
    monkeypatch.setitem(REGISTRIES, "source", replace(known, builtins=paths))


def test_a_source_of_ones_own_is_planned_and_comes_back_from_its_identity(own, written):
    path = written(ROOMS.replace("name: scenes, count: 4", "name: own"))
    recipe = load_recipe(path)

    assert recipe.identity()["source"]["keys"] == ["a", "b"]
    assert Recipe.from_identity(recipe.identity()).identity() == recipe.identity()
    assert vt.plan(path).samples == 2
    assert vt.plan(path, demo=True).samples == 2


def test_one_place_serves_the_one_source_of_a_mix(written, tmp_path):
    written(ROOMS)
    mix = "name: m\nrecipes: [{recipe: rooms.yaml}, {recipe: nyu-depth}]\noutput: {input: png}\n"
    bts = write_bts(tmp_path / "bts", count=2)

    one = vt.plan(written(mix, "mine.yaml"), source=bts)

    assert one == vt.plan(written(mix, "mine.yaml"), source={"nyu-depth-v2": bts})
    with pytest.raises(SourceError, match="does not read 'kitti', but nyu-depth-v2"):
        vt.plan(written(mix, "mine.yaml"), source={"nyu-depth-v2": bts, "kitti": bts})
