"""Builds on object stores: the bytes of a build here, whatever the store and others do."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from object_stores import BUCKET, faulty_memory, once, s3_served
from trees import command, hashes, nightly, vtencode, write_bts

import vtencode as vt
from vtencode.building.ledger import Ledger
from vtencode.building.remote import working_folder
from vtencode.cli.build import build as build_command
from vtencode.cli.show import show
from vtencode.cli.verify import verify as verify_command
from vtencode.errors import (
    BuildError,
    DownloadError,
    LockedError,
    NotADatasetError,
    PlanChangedError,
    SourceError,
    SpecError,
    VerificationError,
)
from vtencode.locations import location
from vtencode.stores.store import ObjectStore

COUNT, PER_SHARD = 6, 2
SETS = [f"output.samples_per_shard={PER_SHARD}", "framing={resize: none}"]
SHARDS = [f"train-{shard:05d}.tar" for shard in range(COUNT // PER_SHARD)]
RECORDS = [f"{shard:05d}.json" for shard in range(COUNT // PER_SHARD)]
OUT = "memory://place/nyu"
#: How PNGs are packed, as if by another version of zlib: other bytes for the same pixels.
OTHER_ZLIB = (9, zlib.DEFLATED, 15, 9, zlib.Z_DEFAULT_STRATEGY)


@pytest.fixture(scope="module")
def bts(tmp_path_factory) -> Path:
    return write_bts(tmp_path_factory.mktemp("bts"), count=COUNT)


@pytest.fixture
def memory():
    with faulty_memory() as faulty:
        yield faulty


@pytest.fixture(scope="module")
def s3():
    with s3_served() as client:
        yield client


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    """Where builds on stores work."""
    monkeypatch.setenv("VTENCODE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def place(s3, tmp_path) -> str:
    """A folder on S3 in which there is nothing."""
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.fixture(scope="module")
def built(bts, tmp_path_factory) -> dict[str, dict[str, str]]:
    """The hashes of what a build here gives, by format."""
    found = {}
    for name in ("webdataset", "parquet"):
        out = tmp_path_factory.mktemp(name) / "o"
        build(bts, out, f"output.format={name}")
        found[name] = published(hashes(out))
    return found


def build(bts: Path, out: Any, *sets: str, **options: Any) -> vt.Built:
    options = {"workers": 1, **options}
    return vt.build("nyu-depth", source=bts, out=out, overrides=[*SETS, *sets], **options)


def published(files: dict[str, str]) -> dict[str, str]:
    """A dataset's files without its bookkeeping."""
    return {name: digest for name, digest in files.items() if not name.startswith(".vtencode")}


def stored(out: str, folder: Path) -> dict[str, str]:
    """The hashes of all that a store has in a folder."""
    where = location(out)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    where.fs.invalidate_cache()
    for path in where.fs.find(where.path):
        name = path.strip("/").removeprefix(where.path.strip("/") + "/")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(where.fs.cat_file(path))
    return hashes(folder)


def left_alone(tmp_path: Path) -> bool:
    """Whether no build left anything where it worked."""
    return not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


# Whole builds.


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("name", ["webdataset", "parquet"])
def test_a_build_in_memory_has_the_bytes_of_one_here(bts, built, tmp_path, name):
    made = build(bts, OUT, f"output.format={name}", workers=None)

    assert published(stored(OUT, tmp_path / "copy")) == built[name]
    assert str(made.out) == OUT
    assert made.manifest["counts"]["written"] == COUNT
    assert left_alone(tmp_path)


@pytest.mark.parametrize("name", ["webdataset", "parquet"])
def test_a_build_on_s3_has_the_bytes_of_one_here_and_is_read_there(
    place, bts, built, tmp_path, name
):
    build(bts, place, f"output.format={name}")

    files = stored(place, tmp_path / "copy")
    assert published(files) == built[name]
    assert {*files} - {*built[name]} == {
        f".vtencode/{kept}" for kept in ("plan.json", *(f"shards/{each}" for each in RECORDS))
    }
    assert left_alone(tmp_path)
    here, there = vt.open_dataset(tmp_path / "copy"), vt.open_dataset(place)
    assert [pair.record.content() for pair in there] == [pair.record.content() for pair in here]
    assert vt.verify(place, source=bts, workers=1).ok


