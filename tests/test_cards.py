"""Cards: what the Hub, `datasets`, Croissant readers and people read in a dataset's folder."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from readers import rejected
from trees import truncate, write_bts

import vtencode as vt
from vtencode import cards
from vtencode.cards.licenses import HUB_LICENSES, hub_license
from vtencode.cards.yaml_text import yaml_text
from vtencode.codecs.base import codec_from_spec
from vtencode.errors import SpecError
from vtencode.manifest import read_manifest
from vtencode.recipe import load_mix, mix_names, recipe_names
from vtencode.registry import find, names
from vtencode.yaml12 import parse

FORMATS = ("webdataset", "parquet", "folder")
SMALL = ("source.height=48", "source.width=64", "framing={resize: none}")
#: Tasks of the Hub that a card may name (huggingface.js, packages/tasks/src/pipelines.ts).
CATEGORIES = {"image-to-image", "depth-estimation", "image-segmentation", "keypoint-detection"}

#: These readers leave files for the garbage collector to close, which says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def croissants(test):
    """`mlcroissant` takes a second to import, and uses what rdflib and pandas are to rename."""
    for message in ("ConjunctiveGraph is deprecated", "The inplace keyword in DataFrame"):
        test = pytest.mark.filterwarnings(f"ignore:{message}")(test)
    return pytest.mark.slow(test)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Callable[[str], Path]:
    """One frame, every task, two shards, in the format that is asked for, with its card."""
    root = tmp_path_factory.mktemp("cards")

    @cache
    def build(name: str) -> Path:
        chosen = ["source.count=1", "source.people=[2, 2]", *SMALL]
        output = f"output={{format: {name}, samples_per_shard: 6}}"
        made = vt.build("scenes", out=root / name, workers=1, overrides=[*chosen, output])
        cards.write(root / name, made.manifest)
        return root / name

    return build


@pytest.fixture(scope="module")
def manifest(built) -> dict:
    return read_manifest(built("webdataset"))


@pytest.fixture(scope="module")
def mix(tmp_path_factory) -> Path:
    """Two recipes of the same name, differently changed, with shares of their tasks."""
    path = tmp_path_factory.mktemp("mix") / "two.yaml"
    entry = ["source.count=2", *SMALL]
    parts = [
        {"recipe": "scenes", "weight": 2, "tasks": {"depth": 0.5, "normals": 0.5}, "set": entry},
        {"recipe": "scenes", "weight": 1, "cap": 9, "set": [*entry, "source.seed=5"]},
    ]
    path.write_text(yaml.safe_dump({"name": "two", "recipes": parts, "seed": 3}))
    return path


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """`datasets`, which keeps what it makes below a folder of these tests."""
    import datasets

    with pytest.MonkeyPatch.context() as patch:
        cache_dir = tmp_path_factory.mktemp("hub")
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", cache_dir)
        patch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
        yield datasets
        gc.collect()


def head(text: str) -> dict:
    """The YAML of a card, as the Hub's own library reads it."""
    from huggingface_hub import DatasetCard

    return DatasetCard(text).data.to_dict()


def changed(manifest: dict, **changes) -> dict:
    return {**manifest, **changes}


def licensed(manifest: dict, *licenses: str, home: str = "https://example.org/terms") -> dict:
    """The manifest of a mix whose parts have these licenses."""
    (part,) = manifest["parts"]
    parts = [{**part, "license": text, "home": home} for text in licenses]
    recipe = {"parts": [{"recipe": manifest["recipe"]}] * len(parts), "mix": "many"}
    many = {**recipe, "seed": 0, "output": manifest["recipe"]["output"]}
    for each in many["parts"]:
        each.update(weight=None, repeats=1, cap=None, shares={})
    return changed(manifest, parts=parts, recipe=many, dataset="many")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", text, re.DOTALL)


def files_of(text: str) -> dict[str, str]:
    """The files of the recipe that a card shows, by name."""
    found = re.findall(r"<summary>(.*?)</summary>\n\n```yaml\n(.*?\n)```", text, re.DOTALL)
    return dict(found)


