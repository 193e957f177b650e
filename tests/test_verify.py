"""Verification proves a dataset against its source, and names whatever is wrong with it."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trees import changed, encoded, flip, frame, listing, truncate, visible, vtencode, write_bts

import vtencode as vt
from vtencode.durable import write_whole
from vtencode.errors import NotADatasetError, SourceError, VerificationError
from vtencode.images import Picture
from vtencode.painted import painted, read_painted
from vtencode.sinks.base import Record
from vtencode.sinks.webdataset import WebDatasetSink
from vtencode.spec import canonical_json

COUNT, PER_SHARD = 8, 3
FIRST, SECOND, LAST = (f"train-{shard:05d}.tar" for shard in range(3))
Change = Callable[[list[Record]], list[Record]]


@pytest.fixture(scope="module")
def bts(tmp_path_factory) -> Path:
    return write_bts(tmp_path_factory.mktemp("bts"), count=COUNT)


@pytest.fixture(scope="module")
def built(bts, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built") / "o"
    sets = [f"output.samples_per_shard={PER_SHARD}", "framing={resize: none}"]
    return vt.build("nyu-depth", source=bts, out=out, workers=1, overrides=sets).out


@pytest.fixture
def out(built, tmp_path) -> Path:
    """A finished dataset to harm."""
    return Path(shutil.copytree(built, tmp_path / "o"))


def verify(out: Path, **options: Any) -> vt.Verification:
    return vt.verify(out, workers=1, **options)


def problem(out: Path, **options: Any) -> str:
    """The only problem of a dataset."""
    found = verify(out, **options)
    assert not found.ok
    (said,) = found.problems
    return said


def manifest(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_bytes())


def forge(out: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as someone would who knows about its hash."""
    facts = manifest(out)
    change(facts)
    del facts["self_sha256"]
    stated = hashlib.sha256(canonical_json(facts).encode()).hexdigest()
    write_whole(out / "manifest.json", json.dumps({**facts, "self_sha256": stated}).encode())


def repack(out: Path, change: Change) -> None:
    """Change the first shard's records and make every hash of it true again."""
    sink, path = WebDatasetSink(), out / FIRST
    records = change(list(sink.read(path)))
    with sink.writing(path) as shard:
        for record in records:
            shard.append(record)

    def restate(facts: dict[str, Any]) -> None:
        shard = facts["shards"][0]
        before = shard["written"]
        contents = hashlib.sha256(b"".join(r.content().encode() for r in records)).hexdigest()
        shard.update(vars(sink.stored(path)))
        shard["content_sha256"], shard["written"] = contents, len(records)
        for name in ("planned", "written"):
            facts["counts"][name] += len(records) - before

    forge(out, restate)


# What is whole.


def test_a_whole_dataset_is_proved(out):
    reports = []

    found = verify(out, report=lambda done, planned: reports.append((done, planned)))

    assert found.ok
    assert found.problems == ()
    assert found.pairs == COUNT
    assert found.counts == {"planned": COUNT, "written": COUNT, "rejected": 0, "filtered": 0}
    assert found.worst_errors == manifest(out)["worst_errors"]
    assert set(found.worst_errors) == {"m"}
    assert 0 < found.worst_share_of_tolerance <= 1
    assert found.to_json()["ok"] is True
    assert reports[-1] == (COUNT, COUNT)


def test_workers_find_the_same(out):
    assert vt.verify(out, workers=2) == verify(out)


def test_a_dataset_with_rejects_is_proved(tmp_path):
    write_bts(tmp_path / "bts", count=COUNT)
    truncate(tmp_path / "bts/sync/room_0001/sync_depth_00003.png")
    vt.build("nyu-depth", source=tmp_path / "bts", out=tmp_path / "o", workers=1)

    found = verify(tmp_path / "o")

    assert found.ok
    assert found.counts["rejected"] == 1
    assert found.pairs == COUNT - 1


def test_a_dataset_moves_and_so_does_its_source(bts, out, tmp_path):
    source, moved = tmp_path / "elsewhere", tmp_path / "archive" / "p"
    shutil.copytree(bts, source)
    shutil.copytree(out, moved)
    shutil.rmtree(moved / ".vtencode")

    assert verify(moved, source=source).ok
    with pytest.raises(SourceError, match="does not say where its source is: --source PATH"):
        verify(moved)