def test_where_the_source_is_here_is_not_told_there(memory, bts):
    build(bts, OUT)

    assert not any(str(bts).encode() in file.getvalue() for file in memory.store.values())
    with pytest.raises(SourceError, match=f"{OUT} does not say where its source is: --source"):
        vt.verify(OUT)
    assert vt.verify(OUT, source=bts).ok


def test_a_demo_is_made_again_wherever_it_is_verified(memory):
    sets = ["source.count=1", "source.height=48", "source.width=64", SETS[1]]
    sets.append("tasks=[{task: depth}]")
    vt.build("scenes", out=OUT, demo=1, overrides=sets)

    assert vt.verify(OUT).ok


def test_verification_finds_what_was_changed_there(memory, bts):
    build(bts, OUT)
    changed = memory.store[f"/place/nyu/{SHARDS[1]}"]
    memory().pipe_file(f"/place/nyu/{SHARDS[1]}", changed.getvalue()[:-1] + b"\1")
    memory().pipe_file("/place/nyu/rejects.jsonl", b"\n")
    memory().rm_file(f"/place/nyu/{SHARDS[2]}")
    memory().pipe_file("/place/nyu/val-00000.tar", b"")

    assert set(vt.verify(OUT, source=bts).problems) == {
        f"{SHARDS[1]}: the file's sha256 is not the manifest's",
        f"{SHARDS[2]}: the file is not there",
        "rejects.jsonl is not the one that was written",
        "val-00000.tar: the file is in no manifest",
    }


@pytest.mark.parametrize("name", ["folder", "parquet"])
def test_a_dataset_that_was_copied_there_is_verified_too(memory, bts, tmp_path, name):
    built = build(bts, tmp_path / "o", f"output.format={name}").out
    for path in built.rglob("*"):
        if path.is_file():
            memory().pipe_file(f"/place/nyu/{path.relative_to(built)}", path.read_bytes())

    assert vt.verify(OUT).ok


@pytest.mark.parametrize(("fault", "error"), [("error", DownloadError), ("denied", SpecError)])
def test_a_store_that_does_not_answer_is_not_taken_for_an_empty_one(memory, fault, error):
    memory.fault = lambda _verb, _path: fault

    with pytest.raises(error, match=rf"{OUT}/manifest\.json cannot be read: "):
        vt.open_dataset(OUT)


def test_a_store_that_fails_while_pairs_are_read_is_told(memory, bts):
    build(bts, OUT)
    pairs = vt.open_dataset(OUT)
    memory.fault = lambda _verb, path: "error" if path.endswith(".tar") else ""

    with pytest.raises(DownloadError, match=f"{OUT} cannot be read: "):
        list(pairs)


# The command line.


def test_the_command_line_builds_verifies_and_shows_there(place, bts, s3):
    sets = [word for each in SETS for word in ("--set", each)]
    source = ["--source", str(bts)]
    made = CliRunner().invoke(
        build_command, ["nyu-depth", *source, "--out", place, "--workers", "1", *sets]
    )
    proved = CliRunner().invoke(verify_command, [place, *source, "--workers", "1"])
    shown = CliRunner().invoke(show, [place, "--count", "1"])

    assert (made.exit_code, proved.exit_code, shown.exit_code) == (0, 0, 0)
    assert f"output       {place} (3 shards" in made.stdout
    assert f"next         vtencode verify {place} --source {bts}" in made.stdout
    assert f"in {place}\n" in proved.stdout
    assert shown.stdout.startswith(f"dataset  nyu-depth in {place}: {COUNT} pairs, 3 shards")