def saved(text: str, folder: Path) -> Path:
    """The recipe's files in a folder; returns the one to build."""
    files = files_of(text)
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder / next(iter(files))


def test_the_hubs_own_library_reads_the_card_and_gives_it_back(built):
    from huggingface_hub import DatasetCard, DatasetCardData

    loaded = DatasetCard.load(built("webdataset") / "README.md")
    again = DatasetCardData(**loaded.data.to_dict())

    assert again.to_dict() == loaded.data.to_dict()
    assert loaded.data.pretty_name == "Procedural scenes, every task"
    assert loaded.data.license == "cc0-1.0"
    assert loaded.data.language == ["en"]
    assert loaded.data.source_datasets == ["original"]
    assert set(loaded.data.task_categories) == CATEGORIES
    assert loaded.text.lstrip().startswith("# Procedural scenes, every task")


def test_only_the_tasks_that_pairs_were_written_of_are_named(manifest):
    (part,) = manifest["parts"]
    none = {"planned": 1, "written": 0, "rejected": 1, "filtered": 0}
    tasks = {name: none if name != "normals" else each for name, each in part["tasks"].items()}
    text = cards.card(changed(manifest, parts=[{**part, "tasks": tasks}]))

    assert head(text)["task_categories"] == ["image-to-image"]
    assert "| `normals` version 1 | `normals` |" in text
    assert "`depth` version 1" not in text


@pytest.mark.parametrize("count", [10**power for power in range(13)])
def test_sizes_are_words_of_the_hub(manifest, count):
    """As `DatasetCardData` lists them: a size of 1K holds from 1000 pairs on."""
    from huggingface_hub import DatasetCardData

    told = head(cards.card(changed(manifest, counts={**manifest["counts"], "written": count})))
    (size,) = told["size_categories"]
    units = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}

    def number(text: str) -> int:
        return int(text.rstrip("KMBT")) * units[text.lstrip("0123456789")]

    assert f"'{size}'" in DatasetCardData.__doc__
    low, high = re.fullmatch(r"(?:(\w+)<)?n[<>](\w+)", size).groups()
    assert count >= number(low or "0")
    assert count < number(high) or size == "n>1T"


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["CC BY 4.0"], {"license": "cc-by-4.0"}),
        (["CC BY-NC-SA 3.0", "CC-BY-NC-SA-3.0"], {"license": "cc-by-nc-sa-3.0"}),
        (
            ["Creative Commons Attribution-ShareAlike 3.0 Unported License"],
            {"license": "cc-by-sa-3.0"},
        ),
        (["not stated: ask the owner of the data"], {"license": "unknown"}),
        (["CC BY 4.0", "MIT"], {"license": "other", "license_name": "many-terms"}),
        (
            ["no formal license; for academic use"],
            {"license": "other", "license_name": "many-terms"},
        ),
        (["annotations CC BY 4.0; images: Flickr", "MIT"], {"license": "other"}),
    ],
)
def test_a_license_is_an_id_of_the_hub_where_all_sources_have_the_same(manifest, texts, told):
    found = head(cards.card(licensed(manifest, *texts)))

    assert told.items() <= found.items()
    assert ("license_link" in found) == (found["license"] == "other")
    assert found.get("license_link", "https://example.org/terms") == "https://example.org/terms"


def test_the_link_is_to_the_terms_that_have_no_id(manifest):
    many = licensed(manifest, "MIT", "to be signed")
    many["parts"][0]["home"] = "https://example.org/mit"
    nowhere = licensed(manifest, "to be signed", home="")

    assert head(cards.card(many))["license_link"] == "https://example.org/terms"
    assert "license_link" not in head(cards.card(nowhere))


@pytest.mark.slow
def test_every_license_of_a_source_is_an_id_or_stays_in_its_authors_words():
    known = {
        name: hub_license(find("source", name).publication.license) for name in names("source")
    }

    assert known["ap10k"] == "cc-by-4.0"
    assert known["hypersim"] == "cc-by-sa-3.0"
    assert known["coco"] is None
    assert known["diode"] is None
    assert set(known.values()) - {None} <= HUB_LICENSES


