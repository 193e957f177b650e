"""Over the network: answers appended to a part, from where the last one broke."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vtencode.downloads.checks import check_magic, check_size, check_space, one_line
from vtencode.downloads.part import Origin, Part
from vtencode.errors import DownloadError

if TYPE_CHECKING:
    from vtencode.sources.base import RemoteFile

#: Called with the bytes there so far, and with how many there will be where that is known;
#: from the thread that downloads.
Report = Callable[[int, int | None], None]

#: No more than this is held in memory; a try that brings as much starts the count of tries anew.
BLOCK = 8 * 2**20

#: Answers below 500 that may be another at the next try (RFC 9110; 425 RFC 8470; 429 RFC 6585).
PASSING = (408, 425, 429)

AGAIN = "Run the same command again to resume."


class _PassingError(Exception):
    """A fault that may pass. `restart` says that what has arrived is of no use."""

    def __init__(self, cause: str, *, restart: bool = False) -> None:
        super().__init__(cause)
        self.restart = restart


@contextmanager
def client_for(timeout_s: float) -> Iterator[Any]:
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


def download(
    client: Any, file: RemoteFile, part: Part, report: Report, *, attempts: int, pause_s: float
) -> None:
    """Ask until the part is whole; every answer goes on where the last one broke."""
    failures, furthest = 0, part.length()
    while True:
        try:
            return _receive(client, file, part, report)
        except _PassingError as fault:
            got = part.length()
            if fault.restart and got:
                part.restart(Origin())
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


def _receive(client: Any, file: RemoteFile, part: Part, report: Report) -> None:
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


async def _append(answer: Any, file: RemoteFile, part: Part, held: int, report: Report) -> None:
    chunk = await _read(answer)
    start, origin = _described(answer.r, file.url)
    if not start:
        chunk = await _first_bytes(answer, file, chunk)
    elif start != held or origin.contradicts(part.origin()):
        raise _PassingError("the server sent a part of another file", restart=True)
    check_size(file, origin.size, file.url, "It has changed at its source.")
    if not start:
        part.restart(origin)
    done, total = start, origin.size if file.size is None else file.size
    check_space(part, done, total)
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
    check_magic(file, head, file.url, "Open the address in a browser to see why.")
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
        raise DownloadError(f"{url}: {one_line(str(error))}.") from error
    except TimeoutError as error:
        raise _PassingError("the server fell silent") from error
    except aiohttp.ClientConnectorError as error:
        why = error.os_error.strerror or type(error.os_error).__name__
        raise _PassingError(f"no connection to {error.host} ({one_line(why)})") from error
    except (aiohttp.ClientError, OSError) as error:
        raise _PassingError(f"the connection broke ({type(error).__name__})") from error


def _range(held: int, saved: Origin) -> dict[str, str]:
    """Headers that ask for what is missing, and for the whole if the file changed (RFC 9110)."""
    headers = {"Accept-Encoding": "identity"}
    if held:
        headers["Range"] = f"bytes={held}-"
        if saved.etag and not saved.etag.startswith("W/"):  # If-Range takes no weak ones (13.1.5)
            headers["If-Range"] = saved.etag
    return headers


def _described(response: Any, url: str) -> tuple[int, Origin]:
    """Where the body starts, and what it is cut from."""
    headers = response.headers
    etag = headers.get("ETag") or headers.get("Last-Modified")
    if response.status != 206:
        length = headers.get("Content-Length", "")
        return 0, Origin(url, int(length) if length.isdigit() else None, etag)
    span, _, size = headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    start = span.partition("-")[0]
    if not start.isdigit():
        raise _PassingError("the server did not say which bytes it sent", restart=True)
    return int(start), Origin(url, int(size) if size.isdigit() else None, etag)
