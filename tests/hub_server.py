"""A Hugging Face Hub of one dataset on this machine: the few answers that reading it takes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

COMMIT = "a" * 40


class Hub(ThreadingHTTPServer):
    """The files below `root`, as the dataset `name` at one commit; `asked` is what was asked."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.root = root
        self.name = name
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """What HF_ENDPOINT is to be."""
        return f"http://127.0.0.1:{self.server_port}"

    def files(self) -> list[str]:
        """Paths of the dataset's files."""
        found = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def entry(self, path: str) -> dict[str, Any]:
        """What a listing says of a file."""
        data = (self.root / path).read_bytes()
        oid = hashlib.sha1(data).hexdigest()
        return {"type": "file", "oid": oid, "size": len(data), "path": path}


class Answer(BaseHTTPRequestHandler):
    """One answer of a hub."""

    server: Hub

    def log_message(self, *_: object) -> None:
        self.server.asked.append(f"{self.command} {self.path}")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path, name = unquote(urlparse(self.path).path), self.server.name
        api, files = f"/api/datasets/{name}", f"/datasets/{name}/resolve/{COMMIT}/"
        if path.startswith(files):
            self._file(path.removeprefix(files))
        elif path.startswith(f"{api}/tree/{COMMIT}"):
            inner = path.removeprefix(f"{api}/tree/{COMMIT}").strip("/")
            self._json([] if inner else [self.server.entry(each) for each in self.server.files()])
        elif path in (api, f"{api}/revision/{COMMIT}"):
            listed = [{"rfilename": each} for each in self.server.files()]
            self._json({"id": name, "sha": COMMIT, "tags": [], "siblings": listed})
        else:
            self._nothing()

    def do_POST(self) -> None:
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["paths"]
        there = [each for each in wanted if each in self.server.files()]
        self._json([self.server.entry(each) for each in there])

    def _file(self, path: str) -> None:
        if path not in self.server.files():
            self._nothing()
            return
        data = (self.server.root / path).read_bytes()
        etag = f'"{hashlib.sha1(data).hexdigest()}"'
        self._send(200, data, {"X-Repo-Commit": COMMIT, "ETag": etag})

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _nothing(self) -> None:
        self._send(404, b"", {"X-Error-Code": "EntryNotFound"})

    def _send(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextlib.contextmanager
def serving(root: Path, name: str) -> Iterator[Hub]:
    """A hub that answers while the block lasts."""
    with Hub(root, name) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
