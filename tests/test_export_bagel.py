"""BAGEL: what its loader finds in an export, and what it would do with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from export_shards import made_dataset
from export_tree import prompts
from exported import Read, check_same, dataset, exported
from hypothesis import given, settings
from hypothesis import strategies as st

from vtencode.exports.bagel import Bagel
from vtencode.exports.run import export

#: How data/dataset_info.py of BAGEL ends: without the end of a line.
STOCK = "DATASET_INFO = {\n    'unified_edit': {},\n}"


def known(out: Path) -> dict[str, Any]:
    """What BAGEL knows of a dataset, when the export's lines are appended to its own."""
    names: dict[str, Any] = {}
    exec(STOCK + (out / "bagel" / "dataset_info.py").read_text(encoding="utf-8"), names)
    config = yaml.safe_load((out / "bagel" / "data.yaml").read_text(encoding="utf-8"))
    (name,) = config["unified_edit"]["dataset_names"]
    return names["DATASET_INFO"]["unified_edit"][name]


def settings_of(out: Path) -> dict[str, Any]:
    return yaml.safe_load((out / "bagel" / "data.yaml").read_text(encoding="utf-8"))["unified_edit"]


def read(out: Path) -> Iterator[Read]:
    """Read an export as data/interleave_datasets of BAGEL does, a row group at a time."""
    info = known(out)
    groups = json.loads(Path(info["parquet_info_path"]).read_text(encoding="utf-8"))
    paths = sorted(Path(info["data_dir"]).glob("*.parquet"), key=lambda path: int(path.stem[6:]))
    (used,) = settings_of(out)["num_used_data"]
    assert len(paths) == info["num_files"] == used
    for path in paths:
        for group in range(groups[str(path)]["num_row_groups"]):
            for row in pq.ParquetFile(path).read_row_group(group).to_pylist():
                shown, target = row["image_list"]
                ((prompt,),) = row["instruction_list"]
                yield prompt, target, shown


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_read_as_it_is(recipe, tmp_path):
    out = exported("bagel", tmp_path / "o", of=dataset(recipe))
    check_same(read(out), dataset(recipe))
    assert known(out)["num_total_samples"] == len(dataset(recipe))


def test_columns_are_of_the_types_that_it_reads(tmp_path):
    out = exported("bagel", tmp_path / "o")
    schema = pq.read_schema(out / "bagel" / "chunk_0.parquet")
    assert schema.field("image_list").type == pa.list_(pa.binary())
    assert schema.field("instruction_list").type == pa.list_(pa.list_(pa.string()))


@settings(max_examples=15)
@given(asked=st.lists(prompts, min_size=1, max_size=40))
def test_any_prompts_are_read_from_small_row_groups(asked, tmp_path_factory):
    here = tmp_path_factory.mktemp("o")
    root = made_dataset(here / "made", asked)
    out = export(root, to=["bagel"], out=here / "out", workers=1).out
    assert [prompt for prompt, _, _ in read(out)] == asked
    for path in (out / "bagel").glob("*.parquet"):
        told = pq.read_metadata(path)
        assert all(told.row_group(n).num_rows <= 16 for n in range(told.num_row_groups))


def test_every_chunk_and_no_other_path_is_listed_as_it_will_be_found(tmp_path):
    root = made_dataset(tmp_path / "made", ["Paint it."] * 50)
    at = "/mnt/my 'data' 🦊"
    out = export(root, to=["bagel"], out=tmp_path / "o", at=at, workers=1).out
    info = known(out)
    assert info["data_dir"] == f"{at}/bagel"
    assert info["parquet_info_path"] == f"{at}/bagel/parquet_info.json"
    groups = json.loads((out / "bagel" / "parquet_info.json").read_text(encoding="utf-8"))
    assert groups == {
        f"{at}/bagel/chunk_0.parquet": {"num_row_groups": 2},
        f"{at}/bagel/chunk_1.parquet": {"num_row_groups": 2},
        f"{at}/bagel/chunk_2.parquet": {"num_row_groups": 1},
    }
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "There are 5 row groups of at most 16 pairs." in page


@pytest.mark.parametrize(
    ("size", "shortest"), [((640, 480), 480), ((64, 48), 48), ((1024, 768), 512)]
)
def test_nothing_is_enlarged(size, shortest, tmp_path):
    root = made_dataset(tmp_path / "made", ["Paint it."], size=size)
    out = export(root, to=["bagel"], out=tmp_path / "o", workers=1).out
    told = settings_of(out)["image_transform_args"]
    assert told == {"image_stride": 16, "max_image_size": 1024, "min_image_size": shortest}


@pytest.mark.parametrize(
    ("size", "loaded"),
    [
        ((640, 480), (640, 480)),
        ((1024, 1024), (1024, 1024)),
        ((896, 1152), (800, 1024)),
        ((1216, 352), (1024, 288)),
        ((1242, 375), (1024, 304)),
        ((2048, 1024), (1024, 512)),
    ],
)
def test_sizes_are_those_that_its_loader_was_measured_to_make(size, loaded):
    assert Bagel().size(*size) == loaded


@given(st.integers(1, 64), st.integers(1, 64))
def test_multiples_of_16_up_to_1024_pass(across, down):
    assert Bagel().size(16 * across, 16 * down) == (16 * across, 16 * down)