def test_sources_that_are_read_are_extended(manifest):
    recipe = {**manifest["recipe"], "source": {"name": "nyu-depth-v2", "split": "train"}}
    many = licensed(manifest, "MIT", "MIT", "MIT")
    many["recipe"]["parts"][1] = {**many["recipe"]["parts"][1], "recipe": recipe}

    assert head(cards.card(many))["source_datasets"] == ["original", "extended|nyu-depth-v2"]


def test_a_language_is_told_of_phrasings_that_ship_and_of_no_others(manifest):
    recipe = json.loads(json.dumps(manifest["recipe"]))
    recipe["tasks"][0]["instructions"]["add"].append("Peins la profondeur de cette image.")
    own = cards.card(changed(manifest, recipe=recipe))

    assert "language" not in head(own)
    assert "English" not in own
    ap10k = changed(
        manifest,
        recipe=load_mix("ap10k").identity(),
        parts=[{**manifest["parts"][0], "tasks": {"keypoints": manifest["counts"]}}],
    )
    assert head(cards.card(ap10k))["language"] == ["en"]


@settings(max_examples=8)
@given(title=st.text(max_size=60))
def test_any_title_comes_back_from_the_yaml_in_one_line(manifest, title):
    text = cards.card(changed(manifest, title=title))

    assert head(text)["pretty_name"] == (" ".join(title.split()) or "scenes")
    assert text == cards.card(changed(manifest, title=title))


@pytest.mark.parametrize("title", ["a: b # c", "--- x", "no", "`|*<b>_ \\", 'say "yes"', "1e3"])
def test_a_title_of_special_characters_is_one_heading(manifest, title):
    text = cards.card(changed(manifest, title=title))
    heading = next(line for line in text.splitlines() if line.startswith("# "))

    assert head(text)["pretty_name"] == title
    assert re.sub(r"\\(.)", r"\1", heading[2:]) == title


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["no", "1e3", "0x1F", "12:30", "a, b", "- x", "a: b", "~", ""]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(
    value=st.dictionaries(st.text(min_size=1), JSON, min_size=1, max_size=5), short=st.booleans()
)
def test_yaml_reads_back_alike_by_1_1_and_1_2(value, short):
    text = yaml_text(value, short=short)
    document = parse(text, where="here")

    assert not document.faults
    assert document.value == value
    assert yaml.safe_load(text) == value


@pytest.mark.parametrize("streaming", [pytest.param(False, marks=pytest.mark.slow), True])
@pytest.mark.parametrize("name", FORMATS)
def test_datasets_loads_the_folder_with_no_further_word(built, offline, name, streaming):
    folder = built(name)
    pairs = {pair.key: pair for pair in vt.open_dataset(folder)}

    loaded = offline.load_dataset(str(folder), streaming=streaming)

    assert list(loaded) == ["train"]
    rows = list(loaded["train"])
    assert len(rows) == len(pairs) == 10
    for row in rows:
        pair = pairs[row.get("__key__", row.get("key"))]
        target = row.get("edited_image", row.get("target.png"))
        assert target.tobytes() == pair.code.tobytes()
        assert row.get("edit_prompt", row.get("instruction.txt")) == pair.instruction


@pytest.mark.parametrize("name", ["parquet", "folder"])
def test_the_features_of_the_card_are_those_that_the_loader_finds_by_itself(
    built, offline, name, tmp_path
):
    folder = built(name)
    stated = head((folder / "README.md").read_text())["dataset_info"]["features"]
    pattern = {"parquet": "*.parquet", "folder": "train-*/**"}[name]
    builder = {"parquet": "parquet", "folder": "imagefolder"}[name]

    found = offline.load_dataset(builder, data_files={"train": str(folder / pattern)})["train"]

    assert offline.Features._from_yaml_list(stated) == found.features
    assert [each["name"] for each in stated] == list(found.features)


