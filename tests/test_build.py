"""A build is a pure function of plan and data: counted, refused by name, resumed to the byte."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from trees import (
    LABELED,
    command,
    encoded,
    flip,
    frame,
    hashes,
    listing,
    partial,
    truncate,
    visible,
    vtencode,
    write_bts,
)

import vtencode as vt
from vtencode.building.ledger import Ledger
from vtencode.errors import BuildError, LockedError, PlanChangedError, SourceError, SpecError
from vtencode.shipped import shipped
from vtencode.sources.nyu_depth_v2 import trees as readers

COUNT, PER_SHARD = 12, 3
#: Frames of 64x48 pixels stay what they are.
UNFRAMED = "framing={resize: none}"
SHARDS = [f"train-{shard:05d}.tar" for shard in range(COUNT // PER_SHARD)]
PLACE = "sync/room_0001"


def build(source: Path, out: Path, *sets: str, workers: int = 1, **options):
    overrides = [f"output.samples_per_shard={PER_SHARD}", UNFRAMED, *sets]
    return vt.build(
        "nyu-depth", source=source, out=out, workers=workers, overrides=overrides, **options
    )


@pytest.fixture(scope="module")
def bts(tmp_path_factory) -> Path:
    return write_bts(tmp_path_factory.mktemp("bts"), count=COUNT)


@pytest.fixture(scope="module")
def whole(bts, tmp_path_factory) -> Path:
    """A build that nothing disturbed."""
    return build(bts, tmp_path_factory.mktemp("whole") / "o").out


def rejects(out: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]


def keys(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return list(dict.fromkeys(name.partition(".")[0] for name in tar.getnames()))


# What a build leaves behind.


def test_a_build_of_the_miniature_counts_every_pair(nyu, tmp_path):
    reports = []

    built = build(
        nyu,
        tmp_path / "o",
        "source.split=all",
        "output.samples_per_shard=2",
        report=lambda done, planned: reports.append((done, planned)),
    )

    manifest, shards = built.manifest, built.manifest["shards"]
    assert built.whole
    assert manifest["counts"] == {"planned": 5, "written": 5, "rejected": 0, "filtered": 0}
    assert [shard["written"] for shard in shards] == [2, 2, 1]
    assert [shard["name"] for shard in shards] == [f"all-0000{n}.tar" for n in range(3)]
    assert visible(tmp_path / "o") == [
        "README.md",
        *(s["name"] for s in shards),
        "croissant.json",
        "filtered.jsonl",
        "manifest.json",
        "rejects.jsonl",
    ]
    assert sorted(key for s in shards for key in keys(tmp_path / "o" / s["name"])) == [
        f"nyu-{number:04d}-depth" for number in range(1, 6)
    ]
    assert reports[0] == (0, 5)
    assert reports[-1] == (5, 5)
    assert reports == sorted(reports)


def test_a_manifest_says_what_is_in_the_dataset(bts, whole):
    manifest = json.loads((whole / "manifest.json").read_bytes())
    plan = vt.plan(
        "nyu-depth", source=bts, overrides=[f"output.samples_per_shard={PER_SHARD}", UNFRAMED]
    )
    stated = manifest.pop("self_sha256")

    assert (
        stated
        == hashlib.sha256(
            json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()
    )
    assert manifest["format"] == "vtencode/3"
    assert (manifest["dataset"], manifest["split"], manifest["limit"]) == (
        "nyu-depth",
        "train",
        None,
    )
    assert manifest["plan_sha256"] == plan.digest
    (part,) = manifest["parts"]
    assert (part["recipe"], part["dataset"]) == ("nyu-depth", "nyu-depth-v2")
    assert part["files"] == 2 * COUNT
    assert part["bytes"] == sum(path.stat().st_size for path in bts.rglob("*") if path.is_file())
    assert part["counts"] == part["tasks"]["depth"] == manifest["counts"]
    for field in ("title", "license", "citation", "home"):
        assert manifest[field]
    assert [shard["name"] for shard in manifest["shards"]] == SHARDS
    for shard in manifest["shards"]:
        data = (whole / shard["name"]).read_bytes()
        assert (shard["bytes"], shard["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert manifest["rejects_sha256"] == hashlib.sha256(b"").hexdigest()
    assert manifest["filtered_sha256"] == hashlib.sha256(b"").hexdigest()
    assert 1 < manifest["longest_prompt_tokens"] < 100
    assert 0 < manifest["worst_errors"]["m"] < 0.02
    assert 0 < manifest["worst_share_of_tolerance"] <= 1


def test_a_manifest_names_no_place_time_or_machine(bts, whole):
    text = (whole / "manifest.json").read_text()

    for word in (str(bts), str(whole), os.uname().nodename, "workers", str(os.getpid())):
        assert word not in text


@pytest.mark.parametrize(("pairs", "per_shard"), [(12, 1), (12, 5), (12, 12), (12, 500)])
def test_shards_part_the_pairs(bts, pairs, per_shard):
    plan = vt.plan("nyu-depth", source=bts, overrides=[f"output.samples_per_shard={per_shard}"])
    spans = [range(*plan.shard_pairs(shard)) for shard in range(plan.shards)]

    assert [pair for span in spans for pair in span] == list(range(pairs))
    assert all(span for span in spans)


def test_a_limit_keeps_so_many_pairs_and_the_first_of_the_whole(bts, whole, tmp_path):
    built = build(bts, tmp_path / "o", limit=5)
    beyond = build(bts, tmp_path / "beyond", limit=1000)

    assert built.manifest["counts"]["planned"] == 5
    assert hashes(tmp_path / "o")[SHARDS[0]] == hashes(whole)[SHARDS[0]]
    assert beyond.manifest["counts"]["planned"] == COUNT


def test_the_source_bytes_of_a_picture_pass_through(bts, whole):
    for pair in vt.open_dataset(whole):
        assert pair.record.input.data == (bts / pair.meta["source_file"]).read_bytes()


# Samples that cannot be built.


def test_a_reject_is_listed_and_moves_no_other_pair(bts, whole, tmp_path):
    write_bts(tmp_path / "bts", count=COUNT)
    key = keys(whole / SHARDS[1])[0]
    number = int(key.split("-")[2])
    broken = f"{PLACE}/sync_depth_{number:05d}.png"
    truncate(tmp_path / "bts" / broken)

    built = build(tmp_path / "bts", tmp_path / "o")

    assert not built.whole
    assert built.manifest["counts"] == {
        "planned": COUNT, "written": COUNT - 1, "rejected": 1, "filtered": 0
    }  # fmt: skip
    (reject,) = rejects(tmp_path / "o")
    assert (reject["key"], reject["code"], reject["field"]) == (key, "DECODE", "depth")
    assert reject["where"] == broken
    assert "must be whole" in reject["message"]
    ours, theirs = hashes(tmp_path / "o"), hashes(whole)
    assert [name for name in SHARDS if ours[name] != theirs[name]] == [SHARDS[1]]
    assert keys(tmp_path / "o" / SHARDS[1]) == keys(whole / SHARDS[1])[1:]
    assert vt.verify(tmp_path / "o", workers=1).ok


def test_the_command_says_exit_3_when_a_pair_was_rejected(tmp_path):
    write_bts(tmp_path / "bts", count=COUNT)
    (tmp_path / "bts" / PLACE / "sync_depth_00004.png").unlink()
    words = ("nyu-depth", "--source", tmp_path / "bts", "--out", tmp_path / "o", "--workers", 1)

    code, stdout, stderr = vtencode("build", *words)

    assert code == 3
    assert "11 written of 12 planned, 1 rejected" in stdout
    assert str(tmp_path / "o" / "rejects.jsonl") in stderr
    assert rejects(tmp_path / "o")[0]["code"] == "MISSING"


def mislabel(bts: Path, count: int) -> Path:
    """Put a PNG under the name of a .jpg into so many frames; only a build finds that."""
    for index in range(count):
        color = bts / PLACE / f"rgb_{index:05d}.jpg"
        color.write_bytes(encoded(frame(index)[0], "png"))
    return bts


def test_a_png_called_jpg_is_a_reject(tmp_path):
    mislabel(write_bts(tmp_path / "bts", count=COUNT), 1)

    build(tmp_path / "bts", tmp_path / "o")

    (reject,) = rejects(tmp_path / "o")
    assert reject["code"] == "MODE"
    assert reject["where"] == f"{PLACE}/rgb_00000.jpg"
    assert "must be a jpg file, as its name says, got png" in reject["message"]


@pytest.mark.parametrize(
    ("bad", "count", "sets", "told"),
    [
        (6, 6, (), "6 of 6 pairs were rejected, and at most 5 may be"),
        (11, 24, (), "11 of 24 pairs were rejected, and at most 10 may be"),
        (1, 12, ("max_rejects=0",), "1 of 12 pairs were rejected, and at most 0 may be"),
    ],
)
def test_too_many_rejects_are_no_dataset(tmp_path, bad, count, sets, told):
    mislabel(write_bts(tmp_path / "bts", count=count), bad)

    with pytest.raises(BuildError, match=told) as caught:
        build(tmp_path / "bts", tmp_path / "o", *sets)

    assert "rgb_0000" in str(caught.value)
    assert "[MODE]" in str(caught.value)
    assert not (tmp_path / "o" / "manifest.json").exists()


@pytest.mark.parametrize(("bad", "share"), [(10, 0.001), (11, 0.5), (0, 0)])
def test_a_few_rejects_are_borne_and_a_larger_share_if_it_is_allowed(tmp_path, bad, share):
    mislabel(write_bts(tmp_path / "bts", count=24), bad)

    built = build(tmp_path / "bts", tmp_path / "o", f"max_rejects={share}")

    assert built.manifest["counts"]["rejected"] == bad


def test_a_disk_that_fails_is_no_reject_and_the_build_resumes(bts, whole, tmp_path, monkeypatch):
    read, calls = readers.read_bytes, []

    def fail(root, name, *, field):
        calls.append(name)
        if len(calls) == 25:
            raise OSError(errno.EIO, "Input/output error")
        return read(root, name, field=field)

    with monkeypatch.context() as patched:
        patched.setattr(readers, "read_bytes", fail)
        with pytest.raises(OSError, match="Input/output error"):
            build(bts, tmp_path / "o")
    assert visible(tmp_path / "o") == SHARDS[:2]

    build(bts, tmp_path / "o")
    assert hashes(tmp_path / "o") == hashes(whole)


# The same bytes.


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_workers_gives_the_same_bytes_wherever_they_are_put(
    bts, whole, tmp_path, workers
):
    build(bts, tmp_path / "elsewhere" / f"o{workers}", workers=workers)

    assert hashes(tmp_path / "elsewhere" / f"o{workers}") == hashes(whole)


def test_hash_seeds_locales_zones_and_folders_change_no_byte(bts, whole, tmp_path):
    environs = (
        {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "4321", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"},
    )
    words = ("build", "nyu-depth", "--source", bts, "--workers", 1, "--set", UNFRAMED, "--set")
    begun = []
    for environ in environs:
        home = tmp_path / environ["PYTHONHASHSEED"]
        home.mkdir()
        per_shard = f"output.samples_per_shard={PER_SHARD}"
        begun.append(command(*words, per_shard, "--out", "o", cwd=home, env=environ))

    for process, environ in zip(begun, environs, strict=True):
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert hashes(tmp_path / environ["PYTHONHASHSEED"] / "o") == hashes(whole)


def test_another_seed_gives_another_order(bts, whole, tmp_path):
    build(bts, tmp_path / "o", "seed=1")

    ours = [key for name in SHARDS for key in keys(tmp_path / "o" / name)]
    theirs = [key for name in SHARDS for key in keys(whole / name)]
    assert ours != theirs
    assert sorted(ours) == sorted(theirs)


# Resuming.


def remake(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        (SHARDS[1], remake),
        (SHARDS[1], truncate),
        (SHARDS[1], flip),
        (".vtencode/shards/00001.json", remake),
        (".vtencode/shards/00001.json", truncate),
        (".vtencode/pairs.arrow", remake),
        (".vtencode/pairs.arrow", truncate),
        (".vtencode/samples-000.arrow", remake),
        (".vtencode/samples-000.arrow", truncate),
        (".vtencode/plan.json", remake),
        (".vtencode/source.json", remake),
        ("rejects.jsonl", remake),
        ("manifest.json", remake),
        ("manifest.json", truncate),
    ],
)
def test_what_is_lost_or_damaged_is_made_again_to_the_byte(bts, whole, tmp_path, name, harm):
    out = build(bts, tmp_path / "o").out
    harm(out / name)
    before = listing(out)

    build(bts, out)

    assert hashes(out) == hashes(whole)
    kept = [shard for shard in SHARDS if shard != name and "00001" not in name]
    assert all(listing(out)[shard] == before[shard] for shard in kept)


def test_what_killed_writers_left_is_removed_and_nothing_else(bts, whole, tmp_path):
    out = build(bts, tmp_path / "o").out
    (out / "notes.txt").write_text("mine")
    (out / ".train-00001.tar.77.partial").write_bytes(b"half")

    build(bts, out)

    assert not partial(out)
    assert {**hashes(whole), "notes.txt": hashlib.sha256(b"mine").hexdigest()} == hashes(out)


# What is refused.


@pytest.mark.parametrize(
    ("sets", "options", "told"),
    [
        (("seed=7",), {}, "recipe.seed"),
        (("output.samples_per_shard=4",), {}, "recipe.output.samples_per_shard"),
        (("source.split=all",), {}, "recipe.source.split"),
        (("source.depth=raw",), {}, "recipe.source.depth"),
        (("tasks.0.codec.params={far_level: 1780}",), {}, "recipe.tasks"),
        (("tasks.0.task=depth", "tasks.0.instructions=[Paint it.]"), {}, "recipe.tasks"),
        (("contract.depth.range_m=[0.1, 10.02]",), {}, "recipe.contract.depth.range_m"),
        ((), {"limit": 6}, "limit"),
    ],
    ids=str,
)
def test_a_changed_plan_is_refused_by_the_name_of_what_changed(bts, tmp_path, sets, options, told):
    out = build(bts, tmp_path / "o").out
    before = hashes(out)

    with pytest.raises(PlanChangedError, match=rf"what changed: .*\b{re.escape(told)}\b") as caught:
        build(bts, out, *sets, **options)

    assert "Choose another --out" in str(caught.value)
    assert hashes(out) == before


def test_a_source_whose_files_changed_is_refused(tmp_path):
    write_bts(tmp_path / "bts", count=COUNT)
    out = build(tmp_path / "bts", tmp_path / "o").out
    depth = tmp_path / "bts" / PLACE / "sync_depth_00002.png"
    depth.write_bytes(depth.read_bytes() + b"\0")

    with pytest.raises(PlanChangedError, match=r"sources\.0\.bytes, sources\.0\.fingerprint"):
        build(tmp_path / "bts", out)


def test_comments_order_and_titles_of_a_recipe_are_no_change(bts, tmp_path):
    text = (shipped("recipes") / "nyu-depth.yaml").read_text()
    recipe = tmp_path / "mine.yaml"
    sets = [f"output.samples_per_shard={PER_SHARD}"]
    recipe.write_text(text)
    vt.build(recipe, source=bts, out=tmp_path / "o", workers=1, overrides=sets)
    before = hashes(tmp_path / "o")

    commented = "# a comment\nseed: 0\n" + text.replace("\nseed: 0\n", "\n")
    recipe.write_text(commented)
    vt.build(recipe, source=bts, out=tmp_path / "o", workers=1, overrides=sets)
    assert hashes(tmp_path / "o") == before

    recipe.write_text(commented.replace("title: NYU Depth V2", "title: NYU Depth"))
    vt.build(recipe, source=bts, out=tmp_path / "o", workers=1, overrides=sets)
    after = hashes(tmp_path / "o")
    told = {"README.md", "croissant.json", "manifest.json"}
    assert {name for name in after if after[name] != before[name]} == told


def test_a_moved_or_touched_source_is_no_change(tmp_path):
    write_bts(tmp_path / "a", count=COUNT)
    out = build(tmp_path / "a", tmp_path / "o").out
    before = hashes(out)
    for path in (tmp_path / "a").rglob("*"):
        os.utime(path, (1, 1))
    (tmp_path / "a").rename(tmp_path / "b")

    build(tmp_path / "b", out)

    after = hashes(out)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {".vtencode/source.json"}
    assert vt.verify(out, workers=1).ok


def test_a_folder_of_something_else_is_refused_and_left_alone(bts, tmp_path):
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "thesis.tex").write_text("years of work")
    before = listing(tmp_path / "o")

    with pytest.raises(PlanChangedError, match=r"holds other files. Choose another --out"):
        build(bts, tmp_path / "o")

    assert listing(tmp_path / "o") == before


def test_a_folder_that_is_being_built_names_who_builds_it(bts, tmp_path):
    holder = f"process {os.getpid()} on {os.uname().nodename}"

    with (
        Ledger(tmp_path / "o").locked(),
        pytest.raises(LockedError, match=f"is being built by {holder}"),
    ):
        build(bts, tmp_path / "o")

    build(bts, tmp_path / "o")


def test_of_builds_begun_at_once_one_builds_and_the_others_say_so(bts, whole, tmp_path):
    words = ("build", "nyu-depth", "--source", bts, "--out", tmp_path / "o", "--workers", 1)
    words = (*words, "--set", UNFRAMED)
    begun = [command(*words, "--set", f"output.samples_per_shard={PER_SHARD}") for _ in range(3)]
    told = [process.communicate(timeout=60)[1] for process in begun]

    codes = [process.returncode for process in begun]
    assert 0 in codes
    assert set(codes) <= {0, 4}, told
    assert all("is being built by" in text for text, code in zip(told, codes, strict=True) if code)
    assert hashes(tmp_path / "o") == hashes(whole)


def test_a_folder_that_another_build_begins_in_is_not_called_foreign(bts, tmp_path, monkeypatch):
    """The other build makes its folder between our two looks at it."""
    out, listed = tmp_path / "o", Path.iterdir
    out.mkdir()

    def iterdir(path):
        found = list(listed(path))
        (out / ".vtencode" / "shards").mkdir(parents=True, exist_ok=True)
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert build(bts, out).whole


@pytest.mark.parametrize("scale", [5, 10, 0.1])
def test_a_wrong_unit_stops_before_anything_is_built(tmp_path, scale):
    write_bts(tmp_path / "bts", count=6)
    for index in range(6):
        depth = (frame(index)[1] * scale).astype(np.uint16)
        path = tmp_path / "bts" / PLACE / f"sync_depth_{index:05d}.png"
        path.write_bytes(encoded(depth, "png"))

    with pytest.raises(SourceError, match="another unit"):
        build(tmp_path / "bts", tmp_path / "o")

    assert not (tmp_path / "o").exists()


def test_jpg_and_png_mixed_need_one_format_named(tmp_path):
    write_bts(tmp_path / "bts", count=2)
    write_bts(tmp_path / "bts", count=1, folder="sync/room_0002", suffix="png")

    with pytest.raises(SpecError, match=r"mixes jpg and png images.*--set output.input=png"):
        build(tmp_path / "bts", tmp_path / "o")
    build(tmp_path / "bts", tmp_path / "o", "output.input=png")

    with tarfile.open(tmp_path / "o" / SHARDS[0]) as tar:
        inputs = [name for name in tar.getnames() if ".input." in name]
    assert len(inputs) == 3
    assert all(name.endswith(".input.png") for name in inputs)
    assert vt.verify(tmp_path / "o", workers=1).ok


def test_a_source_that_is_cut_short_leaves_no_folder_behind(nyu, tmp_path):
    (tmp_path / LABELED).write_bytes((nyu / LABELED).read_bytes()[:-1000])

    with pytest.raises(SourceError, match="cut short"):
        build(tmp_path / LABELED, tmp_path / "o")

    assert not (tmp_path / "o").exists()
