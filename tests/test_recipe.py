"""Recipes: every fault at once with its line, overrides, identity, and what a hostile file does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.codecs.depth import DepthCodec
from vtencode.errors import RecipeError
from vtencode.instructions import load_pool
from vtencode.recipe import (
    Recipe,
    load_recipe,
    mix_names,
    mix_schema,
    override_tree,
    recipe_names,
    recipe_schema,
)
from vtencode.sinks.meta import pair_schema
from vtencode.spec import canonical_json

ROOT = Path(__file__).parents[1]
SHIPPED = (ROOT / "recipes" / "nyu-depth.yaml").read_text(encoding="utf-8")
CODEC = "tasks.0.codec.params"
RECIPE = """\
name: mine
title: Mine
source:
  name: nyu-depth-v2
  split: test
tasks:
  - task: depth
    codec:
      name: depth
    instructions:
      - Paint the depth.
      - Draw the depth.
output:
  samples_per_shard: 10
seed: 3
"""
#: Nine to the power of 24 lists, were they ever followed.
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 25))
#: Loads each file given and prints what came of it; nothing a recipe says may run. Last comes
#: what a recipe must not reach, to see that the watch would have noticed.
HOSTILE = """
import json, sys
import vtencode.recipe, vtencode.codecs.depth, vtencode.sources.nyu_depth_v2
import vtencode.sinks.webdataset
FORBIDDEN = ("os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "subprocess.Popen",
             "pty.spawn", "socket.connect", "ctypes.dlopen", "shutil.rmtree", "os.remove",
             "os.mkdir", "os.rename")
events = []
def watch(event, args):
    text = repr(args)
    runs = event in ("compile", "exec", "import", "pickle.find_class") and "hostile" in text
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if event in FORBIDDEN or runs or writes:
        events.append(event)
        sys.stderr.write(f"{event} {text}. ")
        raise RuntimeError(event)
sys.addaudithook(watch)
told = []
for file in sys.argv[1:]:
    try:
        vtencode.recipe.load_recipe(file)
        told.append("loaded")
    except vtencode.errors.VtencodeError as error:
        told.append(type(error).__name__)
silent = not events
try:
    import hostile