@pytest.mark.slow
def test_processes_of_a_command_build_there(place, bts, built, tmp_path):
    words = ["--set", SETS[0], "--set", SETS[1], "--workers", 2]
    code, stdout, stderr = vtencode("build", "nyu-depth", "--source", bts, "--out", place, *words)

    assert code == 0, stderr
    assert published(stored(place, tmp_path / "copy")) == built["webdataset"]
    code, stdout, stderr = vtencode("verify", place, "--source", bts, "--json")
    assert (code, json.loads(stdout)["ok"]) == (0, True), stderr


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        (["--out", f"s3://{BUCKET}/o", "--format", "folder"], SpecError, "one file a shard"),
        (["--out", "memory://o", "--workers", "2"], SpecError, "workers must be 1"),
        (["--out", "nosuch://o"], SpecError, "must be a path or a URL that fsspec knows"),
        (["--out", "s3://nobodys-bucket/o"], SpecError, "s3://nobodys-bucket must be there"),
    ],
    ids=["folder", "memory", "protocol", "bucket"],
)
def test_what_cannot_be_built_there_is_told_before_anything_is_done(
    bts, tmp_path, words, error, told
):
    done = CliRunner().invoke(build_command, ["nyu-depth", "--source", str(bts), *words])

    assert isinstance(done.exception, error)
    assert told in str(done.exception)
    assert "\n" not in str(done.exception)
    assert done.exception.exit_code == 2
    assert left_alone(tmp_path)


# What is there already.


def test_a_finished_build_is_up_to_date(memory, bts):
    first = build(bts, OUT)
    memory.asked.clear()

    assert build(bts, OUT).manifest == first.manifest
    assert not {*memory.puts()} & {*SHARDS, *RECORDS, "plan.json", "rejects.jsonl"}


def test_another_plan_is_refused_by_name(memory, bts, tmp_path):
    build(bts, OUT)
    before = {path: file.getvalue() for path, file in memory.store.items()}

    with pytest.raises(PlanChangedError, match=rf"{OUT} holds .*what changed: recipe\.seed"):
        build(bts, OUT, "seed=7")
    assert {path: file.getvalue() for path, file in memory.store.items()} == before
    assert left_alone(tmp_path)


@pytest.mark.parametrize(
    ("name", "stale"),
    [
        ("notes.txt", False),
        (SHARDS[1], False),
        (SHARDS[1], True),
        ("manifest.json", True),
        ("rejects.jsonl", True),
    ],
)
def test_what_others_put_there_is_refused_and_left(memory, bts, tmp_path, name, stale):
    memory().pipe_file(f"/place/nyu/{name}", b"theirs")
    memory.fault = lambda verb, _path: "stale" if stale and verb == "list" else ""

    with pytest.raises(PlanChangedError, match=rf"must be empty .* holds other files \({name}\)"):
        build(bts, OUT)
    assert {path: file.getvalue() for path, file in memory.store.items()} == {
        f"/place/nyu/{name}": b"theirs"
    }
    assert left_alone(tmp_path)


def test_neighbors_are_no_others(memory, bts):
    memory().pipe_file("/place/nyu-2/manifest.json", b"theirs")
    memory().pipe_file("/place/manifest.json", b"theirs")

    assert build(bts, OUT).whole


@pytest.mark.parametrize("change", ["lost", "changed"])
def test_a_shard_that_went_missing_is_built_again(memory, bts, built, tmp_path, change):
    build(bts, OUT)
    memory().rm_file(f"/place/nyu/{SHARDS[1]}")
    if change == "changed":
        memory().pipe_file(f"/place/nyu/{SHARDS[1]}", b"something else")
    memory.asked.clear()

    build(bts, OUT)

    assert {*memory.puts()} & {*SHARDS} == {SHARDS[1]}
    assert published(stored(OUT, tmp_path / "copy")) == built["webdataset"]


