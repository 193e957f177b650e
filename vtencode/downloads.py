"""Files of a public dataset: fetched whole, resumable, checked, never half there under their name.

`NAME.part` grows under a lock; `NAME.part.json` says of what it is a part; `checksums.json` keeps
the sha256 of every file from its first use on.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vtencode.durable import PARTIAL, file_sha256, write_whole
from vtencode.errors import DownloadError

if TYPE_CHECKING:
    from vtencode.sources.base import Publication, RemoteFile

#: Called with the bytes there so far, and with how many there will be where that is known;
#: from the thread that downloads.
Report = Callable[[int, int | None], None]

#: No more than this is held in memory; a try that brings as much starts the count of tries anew.
BLOCK = 8 * 2**20

#: Answers below 500 that may be another at the next try (RFC 9110; 425 RFC 8470; 429 RFC 6585).
PASSING = (408, 425, 429)

CHECKSUMS = "checksums.json"
AGAIN = "Run the same command again to resume."


def data_home() -> Path:
    """Where datasets are kept: `$VTENCODE_DATA`, else the platform's folder for user data."""
    import platformdirs

    home = os.environ.get("VTENCODE_DATA")
    return Path(home).expanduser() if home else platformdirs.user_data_path("vtencode")


def dataset_folder(name: str) -> Path:
    """The folder of the dataset of that name under `data_home()`."""
    return data_home() / name


def missing(publication: Publication, folder: Path) -> tuple[RemoteFile, ...]:
    """The files of a publication that are not in `folder` with their size."""
    return tuple(file for file in publication.files if not _in_place(file, folder / file.name))


def fetch_all(
    publication: Publication, folder: Path, *, report: Report | None = None
) -> tuple[Path, ...]:
    """Fetch every file of a publication; `report` counts the bytes of all of them together."""
    sizes = [file.size for file in publication.files]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    paths: list[Path] = []
    for file in publication.files:
        before = sum(path.stat().st_size for path in paths)

        def add(done: int, _: int | None, before: int = before) -> None:
            if report is not None:
                report(before + done, total)

        paths.append(fetch(file, folder, report=add))
    return tuple(paths)


def fetch(
    file: RemoteFile,
    folder: Path,
    *,
    report: Report | None = None,
    attempts: int = 5,
    pause_s: float = 0.25,
    timeout_s: float = 60.0,
) -> Path:
    """Fetch one file into `folder`, going on from what is there, and return its path.

    Raises `DownloadError` after `attempts` tries in a row that brought less than `BLOCK`, with
    pauses that double from `pause_s`; at once for what another try would not mend. `timeout_s` is
    how long the server may be silent.
    """
    final = folder / file.name
    try:
        record = _read_json(folder / CHECKSUMS).get(file.name, {})
        if final.exists():
            _adopt(file, final, record)
            return final
        folder.mkdir(parents=True, exist_ok=True)
        with _claimed(folder / f"{file.name}.part") as part:
            if not final.exists():  # else another process has fetched it meanwhile
                with _client(timeout_s) as client:
                    _download(
                        client, file, part, report or _silent, attempts=attempts, pause_s=pause_s
                    )
                _publish(file, part, final, record)
    except OSError as error:
        where, why = error.filename or final, error.strerror or type(error).__name__
        raise DownloadError(f"{where} cannot be read or written: {why}. {AGAIN}") from error
    return final


class _PassingError(Exception):
    """A fault that may pass. `restart` says that what has arrived is of no use."""

    def __init__(self, cause: str, *, restart: bool = False) -> None:
        super().__init__(cause)
        self.restart = restart


@dataclass(frozen=True)
class _Origin:
    """What the bytes of a part were cut from; None where the server did not say."""

    url: str | None = None
    size: int | None = None
    etag: str | None = None

    def contradicts(self, other: _Origin) -> bool:
        """Whether it is not the same file; an ETag is on all answers or on none (RFC 9110)."""
        resized = None not in (self.size, other.size) and self.size != other.size
        return resized or (self.url, self.etag) != (other.url, other.etag)


