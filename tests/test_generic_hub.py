"""Datasets of the Hugging Face library: saved, as Parquet, and on a Hub; the same in every form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from generic_data import CAMERA, NAMES, classes, millimeters, recipe, room
from hub_server import COMMIT, serving
from readers import rows

import vtencode as vt
from vtencode.errors import CodeError, SampleError, SourceError, SpecError
from vtencode.formats.npy import write_npy
from vtencode.formats.tiff import write_tiff
from vtencode.generic.columns import nested, stored_of
from vtencode.generic.hub import HubDataset
from vtencode.miniatures.series import jpeg
from vtencode.png import write_png_gray
from vtencode.verification.run import verify

pa = pytest.importorskip("pyarrow")
datasets = pytest.importorskip("datasets")

#: The same depth in every form in which people keep it in columns, and its unit.
DEPTHS = {
    "png": "mm",
    "tiff": "m",
    "npy": "mm",
    "plane": "m",
    "lists": "mm",
}
OPTIONS = {"image": "image", "camera": "k", "ids": "name"}


def table() -> datasets.Dataset:
    """Four rooms as rows."""
    datasets.disable_progress_bars()
    image = datasets.Image()
    lists = datasets.Sequence(datasets.Sequence(datasets.Value("int32")))
    height, width = millimeters(0).shape
    features = datasets.Features(
        {
            "image": image,
            "png": image,
            "tiff": image,
            "npy": datasets.Value("binary"),
            "plane": datasets.Array2D((height, width), "float32"),
            "lists": lists,
            "seg": image,
            "k": datasets.Sequence(datasets.Value("float64")),
            "name": datasets.Value("string"),
        }
    )
    kept = []
    for index in range(4):
        whole = millimeters(index)
        meters = (whole / 1000).astype(np.float32)
        kept.append(
            {
                "image": {"bytes": jpeg(room(index).rgb), "path": None},
                "png": {"bytes": write_png_gray(whole), "path": f"{index}.png"},
                "tiff": {"bytes": write_tiff(meters), "path": None},
                "npy": write_npy(whole),
                "plane": meters,
                "lists": whole.astype(np.int32).tolist(),
                "seg": {"bytes": write_png_gray(classes(index)), "path": None},
                "k": [130.0, 130.0, 79.5, 59.5],
                "name": f"room {index}",
            }
        )
    return datasets.Dataset.from_list(kept, features=features)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The rooms as one saved dataset, as two splits, and as Parquet files."""
    root, found = tmp_path_factory.mktemp("hf"), table()
    found.save_to_disk(root / "one")
    parts = {"train": found.select(range(3)), "validation": found.select([3])}
    datasets.DatasetDict(parts).save_to_disk(root / "two")
    (root / "parquet").mkdir()
    for name, part in parts.items():
        part.to_parquet(root / f"parquet/{name}-00000-of-00001.parquet")
    return root


_BUILD_AND_VERIFY = """
import sys
import vtencode as vt
from vtencode.verification.run import verify

path, source, out = sys.argv[1:]
vt.build(path, source=source, out=out, workers=1)
sys.exit(not verify(out, workers=1).ok)
"""