except RuntimeError:
    sys.stdout.write(json.dumps([told, silent]))
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def mine(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "mine.yaml"
    path.write_text(RECIPE)
    return path


def faults_of(path: Path, *overrides: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(RecipeError) as caught:
        load_recipe(path, overrides)
    return list(caught.value.faults)


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_loads(name) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.title
    assert recipe.summary


def test_the_shipped_recipe_says_what_the_paper_did() -> None:
    recipe = load_recipe("nyu-depth")
    (task,) = recipe.tasks
    assert task.make_codec() == DepthCodec()
    assert recipe.pool(task) == load_pool("depth")
    assert (recipe.source.name, recipe.source.split) == ("nyu-depth-v2", "train")


@pytest.mark.parametrize("before", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_recipe_of_any_editor_loads(written, before, newline) -> None:
    path = written(before + RECIPE)
    path.write_bytes(path.read_bytes().replace(b"\n", newline.encode()))
    assert load_recipe(path).identity() == load_recipe(written(RECIPE)).identity()


def test_three_faults_are_told_at_once_with_their_lines(written) -> None:
    text = RECIPE.replace("samples_per_shard", "sampels_per_shard").replace("seed: 3", "seed: many")
    path = written(text + "name: again\n")
    assert faults_of(path) == [
        (14, "output.sampels_per_shard", "is not a field here. Did you mean 'samples_per_shard'?"),
        (15, "seed", "must be a whole number, got 'many'"),
        (16, "name", "is already set on line 1"),
    ]


def test_the_report_is_one_line_a_fault(written) -> None:
    path = written(RECIPE.replace("seed: 3", "sede: 3").replace("test", "tset"))
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert str(caught.value).splitlines() == [
        f"{path} has 2 faults:",
        "  line 5   source.split  must be one of train, test, all, got 'tset'",
        "  line 15  sede          is not a field here. Did you mean 'seed'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: mine", "name: My Recipe", (1, "name", "must match ^[a-z0-9]+(-[a-z0-9]+)*$")),
        ("name: mine\n", "", (1, "name", "is missing")),
        ("name: nyu-depth-v2", "name: nyu-deth-v2", (4, "source.name", "Did you mean 'nyu-depth-")),
        ("split: test", "split: val", (5, "source.split", "must be one of train, test, all")),
        ("split: test", "dpeth: raw", (5, "source.dpeth", "Did you mean 'depth'?")),
        ("split: test", "depth: rwa", (5, "source.depth", "must be one of 'filled', 'raw', got")),
        ("split: test", "root: /etc", (5, "source.root", "is not a parameter of nyu-depth-v2.")),
        ("task: depth", "task: dpeth", (7, "tasks.0.task", "Did you mean 'depth'?")),
        ("  name: depth\n", "  name: dpeth\n", (8, "tasks.0.codec", "Did you mean 'depth'?")),
        ("  name: depth\n", "  name: os:system\n", (8, "tasks.0.codec", "named 'os:system'")),
        ("  name: depth\n", "  preset: x\n", (8, "tasks.0.codec.name", "is missing")),
        ("- Draw the depth.", "- Paint the depth.", (12, "tasks.0.instructions.1", "twice")),
        (
            "- Draw the depth.",
            "- Draw {depht}.",
            (12, "tasks.0.instructions.1", "must name fields"),
        ),
        ("- Draw the depth.", "- Draw {depth", (12, "tasks.0.instructions.1", "brace")),
        (
            "- task: depth\n",
            "- task: depth\n    options: {x: 1}\n",
            (8, "tasks.0.options", "x is not"),
        ),
        (
            "- task: depth\n",
            "- task: depth\n    share: 0\n",
            (8, "tasks.0.share", "must be > 0, got 0"),
        ),
        (
            "- task: depth\n",
            "- task: depth\n    target: labels\n",
            (8, "tasks.0.target", "a target"),
        ),
        ("- task: depth", "- task: semantic", (8, "tasks.0.codec", "must paint SemanticMask")),
        ("seed: 3", "framing: {crop: [1, 2]}", (15, "framing.crop", "must be a list of 4")),
        ("seed: 3", "framing: {flip: 2}", (15, "framing", "flip must be a share")),
        ("seed: 3", "framing: {resise: auto}", (15, "framing.resise", "Did you mean 'resize'?")),
        ("seed: 3", "heldout: 1", (15, "heldout", "must be < 1, got 1")),
        (
            "seed: 3",
            "leak_guard: {against: [x]}",
            (15, "leak_guard.against.0", "'x' must be a list"),
        ),
        ("- Draw the depth.", "- 3", (12, "tasks.0.instructions.1", "must be text, got 3")),
        ("samples_per_shard: 10", "samples_per_shard: 0", (14, "output.samples_per_shard", ">= 1")),
        ("samples_per_shard: 10", "samples_per_shard: 1e3", (14, "output.", "whole number, got")),
        ("samples_per_shard: 10", "format: tra", (14, "output.format", "must be a sink, got")),
        ("seed: 3", "seed: no", (15, "seed", "must be a whole number, got 'no'")),
        ("seed: 3", "seed: true", (15, "seed", "must be a whole number, got True")),
        ("seed: 3", "max_rejects: 2", (15, "max_rejects", "must be <= 1.0, got 2")),
        ("seed: 3", "tilte: x", (15, "tilte", "is not a field here. Did you mean 'title'?")),
        ("seed: 3", "str: x", (15, "str", "is not a field here.")),
        ("seed: 3", "'a[0]': x", (15, "a[0]", "is not a field here.")),
        ("seed: 3", "1: x", (15, "1", "is not a field here.")),
        ("seed: 3", "contract: {depht: {}}", (15, "contract.depht", "Did you mean 'depth'?")),
        ("seed: 3", "contract: [1]", (15, "contract", "must be a section with keys of its own")),
    ],
)
def test_a_fault_is_told_with_line_path_and_remedy(written, old, new, fault) -> None:
    line, path, words = fault
    assert RECIPE.count(old) == 1
    faults = faults_of(written(RECIPE.replace(old, new)))
    assert any(told == line and at.startswith(path) and words in text for told, at, text in faults)


@pytest.mark.parametrize(
    ("contract", "paths"),
    [
        ("{range_m: [a, 2], median_m: [1, b]}", ["range_m.0", "median_m.1"]),
        ("{range_m: [1], median_m: [1, 2, 3]}", ["range_m", "median_m"]),
        ("{range_m: [1, 1e999], median_m: [1, .inf]}", ["range_m.1", "median_m.1"]),
        ("{range_m: [1, 2]}", ["median_m"]),
    ],
)
def test_an_interval_must_be_two_finite_numbers(written, contract, paths) -> None:
    faults = faults_of(written(f"{RECIPE}contract:\n  depth: {contract}\n"))
    assert [path for _, path, _ in sorted(faults)] == sorted(f"contract.depth.{p}" for p in paths)
    assert {line for line, _, _ in faults} == {17}


def test_faults_in_different_tasks_are_told_with_their_numbers(written) -> None:
    task = "  - {task: depth, codec: {name: depth, params: {far_levle: 3}}, instructions: depht}\n"
    path = written(RECIPE.replace("output:", f"{task}{task}output:"))
    assert [(line, where) for line, where, _ in faults_of(path)] == [
        (13, "tasks.1.codec"),
        (13, "tasks.1.instructions"),
        (13, "tasks.1.task"),
        (14, "tasks.2.codec"),
        (14, "tasks.2.instructions"),
        (14, "tasks.2.task"),
    ]


@pytest.mark.parametrize("text", ["", "just text", "[1, 2]", "12"])
@pytest.mark.parametrize("overrides", [(), ("seed=1",), ("source.split=test",)])
def test_a_file_that_is_no_mapping_is_told_so(written, text, overrides) -> None:
    ((line, path, message),) = faults_of(written(text), *overrides)
    assert (line, path) == (1, "(the file)")
    assert message.startswith("must be a mapping, got")


def test_a_file_that_is_not_text_is_told_so(written) -> None:
    path = written("")
    path.write_bytes(b"\xff\xfe\x00name")
    ((_, where, message),) = faults_of(path)
    assert where == "(the file)"
    assert message.startswith("must be readable: ")


@pytest.mark.parametrize("name", ["nyu-dept", "missing.yaml", "", "/", "nyu-depth\0"])
def test_a_recipe_that_is_nowhere_is_told_with_the_choice(name) -> None:
    with pytest.raises(RecipeError, match=r"must be a shipped recipe or a file\..*nyu-depth"):
        load_recipe(name)


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("seed=7", lambda r: r.seed, 7),
        ("title=no", lambda r: r.title, "no"),
        ("title='7'", lambda r: r.title, "7"),
        ("title=a=b", lambda r: r.title, "a=b"),
        ("max_rejects=1e-2", lambda r: r.max_rejects, 0.01),
        ("source.split=all", lambda r: r.source.split, "all"),
        ("source.depth=raw", lambda r: r.source.options()[0]["depth"], "raw"),
        ("framing.crop=[41, 45, 601, 471]", lambda r: r.framing.made.crop, (41, 45, 601, 471)),
        ("heldout=0.5", lambda r: r.pool(r.tasks[0]).heldout, 0.5),
        ("source.scenes=[a, b]", lambda r: r.source.options()[0]["scenes"], ("a", "b")),
        ("output.samples_per_shard=4", lambda r: r.output.samples_per_shard, 4),
        ("contract.depth={range_m: [0, 9], median_m: [1, 2]}",
         lambda r: r.contract.depth.range_m, [0, 9]),
        (f"{CODEC}.curve.c=5", lambda r: r.tasks[0].make_codec().curve.c, 5.0),
        (f"{CODEC}.curve.lam=-2", lambda r: r.tasks[0].make_codec().curve.lam, -2.0),
        (f"{CODEC}.far_level=1780", lambda r: r.tasks[0].make_codec().far_level, 1780),
        (f"{CODEC}.unknown=[0, 128, 64]", lambda r: r.tasks[0].make_codec().unknown, (0, 128, 64)),
        ("tasks.0.codec.preset=vision-banana", lambda r: r.tasks[0].make_codec(), DepthCodec()),
        ("tasks.0.instructions.1=Show.", lambda r: r.pool(r.tasks[0]).templates[1].text, "Show."),
        ("tasks.0.instructions=depth", lambda r: r.pool(r.tasks[0]), load_pool("depth")),
    ],
)  # fmt: skip
def test_an_override_changes_one_value(mine, override, read, value) -> None:
    assert read(load_recipe(mine, [override])) == value