@dataclass(frozen=True)
class _Part:
    """`NAME.part`, open and locked, with its note `NAME.part.json`."""

    path: Path
    stream: BinaryIO
    note: Path

    def length(self) -> int:
        return self.stream.seek(0, os.SEEK_END)

    def origin(self) -> _Origin:
        saved = _read_json(self.note)
        return _Origin(saved.get("url"), saved.get("size"), saved.get("etag"))

    def restart(self, origin: _Origin) -> None:
        """Empty the part, then say what it will be a part of: in this order a kill is harmless."""
        self.stream.truncate(0)
        _amend_json(self.note, asdict(origin))


def _silent(_done: int, _total: int | None) -> None:
    pass


# --- over the network ---


@contextmanager
def _client(timeout_s: float) -> Iterator[Any]:
    """Open an fsspec file system whose session is closed at the end."""
    import aiohttp
    from fsspec.asyn import sync
    from fsspec.implementations.http import HTTPFileSystem

    options = {
        "timeout": aiohttp.ClientTimeout(total=None, connect=timeout_s, sock_read=timeout_s),
        "auto_decompress": False,  # lengths and hashes are of the file as it is published
        "raise_for_status": True,  # here, for fsspec would leave the connection open
        "trust_env": True,  # proxies
    }
    client = HTTPFileSystem(skip_instance_cache=True, client_kwargs=options)
    session = sync(client.loop, client.set_session)
    try:
        yield client
    finally:
        sync(client.loop, session.close)


def _download(
    client: Any, file: RemoteFile, part: _Part, report: Report, *, attempts: int, pause_s: float
) -> None:
    """Ask until the part is whole; every answer goes on where the last one broke."""
    failures, furthest = 0, part.length()
    while True:
        try:
            return _receive(client, file, part, report)
        except _PassingError as fault:
            got = part.length()
            if fault.restart and got:
                part.restart(_Origin())
                continue
            failures = 1 if got >= furthest + BLOCK else failures + 1
            furthest = max(furthest, got)
            if failures >= attempts:
                size = file.size or part.origin().size
                count = f"{got} of {size} bytes" if size else f"{got} bytes"
                tries = "1 attempt" if failures == 1 else f"{failures} attempts"
                raise DownloadError(
                    f"{file.url}: {fault}; {tries}, got {count}. {AGAIN}"
                ) from fault
        time.sleep(min(pause_s * 2 ** (failures - 1), 30.0))


def _receive(client: Any, file: RemoteFile, part: _Part, report: Report) -> None:
    """Append the body of one answer to the part, from where the part ends if the server can."""
    from fsspec.asyn import sync

    saved = part.origin()
    held = part.length() if saved.url == file.url else 0
    if held and held == (saved.size if file.size is None else file.size):
        return

    async def receive() -> None:
        # Any size spares fsspec a HEAD request, which some servers refuse.
        answer = await client.open_async(file.url, size=0)
        answer.kwargs = {"headers": _range(held, saved)}  # which open_async drops (fsspec 2026.9)
        try:
            await _append(answer, file, part, held, report)
        finally:
            await answer.close()

    # As one coroutine: a read that comes after the fault would lose what arrived before it.
    sync(client.loop, receive)
    part.stream.flush()


async def _append(answer: Any, file: RemoteFile, part: _Part, held: int, report: Report) -> None:
    chunk = await _read(answer)
    start, origin = _described(answer.r, file.url)
    if not start:
        chunk = await _first_bytes(answer, file, chunk)
    elif start != held or origin.contradicts(part.origin()):
        raise _PassingError("the server sent a part of another file", restart=True)
    _check_size(file, origin.size, file.url, "It has changed at its source.")
    if not start:
        part.restart(origin)
    done, total = start, origin.size if file.size is None else file.size
    _check_space(part, done, total)
    report(done, total)
    while chunk and (total is None or done <= total):  # too long is for the check of the whole
        part.stream.write(chunk)
        done += len(chunk)
        report(done, total)
        chunk = await _read(answer)
    if total is not None and done < total:
        raise _PassingError("the answer ended early")