def test_the_fields_of_webdataset_are_those_that_the_loader_finds(built, offline):
    folder = built("webdataset")
    text = (folder / "README.md").read_text()
    found = offline.load_dataset(str(folder), split="train").features
    rows = re.findall(r"^\| `(\w+)` \| (string|bool|int64|float64) \|", text, re.MULTILINE)

    assert "features" not in head(text)["dataset_info"]
    assert dict(rows) == {name: value.dtype for name, value in found["json"].items()}


@pytest.mark.parametrize("name", FORMATS)
def test_numbers_of_the_card_are_those_of_the_files(built, name):
    folder = built(name)
    told = head((folder / "README.md").read_text())["dataset_info"]
    shards = [path for path in folder.glob("train-*/**/*") if path.is_file()]
    stored = sum(path.stat().st_size for path in shards or folder.glob("train-*"))

    assert told["download_size"] == told["dataset_size"] == stored
    assert told["splits"] == [{"name": "train", "num_bytes": stored, "num_examples": 10}]


@pytest.mark.parametrize("name", FORMATS)
def test_python_of_the_card_runs_as_printed(built, offline, name, monkeypatch):
    monkeypatch.chdir(built(name))
    snippets = blocks(Path("README.md").read_text(), "python")

    assert len(snippets) == 2
    for snippet in snippets:
        told = io.StringIO()
        with redirect_stdout(told):
            exec(compile(snippet, "README.md", "exec"), {"__name__": "__main__"})
        assert "scenes-0-000000-" in told.getvalue()
        assert re.search(r"\b(DepthMap|NormalMap|SemanticMask|Keypoints)\b", told.getvalue())


@pytest.mark.parametrize(
    ("split", "called"), [("val", "validation"), ("all", "full"), ("eigen-test", "eigen_test")]
)
def test_splits_have_names_that_datasets_takes(built, offline, tmp_path, split, called):
    source = built("parquet")
    manifest = read_manifest(source)
    shards = []
    for shard in manifest["shards"]:
        name = shard["name"].replace("train", split)
        (tmp_path / name).write_bytes((source / shard["name"]).read_bytes())
        shards.append({**shard, "name": name})
    cards.write(tmp_path, changed(manifest, split=split, shards=shards))

    loaded = offline.load_dataset(str(tmp_path))

    assert {name: len(rows) for name, rows in loaded.items()} == {called: 10}
    assert f"**Split:** `{split}`, for the Hub `{called}`" in (tmp_path / "README.md").read_text()


def test_a_shard_without_pairs_is_not_what_readers_look_into(built, offline, tmp_path):
    source = built("webdataset")
    manifest = read_manifest(source)
    names = [shard["name"] for shard in manifest["shards"]]
    for name in names:
        (tmp_path / name).write_bytes((source / name).read_bytes())
    (tmp_path / "train-empty.tar").write_bytes(bytes(10240))
    empty = {**manifest["shards"][0], "name": "train-empty.tar", "written": 0}
    cards.write(tmp_path, changed(manifest, shards=[empty, *manifest["shards"]]))

    assert len(offline.load_dataset(str(tmp_path), split="train")) == 10


def test_a_format_that_no_card_knows_tells_what_every_manifest_does(manifest):
    recipe = {**manifest["recipe"], "output": {**manifest["recipe"]["output"], "format": "mine"}}
    text = cards.card(changed(manifest, recipe=recipe))

    assert not {"configs", "dataset_info"} & set(head(text))
    assert "in the format `mine`" in text
    assert len(blocks(text, "python")) == 1
    assert cards.croissant(changed(manifest, recipe=recipe))["distribution"] == []


def test_the_recipe_of_the_card_is_the_one_that_was_built(manifest, tmp_path):
    made = load_mix(saved(cards.card(manifest), tmp_path))

    assert json.loads(json.dumps(made.identity())) == manifest["recipe"]
    assert made.title == manifest["title"]
    assert "vtencode build scenes.yaml --out OUT" in cards.card(manifest)


