"""A Hugging Face Hub on this machine that takes datasets: what its client asks when it pushes.

Large files go to `/objects`, by their sha256, and are seen only when a commit names them; a commit
goes on from the one that its writer saw, or is refused. Nothing is taken that is not whole.
"""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import hashlib
import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import hub_server
import yaml

#: Tokens that are known; the first may write.
WRITER, READER = "hf_writer", "hf_reader"
#: Entries of one page of a listing; the rest is at the next.
PAGE = 7
LARGE = (".tar", ".parquet", ".png", ".jpg")


@dataclass(frozen=True)
class File:
    """A file of a commit; `large` says that git holds only a pointer to it."""

    data: bytes
    large: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def blob(self) -> str:
        pointer = f"oid sha256:{self.sha256}\nsize {len(self.data)}\n".encode()
        data = pointer if self.large else self.data
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    def entry(self, path: str) -> dict[str, Any]:
        """What a listing says."""
        plain = {"type": "file", "oid": self.blob, "size": len(self.data), "path": path}
        lfs = {"oid": self.sha256, "size": len(self.data), "pointerSize": 128}
        return {**plain, "lfs": lfs} if self.large else plain


@dataclass
class Repo:
    """Commits, each with all its files and what it says, and branches that point to them."""

    private: bool
    commits: dict[str, dict[str, File]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    branches: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: dict[str, File], said: str) -> str:
        listed = sorted((path, file.sha256) for path, file in files.items())
        name = hashlib.sha1(repr((len(self.commits), listed)).encode()).hexdigest()
        self.commits[name] = files
        self.said.append(said)
        self.branches[branch] = name
        return name

    def at(self, revision: str) -> str | None:
        """The commit that a branch or a commit's own name means."""
        name = self.branches.get(revision, revision)
        return name if name in self.commits else None


class HubDouble(hub_server.Hub):
    """Repositories by name; `received` counts bytes of transfers, and `whole` those that ended.

    `disturb` is asked before every answer, and says whether it answered, or did not, itself.
    """

    def __init__(self) -> None:
        super().__init__(Path(), "")
        self.RequestHandlerClass = Answer
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.received: Counter[str] = Counter()
        self.whole: Counter[str] = Counter()
        self.disturb: Callable[[Answer], bool] = lambda _answer: False

    @property
    def storage(self) -> str:
        """Where large files are put: another host than the Hub."""
        return f"http://localhost:{self.server_port}/objects"

    def create(self, name: str, *, private: bool = False) -> Repo:
        repo = self.repos[name] = Repo(private)
        repo.commit("main", {".gitattributes": File(b"*.tar filter=lfs\n", large=False)}, "initial")
        return repo

    def put(self, name: str, path: str, data: bytes, *, large: bool = False) -> None:
        """Commit a file as somebody else does."""
        repo = self.repos[name]
        files = {**repo.commits[repo.branches["main"]], path: File(data, large)}
        repo.commit("main", files, "somebody else's")

    def files(self, name: str = "me/set", branch: str = "main") -> dict[str, bytes]:
        """What a branch holds."""
        repo = self.repos[name]
        return {path: file.data for path, file in repo.commits[repo.branches[branch]].items()}