async def _first_bytes(answer: Any, file: RemoteFile, head: bytes) -> bytes:
    """Read on until it is clear that this is the file; nothing is overwritten before."""
    while len(head) < max(len(file.magic), 80) and (chunk := await _read(answer)):
        head += chunk
    if len(head) < len(file.magic) and file.magic.startswith(head):
        raise _PassingError(f"the answer ended after {len(head)} bytes")
    _check_magic(file, head, file.url, "Open the address in a browser to see why.")
    return head


async def _read(answer: Any) -> bytes:
    with _faults(answer.url):
        return bytes(await answer.read(BLOCK))


@contextmanager
def _faults(url: str) -> Iterator[None]:
    """Sort what can go wrong on the way into what may pass and what will not."""
    import aiohttp

    # A ValueError is an address that is none.
    never = (ValueError, aiohttp.NonHttpUrlClientError, aiohttp.ClientConnectorCertificateError)
    try:
        yield
    except aiohttp.TooManyRedirects as error:
        raise DownloadError(f"{url}: the server redirects without end.") from error
    except aiohttp.ClientResponseError as error:
        cause = f"the server answered {error.status} {error.message}"
        if error.status < 500 and error.status not in (*PASSING, 416):
            raise DownloadError(f"{url}: {cause}.") from error
        raise _PassingError(cause, restart=error.status == 416) from error
    except never as error:
        raise DownloadError(f"{url}: {_one_line(str(error))}.") from error
    except TimeoutError as error:
        raise _PassingError("the server fell silent") from error
    except aiohttp.ClientConnectorError as error:
        why = error.os_error.strerror or type(error.os_error).__name__
        raise _PassingError(f"no connection to {error.host} ({_one_line(why)})") from error
    except (aiohttp.ClientError, OSError) as error:
        raise _PassingError(f"the connection broke ({type(error).__name__})") from error


def _range(held: int, saved: _Origin) -> dict[str, str]:
    """Headers that ask for what is missing, and for the whole if the file changed (RFC 9110)."""
    headers = {"Accept-Encoding": "identity"}
    if held:
        headers["Range"] = f"bytes={held}-"
        if saved.etag and not saved.etag.startswith("W/"):  # If-Range takes no weak ones (13.1.5)
            headers["If-Range"] = saved.etag
    return headers


def _described(response: Any, url: str) -> tuple[int, _Origin]:
    """Where the body starts, and what it is cut from."""
    headers = response.headers
    etag = headers.get("ETag") or headers.get("Last-Modified")
    if response.status != 206:
        length = headers.get("Content-Length", "")
        return 0, _Origin(url, int(length) if length.isdigit() else None, etag)
    span, _, size = headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    start = span.partition("-")[0]
    if not start.isdigit():
        raise _PassingError("the server did not say which bytes it sent", restart=True)
    return int(start), _Origin(url, int(size) if size.isdigit() else None, etag)


# --- on the disk ---


def _adopt(file: RemoteFile, final: Path, record: dict[str, Any]) -> None:
    """Accept a file that is there: by its record, else by what it holds, which is recorded."""
    known = _in_place(file, final) and record.get("size") == final.stat().st_size
    if known and file.sha256 in (None, record.get("sha256")):
        return
    remedy = "Move it away and run the same command again."
    checked = _verify(file, final, record, str(final), remedy)
    try:
        _amend_json(final.with_name(CHECKSUMS), checked)
    except OSError as error:  # in a read-only folder it is checked anew each time
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise


def _publish(file: RemoteFile, part: _Part, final: Path, record: dict[str, Any]) -> None:
    """Check the part, give it its final name, and record it."""
    os.fsync(part.stream.fileno())
    try:
        checked = _verify(file, part.path, record, file.url, "What arrived is not kept.")
    except DownloadError:
        part.stream.truncate(0)
        raise
    part.path.replace(final)
    # Flushes the folder, and with it the new name.
    _amend_json(final.with_name(CHECKSUMS), checked)


def _verify(
    file: RemoteFile, path: Path, record: dict[str, Any], what: str, remedy: str
) -> dict[str, Any]:
    """Return the entry for `checksums.json` of a file that holds what it must."""
    with path.open("rb") as stream:
        _check_magic(file, stream.read(max(len(file.magic), 80)), what, remedy)
    size = path.stat().st_size
    _check_size(file, size, what, remedy)
    sha256, first = file_sha256(path), record.get("sha256")
    if file.sha256 is not None and sha256 != file.sha256:
        raise DownloadError(f"{what} must have sha256 {file.sha256}, got {sha256}. {remedy}")
    if file.sha256 is None and first is not None and sha256 != first:
        raise DownloadError(
            f"{what} must have the sha256 of its first use, {first}, got {sha256}. {remedy} "
            f"To accept the new file, remove {file.name!r} from {CHECKSUMS}."
        )
    return {file.name: {"sha256": sha256, "size": size, "url": file.url}}


def _check_magic(file: RemoteFile, head: bytes, what: str, remedy: str) -> None:
    if not head.startswith(file.magic):
        text = _one_line(head[:80].decode("utf-8", "backslashreplace"))
        raise DownloadError(f"{what} must start with {file.magic!r}, got {text!r}. {remedy}")


def _check_size(file: RemoteFile, size: int | None, what: str, remedy: str) -> None:
    if None not in (file.size, size) and size != file.size:
        raise DownloadError(f"{what} must have {file.size} bytes, got {size}. {remedy}")


def _check_space(part: _Part, done: int, total: int | None) -> None:
    free = shutil.disk_usage(part.path.parent).free
    if total is not None and total - done > free:
        raise DownloadError(
            f"{part.path.parent} must have {total - done} bytes free, got {free}. "
            "Free some or choose another folder, and run the same command again."
        )


def _in_place(file: RemoteFile, path: Path) -> bool:
    return path.is_file() and file.size in (None, path.stat().st_size)


@contextmanager
def _claimed(path: Path) -> Iterator[_Part]:
    """Hold the part for this process; what is left of an empty one is removed at the end."""
    note = path.with_name(f"{path.name}.json")
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(_locked(path, wait=False))
        except BlockingIOError as error:
            holder = _read_json(note).get("holder", "another process")
            raise DownloadError(
                f"{path} is being written by {holder}. Wait for it, then run the command again."
            ) from error
        _amend_json(note, {"holder": f"process {os.getpid()} on {platform.node()}"})
        try:
            yield _Part(path, stream, note)
        finally:
            if not (_is_at(stream, path) and os.fstat(stream.fileno()).st_size):
                note.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[BinaryIO]:
    """Open `path` for appending under an exclusive lock; one left empty is removed."""
    while True:
        with path.open("a+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if not _is_at(stream, path):
                continue  # the holder before gave it its final name, or removed it
            try:
                yield stream
            finally:
                if os.fstat(stream.fileno()).st_size == 0 and _is_at(stream, path):
                    path.unlink()
            return


def _is_at(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise DownloadError(f"{path} must be a JSON object. Remove it and run the command again.")
    return value


def _amend_json(path: Path, entries: dict[str, Any]) -> None:
    """Merge `entries` into a JSON file that readers only ever see whole."""
    with _locked(path.with_name(f"{path.name}.lock"), wait=True):
        for left in path.parent.glob(f".{escape(path.name)}.*{PARTIAL}"):
            left.unlink()  # by a process that was killed here
        text = json.dumps({**_read_json(path), **entries}, indent=2, sort_keys=True)
        write_whole(path, f"{text}\n".encode())


def _one_line(text: str) -> str:
    return " ".join(text.split())