def test_a_demo_is_proved_though_its_miniature_is_gone(tmp_path):
    vt.build("nyu-depth", demo=2, out=tmp_path / "o", workers=1)

    assert verify(tmp_path / "o").ok
    assert json.loads((tmp_path / "o/.vtencode/source.json").read_bytes()) == {"demo": 2}


# What is harmed.


def swap(out: Path) -> None:
    first, second = (out / FIRST).read_bytes(), (out / SECOND).read_bytes()
    (out / FIRST).write_bytes(second)
    (out / SECOND).write_bytes(first)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda out: flip(out / SECOND), f"{SECOND}: the file's sha256 is not the manifest's"),
        (lambda out: flip(out / SECOND, 1), f"{SECOND}: the file's sha256 is not the manifest's"),
        (lambda out: truncate(out / LAST), f"{LAST}: the file's sha256 is not the manifest's"),
        (lambda out: (out / FIRST).write_bytes(b""), f"{FIRST}: the file's sha256 is not"),
        (lambda out: (out / SECOND).unlink(), f"{SECOND}: the file is not there"),
        (
            lambda out: shutil.copy(out / LAST, out / "train-00003.tar"),
            "train-00003.tar: the file is in no manifest",
        ),
        (lambda out: (out / "rejects.jsonl").write_text("{}\n"), "rejects.jsonl is not the one"),
        (lambda out: (out / "rejects.jsonl").unlink(), "rejects.jsonl is not the one"),
    ],
)
def test_a_harmed_file_is_named(out, harm, told):
    harm(out)

    assert problem(out).startswith(told)


def test_shards_that_changed_names_are_named(out):
    swap(out)

    assert [text.partition(":")[0] for text in verify(out).problems] == [FIRST, SECOND]


def test_a_renamed_shard_is_missing_and_extra(out):
    (out / LAST).rename(out / "train-00009.tar")

    assert [text.partition(":")[0] for text in verify(out).problems] == ["train-00009.tar", LAST]


def test_a_reject_that_is_added_is_found(out):
    key = next(iter(vt.open_dataset(out))).key
    (out / "rejects.jsonl").write_text(json.dumps({"key": key}) + "\n")

    said = "\n".join(verify(out).problems)

    assert "rejects.jsonl is not the one that was written" in said
    assert "'rejected': 1" in said


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"split": "train"', b'"split": "tests"'),
        lambda data: data.replace(b'"planned": 8', b'"planned": 9'),
        lambda data: data[: len(data) // 2],
        lambda _data: b"[]",
        lambda _data: b"",
        lambda data: data.replace(b"self_sha256", b"self_sha257"),
    ],
)
def test_an_edited_manifest_is_no_manifest(out, change):
    path = out / "manifest.json"
    path.write_bytes(change(path.read_bytes()))

    with pytest.raises(VerificationError, match=r"manifest\.json (was changed|must be a manifest)"):
        verify(out)


def test_an_unfinished_build_is_no_dataset(out):
    (out / "manifest.json").unlink()

    with pytest.raises(VerificationError, match="unfinished build: run the same build again"):
        verify(out)
    with pytest.raises(VerificationError, match="unfinished build"):
        vt.open_dataset(out)


def test_where_nothing_was_built_there_is_no_dataset(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotADatasetError, match=r"must hold a manifest\.json"):
            verify(place)


def test_every_bit_of_a_shard_and_of_the_manifest_counts(out):
    rng = random.Random(5)
    for name in (FIRST, LAST, "manifest.json"):
        whole = (out / name).read_bytes()
        for _ in range(20):
            flip(out / name, rng.random())
            try:
                assert not verify(out).ok
            except VerificationError:
                assert name == "manifest.json"
            (out / name).write_bytes(whole)
    assert verify(out).ok


@pytest.mark.slow
def test_a_shard_cut_anywhere_is_found(out):
    whole = (out / LAST).read_bytes()
    for block in range(0, len(whole), 512):
        for size in {max(block - 1, 0), block, block + 1}:
            (out / LAST).write_bytes(whole[:size])
            assert problem(out).startswith(LAST)
    (out / LAST).write_bytes(whole)
    assert verify(out).ok