def test_an_override_keeps_its_neighbors(mine) -> None:
    changed = load_recipe(mine, [f"{CODEC}.curve.c=5"]).identity()
    assert changed["tasks"][0]["codec"]["params"].pop("curve") == {
        "name": "power",
        "lam": -3.0,
        "c": 5.0,
    }
    base = load_recipe(mine).identity()
    del base["tasks"][0]["codec"]["params"]["curve"]
    assert changed == base


def test_the_last_of_two_overrides_wins(mine) -> None:
    assert load_recipe(mine, ["seed=1", "seed=2"]).seed == 2


def test_an_override_mends_a_fault_of_the_file(written) -> None:
    assert load_recipe(written(RECIPE.replace("seed: 3", "seed: many")), ["seed=1"]).seed == 1


@pytest.mark.parametrize(
    ("override", "path", "words"),
    [
        ("seed", "seed", "must be path.to.key=value"),
        ("=3", "=3", "must be path.to.key=value"),
        ("sede=3", "sede", "Did you mean 'seed'?"),
        ("seed=many", "seed", "must be a whole number, got 'many'"),
        ("seed.x=3", "seed.x", "must lead to a section, and 'seed' is a value"),
        ("seed=[1", "seed", "must be YAML: "),
        ("source={split: test, split: train}", "source", "is already set on line 1"),
        ("seed=!thing 3", "seed", "must have no tag"),
        ("seed=!!int 3x", "seed", "must have no tag"),
        ("tasks.1.task=depth", "tasks.1.task", "must name an item of 'tasks' by number"),
        ("tasks.x.task=depth", "tasks.x.task", "must name an item of 'tasks' by number"),
        ("tasks.-1.task=depth", "tasks.-1.task", "must name an item of 'tasks' by number"),
        ("tasks.\u00b2.task=depth", "tasks.\u00b2.task", "must name an item of 'tasks' by number"),
        ("tasks." + "9" * 5000 + "=1", "tasks.999", "must name an item of 'tasks' by number"),
        ("0=3", "0", "got 0"),
        (".=3", "", "is not a field here"),
        (f"{CODEC}.curve.c=1{'0' * 400}", "tasks.0.codec", "must be a finite number, got 1000"),
        (f"{CODEC}.curve.c=1e999", "tasks.0.codec", "must be a finite number, got inf"),
        (f"{CODEC}=[1]", CODEC, "got [1]"),
    ],
)
def test_a_bad_override_is_told_by_its_path(mine, override, path, words) -> None:
    ((_, told, message),) = faults_of(mine, override)
    assert told.startswith(path)
    assert words in message