def test_what_a_manifest_promises_is_never_replaced_by_other_bytes(memory, bts, monkeypatch):
    """As if the shard that is lost were built again with another version of zlib."""
    build(bts, OUT)
    memory().rm_file(f"/place/nyu/{SHARDS[1]}")
    before = {path: file.getvalue() for path, file in memory.store.items()}
    monkeypatch.setattr("vtencode.png._RLE", OTHER_ZLIB)

    with pytest.raises(PlanChangedError, match=rf"manifest\.json says that {SHARDS[1]} has other"):
        build(bts, OUT)
    assert {path: file.getvalue() for path, file in memory.store.items()} == before


@pytest.mark.usefixtures("memory")
def test_a_finished_build_is_up_to_date_with_another_zlib_too(bts, monkeypatch):
    """The manifest says which one the shards were built with."""
    first = build(bts, OUT)
    monkeypatch.setattr("vtencode.building.account.zlib.ZLIB_RUNTIME_VERSION", "9.9")

    assert build(bts, OUT).manifest == first.manifest


@pytest.mark.parametrize("late", [False, True], ids=["before", "at the last moment"])
def test_a_manifest_that_tells_of_another_dataset_stays(memory, bts, monkeypatch, late):
    def forge() -> None:
        memory().pipe_file("/place/nyu/manifest.json", b'{"dataset": "theirs"}\n')

    build(bts, OUT)
    for name in ("manifest.json", "rejects.jsonl"):
        memory().rm_file(f"/place/nyu/{name}")
    if late:
        meanwhile(monkeypatch, "manifest.json", forge)
    else:
        forge()

    with pytest.raises(PlanChangedError, match=r"manifest\.json is of another build"):
        build(bts, OUT)
    assert memory.store["/place/nyu/manifest.json"].getvalue() == b'{"dataset": "theirs"}\n'
    assert ("/place/nyu/rejects.jsonl" in memory.store) == late


# Stopped and resumed.


def test_a_build_that_is_stopped_is_no_dataset_and_resumes_with_what_is_missing(
    memory, bts, built, tmp_path
):
    memory.fault = once("put", SHARDS[2], "error", times=99)
    with pytest.raises(BuildError, match=rf"{SHARDS[2]} cannot be written: connection reset"):
        build(bts, OUT)
    assert left_alone(tmp_path)
    with pytest.raises((VerificationError, NotADatasetError)):
        vt.open_dataset(OUT)
    memory.fault = lambda _verb, _path: ""
    memory.asked.clear()

    build(bts, OUT)

    assert {*memory.puts()} & {*SHARDS, *RECORDS} == {SHARDS[2], RECORDS[2]}
    assert published(stored(OUT, tmp_path / "copy")) == built["webdataset"]


def test_what_a_killed_build_left_in_its_working_folder_is_not_believed(
    memory, bts, built, tmp_path
):
    left = working_folder(location(OUT))
    build(bts, left, "seed=7")
    (left / "manifest.json").unlink()

    build(bts, OUT)

    assert published(stored(OUT, tmp_path / "copy")) == built["webdataset"]
    assert left_alone(tmp_path)


def test_a_shard_is_here_until_it_is_there(memory, bts, monkeypatch):
    seen = []
    folder = working_folder(location(OUT))
    meanwhile(monkeypatch, SHARDS[2], lambda: seen.extend(path.name for path in folder.iterdir()))

    build(bts, OUT)

    assert sorted(seen) == [".vtencode", SHARDS[2]]


def test_a_shard_that_is_changed_before_the_manifest_stops_the_build(
    memory, bts, built, tmp_path, monkeypatch
):
    change = lambda: memory().pipe_file(f"/place/nyu/{SHARDS[0]}", b"theirs")  # noqa: E731
    meanwhile(monkeypatch, RECORDS[2], change)

    with pytest.raises(BuildError, match=rf"{SHARDS[0]} is no longer what was uploaded"):
        build(bts, OUT)
    assert "/place/nyu/manifest.json" not in memory.store
    build(bts, OUT)
    assert published(stored(OUT, tmp_path / "copy")) == built["webdataset"]