class Answer(hub_server.Answer):
    """One answer of the double."""

    server: HubDouble

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        if self.server.disturb(self):
            return
        path = unquote(urlparse(self.path).path)
        for method, pattern, answer in _ROUTES:
            if match := re.fullmatch(pattern, path):
                if self.command in method and self._allowed(path, write=method in ("POST", "PUT")):
                    answer(self, *match.groups())
                    return
                break
        else:
            self.refuse(404, "EntryNotFound", "no such page")

    def body(self) -> bytes:
        """What was sent along."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def refuse(self, status: int, code: str = "", said: str = "") -> None:
        """An answer that says no."""
        headers = {"X-Error-Code": code, "X-Error-Message": said}
        body = json.dumps({"error": said}).encode()
        self._send(status, body, {**headers, "Content-Type": "application/json"})

    def hang_up(self) -> None:
        """Break the connection off."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _allowed(self, path: str, *, write: bool) -> bool:
        """Whether the token is good for it; answers if not."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in ("", WRITER, READER):
            self.refuse(401, said="Invalid credentials in Authorization header")
        elif write and token != WRITER and not path.startswith(("/objects", "/api/validate")):
            self.refuse(403, said="this token may only read")
        else:
            return True
        return False

    def _repo(self, name: str) -> Repo | None:
        repo = self.server.repos.get(name)
        if repo is None or (repo.private and "Authorization" not in self.headers):
            self.refuse(404, "RepoNotFound", "Repository not found")
            return None
        return repo

    def _at(self, name: str, revision: str) -> tuple[str, dict[str, File]] | None:
        """A commit and its files; answers where there is none."""
        repo = self._repo(name)
        if repo is None:
            return None
        commit = repo.at(revision)
        if commit is None:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return commit, repo.commits[commit]

    def _create(self) -> None:
        asked = json.loads(self.body())
        name = f"{asked['organization']}/{asked['name']}"
        if asked["organization"] != "me":
            self.refuse(403, said=f"you may not create under {asked['organization']}")
        elif name in self.server.repos:
            self.refuse(409, said="You already created this dataset repo")
        else:
            private = asked.get("visibility") == "private" or bool(asked.get("private"))
            self.server.create(name, private=private)
            self._json({"url": f"{self.server.address}/datasets/{name}", "name": name})

    def _validate(self) -> None:
        text = json.loads(self.body())["content"]
        front = yaml.safe_load(text.split("---")[1]) if text.startswith("---") else {}
        if "configs" in front and not isinstance(front["configs"], list):
            error = {"message": '"configs" must be an array'}
            body = json.dumps({"errors": [error], "warnings": []}).encode()
            self._send(400, body, {"Content-Type": "application/json"})
        else:
            self._json({"errors": [], "warnings": []})

    def _info(self, name: str, revision: str | None) -> None:
        if found := self._at(name, revision or "main"):
            listed = [{"rfilename": path} for path in sorted(found[1])]
            private = self.server.repos[name].private
            told = {"id": name, "sha": found[0], "private": private, "tags": [], "likes": 0}
            self._json({**told, "downloads": 0, "siblings": listed})

    def _tree(self, name: str, revision: str, below: str | None) -> None:
        if not (found := self._at(name, revision)):
            return
        query = parse_qs(urlparse(self.path).query)
        inner = f"{below.strip('/')}/" if below else ""
        deep = query.get("recursive", ["false"])[0].lower() in ("true", "1")
        entries = list(_listing(found[1], inner, deep=deep))
        if inner and not entries:
            self.refuse(404, "EntryNotFound", f"{inner} does not exist")
            return
        start = int(query.get("cursor", ["0"])[0])
        page = self.path.partition("?")[0]
        more = f"<{self.server.address}{page}?recursive={deep}&cursor={start + PAGE}>"
        headers = {"Link": f'{more}; rel="next"'} if start + PAGE < len(entries) else {}
        body = json.dumps(entries[start : start + PAGE]).encode()
        self._send(200, body, {**headers, "Content-Type": "application/json"})

    def _paths(self, name: str, revision: str) -> None:
        if found := self._at(name, revision):
            sent = self.body()
            form = self.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
            wanted = parse_qs(sent.decode())["paths"] if form else json.loads(sent)["paths"]
            told = {entry["path"]: entry for entry in _listing(found[1], "", deep=True)}
            self._json([told[path] for path in wanted if path in told])

    def _preupload(self, name: str, revision: str) -> None:
        if not (found := self._at(name, revision)):
            return
        asked, files = json.loads(self.body()), found[1]
        ignore = asked.get("gitIgnore")
        if ignore is None and ".gitignore" in files:
            ignore = files[".gitignore"].data.decode()
        told = []
        for file in asked["files"]:
            path, held = file["path"], files.get(file["path"])
            large = path.endswith(LARGE) or file["size"] > 10 * 2**20
            ignored = any(fnmatch.fnmatch(path, line) for line in (ignore or "").splitlines())
            oid = held and (held.sha256 if held.large else held.blob)
            mode = {"uploadMode": "lfs" if large else "regular", "shouldIgnore": ignored}
            told.append({"path": path, **mode, "oid": oid})
        self._json({"files": told})

    def _batch(self, _name: str) -> None:
        told = []
        for wanted in json.loads(self.body())["objects"]:
            upload = {"href": f"{self.server.storage}/{wanted['oid']}", "header": {}}
            verify = {"href": f"{self.server.address}/objects/verify", "header": {}}
            lacks = wanted["oid"] not in self.server.objects
            told.append(
                {**wanted, "actions": {"upload": upload, "verify": verify}} if lacks else wanted
            )
        self._json({"transfer": "basic", "objects": told})

    def _put(self, oid: str) -> None:
        data = self.body()
        self.server.received[oid] += len(data)
        if hashlib.sha256(data).hexdigest() == oid:
            self.server.objects[oid] = data
            self.server.whole[oid] += 1
        self._send(200, b"", {})

    def _verify(self) -> None:
        asked = json.loads(self.body())
        if len(self.server.objects.get(asked["oid"], b"")) == asked["size"]:
            self._json({"message": "ok"})
        else:
            self.refuse(422, said=f"{asked['oid']} must have {asked['size']} bytes")

    def _branch(self, name: str, branch: str) -> None:
        repo = self._repo(name)
        if repo is not None:
            asked = json.loads(self.body())
            repo.branches[branch] = repo.at(asked.get("startingPoint", "main"))
            self._json({})

    def _commit(self, name: str, branch: str) -> None:
        if not (found := self._at(name, branch)):
            return
        lines = [json.loads(line) for line in self.body().splitlines()]
        header, files = lines[0]["value"], dict(found[1])
        if header.get("parentCommit", found[0]) != found[0]:
            self.refuse(412, said="A commit has happened since. Please refresh and try again.")
            return
        for line in lines[1:]:
            value, path = line["value"], line["value"]["path"]
            if line["key"] == "deletedFile":
                del files[path]
            elif line["key"] == "file":
                files[path] = File(base64.b64decode(value["content"]), large=False)
            elif value["oid"] in self.server.objects:
                files[path] = File(self.server.objects[value["oid"]], large=True)
            else:
                self.refuse(400, said=f"{path} points to a file that does not exist")
                return
        made = self.server.repos[name].commit(branch, files, header["summary"])
        url = f"{self.server.address}/datasets/{name}/commit/{made}"
        self._json({"success": True, "commitOid": made, "commitUrl": url})

    def _resolve(self, name: str, revision: str, path: str) -> None:
        if not (found := self._at(name, revision)):
            return
        if path not in found[1]:
            self.refuse(404, "EntryNotFound", f"{path} does not exist")
            return
        file = found[1][path]
        tag = f'"{file.sha256 if file.large else file.blob}"'
        headers = {"X-Repo-Commit": found[0], "ETag": tag, "Accept-Ranges": "bytes"}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if span is None:
            self._send(200, file.data, headers)
            return
        first, last = int(span[1]), int(span[2] or len(file.data) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(file.data)}"
        self._send(206, file.data[first : last + 1], headers)


_NAME = r"([^/]+/[^/]+)"
#: What answers which request.
_ROUTES: list[tuple[str, str, Callable[..., None]]] = [
    ("POST", r"/api/repos/create", Answer._create),
    ("POST", r"/api/validate-yaml", Answer._validate),
    ("GET", rf"/api/datasets/{_NAME}(?:/revision/([^/]+))?", Answer._info),
    ("GET", rf"/api/datasets/{_NAME}/tree/([^/]+)(/.+)?", Answer._tree),
    ("READ POST", rf"/api/datasets/{_NAME}/paths-info/([^/]+)", Answer._paths),
    ("POST", rf"/api/datasets/{_NAME}/preupload/([^/]+)", Answer._preupload),
    ("POST", rf"/api/datasets/{_NAME}/branch/([^/]+)", Answer._branch),
    ("POST", rf"/api/datasets/{_NAME}/commit/([^/]+)", Answer._commit),
    ("POST", rf"/datasets/{_NAME}\.git/info/lfs/objects/batch", Answer._batch),
    ("POST", r"/objects/verify", Answer._verify),
    ("PUT", r"/objects/([0-9a-f]{64})", Answer._put),
    ("GET HEAD", rf"/datasets/{_NAME}/resolve/([^/]+)/(.+)", Answer._resolve),
]


def _listing(files: dict[str, File], inner: str, *, deep: bool) -> Iterator[dict[str, Any]]:
    """Entries below a folder: files and folders, all or the nearest."""
    folders: set[str] = set()
    for path, file in sorted(files.items()):
        if not path.startswith(inner):
            continue
        parts = path.removeprefix(inner).split("/")
        for depth in range(1, len(parts)):
            folder = inner + "/".join(parts[:depth])
            if folder not in folders and (deep or depth == 1):
                folders.add(folder)
                yield {"type": "directory", "oid": "0" * 40, "size": 0, "path": folder}
        if deep or len(parts) == 1:
            yield file.entry(path)


@contextlib.contextmanager
def serving() -> Iterator[HubDouble]:
    """A double that answers while the block lasts."""
    with HubDouble() as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