def test_a_fault_of_an_override_is_not_blamed_on_a_line(mine) -> None:
    assert faults_of(mine, "seed=many") == [(None, "seed", "must be a whole number, got 'many'")]
    with pytest.raises(RecipeError, match=r"--set +seed +must be a whole number"):
        load_recipe(mine, ["seed=many"])


def test_faults_of_file_and_overrides_are_told_together(written) -> None:
    path = written(RECIPE.replace("seed: 3", "sede: 3"))
    faults = faults_of(path, "max_rejects=x", "title")
    assert [(line, where) for line, where, _ in faults] == [
        (None, "max_rejects"),
        (None, "title"),
        (15, "sede"),
    ]


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_override_is_taken_or_a_recipe_error(mine, path, value) -> None:
    for override in (f"{path}={value}", f"tasks.0.{path}={value}", f"seed={value}"):
        try:
            load_recipe(mine, [override])
        except RecipeError:
            continue


def test_overrides_alone_make_a_tree() -> None:
    assert override_tree(["a.b.c=1", "a.d=[x]", "e=no"]) == {
        "a": {"b": {"c": 1}, "d": ["x"]},
        "e": "no",
    }
    assert override_tree([]) == {}


def test_all_bad_overrides_are_told_at_once() -> None:
    with pytest.raises(RecipeError, match="the command line has 3 faults") as caught:
        override_tree(["a", "b=[1", "c=1", "c.d=2"])
    assert [path for _, path, _ in caught.value.faults] == ["a", "b", "c.d"]