@pytest.mark.parametrize("fault", ["cut", "flip", "lost"])
def test_a_store_that_keeps_other_bytes_gets_no_record_of_them(memory, bts, fault):
    memory.fault = once("put", SHARDS[1], fault, times=99)

    with pytest.raises(BuildError, match="other bytes than it was given"):
        build(bts, OUT)

    names = {path.rpartition("/")[2] for path in memory.store}
    assert {RECORDS[0]} <= names
    assert not names & {RECORDS[1], "manifest.json"}


@pytest.mark.parametrize("name", ["plan.json", RECORDS[1], "manifest.json"])
def test_whatever_is_cut_off_is_mended_by_the_same_command(memory, bts, built, tmp_path, name):
    memory.fault = once("put", name, "cut", times=99)
    with pytest.raises(BuildError, match=rf"{name} cannot be written"):
        build(bts, OUT)
    memory.fault = lambda _verb, _path: ""

    build(bts, OUT)

    assert published(stored(OUT, tmp_path / "copy")) == built["webdataset"]


def test_an_error_while_a_shard_is_written_publishes_nothing_of_it(memory, bts, monkeypatch):
    def failing(pairs, sources):
        yield next(iter(whole(pairs, sources)))
        raise MemoryError("out of memory")

    from vtencode.building.shard import made_pairs as whole

    monkeypatch.setattr("vtencode.building.shard.made_pairs", failing)

    with pytest.raises(MemoryError):
        build(bts, OUT)
    assert [path.rpartition("/")[2] for path in memory.store] == ["plan.json"]


def test_an_old_listing_changes_nothing(memory, bts, built, tmp_path):
    memory.fault = lambda verb, _path: "stale" if verb == "list" else ""

    build(bts, OUT)
    build(bts, OUT)

    memory.fault = lambda _verb, _path: ""
    assert published(stored(OUT, tmp_path / "copy")) == built["webdataset"]


def test_a_store_that_may_only_be_read_is_told_in_one_line(memory, bts, tmp_path):
    memory.fault = lambda verb, _path: "denied" if verb == "put" else ""

    with pytest.raises(SpecError) as caught:
        build(bts, OUT)
    assert str(caught.value) == (
        f"{OUT}/.vtencode/plan.json cannot be written: Access Denied. Check the address, and what "
        "your credentials allow."
    )
    assert left_alone(tmp_path)


def flaky(bts: Path, whole: dict[str, str], folder: Path, memory: Any, *, seeds: range) -> int:
    """Build with a store on which anything may go wrong, again until it is done; how often it was.

    Whatever happens, the dataset is the same or not there.
    """
    stops = 0
    for seed in seeds:
        rng = random.Random(seed)
        faults = ["error", "cut", "flip", "lost", "late"]
        out = f"memory://flaky/{seed}"
        harm = (0.02, 0.1, 0.4)[seed % 3]

        def fault(verb: str, path: str, rng=rng, harm=harm, faults=faults) -> str:
            if rng.random() > harm:
                return ""
            small = path.endswith(("plan.json", "manifest.json"))
            kinds = [kind for kind in faults if kind != "flip" or not small]
            return rng.choice(kinds) if verb == "put" else "error"

        memory.fault = fault
        for _ in range(200):
            try:
                build(bts, out)
                break
            except (BuildError, DownloadError):
                stops += 1
        memory.fault = lambda _verb, _path: ""
        assert published(stored(out, folder)) == whole, f"seed {seed}"
    return stops


def test_a_flaky_store_ends_in_the_same_bytes(memory, bts, built, tmp_path):
    stops = flaky(bts, built["webdataset"], tmp_path / "copy", memory, seeds=range(5))

    assert stops > 0