def test_the_files_of_a_mix_are_the_mix_that_was_built(manifest, mix, tmp_path):
    (part,) = manifest["parts"]
    identity = json.loads(json.dumps(load_mix(mix).identity()))
    facts = {"recipe": identity, "dataset": "two", "title": "Two", "limit": 1}
    text = cards.card(changed(manifest, parts=[part, part], **facts))
    made = load_mix(saved(text, tmp_path))

    assert list(files_of(text)) == ["two.yaml", "scenes_1.yaml", "scenes_2.yaml"]
    assert made.title == "Two"
    assert json.loads(json.dumps(made.identity())) == identity
    assert "vtencode build two.yaml --limit 1 --out OUT" in text
    assert "No more than 1 sample of each recipe" in text


@pytest.mark.slow
def test_a_saved_mix_builds_the_very_dataset(mix, tmp_path):
    first = vt.build(mix, out=tmp_path / "first", workers=1, limit=1).manifest
    path = saved(cards.card(first), tmp_path)
    again = vt.build(path, out=tmp_path / "again", workers=1, limit=1).manifest

    assert again["content_sha256"] == first["content_sha256"]
    assert again["order_sha256"] == first["order_sha256"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*recipe_names(), *mix_names()])
def test_the_recipe_of_any_card_is_the_one_that_was_built(manifest, tmp_path, name):
    mix = load_mix(name)
    identity = json.loads(json.dumps(mix.identity()))
    tasks = {task.key: manifest["counts"] for part in mix.parts for task in part.recipe.tasks}
    parts = [{**manifest["parts"][0], "tasks": tasks} for _ in mix.parts]
    facts = {"recipe": identity, "dataset": name, "title": mix.title, "parts": parts}
    text = cards.card(changed(manifest, **facts))

    assert json.loads(json.dumps(load_mix(saved(text, tmp_path)).identity())) == identity
    assert head(text)["language"] == ["en"]


def test_a_source_to_read_is_asked_for_and_several_are_by_name(manifest):
    read = {**manifest["recipe"], "source": {"name": "nyu-depth-v2", "split": "train"}}
    several = licensed(manifest, "MIT", "MIT", "MIT")
    several["recipe"]["parts"] = [
        {**part, "recipe": {**read, "source": {"name": name, "split": "train"}}}
        for part, name in zip(
            several["recipe"]["parts"], ["nyu-depth-v2", "scenes", "coco"], strict=True
        )
    ]

    assert "build scenes.yaml --source PATH --out" in cards.card(changed(manifest, recipe=read))
    places = "--source nyu-depth-v2=PATH --source coco=PATH --out OUT"
    assert f"build many.yaml {places}" in cards.card(several)


def test_more_rejects_than_builds_bear_are_borne_by_the_recipe(manifest, tmp_path):
    counts = {"planned": 7000, "written": 6900, "rejected": 100, "filtered": 0}
    text = cards.card(changed(manifest, counts=counts))

    assert load_mix(saved(text, tmp_path)).max_rejects == 0.0143
    assert "max_rejects" not in cards.card(manifest)


@pytest.mark.slow
def test_rejects_of_a_build_are_counted_and_told(tmp_path, offline):
    source = write_bts(tmp_path / "bts", count=12)
    truncate(source / "sync" / "room_0001" / "sync_depth_00003.png")
    found = rejected("nyu-depth", source, tmp_path / "out")
    manifest = read_manifest(tmp_path / "out")
    text = cards.card(manifest)

    assert len(found) == 1
    assert "12 pairs planned = 11 written + 1 rejected + 0 filtered." in text
    assert "| `nyu-depth` | `depth` | 12 | 11 | 1 | 0 |" in text
    assert "1 planned pair could not be built" in text
    made = load_mix(saved(text, tmp_path))
    assert made.max_rejects == 0.0834
    cards.write(tmp_path / "out", manifest)
    rows = list(offline.load_dataset(str(tmp_path / "out"), split="full"))
    assert len(rows) == 11
    assert {row["input.jpg"].format for row in rows} == {"JPEG"}
    assert json.loads(json.dumps(made.identity())) == manifest["recipe"]


