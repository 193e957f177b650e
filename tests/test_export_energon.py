"""Megatron-Energon: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import re
import runpy
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from export_pages import command
from export_shards import made_dataset
from export_tree import prompts
from exported import Read, check_same, dataset, exported
from hypothesis import given, settings
from hypothesis import strategies as st

from vtencode.exports.energon import Energon
from vtencode.exports.run import export


@pytest.fixture
def encoder(monkeypatch):
    """Run the export's pairs.py, with stand-ins for what it imports: its names, by name."""
    found = ModuleType("megatron.energon")
    found.Cooker = lambda cook: SimpleNamespace(cook=cook)
    found.SampleDecoder = SimpleNamespace
    found.DefaultTaskEncoder = found.Sample = object
    found.edataclass = dataclass
    found.stateless = lambda function: function
    found.basic_sample_keys = lambda _: {}
    torch = ModuleType("torch")
    torch.Tensor = object
    for module in (ModuleType("megatron"), found, torch):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return lambda out: runpy.run_path(str(out / "energon" / "pairs.py"))


def samples(out: Path) -> Iterator[dict[str, Any]]:
    """Crude samples, as basic/data_prep.md and data_decoding.md say, but for pictures' pixels."""
    for path in sorted((out / "energon").glob("**/*.tar")):
        with tarfile.open(path) as tar:
            members = [(m.name.partition("."), tar.extractfile(m).read()) for m in tar]
        for _, parts in groupby(members, key=lambda part: part[0][0]):
            sample = {name[2]: data for name, data in parts}
            yield {n: d.decode() if n.endswith(".txt") else d for n, d in sample.items()}


def read(out: Path, names: dict[str, Any]) -> Iterator[Read]:
    (cooker,) = names["PairEncoder"].cookers
    for sample in samples(out):
        pair = cooker.cook(sample)
        yield pair.prompt, pair.target, pair.source


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_cooked_as_it_is(recipe, tmp_path, encoder):
    out = exported("energon", tmp_path / "o", of=dataset(recipe))
    check_same(read(out, encoder(out)), dataset(recipe))


@settings(max_examples=15)
@given(asked=st.lists(prompts, min_size=1, max_size=9), sink=st.sampled_from(["folder", "parquet"]))
def test_any_prompt_is_read_as_it_is(asked, sink, tmp_path_factory):
    here = tmp_path_factory.mktemp("o")
    root = made_dataset(here / "made", asked, per_shard=4, sink=sink)
    out = export(root, to=["energon"], out=here / "out", workers=1).out
    assert [sample["instruction.txt"] for sample in samples(out)] == asked


def test_batches_are_of_one_size_and_pictures_are_decoded_without_a_change(tmp_path, encoder):
    names = encoder(exported("energon", tmp_path / "o"))
    assert names["PairEncoder"].decoder.image_decode == "torchrgb"
    pair = names["Pair"](None, SimpleNamespace(shape=[3, 480, 640]), "Paint it.")
    assert names["PairEncoder"]().batch_group_criterion(pair) == ((3, 480, 640), None)


def test_the_index_is_left_to_the_command_that_the_page_gives(tmp_path):
    out = exported("energon", tmp_path / "o", at="/mnt/my 'data'")
    assert not list(out.rglob(".nv-meta"))
    program, verb, *given_flags, folder = command(out)
    assert (program, verb, folder) == ("energon", "prepare", "/mnt/my 'data'/energon")
    assert given_flags == [
        "--non-interactive",
        *("--split-parts", "train:.*"),
        *("--sample-type", "CrudeWebdataset"),
    ]
    page = (out / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert "/mnt/my 'data'/energon" in compile(code, "page", "exec").co_consts


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_every_size_passes(width, height):
    assert Energon().size(width, height) == (width, height)
