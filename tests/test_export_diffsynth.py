"""DiffSynth-Studio: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from exported import Read, check_same, dataset, exported

from vtencode.exports.diffsynth import DiffSynth


def commands(out: Path) -> dict[str, dict[str, str]]:
    """Flags of the commands that an export's page gives, by the script that takes them."""
    page = (out / "README.md").read_text(encoding="utf-8")
    found = {}
    for block in re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        _, _, script, *flags = shlex.split(block.replace("\\\n", ""))
        given = dict(zip(flags[::2], flags[1::2], strict=False))
        found[f"{script} {Path(given['--dataset_metadata_path']).name}"] = given
    return found


def read(flags: dict[str, str]) -> Iterator[Read]:
    """Read an export as its docs say of --dataset_base_path, --data_file_keys and metadata."""
    base, key = Path(flags["--dataset_base_path"]), flags["--extra_inputs"]
    assert flags["--data_file_keys"] == f"image,{key}"
    metadata = Path(flags["--dataset_metadata_path"]).read_text(encoding="utf-8")
    for row in map(json.loads, metadata.splitlines()):
        (shown,) = row[key] if isinstance(row[key], list) else [row[key]]
        yield row["prompt"], (base / row["image"]).read_bytes(), (base / shown).read_bytes()


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_read_as_it_is_by_each_family_of_models(recipe, tmp_path):
    out = exported("diffsynth", tmp_path / "my o", of=dataset(recipe))
    found = commands(out)
    assert len(found) == 4
    for flags in found.values():
        check_same(read(flags), dataset(recipe))


@pytest.mark.parametrize(
    ("command", "key", "kind"),
    [
        ("qwen_image/model_training/train.py metadata.jsonl", "edit_image", list),
        ("flux2/model_training/train.py metadata.jsonl", "edit_image", list),
        ("qwen_image/model_training/train.py metadata_single.jsonl", "edit_image", str),
        ("flux/model_training/train.py metadata_kontext.jsonl", "kontext_images", str),
    ],
)
def test_each_model_gets_its_input_in_the_field_and_the_form_that_it_wants(
    command, key, kind, tmp_path
):
    flags = commands(exported("diffsynth", tmp_path / "o"))[f"examples/{command}"]
    assert flags["--extra_inputs"] == key
    metadata = Path(flags["--dataset_metadata_path"]).read_text(encoding="utf-8")
    assert {type(json.loads(line)[key]) for line in metadata.splitlines()} == {kind}


def test_settings_neither_enlarge_nor_crop_what_has_at_most_one_megapixel(tmp_path):
    for flags in commands(exported("diffsynth", tmp_path / "o")).values():
        assert flags["--max_pixels"] == "1048576"
        assert not {"--height", "--width"} & set(flags)


def test_commands_name_the_place_at_which_the_trainer_will_find_the_export(tmp_path):
    at = "/mnt/my \"data\" of 'o'"
    out = exported("diffsynth", tmp_path / "o", at=at)
    for flags in commands(out).values():
        assert flags["--dataset_base_path"] == at
        assert flags["--dataset_metadata_path"].startswith(f"{at}/diffsynth/metadata")


def test_paths_in_the_metadata_hold_wherever_the_export_lies(tmp_path):
    out = exported("diffsynth", tmp_path / "o")
    for path in (out / "diffsynth").iterdir():
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            assert row["image"].startswith("target/")


@pytest.mark.parametrize(
    ("size", "loaded"),
    [
        ((640, 480), (640, 480)),
        ((1024, 1024), (1024, 1024)),
        ((896, 1152), (896, 1152)),
        ((1216, 352), (1216, 352)),
        ((1242, 375), (1232, 368)),
        ((2048, 1024), (1440, 720)),
        ((1920, 1080), (1360, 768)),
        ((50, 3000), (48, 2992)),
    ],
)
def test_sizes_are_those_that_its_loader_was_measured_to_make(size, loaded):
    assert DiffSynth().size(*size) == loaded


@pytest.mark.parametrize(
    "prompt", ['say "a, b"\nand c', "  naïve 深度 😀 ", "None", "\\n{} <image> [trigger]", ""]
)
def test_any_prompt_is_taken_as_it_is(prompt):
    assert DiffSynth().prompt(prompt) == prompt