def test_counts_and_limits_say_what_was_left_out(manifest):
    counts = {"planned": 1515, "written": 1500, "rejected": 0, "filtered": 15}
    text = cards.card(changed(manifest, counts=counts))

    assert "1,515 pairs planned = 1,500 written + 0 rejected + 15 filtered." in text
    assert "15 planned pairs left out on purpose" in text
    assert "`LEAK`" in text
    assert "could not be built;" not in text
    assert "LEAK" not in cards.card(manifest)


def test_depth_up_to_scale_is_said_to_have_no_meters(manifest):
    recipe = json.loads(json.dumps(manifest["recipe"]))
    recipe["tasks"][0]["task"] = "relative-depth"

    assert "no meters" in cards.card(changed(manifest, recipe=recipe))
    assert "no meters" not in cards.card(manifest)


def test_all_six_codecs_are_told_with_what_they_promise_and_how_they_did(manifest):
    text = cards.card(manifest)
    rows = re.findall(r"^\| `(\w+)` version 1 .*\| ([\w.]+) (\w+) \|$", text, re.MULTILINE)

    assert {name for name, _, _ in rows} == set(names("codec"))
    for _, error, unit in rows:
        assert error == f"{manifest['worst_errors'][unit]:.4g}"
    for task in manifest["recipe"]["tasks"]:
        codec = codec_from_spec(task["codec"])
        assert codec.summary in text
    assert "0.1: 0.00144 m" in text
    assert "| 0.011 px |" in text
    assert "arXiv:2309.03895" in text


def test_parameters_that_a_codec_has_anyway_are_left_out_of_the_table(manifest):
    recipe = json.loads(json.dumps(manifest["recipe"]))
    recipe["tasks"][0]["codec"] = vt.codec("depth", "marigold").spec()
    recipe["tasks"][4]["codec"] = vt.codec("semantic", "voc").spec()
    text = cards.card(changed(manifest, recipe=recipe))

    assert """`path={"name": "gray"}`, `unknown=[255, 0, 0]`, `far_level=256`""" in text
    assert " …`" in text
    assert "preset: voc" in text


def test_a_codec_of_another_version_is_told_and_not_guessed(manifest):
    recipe = json.loads(json.dumps(manifest["recipe"]))
    recipe["tasks"][0]["codec"]["version"] = 99

    with pytest.raises(SpecError, match="version 99 wrote this picture"):
        cards.card(changed(manifest, recipe=recipe))


def test_the_words_of_authors_keep_their_meaning_in_tables(manifest):
    part = {**manifest["parts"][0], "citation": "A | B: *On* `x` <y>", "home": "ask at the desk"}
    text = cards.card(changed(manifest, parts=[part]))

    assert r"A \| B: \*On\* \`x\` \<y\>" in text
    assert "ask at the desk" in text
    assert "<ask at" not in text


def test_a_card_is_the_same_however_its_manifest_was_come_by(built, manifest):
    shuffled = dict(reversed(manifest.items()))

    assert cards.card(shuffled) == cards.card(manifest)
    assert cards.croissant(shuffled) == cards.croissant(manifest)
    text = (built("webdataset") / "README.md").read_text()
    assert text.startswith(cards.card(manifest))


def test_files_that_nobody_changed_are_written_anew_and_others_stay(manifest, tmp_path):
    readme, croissant = tmp_path / "README.md", tmp_path / "croissant.json"
    assert cards.write(tmp_path, manifest) == [readme, croissant]
    older = changed(manifest, title="As an older version wrote it")
    cards.write(tmp_path, older)
    assert cards.edited(tmp_path) == []
    assert cards.write(tmp_path, manifest) == [readme, croissant]

    readme.write_text(readme.read_text().replace("221", "222").replace("# Procedural", "# My"))
    mine = readme.read_bytes()
    assert cards.edited(tmp_path) == [readme]
    assert cards.write(tmp_path, older) == [croissant]
    assert readme.read_bytes() == mine

    told = json.loads(croissant.read_text())
    croissant.write_text(json.dumps({**told, "datePublished": "2026-01-01"}))
    assert cards.edited(tmp_path) == [readme, croissant]
    assert cards.write(tmp_path, manifest) == []
    assert cards.write(tmp_path, manifest, overwrite=True) == [readme, croissant]
    assert cards.edited(tmp_path) == []