@pytest.mark.parametrize("recipe", [*recipe_names(), "mine"])
def test_a_recipe_comes_back_from_its_identity(mine, recipe) -> None:
    identity = load_recipe(mine if recipe == "mine" else recipe).identity()
    stored = json.loads(canonical_json(identity))
    assert Recipe.from_identity(stored).identity() == identity == stored


pools = st.lists(
    st.from_regex(r"[a-zé]{1,5}( [a-z]{1,5}){0,2}", fullmatch=True), min_size=1, unique=True
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(),
        "max_rejects": st.floats(0, 1),
        "output.samples_per_shard": st.integers(1, 10**6),
        "tasks.0.instructions": pools,
        f"{CODEC}.curve.lam": st.floats(-20, -1.5),
    },
)


@given(changes)
def test_any_recipe_comes_back_from_its_identity(mine, chosen) -> None:
    overrides = [f"{key}={json.dumps(value)}" for key, value in chosen.items()]
    stored = json.loads(canonical_json(load_recipe(mine, overrides).identity()))
    assert stored["seed"] == chosen.get("seed", 3)
    assert Recipe.from_identity(stored).identity() == stored


def test_the_identity_writes_every_default_out() -> None:
    identity = load_recipe("nyu-depth").identity()
    assert identity["source"].keys() == {"name", "split", "depth", "classes", "scenes"}
    assert identity["tasks"][0]["codec"] == DepthCodec().spec()
    assert len(identity["tasks"][0]["instructions"]["add"]) >= 30


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Mine", "title: Yours\nsummary: Another."),
        ("title: Mine\n", ""),
        ("seed: 3", "# why not 4\nseed:   3"),
        ("name: mine\ntitle: Mine", "title: Mine\nname: mine"),
        ("      name: depth\n", "      preset: vision-banana\n      name: depth\n"),
        ("seed: 3", "seed: 3\nmax_rejects: 0.5"),
    ],
)
def test_what_decides_no_byte_is_not_part_of_the_identity(written, old, new) -> None:
    base = load_recipe(written(RECIPE)).identity()
    assert old in RECIPE
    assert load_recipe(written(RECIPE.replace(old, new))).identity() == base


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Paint the depth.", "Paint the depth!"),
        ("      - Draw the depth.\n", ""),
        ("seed: 3", "seed: 4"),
        ("name: mine", "name: yours"),
        ("split: test", "split: train"),
        ("split: test", "split: test\n  depth: raw"),
        ("seed: 3", "seed: 3\nframing: {resize: none}"),
        ("seed: 3", "seed: 3\nframing: {flip: 0.5}"),
        ("seed: 3", "seed: 3\nheldout: 0.3"),
        ("seed: 3", "seed: 3\nleak_guard: {against: [nyu-depth-v2-test]}"),
        ("samples_per_shard: 10", "samples_per_shard: 11"),
        ("      name: depth", "      name: depth\n      params: {far_level: 1783}"),
        ("seed: 3", "seed: 3\ncontract: {depth: {range_m: [0, 9], median_m: [1, 2]}}"),
    ],
)
def test_what_decides_bytes_or_rejects_is_part_of_the_identity(written, old, new) -> None:
    base = load_recipe(written(RECIPE)).identity()
    assert old in RECIPE
    assert load_recipe(written(RECIPE.replace(old, new))).identity() != base


