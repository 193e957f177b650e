"""Places that cannot be written and disks that fill: one line that says so, nothing half there."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import command, hashes, listing, nightly, partial, visible, vtencode, write_bts

COUNT, PER_SHARD = 48, 6
#: Bytes of a disk that holds some of the shards.
SMALL = 300_000


@pytest.fixture(scope="module")
def bts(tmp_path_factory) -> Path:
    return write_bts(tmp_path_factory.mktemp("bts"), count=COUNT)


@pytest.fixture(scope="module")
def whole(bts, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "o"
    assert build(bts, out)[0] == 0
    return out


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "none", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def words(bts: Path, out: Path, workers: int = 1) -> tuple[object, ...]:
    per_shard = f"output.samples_per_shard={PER_SHARD}"
    place = ("--source", bts, "--out", out, "--workers", workers)
    return ("build", "nyu-depth", *place, "--set", per_shard, "--set", "framing={resize: none}")


def build(bts: Path, out: Path, workers: int = 1) -> tuple[int, str]:
    code, _, stderr = vtencode(*words(bts, out, workers))
    return code, error_of(stderr)


def error_of(stderr: str) -> str:
    """What was said, progress aside."""
    lines = [line for line in stderr.splitlines() if line and not line.startswith("pairs ")]
    return "\n".join(lines)


def check_nothing_half_there(out: Path, whole: Path) -> None:
    """Every file under a final name is the one of the undisturbed build."""
    expected, found = hashes(whole), hashes(out)
    shards = [name for name in visible(out) if name.endswith(".tar")]
    assert all(found[name] == expected[name] for name in shards)
    assert "manifest.json" not in found
    assert not partial(out)
    for record in (out / ".vtencode" / "shards").glob("*.json"):
        assert json.loads(record.read_bytes())["name"] in shards


def test_a_place_below_a_file_is_told(bts, tmp_path):
    (tmp_path / "file").write_text("no folder")

    code, error = build(bts, tmp_path / "file" / "o")

    assert code == 2
    assert error.startswith(f"error: {tmp_path / 'file'} is a file, not a folder")
    assert len(error.splitlines()) == 1
    assert (tmp_path / "file").read_text() == "no folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(bts, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o555)

    code, error = build(bts, tmp_path / "closed" / "o")

    assert code == 1
    assert error.startswith(f"error: {tmp_path / 'closed' / 'o'}: Permission denied")


def test_a_read_only_disk_is_told(bts, disk):
    (disk / "o").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    before = listing(disk)

    code, error = build(bts, disk / "o")

    assert code == 1
    assert error.startswith(f"error: {disk / 'o'}")
    assert "Read-only file system" in error
    assert len(error.splitlines()) == 1
    assert listing(disk) == before


@pytest.mark.parametrize("to", ["musubi", "parquet"])
def test_an_export_to_a_read_only_disk_is_told(to, whole, disk):
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)

    code, _, stderr = vtencode("export", whole, "--to", to, "--out", disk / "e")

    assert code == 1
    assert error_of(stderr).startswith(f"error: {disk}")
    assert "Read-only file system" in stderr
    assert len(error_of(stderr).splitlines()) == 1
    assert not list(disk.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_fills_is_told_and_with_space_the_build_resumes(bts, whole, disk, workers):
    out = disk / "o"

    code, error = build(bts, out, workers)

    assert code == 1
    assert error.startswith(f"error: {out}/")
    assert "No space left on device. What is finished is kept" in error
    assert len(error.splitlines()) == 1
    assert [name for name in visible(out) if name.endswith(".tar")]
    check_nothing_half_there(out, whole)
    subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
    assert build(bts, out)[0] == 0
    assert hashes(out) == hashes(whole)


def limited(bts: Path, out: Path, size: int) -> tuple[int, str]:
    """Build where no file may grow past `size` bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    with command(*words(bts, out), preexec_fn=limit) as process:
        _, stderr = process.communicate(timeout=60)
        return process.returncode, error_of(stderr)


@pytest.mark.slow
@pytest.mark.parametrize("size", [4096, 30_000])
def test_a_file_that_may_not_grow_is_told_and_without_the_limit_the_build_resumes(
    bts, whole, tmp_path, size
):
    out = tmp_path / "o"

    code, error = limited(bts, out, size)

    assert code == 1
    assert error.startswith(f"error: {out}/")
    assert "File too large. What is finished is kept" in error
    assert len(error.splitlines()) == 1
    if out.exists():
        check_nothing_half_there(out, whole)
    assert build(bts, out)[0] == 0
    assert hashes(out) == hashes(whole)


@nightly
def test_a_disk_of_any_size_holds_whole_files_only(bts, whole, tmp_path, disk):
    needed = sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())
    for percent in range(5, 110, 5):
        out = disk / f"o{percent}"
        size = f"size={max(percent * needed // 100, 8192)}"
        subprocess.run(["mount", "-o", f"remount,{size}", disk], check=True)

        code, error = build(bts, out)

        assert code in {0, 1}, error
        if code:
            assert len(error.splitlines()) == 1
            assert "No space left on device" in error
        if code and out.exists():
            check_nothing_half_there(out, whole)
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        assert build(bts, out)[0] == 0
        assert hashes(out) == hashes(whole)
        subprocess.run(["rm", "-r", out], check=True)
