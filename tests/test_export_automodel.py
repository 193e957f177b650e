"""NeMo AutoModel: what its encoder finds in an export, and what it would do with it."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from exported import Read, check_same, dataset, exported

from vtencode.exports import automodel
from vtencode.exports.automodel import AutoModel
from vtencode.exports.entry import Entry
from vtencode.exports.tree import Tree, write_entries
from vtencode.images import Picture

MODULE = "nemo_automodel.components.models.qwen_image_edit.preprocessing"


def lines(path: Path) -> list[str]:
    """Lines of a file of JSON."""
    return path.read_text(encoding="utf-8").splitlines()


class Encoder:
    """Takes a manifest and leaves a cache, as the encoder's docstrings and qwen-image.mdx say.

    A sample holds the prompt and where its files are, instead of tensors.
    """

    calls: list[int]

    def __init__(self, *, max_sequence_length: int) -> None:
        assert max_sequence_length == 1024

    def encode_manifest(
        self, *, manifest_path, output_dir, max_pixels, resolution_preset, num_gpus, verify
    ) -> None:
        assert (resolution_preset, num_gpus, verify) == (None, 8, False)
        self.calls.append(max_pixels)
        (output_dir / "samples").mkdir(parents=True)
        rows = [json.loads(line) for line in lines(manifest_path)]
        records = [_sample(row, manifest_path.parent, output_dir, max_pixels) for row in rows]
        (output_dir / "metadata_shard_0000.json").write_text(json.dumps(records))
        metadata = {
            "dataset_name": _only(row["metadata"]["dataset_name"] for row in rows),
            "split": _only(row["metadata"]["dataset_split"] for row in rows),
            "row_limit": len(rows),
            "preprocessing_config": {"max_pixels": max_pixels},
            "shards": ["metadata_shard_0000.json"],
        }
        (output_dir / "metadata.json").write_text(json.dumps(metadata))


def _only(values):
    (value,) = set(values)
    assert value
    return value


def _sample(row: dict, root: Path, out: Path, max_pixels: int) -> dict:
    files = {item["role"]: (root / item["file_name"]).resolve() for item in row["media"]}
    assert all(path.is_relative_to(root.resolve()) for path in files.values())
    assert files["context"] == files["condition"]
    target = Picture.from_bytes(files["target"].read_bytes())
    assert target.width * target.height == max_pixels  # else it would be scaled
    number = row["metadata"]["row_index"]
    name = f"samples/sample_{number:08d}.pt"
    sample = [row["prompt"], str(files["target"]), str(files["context"])]
    (out / name).write_text(json.dumps(sample))
    return {"cache_file": name, "original_id": row["id"], "row_index": number}


@pytest.fixture
def encode(monkeypatch):
    """Run an export's `encode.py` as a user does, with an encoder that needs no GPU."""
    parts = MODULE.split(".")
    for count in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:count]), ModuleType(parts[count - 1]))
    sys.modules[MODULE].QwenImageEditCacheEncoder = Encoder
    Encoder.calls = []

    def run(out: Path, cache: Path) -> Path:
        script = str(out / "automodel" / "encode.py")
        monkeypatch.setattr(sys, "argv", [script, str(cache), "8"])
        runpy.run_path(script, run_name="__main__")
        return cache

    return run


def read(cache: Path) -> Iterator[Read]:
    """Read a cache as its dataset, image_edit_dataset.py, does."""
    metadata = json.loads((cache / "metadata.json").read_text())
    shards = [json.loads((cache / name).read_text()) for name in metadata["shards"]]
    records = sorted((r for shard in shards for r in shard), key=lambda r: r["row_index"])
    assert len(records) == metadata["row_limit"]
    for record in records:
        prompt, target, shown = json.loads((cache / record["cache_file"]).read_text())
        yield prompt, Path(target).read_bytes(), Path(shown).read_bytes()


@pytest.mark.parametrize("recipe", ["coco", "scenes"])
def test_every_pair_is_read_as_it_is(recipe, tmp_path, encode):
    out = exported("automodel", tmp_path / "o", of=dataset(recipe))
    assert list(out.glob("automodel-*.jsonl")) == [out / "automodel-307200.jsonl"]
    check_same(read(encode(out, tmp_path / "cache")), dataset(recipe))


def test_an_encoding_that_was_stopped_goes_on_where_it_was(tmp_path, encode):
    out = exported("automodel", tmp_path / "o")
    cache = encode(out, tmp_path / "cache")
    before = (cache / "metadata.json").read_text()
    (cache / "metadata.json").unlink()
    encode(out, cache)
    assert (cache / "metadata.json").read_text() == before
    assert Encoder.calls == [307200]


def mixed(folder: Path, sizes: list[tuple[int, int]]) -> Tree:
    """An export of pairs of these sizes, before trainers write their files."""
    entries = (
        Entry(f"k-{n}", f"p{n}", f"source/k-{n}.jpg", f"target/k-{n}.png", "", *size)
        for n, size in enumerate(sizes)
    )
    write_entries(folder / "entries", entries)
    counts = {"dataset": "mixed", "counts": {"written": len(sizes)}}
    return Tree(folder, "/at", folder, counts, (folder / "entries",), None)


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_each_area_has_a_manifest_and_rows_are_numbered_through_all(at_once, tmp_path, monkeypatch):
    monkeypatch.setattr(automodel, "_OPEN", at_once)
    AutoModel().write(mixed(tmp_path, [(640, 480), (1024, 1024), (480, 640), (96, 64), (20, 30)]))
    found = {
        path.name: [json.loads(line)["metadata"]["row_index"] for line in lines(path)]
        for path in sorted(tmp_path.glob("*.jsonl"))
    }
    assert found == {
        "automodel-1024.jsonl": [4],
        "automodel-1048576.jsonl": [1],
        "automodel-307200.jsonl": [0, 2],
        "automodel-6144.jsonl": [3],
    }
    script = (tmp_path / "automodel" / "encode.py").read_text()
    listed = script.partition("MANIFESTS = ")[2].partition("}")[0] + "}"
    assert json.loads(listed) == {name: int(name[10:-6]) for name in found}


@pytest.mark.parametrize(
    ("size", "loaded"),
    [
        ((640, 480), (640, 480)),
        ((1024, 1024), (1024, 1024)),
        ((1216, 352), (1216, 352)),
        ((2048, 1024), (2048, 1024)),
        ((1242, 375), (1216, 352)),
        ((1920, 1080), (1920, 1056)),
        ((16, 100), (32, 32)),
        ((20, 30), (32, 32)),
    ],
)
def test_sizes_are_those_that_its_encoder_was_measured_to_make(size, loaded):
    assert AutoModel().size(*size) == loaded


@pytest.mark.parametrize("prompt", ['say "a, b"\nand c', "  naïve 深度 😀 ", "{} <image>", ""])
def test_any_prompt_is_taken_as_it_is(prompt):
    assert AutoModel().prompt(prompt) == prompt
