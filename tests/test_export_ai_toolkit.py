"""ai-toolkit: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from export_tree import made_tree, prompts
from exported import Read, check_same, dataset, exported
from hypothesis import given, settings
from hypothesis import strategies as st

from vtencode.exports.ai_toolkit import AiToolkit


def section(out: Path) -> dict[str, Any]:
    """The one item of `datasets` in the job."""
    config = yaml.safe_load((out / "ai-toolkit" / "config.yaml").read_text(encoding="utf-8"))
    (job,) = config["config"]["process"]
    (found,) = job["datasets"]
    return found


def caption(text: str) -> str:
    """A caption as `get_caption` of toolkit/dataloader_mixins.py makes it, without a trigger."""
    return ", ".join(text.split(",")).replace("[name]", "").replace("[trigger]", "")


def read(out: Path) -> Iterator[Read]:
    """Read an export as toolkit/data_loader.py of ai-toolkit does."""
    found = section(out)
    captions = json.loads(Path(found["dataset_path"]).read_text(encoding="ascii"))
    for path, row in captions.items():
        inputs = [Path(found["control_path"], Path(path).stem + e) for e in (".jpg", ".png")]
        (shown,) = (path.read_bytes() for path in inputs if path.exists())
        yield caption(row["caption"]), Path(path).read_bytes(), shown


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_read_as_it_is(recipe, tmp_path):
    out = exported("ai-toolkit", tmp_path / "o", of=dataset(recipe))
    check_same(read(out), dataset(recipe))


def test_targets_are_neither_flipped_nor_cropped_and_captions_neither_shuffled_nor_dropped(
    tmp_path,
):
    found = section(exported("ai-toolkit", tmp_path / "o"))
    assert found["resolution"] == [1024]
    assert found["buckets"] is True
    off = ("random_crop", "random_scale", "flip_x", "flip_y", "shuffle_tokens")
    assert [found[name] for name in off] == [False] * 5
    assert found["caption_dropout_rate"] == 0


def test_paths_are_those_at_which_the_trainer_will_find_them(tmp_path):
    out = exported("ai-toolkit", tmp_path / "o", at='/mnt/my "data" 🦊')
    found = section(out)
    assert found["dataset_path"] == '/mnt/my "data" 🦊/ai-toolkit/dataset.json'
    assert found["control_path"] == '/mnt/my "data" 🦊/source'
    captions = json.loads((out / "ai-toolkit" / "dataset.json").read_text())
    assert all(path.startswith('/mnt/my "data" 🦊/target/') for path in captions)


@settings(max_examples=20)
@given(asked=st.lists(prompts, max_size=30))
def test_what_is_read_is_what_was_foretold(asked, tmp_path_factory):
    tree = made_tree(tmp_path_factory.mktemp("o"), asked)
    AiToolkit().write(tree)
    captions = json.loads((tree.folder / "ai-toolkit" / "dataset.json").read_text())
    got = [caption(row["caption"]) for row in captions.values()]
    assert got == [AiToolkit().prompt(prompt) for prompt in asked]


@given(prompts)
def test_prompts_whose_commas_are_followed_by_blanks_are_kept(prompt):
    spaced = prompt.replace(",", ", ")
    assert AiToolkit().prompt(spaced) == spaced


@pytest.mark.parametrize("prompt", ["1,2", "a,\nb", "a,", "a [trigger] b", "[name]"])
def test_other_prompts_are_changes(prompt, tmp_path):
    (entry,) = made_tree(tmp_path, [prompt]).entries()
    assert [change.what for change in AiToolkit().changes(entry)] == ["prompt"]


@pytest.mark.parametrize(
    ("size", "loaded"),
    [
        ((640, 480), (640, 480)),
        ((512, 512), (512, 512)),
        ((1024, 1024), (1024, 1024)),
        ((896, 1152), (896, 1152)),
        ((1216, 352), (1216, 352)),
        ((1242, 375), (1248, 368)),
        ((2048, 1024), (1456, 720)),
        ((3, 5), (16, 16)),
        ((1, 10_000_000), (16, 3_238_160)),
    ],
)
def test_sizes_are_those_that_its_loader_was_measured_to_make(size, loaded):
    assert AiToolkit().size(*size) == loaded


@given(st.integers(1, 64), st.integers(1, 64))
def test_multiples_of_16_within_a_megapixel_pass(across, down):
    assert AiToolkit().size(16 * across, 16 * down) == (16 * across, 16 * down)


def test_its_page_says_what_qwen_would_cut(tmp_path):
    sizes = [(640, 480), (704, 528), (1008, 672)]
    page = AiToolkit().usage(made_tree(tmp_path, ["Paint it."] * 6, sizes))
    assert "multiples of 32, which would resample 4 targets, such\nas 704x528, 1008x672." in page
    assert "Qwen" not in AiToolkit().usage(made_tree(tmp_path, sizes=[(640, 480)]))