def run(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python, with a cache of its own for what `datasets` keeps."""
    environment = {**os.environ, "HF_HOME": str(home), **variables}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("column", DEPTHS)
def test_every_form_of_depth_comes_out_exactly(saved, column):
    source = HubDataset(root=saved / "one", depth=column, depth_unit=DEPTHS[column], **OPTIONS)
    found = rows(source)

    assert [row["key"] for row in found] == sorted(row["key"] for row in found)
    for index, row in enumerate(found):
        sample = source.load(row)
        assert sample.picture.data == jpeg(room(index).rgb)
        depth = sample.targets["depth"]
        assert np.array_equal(depth.meters, (millimeters(index) / 1000).astype(np.float32))
        assert depth.camera == CAMERA


def test_rows_go_by_their_splits_and_numbers_or_by_ids(saved):
    numbered = HubDataset(root=saved / "two", image="image", prefix="p", split="all")
    named = HubDataset(root=saved / "two", image="image", prefix="p", split="val", ids="name")

    assert [row["key"] for row in rows(numbered)] == [
        "p-train-00000000", "p-train-00000001", "p-train-00000002", "p-val-00000000"
    ]  # fmt: skip
    assert [row["image_id"] for row in rows(named)] == ["p/val/room 3"]
    assert rows(named)[0]["member"] == "validation row 0"
    assert {row["image"] for row in rows(numbered)} == {"jpg"}


def test_a_saved_dataset_builds_and_verifies(saved, tmp_path):
    options = {"depth": "png", "depth_unit": "mm", "semantic": "seg", "semantic_void": "none"}
    path = recipe(
        tmp_path / "hf.yaml",
        {"name": "hf", "split": "all", "semantic_names": list(NAMES), **options, **OPTIONS},
        *("depth", "semantic"),
    )
    made = vt.build(path, source=saved / "two", out=tmp_path / "out", workers=1)

    assert made.manifest["counts"]["written"] == 8
    assert verify(tmp_path / "out", workers=1).ok


@pytest.mark.slow
def test_parquet_files_build_and_verify_as_the_saved_dataset_does(saved, tmp_path):
    path = recipe(
        tmp_path / "hf.yaml",
        {"name": "hf", "depth": "plane", "depth_unit": "m", **OPTIONS},
        "depth",
    )
    out = tmp_path / "parquet"
    arguments = [str(each) for each in (path, saved / "parquet", out)]
    made = run("-c", _BUILD_AND_VERIFY, *arguments, home=tmp_path / "home")
    assert made.returncode == 0, made.stderr
    loose = vt.build(path, source=saved / "two", out=tmp_path / "saved", workers=1)

    packed = json.loads((out / "manifest.json").read_text())
    assert packed["content_sha256"] == loose.manifest["content_sha256"]
    assert {path.name for path in (saved / "parquet").iterdir()} == {
        "train-00000-of-00001.parquet",
        "validation-00000-of-00001.parquet",
    }


@pytest.mark.slow
def test_a_dataset_on_the_hub_is_read_at_its_commit_and_then_from_the_cache(saved, tmp_path):
    source = {"name": "hf", "dataset": "me/rooms", "revision": COMMIT}
    path = recipe(
        tmp_path / "hub.yaml", {**source, "depth": "png", "depth_unit": "mm", **OPTIONS}, "depth"
    )
    home, cache = tmp_path / "home", tmp_path / "cache"
    cache.mkdir()
    arguments = ["-m", "vtencode", "build", str(path), "--source", str(cache), "--out"]
    with serving(saved / "parquet", "me/rooms") as hub:
        made = run(*arguments, str(tmp_path / "one"), home=home, HF_ENDPOINT=hub.address)
    assert made.returncode == 0, made.stderr
    assert any(f"/resolve/{COMMIT}/train" in each for each in hub.asked)
    again = run(*arguments, str(tmp_path / "two"), home=home, HF_HUB_OFFLINE="1")

    assert again.returncode == 0, again.stderr
    one, two = (json.loads((tmp_path / n / "manifest.json").read_text()) for n in ("one", "two"))
    assert one == two
    assert one["counts"]["written"] == 3
    ids = {pair.meta["image_id"] for pair in vt.open_dataset(tmp_path / "one")}
    assert ids == {f"me/rooms/train/room {index}" for index in range(3)}


@pytest.mark.parametrize("revision", ["", "main", "a" * 39])
def test_a_branch_is_no_revision_and_the_way_to_its_commit_is_told(tmp_path, revision):
    with pytest.raises(SpecError, match=r"40 hex digits.*dataset_info\(\"me/rooms\"\)\.sha"):
        HubDataset(root=tmp_path, dataset="me/rooms", revision=revision, image="image")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({}, "image must say which column"),
        ({"image": "i", "revision": COMMIT}, "revision must be left out"),
        ({"image": "i", "config": "x"}, "config must be left out"),
        ({"image": "i", "parquet": "a.parquet"}, "parquet must have the placeholder"),
    ],
)
def test_options_that_say_too_little_or_too_much_are_told(tmp_path, options, fault):
    with pytest.raises(SpecError, match=fault):
        HubDataset(root=tmp_path, **options)


def test_a_column_that_is_not_there_is_told_with_those_that_are(saved):
    with pytest.raises(SourceError, match=r"must have the column 'imag' \(image\)\. Did you mean"):
        HubDataset(root=saved / "one", image="imag").index()


@pytest.mark.parametrize(
    ("column", "field", "code"),
    [("name", "depth", "MODE"), ("k", "depth", "MODE"), ("seg", "depth", "MODE")],
)
def test_columns_of_another_kind_are_rejects(saved, column, field, code):
    source = HubDataset(root=saved / "one", image="image", depth=column, depth_unit="m")

    with pytest.raises(SampleError) as error:
        _ = source.load(rows(source)[0]).targets[field]
    assert error.value.args[:3] == (code, field, "train row 0")


def test_a_folder_of_something_else_is_told(tmp_path):
    with pytest.raises(SourceError, match="must hold a dataset that `datasets` saved"):
        HubDataset(root=tmp_path, image="image").index()
    (tmp_path / "state.json").write_text("{")
    (tmp_path / "dataset_info.json").write_text("{")
    with pytest.raises(SourceError, match=r"must be a dataset that `datasets` .* reads"):
        HubDataset(root=tmp_path, image="image").index()


def test_parquet_files_whose_names_tell_no_split_need_to_be_told(tmp_path):
    for name in ("train.parquet", "more.parquet"):
        (tmp_path / name).write_bytes(b"PAR1")
    source = {"root": tmp_path, "image": "image"}

    with pytest.raises(SourceError, match=r"more\.parquet does not: say which are read"):
        HubDataset(**source).files()
    assert HubDataset(**source, parquet="{split}.parquet", split_as=("more=val",)).files() == (
        ("more.parquet", 4),
        ("train.parquet", 4),
    )
    with pytest.raises(SourceError, match="must hold files d/"):
        HubDataset(**source, parquet="d/{split}.parquet").files()


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ([[1, 2, 3]], (3,)),
        ([[[1, 2], [3, 4], [5, 6]]], (3, 2)),
        ([[[[1], [2]], [[3], [4]]]], (2, 2, 1)),
    ],
)
@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_lists_of_lists_are_arrays_of_their_own_type(values, shape, dtype):
    inner = pa.type_for_alias(dtype)
    for _ in shape:
        inner = pa.list_(inner)
    found = nested(pa.array(values, inner))

    assert (found.dtype, found.shape) == (np.dtype(dtype), shape)
    assert found.tolist() == values[0]


def test_a_list_that_is_a_slice_of_a_longer_one_is_its_own_values_alone():
    whole = pa.array([[[1, 2]], [[3, 4], [5, 6]], [[7, 8]]])

    assert nested(whole[1:2]).tolist() == [[3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pa.array([[[1, 2], [3]]]), "rows of one length"),
        (pa.array([[[1, 2], None]]), "rows of one length"),
        (pa.array([["a"]]), "bytes or numbers, got string"),
    ],
)
def test_lists_that_are_no_array_are_told(values, message):
    with pytest.raises(CodeError, match=message):
        nested(values)


def test_a_file_that_is_kept_by_its_path_must_be_in_the_dataset(tmp_path):
    inside, outside = tmp_path / "data/a.bin", tmp_path / "b.bin"
    inside.parent.mkdir()
    inside.write_bytes(b"in")
    outside.write_bytes(b"out")

    def read(path: str | None) -> bytes | np.ndarray:
        column = pa.chunked_array([pa.array([{"bytes": None, "path": path}])])
        return stored_of(column, below=(inside.parent,), field="depth", where="row 0").data

    assert read("a.bin") == read(str(inside)) == b"in"
    for path in ("../b.bin", str(outside), "c.bin", None):
        with pytest.raises(SampleError, match="must hold a file's bytes, or the path of one below"):
            read(path)


def test_a_value_that_is_not_there_is_a_reject():
    column = pa.chunked_array([pa.array([None], pa.binary())])

    with pytest.raises(SampleError, match="no value here") as error:
        stored_of(column, below=(), field="depth", where="row 0")
    assert error.value.args[0] == "MISSING"


def test_without_the_package_the_extra_that_brings_it_is_told(saved, tmp_path):
    script = (
        "import sys\n"
        "sys.modules['datasets'] = None\n"
        "from pathlib import Path\n"
        "from vtencode.generic.hub import HubDataset\n"
        "HubDataset(root=Path(sys.argv[1]), image='image').index()\n"
    )
    told = run("-c", script, str(saved / "one"), home=tmp_path)

    assert "pip install 'vtencode[hf]'" in told.stderr
