"""diffusion-pipe: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from export_tree import made_tree, prompts
from exported import Read, check_same, dataset, exported
from hypothesis import given, settings
from hypothesis import strategies as st

from vtencode.exports.diffusion_pipe import DiffusionPipe


def config(out: Path) -> dict[str, Any]:
    """The settings of the dataset."""
    return tomllib.loads((out / "diffusion-pipe" / "dataset.toml").read_text(encoding="utf-8"))


def read(out: Path) -> Iterator[Read]:
    """Read an export as utils/dataset.py of diffusion-pipe does."""
    for section in config(out)["directory"]:
        folder = Path(section["path"])
        captions = json.loads((folder / "captions.json").read_text(encoding="ascii"))
        inputs = {path.stem: path for path in Path(section["control_path"]).iterdir()}
        for name, (caption,) in captions.items():
            target = folder / name
            yield caption, target.read_bytes(), inputs[target.stem].read_bytes()


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_read_as_it_is(recipe, tmp_path):
    out = exported("diffusion-pipe", tmp_path / "o", of=dataset(recipe))
    check_same(read(out), dataset(recipe))


def test_the_targets_are_those_of_the_export_under_a_second_name(tmp_path):
    out = exported("diffusion-pipe", tmp_path / "o")
    (folder,) = (Path(section["path"]) for section in config(out)["directory"])
    linked = {path.name: path for path in folder.glob("*.png")}
    assert set(linked) == {path.name for path in (out / "target").iterdir()}
    assert all(path.samefile(out / "target" / name) for name, path in linked.items())


def test_paths_are_those_at_which_the_trainer_will_find_them(tmp_path):
    out = exported("diffusion-pipe", tmp_path / "o", at='/mnt/my "data" 🦊')
    (section,) = config(out)["directory"]
    assert section["path"] == '/mnt/my "data" 🦊/diffusion-pipe/640x480'
    assert section["control_path"] == '/mnt/my "data" 🦊/source'


SIZES = [(512, 512), (640, 480), (1024, 768), (1024, 1024), (480, 640)]


def test_each_size_has_a_folder_with_a_bucket_of_just_that_size(tmp_path):
    tree = made_tree(tmp_path, ["Paint it."] * 8, SIZES)
    (tmp_path / "target").mkdir()
    for entry in tree.entries():
        (tmp_path / entry.target).write_bytes(b"png")
    DiffusionPipe().write(tree)

    sections = {Path(s["path"]).name: s["size_buckets"] for s in config(tmp_path)["directory"]}
    assert sections == {f"{w}x{h}": [[w, h, 1]] for w, h in sorted(SIZES)}
    names = {size: sorted(p.name for p in (tmp_path / "diffusion-pipe" / size).iterdir())
             for size in sections}  # fmt: skip
    assert names["512x512"] == ["captions.json", "k0.png", "k5.png"]
    assert names["480x640"] == ["captions.json", "k4.png"]
    assert config(tmp_path)["num_repeats"] == 1


@settings(max_examples=20)
@given(asked=st.lists(prompts, min_size=1, max_size=20))
def test_prompts_are_read_as_they_are(asked, tmp_path_factory):
    tree = made_tree(tmp_path_factory.mktemp("o"), asked)
    (tree.folder / "target").mkdir()
    for entry in tree.entries():
        (tree.folder / entry.target).write_bytes(b"png")
        (tree.folder / entry.input).parent.mkdir(exist_ok=True)
        (tree.folder / entry.input).write_bytes(b"jpg")
    DiffusionPipe().write(tree)
    assert [prompt for prompt, _, _ in read(tree.folder)] == asked
    assert [DiffusionPipe().prompt(prompt) for prompt in asked] == asked


@pytest.mark.parametrize(
    ("size", "loaded"),
    [
        ((640, 480), (640, 480)),
        ((704, 528), (704, 528)),
        ((1216, 352), (1216, 352)),
        ((2048, 1024), (2048, 1024)),
        ((1242, 375), (1248, 368)),
        ((70, 50), (64, 48)),
    ],
)
def test_sizes_are_those_that_its_loader_was_measured_to_make(size, loaded):
    assert DiffusionPipe().size(*size) == loaded
