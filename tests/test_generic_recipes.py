"""Recipes of data of one's own: what they do not say is told as they are loaded, with its line."""

from __future__ import annotations

import json

import pytest
from generic_data import ROOMS, recipe, write_rooms

import vtencode as vt
from vtencode.errors import RecipeError
from vtencode.recipe import load_recipe

LOADED = """\
name: mine
source:
  name: folder
  image: "rgb/{scene}/{id}.jpg"
  depth: "depth/{id}.png"
  depth_unit: choose
  normals: "nrm/{frame}/{id}.png"
tasks:
  - task: depth
  - task: normals
  - task: semantic
contract:
  relative_depth: {spread: [1, 9]}
"""


def test_everything_that_a_recipe_does_not_say_is_told_with_its_line(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(LOADED)

    with pytest.raises(RecipeError) as error:
        load_recipe(path)
    assert [(line, where) for line, where, _ in error.value.faults] == [
        (2, "source.normals_frame"),
        (6, "source.depth_unit"),
        (7, "source.normals"),
        (11, "tasks.2.task"),
        (13, "contract.relative_depth"),
    ]
    told = str(error.value)
    assert "must be chosen: see the lines above it" in told
    assert "must ask about a target of folder, got 'semantic'" in told


def test_the_owner_s_terms_are_those_of_every_record_and_carry_over(tmp_path):
    root = write_rooms(tmp_path / "rooms", count=2)
    places = {name: ROOMS[name] for name in ("image", "depth", "depth_unit")}
    terms = {"license": "CC BY 4.0, mine", "citation": "Me, 2026", "home": "https://example.org"}
    first = recipe(tmp_path / "a.yaml", {"name": "folder", **places, **terms}, "depth")
    again = recipe(tmp_path / "b.yaml", {"name": "webdataset"}, "depth")
    made = vt.build(first, source=root, out=tmp_path / "one", workers=1)
    vt.build(again, source=tmp_path / "one", out=tmp_path / "two", workers=1)

    assert {name: made.manifest[name] for name in terms} == terms
    for name in ("one", "two"):
        metas = [pair.meta for pair in vt.open_dataset(tmp_path / name)]
        assert {meta["license"] for meta in metas} == {"CC BY 4.0, mine"}
    assert "license" not in json.loads(metas[0]["source"])
