"""Sinks: the same records in three formats, read back as they were, or refused."""

from __future__ import annotations

import os
from pathlib import Path

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import write_bts
from upath import UPath

import vtencode as vt
from vtencode.errors import ShardError
from vtencode.images import Picture
from vtencode.registry import find, names
from vtencode.sinks.base import Record, Sink
from vtencode.sinks.meta import PairMeta
from vtencode.sources.base import KEY

SINKS = names("sink")
#: Text as any program may give it: everything but halves of characters.
texts = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = {
    str: texts,
    bool: st.booleans(),
    int: st.integers(1, 2**53),
    float: st.floats(0, 1, allow_nan=False),
}


def picture(seed: int, kind: str = "png") -> Picture:
    rgb = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return Picture.from_rgb(rgb) if kind == "png" else Picture.jpeg_from_rgb(rgb)


@st.composite
def records(draw) -> list[Record]:
    keys = draw(st.lists(st.from_regex(KEY, fullmatch=True), max_size=5, unique=True))
    kind = draw(st.sampled_from(["png", "jpg"]))
    found = []
    for at, key in enumerate(keys):
        fields = PairMeta.model_fields
        meta = {name: draw(VALUES[field.annotation]) for name, field in fields.items()}
        prompt = draw(texts)
        meta |= {"key": key, "instruction": prompt}
        found.append(Record(key, picture(at, kind), picture(at + 9), prompt, meta))
    return found


def sink(name: str) -> Sink:
    return find("sink", name)()


def written(name: str, folder: Path, stored: list[Record]) -> Path:
    path = folder / f"train-00000{sink(name).suffix}"
    with sink(name).writing(path) as shard:
        for record in stored:
            shard.append(record)
    assert shard.stored() == sink(name).stored(path) == sink(name).stored(UPath(path))
    return path


def same(found: list[Record], stored: list[Record]) -> bool:
    def facts(record: Record) -> tuple:
        pictures = record.input.data, record.target.data
        return record.key, record.instruction, dict(record.meta), *pictures

    return list(map(facts, found)) == list(map(facts, stored))


