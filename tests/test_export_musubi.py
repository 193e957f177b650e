"""musubi-tuner: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from exported import Read, check_same, dataset, exported

from vtencode.exports.musubi import Musubi


def read(toml: Path) -> Iterator[Read]:
    """Read an export as docs/dataset_config.md of musubi-tuner says."""
    config = tomllib.loads(toml.read_text(encoding="utf-8"))
    assert config["general"]["enable_bucket"] is config["general"]["bucket_no_upscale"] is True
    (section,) = config["datasets"]
    for line in Path(section["image_jsonl_file"]).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        target, shown = (Path(row[name]).read_bytes() for name in ("image_path", "control_path"))
        yield row["caption"], target, shown


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_read_as_it_is(recipe, tmp_path):
    out = exported("musubi", tmp_path / "o", of=dataset(recipe))
    check_same(read(out / "musubi" / "dataset.toml"), dataset(recipe))


def test_paths_are_those_at_which_the_trainer_will_find_them(tmp_path):
    at = '/mnt/my "data" 🍌'
    out = exported("musubi", tmp_path / "o", at=at)
    config = tomllib.loads((out / "musubi" / "dataset.toml").read_text(encoding="utf-8"))
    assert config["datasets"][0]["image_jsonl_file"] == f"{at}/musubi/dataset.jsonl"
    first = json.loads((out / "musubi" / "dataset.jsonl").read_text().splitlines()[0])
    assert first["image_path"].startswith(f"{at}/target/")


@pytest.mark.parametrize(
    ("size", "loaded"),
    [
        ((640, 480), (640, 480)),
        ((1024, 1024), (1024, 1024)),
        ((896, 1152), (896, 1152)),
        ((1216, 352), (1216, 352)),
        ((1242, 375), (1232, 368)),
        ((2048, 1024), (1456, 720)),
    ],
)
def test_sizes_are_those_that_its_loader_was_measured_to_make(size, loaded):
    assert Musubi().size(*size) == loaded