@pytest.mark.parametrize("data", [b"", b"# Mine\n", b"\xff\xfe", b"[1, 2]", b'{"identifier": 1}'])
def test_whatever_else_has_these_names_is_somebodys(manifest, tmp_path, data):
    for name in ("README.md", "croissant.json"):
        (tmp_path / name).write_bytes(data)

    assert cards.write(tmp_path, manifest) == []
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {data}


@croissants
@pytest.mark.parametrize("name", FORMATS)
def test_croissant_is_valid_and_lacks_only_what_a_publisher_knows(built, name):
    import mlcroissant

    issues = mlcroissant.Dataset(jsonld=str(built(name) / "croissant.json")).metadata.ctx.issues

    assert not issues.errors
    lacking = {re.search(r"schema.org/(\w+)", warning)[1] for warning in issues.warnings}
    assert lacking == {"datePublished", "version"}


@croissants
def test_records_of_parquet_read_back_through_croissant(built):
    import mlcroissant

    folder = built("parquet")
    described = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    records = {record["pairs/key"].decode(): record for record in described.records("pairs")}

    assert len(records) == 10
    for pair in vt.open_dataset(folder):
        record = records[pair.key]
        assert record["pairs/edit_prompt"].decode() == pair.instruction
        assert record["pairs/edited_image"].tobytes() == pair.code.tobytes()
        assert record["pairs/input_image"].tobytes() == pair.input.tobytes()
        assert record["pairs/worst_error"] == pair.meta["worst_error"]
        assert record["pairs/negative"] == pair.meta["negative"]


#: Reads every record set, for a process of its own: tars are extracted into a cache, by name.
READ = """
import json, sys, mlcroissant
described = mlcroissant.Dataset(jsonld=sys.argv[1])
found = {}
for records in described.metadata.record_sets:
    for record in described.records(records.id):
        read = {name.split("/")[1]: value for name, value in record.items()}
        key = read.pop("key").decode()
        told = found.setdefault(key, {}).setdefault(records.id, {})
        for name, value in read.items():
            image = hasattr(value, "tobytes") and hasattr(value, "mode")
            told[name] = value.tobytes().hex() if image else (
                value.decode() if isinstance(value, bytes) else None
            )
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["webdataset", "folder"])
def test_records_of_files_read_back_through_croissant(built, tmp_path, name):
    folder = built(name)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ, str(folder / "croissant.json")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "CROISSANT_CACHE": str(tmp_path)},
    )
    found = json.loads(done.stdout)

    assert len(found) == 10
    for pair in vt.open_dataset(folder):
        read = found[pair.key]
        assert read["targets"]["image"] == pair.code.tobytes().hex()
        assert read["inputs"]["image"] == pair.input.tobytes().hex()
        prompt = read["pairs"].get("edit_prompt", read["pairs"].get("instruction"))
        assert prompt == pair.instruction
        if name == "webdataset":
            assert json.loads(read["metadata"]["json"]) == pair.meta


def test_croissant_has_size_and_hash_of_every_shard(built):
    folder = built("webdataset")
    told = json.loads((folder / "croissant.json").read_text())
    shards = [each for each in told["distribution"] if each["@type"] == "cr:FileObject"]

    assert told["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert told["license"] == ["CC0-1.0"]
    assert [each["contentUrl"] for each in shards] == ["train-00000.tar", "train-00001.tar"]
    for each in shards:
        data = (folder / each["contentUrl"]).read_bytes()
        assert each["contentSize"] == f"{len(data)} B"
        assert each["sha256"] == hashlib.sha256(data).hexdigest()
