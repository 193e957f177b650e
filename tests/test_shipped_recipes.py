"""Every recipe of a published dataset: what its page tells, its demo, and that it can be proved."""

from __future__ import annotations

import json

import pytest

import vtencode as vt
from vtencode.cli.recipes import recipes
from vtencode.downloads.places import data_home
from vtencode.recipe import load_recipe, recipe_names
from vtencode.registry import find, names
from vtencode.sources.base import Publication
from vtencode.targets import DepthMap, NormalMap, RelativeDepthMap

#: A recipe of each source.
RECIPE_OF = {load_recipe(name).source.name: name for name in recipe_names()}
SOURCES = sorted(RECIPE_OF)
PUBLISHED = [name for name in SOURCES if not find("source", name).generated]


def publication(source: str) -> Publication:
    found: Publication = find("source", source).publication
    return found


def test_every_reader_of_a_published_dataset_has_a_recipe_and_a_miniature():
    generic = {"folder", "hf", "webdataset"}

    assert set(names("source")) - generic == set(SOURCES)
    assert set(names("miniature")) == set(PUBLISHED)


@pytest.mark.parametrize("source", PUBLISHED)
def test_a_dataset_says_what_a_user_must_know_before_using_it(source):
    told = publication(source)

    assert told.home.startswith("http")
    for text in (told.title, told.license, told.citation, told.how_to_get, told.place):
        assert len(text) > 2, text
    assert len(told.traps) >= 2
    for file in told.files:
        assert file.url.startswith("http")
        assert "/" not in file.name
    assert len({file.name for file in told.files}) == len(told.files)


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_says_what_it_is_and_holds_geometry_to_a_contract(name):
    recipe = load_recipe(name)
    kinds = [recipe.source.reader.targets[task.target_name] for task in recipe.tasks]

    assert recipe.title
    assert len(recipe.summary) > 40
    if recipe.source.reader.generated:
        return
    for kind, contract in (
        (RelativeDepthMap, recipe.contract.relative_depth),
        (NormalMap, recipe.contract.normals),
    ):
        assert not any(issubclass(each, kind) for each in kinds) or contract is not None
    metric = [k for k in kinds if issubclass(k, DepthMap) and not issubclass(k, RelativeDepthMap)]
    assert not metric or recipe.contract.depth is not None


@pytest.mark.parametrize("source", PUBLISHED)
def test_a_dataset_that_is_not_here_is_told_with_the_ways_to_get_it(source, tmp_path, monkeypatch):
    monkeypatch.setenv("VTENCODE_DATA", str(tmp_path))
    from click.testing import CliRunner

    from vtencode.cli.build import build

    done = CliRunner().invoke(build, [RECIPE_OF[source], "--out", str(tmp_path / "out")])
    told = str(done.exception)

    assert data_home() == tmp_path
    assert "--source PATH" in told
    assert "--demo" in told
    assert publication(source).place.splitlines()[0] in told
    assert not (tmp_path / "out").exists()


def test_a_recipe_page_shows_place_traps_contract_and_a_row():
    from click.testing import CliRunner

    done = CliRunner().invoke(recipes, ["nyu-depth", "--json"])
    (page,) = json.loads(done.output)

    assert page["contract"] == ["depth: range_m 0.1 to 10.01", "depth: median_m 0.4 to 8"]
    assert any("transposed" in trap for trap in page["traps"])
    assert "splits.mat" in page["place"]
    assert page["row"]["input"] == "png 640x480"
    assert page["row"]["key"].endswith("-depth")


def downloaded(*words: str):
    from click.testing import CliRunner

    from vtencode.cli.download import download

    return CliRunner().invoke(download, words)


def test_the_files_of_a_dataset_can_be_listed_and_chosen_by_name():
    everything = downloaded("diode-depth", "--list").output.splitlines()
    validation = downloaded("diode-depth", "--list", "--only", "val*").output.splitlines()

    assert len(everything) == 4
    assert [line.split("\t")[0] for line in validation] == ["val.tar.gz", "val_normals.tar.gz"]
    assert "--list tells them all" in str(downloaded("diode-depth", "--only", "x").exception)


def test_a_dataset_without_an_open_address_is_told_with_what_to_put_where():
    told = str(downloaded("scannet-depth").exception)

    assert "has no open address" in told
    assert publication("scannet").home in told
    assert publication("scannet").place in told


@pytest.mark.slow
@pytest.mark.parametrize("name", recipe_names())
def test_the_demo_of_a_recipe_builds_verifies_and_gives_the_same_bytes_twice(name, tmp_path):
    shards = []
    for folder, workers in (("one", 1), ("two", 2)):
        built = vt.build(name, out=tmp_path / folder, demo=2, workers=workers)
        shards.append([(shard["name"], shard["sha256"]) for shard in built.manifest["shards"]])
        assert built.whole

    assert shards[0] == shards[1]
    assert vt.verify(tmp_path / "one", workers=1).ok