@nightly
def test_a_thousand_flaky_stores_end_in_the_same_bytes(memory, bts, built, tmp_path):
    flaky(bts, built["webdataset"], tmp_path / "copy", memory, seeds=range(1000))


@pytest.mark.slow
def test_a_build_that_is_killed_resumes_on_another_machine(s3, tmp_path):
    """Each object is written once: the store keeps all versions, and there is one of each."""
    many, sets = write_bts(tmp_path / "many", count=30), ["output.samples_per_shard=1", SETS[1]]
    bucket, out = "every-version", "s3://every-version/nyu"
    s3.mkdir(bucket)
    s3.call_s3(
        "put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    words = ["--workers", 2, *(word for each in sets for word in ("--set", each))]
    process = command("build", "nyu-depth", "--source", many, "--out", out, *words)
    give_up = time.monotonic() + 60
    while not s3.exists(f"{bucket}/nyu/.vtencode/shards") and process.poll() is None:
        assert time.monotonic() < give_up
        s3.invalidate_cache()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not s3.exists(f"{bucket}/nyu/manifest.json")

    elsewhere(many, tmp_path / "another machine", *sets, out=out)

    build(many, tmp_path / "here", *sets)
    assert published(stored(out, tmp_path / "copy")) == published(hashes(tmp_path / "here"))
    versions = s3.call_s3("list_object_versions", Bucket=bucket)["Versions"]
    assert len(versions) == len({version["Key"] for version in versions})


# Two builds at once.


def test_a_second_build_on_this_machine_is_refused(memory, bts):
    with (
        Ledger(working_folder(location(OUT))).locked(),
        pytest.raises(LockedError, match=rf"{OUT} is being built by process {os.getpid()} on"),
    ):
        build(bts, OUT)


def meanwhile(monkeypatch: pytest.MonkeyPatch, name: str, other: Any) -> None:
    """Do something, once, at the last moment before a build writes the object of that name."""
    upload, pending = ObjectStore._upload, [other]

    def called(self, path, asked, **options):
        if asked.endswith(name) and pending:
            pending.pop()()
        return upload(self, path, asked, **options)

    monkeypatch.setattr(ObjectStore, "_upload", called)


def elsewhere(bts: Path, folder: Path, *sets: str, out: str = OUT) -> vt.Built:
    """Build as another machine would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VTENCODE_CACHE", str(folder))
        return build(bts, out, *sets)


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("name", [SHARDS[0], RECORDS[1], "manifest.json"])
def test_two_machines_that_build_the_same_do_no_harm(bts, built, tmp_path, monkeypatch, name):
    """The other one begins and ends while this one is about to write an object."""
    meanwhile(monkeypatch, name, lambda: elsewhere(bts, tmp_path / "other"))

    assert build(bts, OUT).whole

    assert published(stored(OUT, tmp_path / "copy")) == built["webdataset"]


def test_of_two_machines_with_two_plans_one_wins(memory, bts, tmp_path, monkeypatch):
    meanwhile(monkeypatch, "plan.json", lambda: elsewhere(bts, tmp_path / "other", "seed=7"))

    with pytest.raises(PlanChangedError, match=r"plan\.json is of another build"):
        build(bts, OUT)
    assert vt.verify(OUT, source=bts).ok


@pytest.mark.parametrize(
    "name",
    [
        SHARDS[1],
        "manifest.json",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("plan.json", SHARDS[0], SHARDS[2], *RECORDS, "rejects.jsonl")
        ),
    ],
)
def test_two_machines_whose_bytes_differ_leave_a_dataset_that_is_whole(
    memory, bts, tmp_path, monkeypatch, name
):
    """As if the other one had another version of zlib; this one may be told to stop."""

    def other() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("vtencode.png._RLE", OTHER_ZLIB)
            elsewhere(bts, tmp_path / "other")

    meanwhile(monkeypatch, name, other)
    with contextlib.suppress(BuildError):
        build(bts, OUT)

    assert vt.verify(OUT, source=bts).problems == ()