# What is forged: every hash is true.


def paint(records: list[Record]) -> list[Record]:
    """Change a block of the second target to depths that are all valid, and all others."""
    code, spec = read_painted(records[1].target.data)
    codec = vt.codec_from_spec(json.loads(spec))
    rgb = code.rgb.copy()
    rgb[8:16, 8:16] = codec.encode(vt.DepthMap(meters=np.full((8, 8), 9.5))).rgb
    data = painted(replace(code, rgb=rgb), codec)
    forged = replace(records[1], target=Picture.from_rgb(rgb, data))
    return [records[0], forged, *records[2:]]


def edit(**meta: Any) -> Change:
    def change(records: list[Record]) -> list[Record]:
        return [replace(records[0], meta={**records[0].meta, **meta}), *records[1:]]

    return change


def instruct(records: list[Record]) -> list[Record]:
    return [replace(records[0], instruction="Paint a cat."), *records[1:]]


def retouch(records: list[Record]) -> list[Record]:
    rgb = records[0].input.rgb.copy()
    rgb[3, 3] ^= 64
    return [replace(records[0], input=Picture.from_bytes(encoded(rgb, "jpg"))), *records[1:]]


def far(records: list[Record]) -> list[Record]:
    """Paint the whole first target "far"."""
    code, spec = read_painted(records[0].target.data)
    rgb = np.full_like(code.rgb, 255)
    data = painted(replace(code, rgb=rgb), vt.codec_from_spec(json.loads(spec)))
    return [replace(records[0], target=Picture.from_rgb(rgb, data)), *records[1:]]


def recode(records: list[Record]) -> list[Record]:
    """Paint the first target with another codec, which its spec and metadata truly name."""
    code, spec = read_painted(records[0].target.data)
    depth = vt.codec_from_spec(json.loads(spec)).decode(code).target
    codec = vt.codec("depth", far_level=1780)
    other = codec.encode(depth)
    forged = replace(records[0], target=Picture.from_rgb(other.rgb, painted(other, codec)))
    return [*edit(codec=canonical_json(codec.spec()))([forged]), *records[1:]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (paint, r"-depth: decodes \d\.\d+ m off, past the tolerance"),
        (far, r"-depth: decodes inf m off, past the tolerance"),
        (recode, r"-depth: its codec is not what the recipe makes of the source"),
        (edit(codec="{}"), r"-depth: its codec is not what the recipe makes of the source"),
        (instruct, r"-depth: its instruction is not what the recipe makes of the source"),
        (edit(license="MIT"), r"-depth: its license is not what the recipe makes of the source"),
        (edit(worst_error=0.0), r"-depth: its worst_error is not what the recipe makes of the"),
        (edit(extra=1), r"-depth: its extra is not what the recipe makes of the source"),
        (retouch, r"-depth: its input is not what the recipe makes of the source"),
        (lambda records: records[::-1], r"shard 0: its keys are not the planned ones: their order"),
        (
            lambda records: [replace(records[0], key="nyu-x"), *records[1:]],
            "shard 0: its keys are not the planned ones: nyu-room_0001-",
        ),
    ],
)
def test_a_forged_pair_is_named_by_its_key(out, change, told):
    repack(out, change)

    assert re.search(told, problem(out))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda records: records[1:], "its keys are not the planned ones"),
        (lambda records: [*records, *records[:1]], "got 4 with 3 keys"),
        (lambda records: [records[0], *records], "each once, got input.jpg, instruction.txt"),
    ],
    ids=["left out", "twice", "twice in a row"],
)
def test_a_pair_that_is_left_out_or_there_twice_is_found(out, change, told):
    repack(out, change)

    assert told in "\n".join(verify(out).problems)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda facts: facts["counts"].update(planned=9, written=9), "the counts must be"),
        (lambda facts: facts["counts"].update(planned=9, rejected=1), "the counts must be"),
        (lambda facts: facts["counts"].update(filtered=1), "planned must be written + rejected"),
        (lambda facts: facts["shards"].pop(), "has 3 shards, and the manifest 2"),
        (lambda facts: facts.update(limit=4), "another plan than the one that was built"),
        (lambda facts: facts["recipe"].update(seed=1), "another plan than the one that was built"),
        (lambda facts: facts["shards"].reverse(), "its keys are not the planned ones"),
    ],
)
def test_a_forged_manifest_is_found(out, change, told):
    forge(out, change)

    assert told in "\n".join(verify(out).problems)


