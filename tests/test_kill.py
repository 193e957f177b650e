"""Killed at any moment and resumed, a build ends in the same bytes; workers end with it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from trees import command, hashes, nightly, partial, visible, vtencode, write_bts
from works import Dies, Fails, Sleeps, Square

import vtencode as vt
from vtencode.engines.local import LocalEngine
from vtencode.errors import BuildError, SampleError

COUNT, PER_SHARD = 120, 10
#: Frames of 64x48 pixels stay what they are.
UNFRAMED = "framing={resize: none}"
SETS = f"output.samples_per_shard={PER_SHARD}"
#: Seconds after which a test gives up waiting for what must happen.
PATIENCE = 60


@pytest.fixture(scope="module")
def bts(tmp_path_factory) -> Path:
    return write_bts(tmp_path_factory.mktemp("bts"), count=COUNT)


@pytest.fixture(scope="module")
def whole(bts, tmp_path_factory) -> dict[str, str]:
    """The hash of every file of a build that nothing disturbed."""
    return resumed(bts, tmp_path_factory.mktemp("whole") / "o")


def resumed(bts: Path, out: Path) -> dict[str, str]:
    vt.build("nyu-depth", source=bts, out=out, workers=1, overrides=[SETS, UNFRAMED])
    return hashes(out)


def begin(bts: Path, out: Path) -> subprocess.Popen[str]:
    return command(
        "build",
        "nyu-depth",
        "--source",
        bts,
        "--out",
        out,
        "--workers",
        2,
        "--set",
        SETS,
        "--set",
        UNFRAMED,
    )


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Return as soon as `condition` holds, or the process has ended."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None:
            return
        assert time.monotonic() < give_up, "it took too long"
        time.sleep(0.002)


def records(out: Path) -> int:
    """How many shards are finished."""
    return len(list((out / ".vtencode" / "shards").glob("[0-9]*.json")))


def session(process: subprocess.Popen[str]) -> list[int]:
    """Processes of the session that `process` began, itself left out, the dead too."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[3]) == process.pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return [pid for pid in found if pid != process.pid]


def workers(process: subprocess.Popen[str]) -> list[int]:
    """The processes that build shards."""
    spawned = []
    for pid in session(process):
        try:
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                spawned.append(pid)
        except OSError:
            continue
    return spawned


def end(process: subprocess.Popen[str], *, group: bool) -> int:
    """Kill the process, or all it started too; return its exit code once all are gone."""
    if process.poll() is None:
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    wait_for(lambda: not session(process))
    return process.returncode


def killed(bts: Path, out: Path, rng: random.Random, shards: int = 9) -> tuple[int, bool]:
    """Kill a build at a random moment: (its exit code, whether a shard was being written).

    One time in four the moment is before the workers run, else within the next `shards` shards.
    """
    before = records(out)
    process = begin(bts, out)
    at = before + rng.randrange(shards) if rng.random() < 0.75 else -1
    if at < 0:
        wait_for((out / ".vtencode").exists, process)
    else:
        wait_for(lambda: records(out) >= at and any(out.glob("*.tar")), process)
    time.sleep(rng.random() * (0.5 if at < 0 else 0.03))
    code = end(process, group=rng.random() < 0.5)
    return code, any(".tar." in path.name for path in partial(out))


def kills(bts: Path, folder: Path, whole: dict[str, str], *, seed: int, count: int) -> int:
    """Kill so many builds, finish each; return how many were killed while writing a shard."""
    rng = random.Random(seed)
    alive = writing = 0
    for at in range(count):
        code, inside = killed(bts, folder / f"o{at}", rng)
        alive += code == -signal.SIGKILL
        writing += inside
        assert not (folder / f"o{at}" / "manifest.json").exists() or code != -signal.SIGKILL
        assert resumed(bts, folder / f"o{at}") == whole, f"kill {at} of seed {seed}"
    assert alive >= 0.8 * count
    return writing


@pytest.mark.slow
def test_a_build_killed_at_ten_random_moments_resumes_to_the_same_bytes(bts, whole, tmp_path):
    assert kills(bts, tmp_path, whole, seed=2, count=10) > 0


@nightly
def test_a_build_killed_at_a_hundred_random_moments_resumes_to_the_same_bytes(bts, whole, tmp_path):
    assert kills(bts, tmp_path, whole, seed=3, count=100) > 10


