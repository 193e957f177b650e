"""The recipes of examples/own_data are built as they stand there."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from generic_data import millimeters, room, write, write_rooms

import vtencode as vt
from vtencode.formats.tiff import write_tiff
from vtencode.miniatures.series import jpeg
from vtencode.png import write_png_gray
from vtencode.verification.run import verify

README = Path(__file__).parents[1] / "examples/own_data/README.md"
BLOCK = re.compile(r"<!-- (\w+) -->\n```yaml\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    """The recipes by what they are of."""
    folder = tmp_path_factory.mktemp("recipes")
    blocks = dict(BLOCK.findall(README.read_text(encoding="utf-8")))
    return {name: write(folder / f"{name}.yaml", text.encode()) for name, text in blocks.items()}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    return write_rooms(tmp_path_factory.mktemp("rooms"), count=2)


def built(path, source, out):
    made = vt.build(path, source=source, out=out, workers=1, overrides=["framing.resize=none"])
    assert verify(out, workers=1).ok
    return made.manifest["counts"]


def test_the_folder_and_what_is_asked_of_it_again(recipes, rooms, tmp_path):
    first = built(recipes["folder"], rooms, tmp_path / "one")
    again = built(recipes["again"], tmp_path / "one", tmp_path / "two")

    assert first == {"planned": 10, "written": 10, "rejected": 0, "filtered": 0}
    assert again == {"planned": 2, "written": 2, "rejected": 0, "filtered": 0}


def test_the_table(recipes, tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    image = datasets.Image()
    kept = [
        {
            "image": {"bytes": jpeg(room(index).rgb), "path": None},
            "depth_map": {
                "bytes": write_tiff(room(index).depth_z.astype(np.float32)),
                "path": None,
            },
            "name": f"room {index}",
        }
        for index in range(2)
    ]
    features = {"image": image, "depth_map": image, "name": datasets.Value("string")}
    made = datasets.Dataset.from_list(kept, features=datasets.Features(features))
    made.save_to_disk(tmp_path / "table")

    assert built(recipes["hf"], tmp_path / "table", tmp_path / "out")["written"] == 2


def test_the_shards(recipes, tmp_path):
    (tmp_path / "tars").mkdir()
    with tarfile.open(tmp_path / "tars/train-0.tar", "w") as archive:
        for index in range(2):
            members = {
                "jpg": jpeg(room(index).rgb),
                "depth.png": write_png_gray(millimeters(index)),
            }
            for ending, data in members.items():
                member = tarfile.TarInfo(f"{index:03d}.{ending}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))

    assert built(recipes["shards"], tmp_path / "tars", tmp_path / "out")["written"] == 2