# The source.


def test_a_source_with_other_depths_of_the_same_size_is_found(bts, out, tmp_path):
    source = Path(shutil.copytree(bts, tmp_path / "bts"))
    path = source / "sync/room_0001/sync_depth_00005.png"
    size = path.stat().st_size
    depth = frame(5)[1].copy()
    depth[20:30, 20:30] += 100
    data = encoded(depth, "png")
    assert len(data) != size
    path.write_bytes(data)

    said = "\n".join(verify(out, source=source).problems)

    assert "than the one that was built; what changed: sources.0.bytes, sources.0.f" in said
    assert "nyu-room_0001-00005-depth: decodes" in said


def test_depths_that_were_exchanged_keep_all_sizes_and_are_found(tmp_path):
    """Only the pixels can tell."""
    source = write_bts(tmp_path / "bts", count=2)
    place = source / "sync" / "room_0001"
    for index in range(2):
        flat = np.full((48, 64), 2000 + 500 * index, np.uint16)
        (place / f"sync_depth_{index:05d}.png").write_bytes(encoded(flat, "png"))
    first, second = (place / f"sync_depth_{index:05d}.png" for index in range(2))
    assert first.stat().st_size == second.stat().st_size
    vt.build("nyu-depth", source=source, out=tmp_path / "p", workers=1)
    assert verify(tmp_path / "p").ok

    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)

    said = verify(tmp_path / "p").problems
    assert len(said) == 2
    assert all("decodes 0.5" in text for text in said)


def test_a_reject_whose_source_is_whole_again_is_told(tmp_path):
    """A reject is a claim too: that the pair cannot be made."""
    source = write_bts(tmp_path / "bts", count=3)
    broken = source / "sync/room_0001/sync_depth_00001.png"
    whole = broken.read_bytes()
    flip(broken)
    vt.build("nyu-depth", source=source, out=tmp_path / "p", workers=1)
    assert verify(tmp_path / "p").ok

    broken.write_bytes(whole)

    (said,) = verify(tmp_path / "p").problems
    assert said == "nyu-room_0001-00001-depth: was rejected, and can be built"


def test_a_source_that_can_no_longer_be_read_is_told_pair_by_pair(bts, out, tmp_path):
    source = Path(shutil.copytree(bts, tmp_path / "bts"))
    changed(source / "sync/room_0001/sync_depth_00001.png", lambda data: data.reverse())

    said = "\n".join(verify(out, source=source).problems)

    assert "nyu-room_0001-00001-depth: the source can no longer be read" in said


def test_a_source_that_is_gone_is_asked_for(tmp_path):
    write_bts(tmp_path / "bts", count=2)
    vt.build("nyu-depth", source=tmp_path / "bts", out=tmp_path / "o", workers=1)
    (tmp_path / "bts").rename(tmp_path / "there")

    with pytest.raises(SourceError, match=rf"built from {tmp_path}/bts, .*: --source PATH"):
        verify(tmp_path / "o")
    assert verify(tmp_path / "o", source=tmp_path / "there").ok


def test_verification_writes_nothing(out):
    before = listing(out)

    verify(out)

    assert listing(out) == before


# The command.


def test_the_command_exits_0_for_a_whole_dataset_and_5_for_another(out):
    code, stdout, _ = vtencode("verify", out, "--workers", 1)
    assert code == 0
    assert "8 planned = 8 written + 0 rejected + 0 filtered" in stdout
    assert stdout.split()[-2:] == ["verdict", "whole"]

    flip(out / FIRST)
    code, stdout, _ = vtencode("verify", out, "--json", "--workers", 1)
    said = json.loads(stdout)
    assert code == 5
    assert (said["ok"], said["problem_count"]) == (False, 1)
    assert said["problems"][0].startswith(FIRST)
    assert FIRST in visible(out)