@pytest.mark.slow
def test_a_build_killed_again_and_again_gets_done(bts, whole, tmp_path):
    """Every resume is killed too, until one is not."""
    rng = random.Random(4)
    for _ in range(8):
        killed(bts, tmp_path / "o", rng, shards=2)

    assert 0 < records(tmp_path / "o") < COUNT // PER_SHARD
    assert resumed(bts, tmp_path / "o") == whole


@pytest.mark.slow
def test_workers_end_when_their_build_is_killed(bts, tmp_path):
    process = begin(bts, tmp_path / "o")
    wait_for(lambda: len(workers(process)) == 2 and records(tmp_path / "o"), process)
    assert len(workers(process)) == 2

    process.kill()
    process.communicate(timeout=PATIENCE)

    killed_at = time.monotonic()
    wait_for(lambda: not session(process))
    assert time.monotonic() - killed_at < 5


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_a_retry_and_leaves_no_trace(bts, whole, tmp_path):
    process = begin(bts, tmp_path / "o")
    wait_for(lambda: records(tmp_path / "o"), process)

    os.kill(workers(process)[0], signal.SIGKILL)
    _, stderr = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, stderr
    assert f"pairs {COUNT}/{COUNT} (100%)" in stderr
    assert hashes(tmp_path / "o") == whole


@pytest.mark.slow
@pytest.mark.parametrize("group", [True, False], ids=["terminal", "parent"])
def test_an_interrupted_build_stops_at_once_says_how_to_go_on_and_resumes(
    bts, whole, tmp_path, group
):
    process = begin(bts, tmp_path / "o")
    wait_for(lambda: len(workers(process)) == 2 and (group or records(tmp_path / "o")), process)

    (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    interrupted_at = time.monotonic()
    _, stderr = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert time.monotonic() - interrupted_at < 5
    assert "Traceback" not in stderr
    assert stderr.strip() == "stopped: what is finished is kept; the same command resumes."
    wait_for(lambda: not session(process))
    assert not partial(tmp_path / "o")
    assert "manifest.json" not in visible(tmp_path / "o")
    assert resumed(bts, tmp_path / "o") == whole


def test_an_unfinished_build_is_no_dataset(bts, tmp_path):
    process = begin(bts, tmp_path / "o")
    wait_for(lambda: records(tmp_path / "o"), process)
    end(process, group=True)

    code, _, stderr = vtencode("verify", tmp_path / "o")

    assert code == 5
    assert "unfinished build: run the same build again" in stderr


# The engine alone.


def ran(work, items, count: int) -> tuple[dict, int]:
    ticks = []
    engine = LocalEngine().run(work, items, workers=count, tick=ticks.append)
    return dict(engine), sum(ticks)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_item_is_done_once_and_ticks_add_up(count):
    results, ticks = ran(Square(), range(9), count)

    assert {item: square for item, (square, _) in results.items()} == {n: n * n for n in range(9)}
    assert ticks == sum(range(9))
    assert (os.getpid() in {pid for _, pid in results.values()}) == (count == 1)


def test_nothing_to_do_starts_nothing():
    assert ran(Square(), [], 4) == ({}, 0)


def test_work_that_ends_its_process_once_is_tried_again(tmp_path):
    results, _ = ran(Dies(tmp_path, at=3, times=1), range(6), 2)

    assert results == {item: item for item in range(6)}
    assert (tmp_path / "3").stat().st_size == 2


def test_work_that_ends_its_process_twice_is_named(tmp_path):
    with pytest.raises(BuildError, match="item 3 ended its worker process twice"):
        ran(Dies(tmp_path, at=3, times=2), range(6), 2)


def test_an_error_of_the_work_is_raised_with_its_facts():
    with pytest.raises(SampleError) as caught:
        ran(Fails(at=2), range(6), 2)

    assert caught.value.args == ("RANGE", "depth", "frame 7", "must be in range")


def test_an_engine_that_is_left_early_stops_its_workers():
    running = LocalEngine().run(Sleeps(30), range(4), workers=2, tick=lambda _count: None)
    assert next(running) == (0, 0)
    left_at = time.monotonic()
    running.close()

    assert time.monotonic() - left_at < 5
