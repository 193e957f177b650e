"""Downloads end with the whole file under its name, or with one line that says why not."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hostile_server import Answer, HostileServer, closed_port, hostile_server
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vtencode.downloads.fetch import fetch, fetch_all
from vtencode.downloads.places import begun, data_home, dataset_folder, missing
from vtencode.downloads.transfer import BLOCK
from vtencode.errors import DownloadError
from vtencode.sources.base import Publication, RemoteFile

MAGIC = b"\x89HDF"
MIB = 2**20
BODY = MAGIC + random.Random(1).randbytes(2 * MIB)
OTHER = MAGIC + random.Random(2).randbytes(2 * MIB)
HTML = b"<!DOCTYPE html>\n<html><head><title>Please log in</title></head>" + b" " * 500
GOOD = Answer(BODY)
PAGE = Answer(HTML, content_type="text/html", ranges=False)


@pytest.fixture(scope="module")
def _server() -> Iterator[HostileServer]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def server(_server: HostileServer) -> HostileServer:
    _server.will(GOOD)
    return _server


def remote(server: HostileServer, body: bytes | None = BODY, **fields: object) -> RemoteFile:
    size = None if body is None else len(body)
    file = RemoteFile(f"{server.url}/nyu.mat", "nyu.mat", MAGIC, size)
    return replace(file, **fields)  # type: ignore[arg-type]


def get(file: RemoteFile, folder: Path, attempts: int = 5) -> Path:
    return fetch(file, folder, attempts=attempts, pause_s=0.001, timeout_s=0.3)


def fault(file: RemoteFile, folder: Path, attempts: int = 5) -> str:
    with pytest.raises(DownloadError) as caught:
        get(file, folder, attempts)
    message = str(caught.value)
    assert "\n" not in message
    assert not (folder / file.name).exists()
    return message


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def resumed_at(server: HostileServer) -> int:
    first, *others = server.ranges
    assert first is None
    assert others[-1] is not None
    return int(others[-1].removeprefix("bytes=").rstrip("-"))


# --- the good case ---


def test_a_file_arrives_whole_and_recorded_and_leaves_nothing_else(
    server: HostileServer, tmp_path: Path
) -> None:
    path = get(remote(server), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "nyu.mat"
    assert path.read_bytes() == BODY
    assert names(path.parent) == ["checksums.json", "nyu.mat"]
    assert json.loads((path.parent / "checksums.json").read_text()) == {
        "nyu.mat": {
            "sha256": hashlib.sha256(BODY).hexdigest(),
            "size": len(BODY),
            "url": f"{server.url}/nyu.mat",
        }
    }
    assert server.ranges == [None]


def test_progress_only_grows_and_ends_at_the_size(server: HostileServer, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    fetch(remote(server), tmp_path, report=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[0] == (0, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))
    assert all(later[0] - earlier[0] <= BLOCK for earlier, later in pairwise(seen))


def test_a_file_without_any_announced_size_is_accepted_when_the_body_ends(
    server: HostileServer, tmp_path: Path
) -> None:
    server.will(Answer(BODY, length=False, etag=None))
    assert get(remote(server, None), tmp_path).read_bytes() == BODY


def test_a_file_that_is_there_needs_no_network(server: HostileServer, tmp_path: Path) -> None:
    path = get(remote(server), tmp_path)
    with closed_port() as nowhere:
        assert get(remote(server, url=f"{nowhere}/nyu.mat"), tmp_path) == path


def test_a_file_put_there_by_hand_is_checked_and_recorded(
    server: HostileServer, tmp_path: Path
) -> None:
    (tmp_path / "nyu.mat").write_bytes(BODY)
    file = remote(server, sha256=hashlib.sha256(BODY).hexdigest())
    get(file, tmp_path)
    assert server.ranges == []
    record = json.loads((tmp_path / "checksums.json").read_text())["nyu.mat"]
    assert record["sha256"] == file.sha256


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_file_in_a_read_only_folder_is_accepted(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    path = tmp_path / "nyu.mat"
    path.write_bytes(BODY)
    monkeypatch.setattr(fcntl, "flock", refuse)  # root may write anywhere
    assert get(remote(server), tmp_path) == path


@pytest.mark.parametrize("wrong", [b"", HTML, BODY[:-1], BODY + b"x", BODY[:-1] + b"x"])
def test_a_wrong_file_put_there_by_hand_is_refused_and_left_alone(
    server: HostileServer, tmp_path: Path, wrong: bytes
) -> None:
    path = tmp_path / "nyu.mat"
    path.write_bytes(wrong)
    file = remote(server, sha256=hashlib.sha256(BODY).hexdigest())
    with pytest.raises(DownloadError, match="Move it away"):
        get(file, tmp_path)
    assert path.read_bytes() == wrong
    assert server.ranges == []


def test_a_redirect_is_followed(server: HostileServer, tmp_path: Path) -> None:
    server.will(Answer(status=302, location=f"{server.url}/there"), GOOD)
    assert get(remote(server), tmp_path).read_bytes() == BODY


# --- faults that pass ---


@pytest.mark.parametrize(
    "broken",
    [
        Answer(BODY, cut=MIB, ending="reset"),
        Answer(BODY, cut=MIB, ending="silence"),
        Answer(BODY, cut=MIB),
        Answer(BODY, cut=MIB, length=False),
        Answer(BODY, cut=MIB, length=False, etag=None),
    ],
    ids=["reset", "silence", "short", "short, no length", "short, no length, no etag"],
)
def test_a_broken_answer_is_gone_on_with_where_it_broke(
    server: HostileServer, tmp_path: Path, broken: Answer
) -> None:
    server.will(broken, replace(broken, cut=None, ending="close"))
    assert get(remote(server), tmp_path).read_bytes() == BODY
    assert len(server.ranges) == 2
    assert resumed_at(server) == MIB


def test_a_server_that_ignores_ranges_is_read_from_the_start(
    server: HostileServer, tmp_path: Path
) -> None:
    plain = Answer(BODY, ranges=False)
    server.will(replace(plain, cut=MIB), plain)
    assert get(remote(server), tmp_path).read_bytes() == BODY
    assert resumed_at(server) > 0


def test_a_body_far_larger_than_a_block_is_never_held_in_memory(
    server: HostileServer, tmp_path: Path
) -> None:
    body = MAGIC + bytes(64 * MIB)
    server.will(Answer(body, cut=MIB, ranges=False), Answer(body, ranges=False))
    steps: list[int] = []
    fetch(remote(server, body), tmp_path, report=lambda done, _: steps.append(done), pause_s=0.001)
    assert max(b - a for a, b in pairwise(steps)) <= BLOCK
    assert (tmp_path / "nyu.mat").stat().st_size == len(body)


def test_busy_servers_are_asked_again(server: HostileServer, tmp_path: Path) -> None:
    busy = Answer(status=503, body=b"busy")
    server.will(busy, busy, Answer(status=429), GOOD)
    assert get(remote(server), tmp_path, attempts=4).read_bytes() == BODY
    assert len(server.ranges) == 4


def test_after_so_many_attempts_the_message_says_how_far_it_got(
    server: HostileServer, tmp_path: Path
) -> None:
    server.will(Answer(BODY, cut=MIB), Answer(status=503))
    message = fault(remote(server), tmp_path, attempts=3)
    got = (tmp_path / "nyu.mat.part").stat().st_size
    assert message == (
        f"{server.url}/nyu.mat: the server answered 503 Service Unavailable; 3 attempts, "
        f"got {got} of {len(BODY)} bytes. Run the same command again to resume."
    )
    assert len(server.ranges) == 3
    server.will(GOOD)
    assert get(remote(server), tmp_path).read_bytes() == BODY
    assert server.ranges == [f"bytes={got}-"]
    assert names(tmp_path) == ["checksums.json", "nyu.mat"]


def test_tries_that_bring_a_block_each_are_not_counted(
    server: HostileServer, tmp_path: Path
) -> None:
    body = MAGIC + bytes(4 * BLOCK)
    cuts = [Answer(body, cut=k * BLOCK + k * MIB) for k in (1, 2, 3)]
    server.will(*cuts, Answer(body))
    assert get(remote(server, body), tmp_path, attempts=2).stat().st_size == len(body)
    assert len(server.ranges) == 4


def test_a_changed_file_is_fetched_anew_when_the_server_knows_if_range(
    server: HostileServer, tmp_path: Path
) -> None:
    server.will(Answer(OTHER, cut=MIB), Answer(BODY, etag='"two"'))
    assert get(remote(server), tmp_path).read_bytes() == BODY
    assert len(server.ranges) == 2


@pytest.mark.parametrize("etag", ['"two"', 'W/"two"'])
def test_a_changed_file_is_fetched_anew_when_the_server_ignores_if_range(
    server: HostileServer, tmp_path: Path, etag: str
) -> None:
    server.will(Answer(OTHER, cut=MIB), Answer(BODY, etag=etag, if_range=False))
    assert get(remote(server), tmp_path, attempts=2).read_bytes() == BODY
    assert server.ranges[2] is None


def test_a_part_of_another_address_is_not_gone_on_with(
    server: HostileServer, tmp_path: Path
) -> None:
    server.will(Answer(OTHER, cut=MIB))
    fault(remote(server, url=f"{server.url}/old"), tmp_path, attempts=1)
    server.will(GOOD)
    assert get(remote(server), tmp_path).read_bytes() == BODY
    assert server.ranges == [None]


def test_a_part_without_its_note_is_not_gone_on_with(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "nyu.mat.part").write_bytes(OTHER[:MIB])
    assert get(remote(server), tmp_path).read_bytes() == BODY
    assert server.ranges == [None]


def test_bytes_from_elsewhere_are_not_appended(server: HostileServer, tmp_path: Path) -> None:
    server.will(Answer(BODY, cut=MIB), Answer(BODY, skew=-1000), GOOD)
    assert get(remote(server), tmp_path, attempts=2).read_bytes() == BODY
    assert server.ranges == [None, f"bytes={MIB}-", None]


def test_a_part_that_is_whole_needs_no_network(server: HostileServer, tmp_path: Path) -> None:
    file = remote(server, None)
    note = {"url": file.url, "size": len(BODY), "etag": None}
    (tmp_path / "nyu.mat.part").write_bytes(BODY)
    (tmp_path / "nyu.mat.part.json").write_text(json.dumps(note))
    assert get(file, tmp_path).read_bytes() == BODY
    assert server.ranges == []


def test_a_range_beyond_the_end_starts_from_zero(server: HostileServer, tmp_path: Path) -> None:
    server.will(Answer(BODY, cut=MIB, length=False, etag=None))
    fault(remote(server), tmp_path, attempts=1)
    short = BODY[: MIB // 2]
    server.will(Answer(short, etag=None))
    assert get(remote(server, None), tmp_path, attempts=1).read_bytes() == short
    assert server.ranges[1:] == [None]


def test_a_server_that_answers_416_to_everything_ends(
    server: HostileServer, tmp_path: Path
) -> None:
    server.will(Answer(status=416))
    assert "416" in fault(remote(server), tmp_path, attempts=3)
    assert len(server.ranges) == 3


broken_answers = st.builds(
    Answer,
    status=st.sampled_from([200, 200, 200, 503, 416]),
    etag=st.sampled_from(['"one"', 'W/"one"', '"other"', None]),
    ranges=st.booleans(),
    if_range=st.booleans(),
    length=st.booleans(),
    cut=st.integers(0, 199_999),
    ending=st.sampled_from(["close", "reset"]),
)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(faults=st.lists(broken_answers, max_size=4))
@example(faults=[Answer(etag='"other"', cut=99_999), Answer(etag=None, if_range=False)])
def test_whatever_breaks_before_a_good_answer_ends_in_the_good_file(
    server: HostileServer, tmp_path_factory: pytest.TempPathFactory, faults: list[Answer]
) -> None:
    one, other = BODY[:200_000], OTHER[:200_000]
    bodies = [other if fault.etag == '"other"' else one for fault in faults]
    server.will(
        *(replace(fault, body=body) for fault, body in zip(faults, bodies, strict=True)),
        Answer(one),
    )
    folder = tmp_path_factory.mktemp("law")
    assert get(remote(server, one), folder, attempts=9).read_bytes() == one
    assert names(folder) == ["checksums.json", "nyu.mat"]


# --- faults that stay ---


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_fails_at_once_and_leaves_nothing(
    server: HostileServer, tmp_path: Path, status: int
) -> None:
    server.will(Answer(status=status, body=b"no"))
    assert str(status) in fault(remote(server), tmp_path)
    assert len(server.ranges) == 1
    assert names(tmp_path) == []


def test_redirects_without_end_fail_at_once(server: HostileServer, tmp_path: Path) -> None:
    server.will(Answer(status=302, location=f"{server.url}/again"))
    assert "redirects without end" in fault(remote(server), tmp_path)
    assert len(server.ranges) < 20
    assert names(tmp_path) == []


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1/x", "http://[::/x"])
def test_an_address_that_is_none_fails_at_once(
    server: HostileServer, tmp_path: Path, url: str
) -> None:
    assert url in fault(remote(server, url=url), tmp_path)
    assert names(tmp_path) == []


def test_a_page_instead_of_the_file_is_shown_and_not_kept(
    server: HostileServer, tmp_path: Path
) -> None:
    server.will(PAGE)
    message = fault(remote(server, None), tmp_path)
    assert "must start with b'\\x89HDF', got '<!DOCTYPE html> <html><head><title>Please" in message
    assert len(message) < 300
    assert len(server.ranges) == 1
    assert names(tmp_path) == []


@pytest.mark.parametrize("length", [True, False])
def test_a_page_in_answer_to_a_resume_leaves_the_part_as_it_was(
    server: HostileServer, tmp_path: Path, *, length: bool
) -> None:
    server.will(Answer(BODY, cut=MIB), replace(PAGE, length=length))
    fault(remote(server), tmp_path)
    part = (tmp_path / "nyu.mat.part").read_bytes()
    assert part
    assert BODY.startswith(part)


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("body", [BODY + b"x", BODY * 2])
def test_a_body_longer_than_published_fails_and_is_not_kept(
    server: HostileServer, tmp_path: Path, body: bytes, *, length: bool
) -> None:
    server.will(Answer(body, length=length))
    assert f"must have {len(BODY)} bytes" in fault(remote(server), tmp_path)
    assert len(server.ranges) == 1
    assert names(tmp_path) == []


def test_a_body_without_end_is_not_read_to_its_end(server: HostileServer, tmp_path: Path) -> None:
    server.will(Answer(BODY + bytes(32 * MIB), length=False))
    seen: list[int] = []
    with pytest.raises(DownloadError, match="must have"):
        fetch(remote(server), tmp_path, report=lambda done, _: seen.append(done))
    assert seen[-1] <= len(BODY) + BLOCK


def test_another_content_than_published_fails_and_is_not_kept(
    server: HostileServer, tmp_path: Path
) -> None:
    server.will(Answer(OTHER))
    message = fault(remote(server, sha256=hashlib.sha256(BODY).hexdigest()), tmp_path)
    assert hashlib.sha256(BODY).hexdigest() in message
    assert hashlib.sha256(OTHER).hexdigest() in message
    assert names(tmp_path) == []


def test_another_content_than_at_first_use_fails(server: HostileServer, tmp_path: Path) -> None:
    get(remote(server), tmp_path).unlink()
    before = (tmp_path / "checksums.json").read_bytes()
    server.will(Answer(OTHER))
    assert "first use" in fault(remote(server), tmp_path)
    assert names(tmp_path) == ["checksums.json"]
    assert (tmp_path / "checksums.json").read_bytes() == before


def test_a_refused_connection_names_the_host(server: HostileServer, tmp_path: Path) -> None:
    with closed_port() as nowhere:
        message = fault(remote(server, url=f"{nowhere}/x"), tmp_path, attempts=2)
    assert "no connection to 127.0.0.1 (" in message
    assert "2 attempts, got 0 of" in message
    assert names(tmp_path) == []


def test_a_name_that_does_not_resolve_names_the_host(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unresolved(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    message = fault(remote(server, url="http://data.invalid/x"), tmp_path, attempts=2)
    assert "no connection to data.invalid (" in message


def test_a_full_disk_is_seen_before_the_body_arrives(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=7)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert f"must have {len(BODY)} bytes free, got 7" in fault(remote(server), tmp_path)


def test_a_write_that_fails_names_the_path_and_keeps_what_arrived(
    server: HostileServer, tmp_path: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, hard))
    try:
        message = fault(remote(server), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert f"{tmp_path / 'nyu.mat'} cannot be read or written: File too large." in message
    assert get(remote(server), tmp_path).read_bytes() == BODY
    assert server.ranges[-1] == f"bytes={MIB}-"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(server: HostileServer, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    assert "Permission denied" in fault(remote(server), tmp_path)


def test_a_file_where_the_folder_should_be_is_named(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match="cannot be read or written"):
        get(remote(server), tmp_path / "file")


def test_broken_checksums_are_named(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "checksums.json").write_text("{")
    assert "checksums.json must be a JSON object" in fault(remote(server), tmp_path)
    assert server.ranges == []


# --- more than one process ---

CHILD = """
import sys
from pathlib import Path
from vtencode.downloads.fetch import fetch
from vtencode.sources.base import RemoteFile
url, size, folder = sys.argv[1:]
fetch(RemoteFile(url, "nyu.mat", b"\\x89HDF", int(size)), Path(folder), pause_s=0.001)
"""


def child(file: RemoteFile, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CHILD, file.url, str(file.size), str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_second_process_is_told_who_downloads_and_a_killed_one_is_gone_on_from(
    server: HostileServer, tmp_path: Path, kill: signal.Signals
) -> None:
    file = remote(server)
    server.will(Answer(BODY, cut=MIB, ending="silence"))
    with child(file, tmp_path) as process:
        assert server.silent.wait(10)
        message = fault(file, tmp_path)
        assert f"is being written by process {process.pid} on " in message
        assert len(server.ranges) == 1
        process.send_signal(kill)
        assert process.wait(5) == -kill
    server.will(GOOD)
    got = (tmp_path / "nyu.mat.part").stat().st_size
    assert get(file, tmp_path).read_bytes() == BODY
    assert server.ranges == [f"bytes={got}-" if got else None]
    assert names(tmp_path) == ["checksums.json", "nyu.mat"]


def test_many_at_once_leave_one_whole_file(server: HostileServer, tmp_path: Path) -> None:
    outcomes: list[str] = []

    def run() -> None:
        try:
            outcomes.append(get(remote(server), tmp_path).name)
        except DownloadError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(threads)
    assert "nyu.mat" in outcomes
    assert all(text == "nyu.mat" or "is being written by" in text for text in outcomes)
    assert (tmp_path / "nyu.mat").read_bytes() == BODY
    assert names(tmp_path) == ["checksums.json", "nyu.mat"]


def test_two_files_at_once_are_both_recorded(server: HostileServer, tmp_path: Path) -> None:
    files = [remote(server, name=f"{k}.mat") for k in range(8)]
    threads = [threading.Thread(target=get, args=(file, tmp_path)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(json.loads((tmp_path / "checksums.json").read_text())) == [f.name for f in files]


def test_a_lock_left_free_by_a_dead_process_is_no_obstacle(
    server: HostileServer, tmp_path: Path
) -> None:
    with (tmp_path / "nyu.mat.part").open("a+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert "is being written by another process" in fault(remote(server), tmp_path)
    assert get(remote(server), tmp_path).read_bytes() == BODY


# --- a publication ---


def publication(*files: RemoteFile) -> Publication:
    return Publication("NYU", "https://nyu.edu", "none", "@misc{}", "", files)


def test_what_is_not_there_whole_is_missing(server: HostileServer, tmp_path: Path) -> None:
    one, two, three = (remote(server, name=name) for name in ("1.mat", "2.mat", "3.mat"))
    whole = publication(one, two, three)
    assert missing(whole, tmp_path / "none") == (one, two, three)
    (tmp_path / "1.mat").write_bytes(BODY)
    (tmp_path / "2.mat").write_bytes(BODY[:-1])
    assert missing(whole, tmp_path) == (two, three)


def test_all_files_are_fetched_and_counted_together(server: HostileServer, tmp_path: Path) -> None:
    files = tuple(remote(server, name=name) for name in ("1.mat", "2.mat"))
    seen: list[tuple[int, int | None]] = []
    paths = fetch_all(
        publication(*files), tmp_path, report=lambda done, total: seen.append((done, total))
    )
    assert paths == (tmp_path / "1.mat", tmp_path / "2.mat")
    assert missing(publication(*files), tmp_path) == ()
    assert seen == sorted(seen)
    assert seen[-1] == (2 * len(BODY), 2 * len(BODY))


def test_datasets_live_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTENCODE_DATA", str(tmp_path))
    assert dataset_folder("nyu-depth-v2") == tmp_path / "nyu-depth-v2"
    monkeypatch.delenv("VTENCODE_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    if sys.platform == "linux":
        assert data_home() == tmp_path / "share" / "vtencode"


def test_importing_the_module_imports_no_http() -> None:
    code = (
        "import sys, vtencode.downloads.fetch; "
        "print(sorted({'aiohttp', 'fsspec', 'platformdirs', 'numpy'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    assert out.stdout.strip() == "[]"


def test_what_a_stopped_download_leaves_is_told_from_a_dataset(tmp_path):
    publication = Publication("t", "h", "l", "c", "g", (RemoteFile("u", "nyu.mat", MAGIC),))
    for name in ("nyu.mat.part", "nyu.mat.part.json.lock", ".nyu.mat.part.json.9.partial"):
        (tmp_path / name).touch()
    (tmp_path / "checksums.json.lock").touch()

    assert begun(publication, tmp_path)
    (tmp_path / "sync").mkdir()
    assert not begun(publication, tmp_path)
