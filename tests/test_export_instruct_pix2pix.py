"""InstructPix2Pix of diffusers: what it finds in an export, and what it would do with it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from export_pages import flags
from export_shards import made_dataset, made_record
from exported import dataset, exported

from vtencode.errors import ExportError
from vtencode.exports.instruct_pix2pix import InstructPix2Pix
from vtencode.exports.run import export

ASKED = ['say "a, b"\nand c', "  naïve 深度 😀 ", ""]


def test_squares_of_the_resolution_are_read_as_they_are(tmp_path):
    root = made_dataset(tmp_path / "made", ASKED, size=(512, 512), per_shard=2)
    told = flags(export(root, to=["instruct-pix2pix"], out=tmp_path / "o", workers=1).out)
    assert told["resolution"] == "512"
    assert "random_flip" not in told
    rows = [
        row
        for path in sorted(Path(told["dataset_name"], "data").iterdir())
        for row in pq.read_table(path).to_pylist()
    ]
    assert [row[told["edit_prompt_column"]] for row in rows] == ASKED
    for number, row in enumerate(rows):
        record = made_record(number, ASKED[number], (512, 512))
        assert row[told["edited_image_column"]]["bytes"] == record.target.data
        assert row[told["original_image_column"]]["bytes"] == record.input.data


def test_other_sizes_are_refused_and_told(tmp_path):
    found = dataset("scenes")
    with pytest.raises(ExportError, match="640x480 would be resampled to 512x512"):
        exported("instruct-pix2pix", tmp_path / "o", of=found)
    out = exported("instruct-pix2pix", tmp_path / "o", of=found, allow_changes=True)
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "instruct-pix2pix would change the size of 20 pairs" in page


@pytest.mark.parametrize("size", [(640, 480), (512, 512), (768, 768), (1, 1)])
def test_every_size_becomes_the_square_as_its_loader_was_measured_to_make_it(size):
    assert InstructPix2Pix().size(*size) == (512, 512)