def bytes_of(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def example(count: int = 3) -> list[Record]:
    plain = {str: "text", bool: False, int: 1, float: 0.5}
    meta = {name: plain[field.annotation] for name, field in PairMeta.model_fields.items()}
    return [
        Record(f"a-{i}", picture(i), picture(i + 9), "Paint.", meta | told(f"a-{i}"))
        for i in range(count)
    ]


def told(key: str) -> dict[str, str]:
    return {"key": key, "instruction": "Paint."}


@pytest.mark.parametrize("name", SINKS)
@settings(max_examples=25)
@given(stored=records())
def test_what_is_written_is_read_and_written_again_the_same(name, stored, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sink")
    path = written(name, folder, stored)
    assert same(list(sink(name).read(path)), stored)

    again = tmp_path_factory.mktemp("again")
    assert bytes_of(written(name, again, stored)) == bytes_of(path)
    assert sink(name).found(folder) == [path.name]


@pytest.mark.parametrize("name", SINKS)
def test_an_exception_while_writing_leaves_nothing(name, tmp_path):
    path = tmp_path / f"train-00000{sink(name).suffix}"
    with pytest.raises(RuntimeError):
        _fail_while_writing(name, path)

    assert list(tmp_path.iterdir()) == []


def _fail_while_writing(name: str, path: Path) -> None:
    with sink(name).writing(path) as shard:
        shard.append(example()[0])
        raise RuntimeError


@pytest.mark.parametrize("name", SINKS)
def test_a_shard_is_replaced_whole(name, tmp_path):
    first = written(name, tmp_path, example(3))
    assert same(list(sink(name).read(first)), example(3))

    assert same(list(sink(name).read(written(name, tmp_path, example(3)))), example(3))


def test_a_folder_with_a_file_of_someone_else_is_kept_and_told(tmp_path):
    path = written("folder", tmp_path, example(2))
    (path / "source" / "mine.txt").write_text("notes")

    with pytest.raises(FileExistsError, match=r"mine\.txt"):
        written("folder", tmp_path, example(2))

    assert (path / "source" / "mine.txt").read_text() == "notes"
    assert same(list(sink("folder").read(path)), example(2))
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", SINKS)
def test_no_flipped_bit_goes_unseen(name, tmp_path):
    stored = example(4)
    path = written(name, tmp_path, stored)
    before = sink(name).stored(path)
    rng = np.random.default_rng(0)
    files = sorted(file for file in path.rglob("*") if file.is_file()) or [path]
    for _ in range(150):
        file = files[rng.integers(len(files))]
        data = bytearray(file.read_bytes())
        at, bit = rng.integers(len(data)), 1 << rng.integers(8)
        data[at] ^= bit
        file.write_bytes(data)

        assert sink(name).stored(path) != before
        try:
            found = list(sink(name).read(path))
        except ShardError:
            pass
        else:
            # Formats differ in what their own checks see; the manifest's hash sees all.
            assert name != "parquet" or same(found, stored), (file, at, bit)

        data[at] ^= bit
        file.write_bytes(data)


@pytest.mark.parametrize("name", ["parquet", "webdataset"])
def test_a_file_cut_anywhere_is_refused(name, tmp_path):
    path = written(name, tmp_path, example(2))
    whole = path.read_bytes()
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        with pytest.raises(ShardError):
            list(sink(name).read(path))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: (path / "source" / "a-1.png").unlink(), r"a-1\.png"),
        (lambda path: (path / "metadata.jsonl").unlink(), r"metadata\.jsonl"),
        (lambda path: _edit(path, "source/a-1.png", "../../etc/passwd"), "line 2"),
        (lambda path: _edit(path, "source/a-1.png", "source/../metadata.jsonl"), "line 2"),
        (lambda path: _edit(path, '"key":"a-1",', ""), "line 2"),
        (lambda path: (path / "target" / "a-0.png").write_bytes(b"none"), "line 1"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused_by_name(change, told, tmp_path):
    path = written("folder", tmp_path, example(2))
    change(path)
    with pytest.raises(ShardError, match=told):
        list(sink("folder").read(path))


def _edit(path: Path, old: str, new: str) -> None:
    file = path / "metadata.jsonl"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_other_parquet_files_are_refused(tmp_path):
    path = written("parquet", tmp_path, example(2))
    pq.write_table(pq.read_table(path).drop_columns(["seed"]), path)
    with pytest.raises(ShardError, match="must have the columns"):
        list(sink("parquet").read(path))


def test_metadata_of_other_fields_does_not_become_parquet(tmp_path):
    record = example(1)[0]
    odd = Record("a", record.input, record.target, "Paint.", {"key": "a"})
    with (
        pytest.raises(ShardError, match=r"fields of schemas/pair\.schema\.json"),
        sink("parquet").writing(tmp_path / "a.parquet") as shard,
    ):
        shard.append(odd)


def test_row_groups_are_small_and_pages_have_checksums(tmp_path):
    path = written("parquet", tmp_path, example(205))
    found = pq.ParquetFile(path).metadata
    sizes = [found.row_group(at).num_rows for at in range(found.num_row_groups)]
    assert sizes == [100, 100, 5]
    column = found.row_group(0).column(0)
    assert column.compression == "UNCOMPRESSED"
    assert column.has_offset_index


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, vt.Dataset]:
    """One build in every format."""
    root = tmp_path_factory.mktemp("built")
    source = write_bts(root / "bts", count=9, suffix="png")
    for name in SINKS:
        sets = [f"output.format={name}", "output.samples_per_shard=4", "framing={resize: none}"]
        vt.build("nyu-depth", source=source, out=root / name, overrides=sets, workers=1)
    return {name: vt.open_dataset(root / name) for name in SINKS}


def test_one_build_has_one_content_in_every_format(built):
    contents = {name: found.manifest["content_sha256"] for name, found in built.items()}
    assert len(set(contents.values())) == 1
    pairs = [list(found) for found in built.values()]
    for same_pair in zip(*pairs, strict=True):
        assert len({pair.record.content() for pair in same_pair}) == 1


@pytest.mark.parametrize("name", SINKS)
@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_reads_typed_columns_and_the_very_pixels(name, streaming, built, tmp_path):
    root = Path(built[name].root)
    builder, files = {
        "folder": ("imagefolder", {"data_dir": str(root)}),
        "parquet": ("parquet", {"data_files": f"{root}/*.parquet"}),
        "webdataset": ("webdataset", {"data_files": f"{root}/*.tar"}),
    }[name]
    kept = {} if streaming else {"cache_dir": str(tmp_path)}
    loaded = datasets.load_dataset(builder, split="train", streaming=streaming, **files, **kept)

    wds = name == "webdataset"
    columns = ("input.png", "target.png", "instruction.txt", "__key__")
    columns = columns if wds else ("input_image", "edited_image", "edit_prompt", "key")
    shown, painted, prompt, key = columns
    rows, pairs = list(loaded), {pair.key: pair for pair in built[name]}
    in_order = sorted if name == "folder" else list  # it lists files as the disk does
    assert in_order(row[key] for row in rows) == in_order(pairs)
    assert all(isinstance(loaded.features[name], datasets.Image) for name in (shown, painted))
    for row in rows:
        pair = pairs[row[key]]
        assert row[prompt] == pair.instruction
        assert np.array_equal(np.asarray(row[shown]), pair.input)
        assert np.array_equal(np.asarray(row[painted]), pair.code)


def test_parts_are_a_partition_of_the_shards(built):
    for found in built.values():
        parts = [found.part(number, 3) for number in range(3)]
        keys = [pair.key for part in parts for pair in part]
        assert sorted(keys) == sorted(pair.key for pair in found)
        assert sum(map(len, parts)) == len(found) == len(keys)
    with pytest.raises(vt.VtencodeError, match="number must be from 0 to 2, got 3"):
        found.part(3, 3)


@pytest.mark.parametrize("name", SINKS)
def test_a_dataset_is_opened_lazily_from_a_url(name, built):
    root = built[name].root
    there = UPath(f"memory://{name}-{os.getpid()}")
    for file in Path(root).rglob("*"):
        if file.is_file() and ".vtencode" not in file.parts:
            copy = there / str(file.relative_to(root))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())

    found = vt.open_dataset(str(there))
    pairs = iter(found)
    first = next(pairs)
    for entry in found.shards[1:]:  # what is not asked for is not needed
        there.fs.rm((there / entry["name"]).path, recursive=True)

    assert first.record.content() == next(iter(built[name])).record.content()
    assert first.decode().confidence.shape == first.code.shape[:2]
