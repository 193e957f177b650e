"""A web server on 127.0.0.1 that answers each request as it is told to, badly if asked."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """How one request is answered.

    Of the body, what lies beyond byte `cut` of the file is not sent: the connection is closed,
    reset, or kept silent there, as `ending` says.
    """

    body: bytes = field(default=b"", repr=False)
    status: int = 200
    etag: str | None = '"one"'
    content_type: str = "application/octet-stream"
    ranges: bool = True
    if_range: bool = True
    length: bool = True
    cut: int | None = None
    ending: str = "close"  # or "reset", "silence"
    location: str | None = None
    #: How far from the byte asked for a range really begins.
    skew: int = 0


@dataclass
class HostileServer:
    """The k-th request gets the k-th answer; the last answer serves all further ones."""

    url: str = ""
    answers: tuple[Answer, ...] = ()
    #: The `Range` header of every request so far.
    ranges: list[str | None] = field(default_factory=list)
    #: Set when an answer has reached its silence.
    silent: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)

    def will(self, *answers: Answer) -> None:
        """Forget what was, and answer so from now on."""
        self.answers = answers
        self.ranges.clear()
        self.silent.clear()

    def next_answer(self, asked: str | None) -> Answer:
        """Note a request and return its answer."""
        self.ranges.append(asked)
        return self.answers[min(len(self.ranges), len(self.answers)) - 1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hostile: HostileServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.close_connection = True
        answer = self.hostile.next_answer(self.headers["Range"])
        with suppress(ConnectionError):  # the client has gone
            self._give(answer)

    def _give(self, answer: Answer) -> None:
        start, status = self._start(answer), answer.status
        if start and start >= len(answer.body):
            start, status, answer = 0, 416, Answer(status=416)
        self.send_response(206 if start else status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Connection", "close")
        size = len(answer.body)
        if answer.etag:
            self.send_header("ETag", answer.etag)
        if answer.location:
            self.send_header("Location", answer.location)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if answer.length:
            self.send_header("Content-Length", str(size - start))
        self.end_headers()
        self.wfile.write(answer.body[start : answer.cut])
        if answer.ending == "silence":
            self.hostile.silent.set()
            if not self.hostile.closing.wait(10):
                self.wfile.write(answer.body[answer.cut :])
        elif answer.ending == "reset":
            self.hostile.closing.wait(0.05)  # a reset discards what the client has not read yet
            self._reset()

    def _start(self, answer: Answer) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        changed = answer.if_range and self.headers["If-Range"] not in (None, answer.etag)
        able = answer.ranges and answer.status == 200
        return int(match[1]) + answer.skew if match and able and not changed else 0

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: RST instead of FIN
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.rfile.close()
        self.connection.close()


@contextmanager
def hostile_server() -> Iterator[HostileServer]:
    """Serve on a free port of 127.0.0.1 until the end of the block."""
    hostile = HostileServer()
    handler = type("Handler", (_Handler,), {"hostile": hostile})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False  # so that leaving waits for the answers under way
        hostile.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield hostile
        finally:
            hostile.closing.set()
            server.shutdown()
            thread.join()


@contextmanager
def closed_port() -> Iterator[str]:
    """Hold an address of 127.0.0.1 that refuses connections: bound, never listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
