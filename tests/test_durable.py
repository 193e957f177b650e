"""Files that appear whole or not at all: after an exception, and after a kill."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.durable import PARTIAL, file_sha256, placing, remove_partial, write_whole, writing

KILLED = """
import os, signal, sys
from pathlib import Path
from vtencode.durable import writing
with writing(Path(sys.argv[1])) as file:
    file.write(b"half of ")
    file._file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


class FaultError(Exception):
    """Something goes wrong while a file is written."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fail_while_writing(path: Path) -> None:
    with writing(path) as file:
        file.write(b"half of ")
        raise FaultError


def fail_while_placing(path: Path) -> None:
    with placing(path) as partial:
        partial.write_bytes(b"half of ")
        raise FaultError


def killed_while_writing(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def test_a_file_holds_all_that_was_written(tmp_path) -> None:
    write_whole(tmp_path / "a.bin", b"whole")
    assert names(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"whole"


def test_an_empty_file_is_a_whole_file(tmp_path) -> None:
    write_whole(tmp_path / "a.bin", b"")
    assert (tmp_path / "a.bin").read_bytes() == b""


@given(st.lists(st.binary(max_size=50), max_size=6))
def test_size_and_hash_are_those_of_the_file(tmp_path_factory, pieces) -> None:
    path = tmp_path_factory.mktemp("hashed") / "a.bin"
    with writing(path) as file:
        for piece in pieces:
            file.write(piece)
    assert path.read_bytes() == b"".join(pieces)
    assert file.size == path.stat().st_size
    assert file.sha256 == file_sha256(path) == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_size_and_hash_are_known_while_writing(tmp_path) -> None:
    with writing(tmp_path / "a.bin") as file:
        assert (file.size, file.sha256) == (0, hashlib.sha256().hexdigest())
        file.write(b"abc")
        assert (file.size, file.sha256) == (3, hashlib.sha256(b"abc").hexdigest())


def test_a_file_has_no_final_name_while_it_is_written(tmp_path) -> None:
    with writing(tmp_path / "a.bin") as file:
        file.write(b"half of ")
        (partial,) = names(tmp_path)
        assert partial.startswith(".a.bin.")
        assert partial.endswith(PARTIAL)
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("fail", [fail_while_writing, fail_while_placing])
def test_an_exception_leaves_nothing_behind(tmp_path, fail) -> None:
    with pytest.raises(FaultError):
        fail(tmp_path / "a.bin")
    assert names(tmp_path) == []


@pytest.mark.parametrize("fail", [fail_while_writing, fail_while_placing])
def test_an_exception_keeps_the_file_that_was_there(tmp_path, fail) -> None:
    write_whole(tmp_path / "a.bin", b"older")
    with pytest.raises(FaultError):
        fail(tmp_path / "a.bin")
    assert names(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"older"


def test_a_new_file_replaces_the_one_that_was_there(tmp_path) -> None:
    write_whole(tmp_path / "a.bin", b"older and longer")
    write_whole(tmp_path / "a.bin", b"newer")
    assert (tmp_path / "a.bin").read_bytes() == b"newer"


def test_a_killed_process_leaves_only_a_hidden_partial_file(tmp_path) -> None:
    killed_while_writing(tmp_path / "a.bin")
    (left,) = names(tmp_path)
    assert left.startswith(".a.bin.")
    assert left.endswith(PARTIAL)


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path) -> None:
    killed_while_writing(tmp_path / "a.bin")
    for name in ("a.bin", "b.partial", ".hidden"):
        (tmp_path / name).write_bytes(b"kept")
    remove_partial(tmp_path)
    assert names(tmp_path) == [".hidden", "a.bin", "b.partial"]


def test_what_a_killed_process_left_does_not_hinder_the_next(tmp_path) -> None:
    killed_while_writing(tmp_path / "a.bin")
    write_whole(tmp_path / "a.bin", b"whole")
    assert (tmp_path / "a.bin").read_bytes() == b"whole"


def test_a_folder_that_is_missing_is_told_by_the_system(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "a.bin", b"whole")


def test_a_block_that_writes_nothing_places_nothing(tmp_path) -> None:
    with pytest.raises(FileNotFoundError), placing(tmp_path / "a.bin"):
        pass
    assert names(tmp_path) == []
