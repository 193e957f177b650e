"""SimpleTuner: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from export_tree import made_tree, prompts
from exported import dataset, exported, same_pixels
from hypothesis import given, settings
from hypothesis import strategies as st

from vtencode.exports.simpletuner import SimpleTuner


def settings_of(out: Path, name: str) -> Any:
    """One of its JSONs."""
    return json.loads((out / "simpletuner" / f"{name}.json").read_text(encoding="ascii"))


def read(out: Path) -> Iterator[tuple[str, Path, Path]]:
    """Prompt, target and input of an export, as documentation/DATALOADER.md says."""
    datasets = {found["id"]: found for found in settings_of(out, "multidatabackend")}
    for targets in datasets.values():
        if targets["dataset_type"] == "image":
            (shown,) = (datasets[name] for name in targets["conditioning_data"])
            assert shown["source_dataset_id"] == targets["id"]
            told = targets["parquet"]
            for row in pq.read_table(told["path"]).to_pylist():
                name = row[told["filename_column"]]
                target, picture = (Path(f["instance_data_dir"], name) for f in (targets, shown))
                yield row[told["caption_column"]].strip(), target, picture


@pytest.mark.parametrize(("recipe", "inputs"), [("coco", "source-png"), ("scenes", "source")])
def test_every_pair_is_read_as_it_is(recipe, inputs, tmp_path):
    pairs = list(dataset(recipe))
    found = list(read(exported("simpletuner", tmp_path / "o", of=dataset(recipe))))

    assert [prompt for prompt, _, _ in found] == [pair.instruction for pair in pairs]
    for pair, (_, target, shown) in zip(pairs, found, strict=True):
        assert target.read_bytes() == pair.record.target.data
        assert same_pixels(shown.read_bytes(), pair.record.input)
        assert (shown.parent.name, shown.name) == (inputs, target.name)


def test_no_target_is_cropped_or_enlarged_and_no_prompt_dropped(tmp_path):
    out = exported("simpletuner", tmp_path / "o")
    config = settings_of(out, "config")
    assert config["data_backend_config"] == f"{out}/simpletuner/multidatabackend.json"
    assert (config["aspect_bucket_alignment"], config["aspect_bucket_rounding"]) == (16, 5)
    assert config["caption_dropout_probability"] == 0
    for found in settings_of(out, "multidatabackend"):
        if found["dataset_type"] != "text_embeds":
            assert (found["resolution"], found["resolution_type"]) == (480, "pixel")
            assert (found["crop"], found["minimum_image_size"]) == (False, 0)


def test_each_short_side_has_its_datasets_and_table(tmp_path):
    sizes = [(640, 480), (512, 512), (1024, 768), (480, 640), (768, 512)]
    SimpleTuner().write(made_tree(tmp_path, ["Paint it."] * 5, sizes))

    images = [d for d in settings_of(tmp_path, "multidatabackend") if d["dataset_type"] == "image"]
    sides = {found["id"]: found["resolution"] for found in images}
    assert sides == {"target-480": 480, "target-512": 512, "target-768": 768}
    rows = {
        side: pq.read_table(tmp_path / "simpletuner" / f"{side}.parquet").to_pylist()
        for side in sides.values()
    }
    assert [(row["file"], row["width"], row["height"]) for row in rows[480]] == [
        ("k0.png", 640, 480),
        ("k3.png", 480, 640),
    ]
    assert [row["file"] for row in rows[512] + rows[768]] == ["k1.png", "k4.png", "k2.png"]


def test_paths_are_those_at_which_the_trainer_will_find_them(tmp_path):
    at = '/mnt/my "data" 🦊'
    out = exported("simpletuner", tmp_path / "o", at=at)
    text, targets, inputs = settings_of(out, "multidatabackend")
    assert text["cache_dir"] == f"{at}/simpletuner/cache/text"
    assert targets["instance_data_dir"] == f"{at}/target"
    assert targets["parquet"]["path"] == f"{at}/simpletuner/480.parquet"
    assert inputs["instance_data_dir"] == f"{at}/source-png"
    assert settings_of(out, "config")["output_dir"] == f"{at}/simpletuner/output"


@settings(max_examples=20)
@given(asked=st.lists(prompts, min_size=1, max_size=20))
def test_what_is_read_is_what_was_foretold(asked, tmp_path_factory):
    tree = made_tree(tmp_path_factory.mktemp("o"), asked)
    SimpleTuner().write(tree)
    got = [prompt for prompt, _, _ in read(tree.folder)]
    assert got == [SimpleTuner().prompt(prompt) for prompt in asked]


@pytest.mark.parametrize("prompt", [" a", "a\n", "a\t"])
def test_blanks_around_a_prompt_are_changes(prompt, tmp_path):
    (entry,) = made_tree(tmp_path, [prompt]).entries()
    assert [change.what for change in SimpleTuner().changes(entry)] == ["prompt"]


@pytest.mark.parametrize(
    ("size", "loaded"),
    [
        ((640, 480), (640, 480)),
        ((256, 720), (256, 720)),
        ((16, 704), (16, 704)),
        ((304, 1024), (304, 1024)),
        ((1216, 352), (1216, 352)),
        ((2048, 1024), (2048, 1024)),
        ((1000, 1000), (1000, 1000)),
        ((1010, 1000), (1008, 992)),
        ((2000, 1999), (1999, 1999)),
        ((1242, 375), (1248, 368)),
        ((70, 50), (64, 48)),
    ],
)
def test_sizes_are_those_that_its_loader_was_measured_to_make(size, loaded):
    assert SimpleTuner().size(*size) == loaded


@given(st.integers(1, 256), st.integers(1, 256))
def test_multiples_of_16_pass(across, down):
    assert SimpleTuner().size(16 * across, 16 * down) == (16 * across, 16 * down)


def test_its_page_says_what_other_models_would_cut(tmp_path):
    page = SimpleTuner().usage(made_tree(tmp_path, ["Paint it."] * 3, [(640, 480), (704, 528)]))
    assert "Edit takes sides that are multiples of 32, which would resample 1 targets, such" in page
    assert "Kontext takes sides that are multiples of 64, which would resample 3 targets" in page