def test_the_shipped_schema_is_fresh() -> None:
    shipped = (ROOT / "schemas" / "recipe.schema.json").read_text(encoding="utf-8")
    assert shipped == recipe_schema(), (
        "schemas/recipe.schema.json is stale. "
        "Write it anew: python -m vtencode.recipe > schemas/recipe.schema.json"
    )


@pytest.mark.parametrize(("name", "made"), [("mix", mix_schema), ("pair", pair_schema)])
def test_the_other_shipped_schemas_are_fresh(name, made) -> None:
    shipped = (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert shipped == made(), f"schemas/{name}.schema.json is stale: write it anew"


@pytest.mark.parametrize("name", mix_names())
def test_shipped_mixes_keep_to_the_schema(name) -> None:
    import jsonschema

    from vtencode.yaml12 import parse

    text = (ROOT / "recipes" / "mixes" / f"{name}.yaml").read_text(encoding="utf-8")
    jsonschema.validate(parse(text, where=name).value, json.loads(mix_schema()))


def test_the_schema_knows_every_field_and_no_other() -> None:
    schema = json.loads(recipe_schema())
    assert set(schema["properties"]) == set(Recipe.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name", "source", "tasks"]


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_keep_to_the_schema(name) -> None:
    import jsonschema

    from vtencode.yaml12 import parse

    text = (ROOT / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")
    jsonschema.validate(parse(text, where=name).value, json.loads(recipe_schema()))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> tuple[Path, dict[str, tuple[str, list[str]]]]:
    """A folder of hostile recipes, and what loading each came to, in a watched interpreter."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hostile.py").write_text(f"open({str(folder / 'owned')!r}, 'w')\nclass Codec: pass\n")
    codec, seed = "      name: depth\n", "seed: 3"
    texts = {
        "tag": RECIPE.replace(seed, "seed: !!python/object/apply:os.system ['touch hostile']"),
        "module": RECIPE.replace(seed, "seed: !!python/module:hostile ''"),
        "name": RECIPE.replace(seed, "seed: !!python/name:hostile.Codec ''"),
        "new": RECIPE.replace(seed, "seed: !!python/object/new:hostile.Codec []"),
        "local": RECIPE.replace(seed, "seed: !hostile 3"),
        "codec": RECIPE.replace(codec, "      name: 'hostile:Codec'\n"),
        "dotted": RECIPE.replace(codec, "      name: hostile\n"),
        "source": RECIPE.replace("nyu-depth-v2", "hostile:Codec"),
        "sink": RECIPE.replace("samples_per_shard: 10", "format: 'hostile:Codec'"),
        "curve": RECIPE.replace(codec, f"{codec}      params: {{curve: {{name: 'hostile:C'}}}}\n"),
        "format": RECIPE.replace("Paint the depth.", "'{0.__class__.__init__.__globals__}'"),
        "dunder": RECIPE.replace(codec, f"{codec}      params: {{__class__: hostile}}\n"),
        "pool": RECIPE.replace("instructions:", "instructions: ../../../etc/passwd\n    more:"),
        "deep": RECIPE.replace(seed, "seed: " + "[" * 50_000),
        "laughs": LAUGHS,
        "huge": RECIPE + "#" * 2_000_000,
        "number": RECIPE.replace(seed, "seed: " + "9" * 100_000),
        "escape": RECIPE.replace("title: Mine", 'title: "\\UFFFFFFFF"'),
    }
    files = []
    for name, text in texts.items():
        files.append(folder / f"{name}.yaml")
        files[-1].write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE, *map(str, files)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    told, silent = json.loads(done.stdout)
    assert silent, done.stderr
    return folder, dict(zip(texts, told, strict=True))


def test_a_hostile_recipe_is_a_recipe_error_and_nothing_else(hostile) -> None:
    _, told = hostile
    assert told == dict.fromkeys(told, "RecipeError")


def test_a_hostile_recipe_runs_nothing(hostile) -> None:
    folder, told = hostile
    left = {path.name for path in folder.iterdir()} - {f"{name}.yaml" for name in told}
    assert left == {"hostile.py"}
