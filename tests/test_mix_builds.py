"""A mix is built, resumed and proved like a recipe, part by part."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trees import hashes, write_bts

import vtencode as vt
from vtencode.durable import file_sha256, write_whole
from vtencode.manifest import json_sha256
from vtencode.sinks.base import Record
from vtencode.sinks.webdataset import WebDatasetSink

ROOMS = """\
name: rooms
source: {name: scenes, count: 10, height: 48, width: 64}
tasks:
  - task: depth
  - task: normals
  - task: semantic
framing: {resize: none}
"""

MIX = """\
name: mine
recipes:
  - recipe: rooms.yaml
    weight: 2
    repeats: 2
    tasks: {depth: 0.4, normals: 0.3, semantic: 0.3}
  - recipe: nyu-depth
    weight: 1
    set: ["framing={resize: none}"]
leak_guard: {against: [IDS]}
output: {samples_per_shard: 5, input: png}
"""

#: A build that is killed when so many of its pairs are done.
KILLED = """\
import os, signal, sys
import vtencode as vt

def report(done, planned):
    if done == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

vt.build(sys.argv[1], source=sys.argv[2], out=sys.argv[3], workers=1, report=report)
"""


@pytest.fixture(scope="module")
def bts(tmp_path_factory) -> Path:
    return write_bts(tmp_path_factory.mktemp("bts"), count=8)


@pytest.fixture(scope="module")
def mix(tmp_path_factory) -> Path:
    """A mix whose evaluation set holds two of its scenes, each in several pairs."""
    folder = tmp_path_factory.mktemp("mix")
    ids = folder / "ids.txt"
    ids.write_text("scenes-0/2\nscenes-0/5\n")
    (folder / "rooms.yaml").write_text(ROOMS)
    (folder / "mine.yaml").write_text(MIX.replace("IDS", str(ids)))
    return folder / "mine.yaml"


@pytest.fixture(scope="module")
def built(mix, bts, tmp_path_factory) -> Path:
    return vt.build(mix, source=bts, out=tmp_path_factory.mktemp("o") / "o", workers=1).out


@pytest.fixture
def out(built, tmp_path) -> Path:
    """A finished mix to harm."""
    return Path(shutil.copytree(built, tmp_path / "o"))


def manifest(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_bytes())


def forge(out: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as someone would who knows about its hash."""
    facts = manifest(out)
    change(facts)
    del facts["self_sha256"]
    stated = {**facts, "self_sha256": json_sha256(facts)}
    write_whole(out / "manifest.json", json.dumps(stated).encode())


def relist(out: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    """Change what filtered.jsonl lists, and make its hash true again."""
    path = out / "filtered.jsonl"
    listed = change([json.loads(line) for line in path.read_text().splitlines()])
    path.write_text("".join(f"{json.dumps(each)}\n" for each in listed))
    forge(out, lambda facts: facts.update(filtered_sha256=file_sha256(path)))


def repack(out: Path, change: Callable[[list[Record]], list[Record]]) -> None:
    """Change the first shard's records and make every hash of it true again."""
    sink, path = WebDatasetSink(), out / manifest(out)["shards"][0]["name"]
    records = change(list(sink.read(path)))
    with sink.writing(path) as shard:
        for record in records:
            shard.append(record)
    size, sha256 = path.stat().st_size, file_sha256(path)
    forge(out, lambda facts: facts["shards"][0].update(bytes=size, sha256=sha256))


def problems(out: Path, **options: Any) -> str:
    return "\n".join(vt.verify(out, workers=1, **options).problems)


@pytest.mark.slow
def test_workers_kills_and_resumes_change_no_byte_of_a_mix(mix, bts, built, tmp_path):
    out = tmp_path / "killed"
    for pairs in (3, 12):
        words = [sys.executable, "-c", KILLED, mix, bts, out, str(pairs)]
        assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
        assert not (out / "manifest.json").exists()

    vt.build(mix, source=bts, out=out, workers=2)

    assert hashes(out) == hashes(built)


def test_a_mix_is_proved_and_each_part_and_task_accounted_for(out):
    facts = manifest(out)

    assert vt.verify(out, workers=1).problems == ()
    assert [part["recipe"] for part in facts["parts"]] == ["rooms", "nyu-depth"]
    assert [part["counts"]["planned"] for part in facts["parts"]] == [16, 8]
    total: Counter[str] = Counter()
    for part in facts["parts"]:
        for counts in (part["counts"], *part["tasks"].values()):
            assert counts["planned"] == counts["written"] + counts["rejected"] + counts["filtered"]
        total.update(part["counts"])
    assert total == facts["counts"]
    assert facts["counts"]["filtered"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda facts: facts["parts"][0]["counts"].update(written=1), "parts.0.counts.written"),
        (lambda facts: facts["parts"][1]["tasks"]["depth"].update(planned=7), "parts.1.tasks"),
        (lambda facts: facts["parts"].reverse(), "parts.0"),
        (lambda facts: facts["parts"][1].update(license="MIT"), "parts.1.license"),
    ],
)
def test_forged_counts_of_a_part_are_found(out, change, told):
    forge(out, change)

    assert told in problems(out)


def test_a_filtered_pair_that_need_not_be_is_found(out):
    key = next(pair.key for pair in vt.open_dataset(out))
    repack(out, lambda records: [record for record in records if record.key != key])

    def restate(facts: dict[str, Any]) -> None:
        for counts in (facts["counts"], facts["shards"][0]):
            counts["written"] -= 1
            counts["filtered"] += 1

    forge(out, restate)
    relist(out, lambda listed: [*listed, {**listed[0], "key": key}])

    assert f"{key}: was filtered, and need not be" in problems(out)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda listed: listed[1:], "the counts must be"),
        (lambda listed: [{**listed[0], "code": "NOTHING"}, *listed[1:]], "is listed as NOTHING"),
        (lambda listed: [*listed, listed[0]], "is listed twice"),
    ],
    ids=["left out", "another reason", "twice"],
)
def test_a_forged_list_of_filtered_pairs_is_found(out, change, told):
    relist(out, change)

    assert told in problems(out)


def test_a_record_exchanged_with_one_of_another_part_is_found(out):
    def exchange(records: list[Record]) -> list[Record]:
        parts = [record.meta["recipe"] for record in records]
        ours, theirs = (records[parts.index(name)] for name in ("rooms", "nyu-depth"))
        swap = {
            ours.key: Record(
                ours.key, theirs.input, theirs.target, theirs.instruction, theirs.meta
            ),
            theirs.key: Record(theirs.key, ours.input, ours.target, ours.instruction, ours.meta),
        }
        return [swap.get(record.key, record) for record in records]

    repack(out, exchange)

    found = problems(out)
    assert found.count("\n") == 1
    assert "scenes-" in found
    assert "nyu-" in found


def test_a_mix_is_proved_wherever_its_sources_are_now(out, bts, tmp_path):
    moved = Path(shutil.copytree(bts, tmp_path / "moved"))

    assert problems(out, source={"nyu-depth-v2": moved}) == ""
