"""diffusers' scripts that edit: what they find in an export, and what they would do with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from export_pages import flags
from export_shards import made_dataset
from export_tree import made_tree, prompts
from exported import Read, check_same, dataset, exported
from hypothesis import given, settings
from hypothesis import strategies as st

from vtencode.errors import ExportError
from vtencode.exports.diffusers import Diffusers, Kontext
from vtencode.exports.run import export
from vtencode.framing.sizes import passes

TRAINERS = ["diffusers", "diffusers-kontext"]


def read(out: Path) -> Iterator[Read]:
    """Read an export as the docs of `datasets` say of a folder with a card, and the flags."""
    told = flags(out)
    folder = Path(told["dataset_name"])
    card = (folder / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    (config,) = yaml.safe_load(card)["configs"]
    (files,) = config["data_files"]
    assert files["split"] == "train"
    for path in sorted(folder.glob(files["path"])):
        for row in pq.read_table(path).to_pylist():
            target, shown = row[told["image_column"]], row[told["cond_image_column"]]
            yield row[told["caption_column"]], target["bytes"], shown["bytes"]


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
@pytest.mark.parametrize("trainer", TRAINERS)
def test_every_pair_is_read_as_it_is(trainer, recipe, tmp_path):
    out = exported(trainer, tmp_path / "my o", of=dataset(recipe))
    check_same(read(out), dataset(recipe))


@settings(max_examples=15)
@given(asked=st.lists(prompts, min_size=1, max_size=9), sink=st.sampled_from(["folder", "parquet"]))
def test_any_prompt_is_read_as_it_is(asked, sink, tmp_path_factory):
    here = tmp_path_factory.mktemp("o")
    root = made_dataset(here / "made", asked, per_shard=4, sink=sink)
    out = export(root, to=["diffusers"], out=here / "out", workers=1).out
    assert [prompt for prompt, _, _ in read(out)] == asked


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_datasets_finds_the_one_split_by_the_path_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    out = exported("diffusers", tmp_path / "o")
    found = datasets.load_dataset(str(out / "diffusers"), cache_dir=str(tmp_path / "cache"))
    assert list(found) == ["train"]
    rows, pairs = list(found["train"]), list(dataset())
    assert len(rows) == len(pairs)
    for row, pair in zip(rows, pairs, strict=True):
        assert np.array_equal(np.asarray(row["edited_image"]), pair.code)
        assert row["edit_prompt"] == pair.instruction


def test_the_command_neither_crops_nor_enlarges_nor_drops(tmp_path):
    told = flags(exported("diffusers", tmp_path / "o"))
    assert {"use_aspect_ratio_buckets", "max_sequence_length"} <= set(told)
    assert (told["resolution"], told["train_batch_size"]) == ("1024", "1")
    assert not {"aspect_ratio_buckets", "random_flip", "center_crop"} & set(told)


def test_the_command_names_the_place_at_which_the_trainer_will_find_the_export(tmp_path):
    out = exported("diffusers", tmp_path / "o", at="/mnt/my 'data'")
    assert flags(out)["dataset_name"] == "/mnt/my 'data'/diffusers"


def test_a_limit_takes_the_first_pairs(tmp_path):
    root = made_dataset(tmp_path / "made", [str(n) for n in range(9)], per_shard=4)
    out = export(root, to=["diffusers"], out=tmp_path / "o", limit=6, workers=1).out
    assert [prompt for prompt, _, _ in read(out)] == ["0", "1", "2", "3", "4", "5"]


def test_its_page_says_what_the_script_takes_of_memory(tmp_path):
    tree = made_tree(tmp_path, ["Paint it."] * 100, [(1024, 1024)])
    assert "these 100 will take about 4.7 GiB" in Diffusers().usage(tree)


@pytest.mark.parametrize(
    ("size", "flux2", "kontext"),
    [
        ((640, 480), (640, 480), (640, 480)),
        ((512, 512), (512, 512), (512, 512)),
        ((768, 512), (768, 512), (768, 512)),
        ((480, 640), (480, 640), (480, 640)),
        ((1024, 1024), (1024, 1024), (1024, 1024)),
        ((1024, 512), (1024, 512), (1024, 512)),
        ((960, 768), (960, 768), (992, 736)),
        ((1024, 576), (1024, 576), (1040, 560)),
        ((1024, 640), (992, 656), (1040, 624)),
        ((896, 1152), (880, 1168), (880, 1184)),
        ((1216, 352), (928, 464), (992, 432)),
        ((1242, 375), (960, 480), (1040, 448)),
        ((2048, 1024), (1456, 720), (1456, 720)),
    ],
)
def test_sizes_are_those_that_their_loaders_were_measured_to_make(size, flux2, kontext):
    assert Diffusers().size(*size) == flux2
    assert Kontext().size(*size) == kontext


def test_what_is_framed_for_every_trainer_passes():
    sizes = [size for size in product(range(448, 1025, 16), repeat=2) if passes(*size)]
    assert len(sizes) > 100
    assert [size for size in sizes if Diffusers().size(*size) != size] == []


@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([Diffusers(), Kontext()]))
def test_sides_are_multiples_of_16_and_areas_about_a_megapixel_at_most(width, height, trainer):
    across, down = trainer.size(width, height)
    assert across % 16 == down % 16 == 0
    assert across * down <= 1.02 * 1024**2


def test_kontext_gets_no_pair_of_a_shape_that_it_does_not_know(tmp_path):
    root = made_dataset(tmp_path / "made", ["Paint it."], size=(1024, 576))
    export(root, to=["diffusers"], out=tmp_path / "o", workers=1)
    with pytest.raises(ExportError, match="1024x576 would be resampled to 1040x560"):
        export(root, to=["diffusers-kontext"], out=tmp_path / "k", workers=1)
