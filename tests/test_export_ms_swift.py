"""ms-swift: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from exported import Read, check_same, dataset, exported

from vtencode.exports.ms_swift import MsSwift


def read(config: Path) -> Iterator[Read]:
    """Read an export as docs/source_en/Customization/Custom-dataset.md of ms-swift says."""
    (rows,) = json.loads(config.read_text(encoding="utf-8"))["dataset"]
    for line in Path(rows).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        user, assistant = row["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        tags = [message["content"].count("<image>") for message in (user, assistant)]
        assert tags == [1, 1]
        shown, target = (Path(path).read_bytes() for path in row["images"])
        yield user["content"].removeprefix("<image>"), target, shown


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_read_as_it_is(recipe, tmp_path):
    out = exported("ms-swift", tmp_path / "o", of=dataset(recipe))
    check_same(read(out / "ms-swift" / "sft.json"), dataset(recipe))


def test_settings_leave_out_no_row_and_resample_nothing(tmp_path):
    out = exported("ms-swift", tmp_path / "o")
    config = json.loads((out / "ms-swift" / "sft.json").read_text())
    assert config["strict"] is True
    assert not {"max_pixels", "split_dataset_ratio", "ENV"} & set(config)


def test_paths_are_those_at_which_the_trainer_will_find_them(tmp_path):
    at = "/mnt/my \"data\" 'é 😀'"
    out = exported("ms-swift", tmp_path / "o", at=at)
    config = json.loads((out / "ms-swift" / "sft.json").read_text())
    assert config["dataset"] == [f"{at}/ms-swift/pairs.jsonl"]
    first = json.loads((out / "ms-swift" / "pairs.jsonl").read_text().splitlines()[0])
    shown, target = first["images"]
    assert shown.startswith(f"{at}/source/")
    assert target.startswith(f"{at}/target/")


@pytest.mark.parametrize("size", [(640, 480), (1242, 375), (4096, 4096), (1, 1)])
def test_pictures_of_any_size_pass_as_they_are(size):
    assert MsSwift().size(*size) == size


@pytest.mark.parametrize(
    "prompt", ['say "a, b"\nand c', "  naïve 深度 😀 ", "a <b> & <img>c</img>", "image", ""]
)
def test_text_is_taken_as_it_is(prompt):
    assert MsSwift().prompt(prompt) == prompt


@pytest.mark.parametrize("tag", ["<image>", "<bbox>", "<cot-process>", "<start-image>"])
def test_a_tag_in_a_prompt_is_told_as_a_change(tag):
    assert MsSwift().prompt(f"show {tag}it") == "show it"
