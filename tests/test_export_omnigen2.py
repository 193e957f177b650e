"""OmniGen2: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from exported import Read, check_same, dataset, exported

from vtencode.exports.omnigen2 import OmniGen2


def settings(out: Path) -> dict:
    """The section that an export brings for a copy of options/ft.yml."""
    return yaml.safe_load((out / "omnigen2" / "options.yml").read_text(encoding="utf-8"))["data"]


def read(out: Path) -> Iterator[Read]:
    """Read an export as docs/FINETUNE.md of OmniGen2 says."""
    data = Path(settings(out)["data_path"]).read_text(encoding="utf-8")
    (part,) = yaml.safe_load(data)["data"]
    assert isinstance(part["ratio"], float)
    for line in Path(part["path"]).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert row["task_type"] == part["type"] == "edit"
        (shown,) = row["input_images"]
        yield row["instruction"], Path(row["output_image"]).read_bytes(), Path(shown).read_bytes()


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_read_as_it_is(recipe, tmp_path):
    out = exported("omnigen2", tmp_path / "o", of=dataset(recipe))
    check_same(read(out), dataset(recipe))


def test_settings_drop_no_prompt_and_keep_what_has_at_most_one_megapixel(tmp_path):
    found = settings(exported("omnigen2", tmp_path / "o"))
    assert found["prompt_dropout_prob"] == found["ref_img_dropout_prob"] == 0
    assert (found["max_output_pixels"], found["max_side_length"]) == (1048576, 2048)
    assert found["max_input_pixels"][0] == 1048576


def test_every_row_has_the_same_fields_of_the_same_types(tmp_path):
    out = exported("omnigen2", tmp_path / "o", of=dataset("scenes"))
    lines = (out / "omnigen2" / "pairs.jsonl").read_text().splitlines()
    kinds = {tuple((k, type(v)) for k, v in sorted(json.loads(line).items())) for line in lines}
    assert kinds == {
        (
            ("input_images", list),
            ("instruction", str),
            ("output_image", str),
            ("task_type", str),
        )
    }


def test_paths_are_those_at_which_the_trainer_will_find_them(tmp_path):
    at = "/mnt/my \"data\": 'é 😀' # 1"
    out = exported("omnigen2", tmp_path / "o", at=at)
    assert settings(out)["data_path"] == f"{at}/omnigen2/data.yml"
    (part,) = yaml.safe_load((out / "omnigen2" / "data.yml").read_text(encoding="utf-8"))["data"]
    assert part["path"] == f"{at}/omnigen2/pairs.jsonl"
    first = json.loads((out / "omnigen2" / "pairs.jsonl").read_text().splitlines()[0])
    assert first["output_image"].startswith(f"{at}/target/")
    assert first["input_images"][0].startswith(f"{at}/source/")


@pytest.mark.parametrize(
    ("size", "loaded"),
    [
        ((640, 480), (640, 480)),
        ((1024, 1024), (1024, 1024)),
        ((896, 1152), (896, 1152)),
        ((1216, 352), (1216, 352)),
        ((2048, 512), (2048, 512)),
        ((1242, 375), (1232, 368)),
        ((2048, 1024), (1440, 720)),
        ((2400, 400), (2048, 336)),
    ],
)
def test_sizes_are_those_that_its_loader_was_measured_to_make(size, loaded):
    assert OmniGen2().size(*size) == loaded


@pytest.mark.parametrize(
    "prompt", ['say "a, b"\nand c', "  naïve 深度 😀 ", "The image shows a, b.", "<img>", ""]
)
def test_any_prompt_is_taken_as_it_is(prompt):
    assert OmniGen2().prompt(prompt) == prompt
