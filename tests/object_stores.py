"""Object stores to test with: S3 as moto serves it, and one in memory that goes wrong on demand."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import Request, urlopen

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

BUCKET = "datasets"


@contextlib.contextmanager
def s3_served() -> Iterator[Any]:
    """Serve S3 with one empty bucket, to this process and those it starts; give a client."""
    import s3fs
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    with urlopen(Request(f"{address}/moto-api/reset", method="POST")):
        pass  # what servers before this one held in this process
    environ = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        client = s3fs.S3FileSystem()
        client.mkdir(BUCKET)
        try:
            yield client
        finally:
            s3fs.S3FileSystem.clear_instance_cache()
            server.stop()


#: Told what is asked of which object, says what goes wrong, in a word that `Faulty` knows, or "".
Fault = Callable[[str, str], str]


class Faulty(MemoryFileSystem):
    """A store in memory that does what `fault` says.

    "error" fails, "denied" and "unable" as well, in their words; "late" does it and then fails.
    "cut", "flip" and "lost" report success for half, for other, and for no bytes.
    """

    fault: ClassVar[Fault] = staticmethod(lambda _verb, _path: "")
    asked: ClassVar[list[tuple[str, str]]] = []

    def put_file(self, lpath: str, rpath: str, mode: str = "overwrite", **_options: Any) -> None:
        fault, data = self._met("put", rpath), Path(lpath).read_bytes()
        if mode == "create" and fault == "unable":
            raise OSError(errno.ENOSYS, "A header implies functionality that is not implemented")
        if mode == "create" and self.exists(rpath):
            raise FileExistsError(rpath)
        if fault == "cut":
            data = data[: len(data) // 2]
        if fault == "flip" and data:
            data = bytes([data[0] ^ 1]) + data[1:]
        if fault != "lost":
            self.pipe_file(rpath, data)
        if fault == "late":
            raise TimeoutError("no answer")

    def cat_file(self, path: str, *args: Any, **options: Any) -> bytes:
        self._met("get", path)
        return super().cat_file(path, *args, **options)

    def open(self, path: str, mode: str = "rb", *args: Any, **options: Any) -> Any:
        if "r" in mode:
            self._met("open", path)
        return super().open(path, mode, *args, **options)

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        self._met("head", path)
        return super().info(path, **options)

    def ls(self, path: str, *args: Any, **options: Any) -> list[Any]:
        fault = self._met("list", path)
        return [] if fault == "stale" else super().ls(path, *args, **options)

    @classmethod
    def puts(cls) -> list[str]:
        """Names of what was uploaded, without their folders."""
        return [path.rpartition("/")[2] for verb, path in cls.asked if verb == "put"]

    def _met(self, verb: str, path: str) -> str:
        self.asked.append((verb, path))
        fault = type(self).fault(verb, path)
        if fault == "error":
            raise ConnectionResetError("connection reset by peer")
        if fault == "denied":
            raise PermissionError("Access Denied")
        return fault


@contextlib.contextmanager
def faulty_memory() -> Iterator[type[Faulty]]:
    """An empty memory:// that goes wrong as it is told."""
    with pytest.MonkeyPatch.context() as patch:
        fsspec.register_implementation("memory", Faulty, clobber=True)
        patch.setattr("vtencode.stores.faults.PAUSES", (0.0, 0.0))
        patch.setattr(MemoryFileSystem, "store", {})
        patch.setattr(MemoryFileSystem, "pseudo_dirs", [""])
        patch.setattr(Faulty, "asked", [])
        patch.setattr(Faulty, "fault", Faulty.fault)
        try:
            yield Faulty
        finally:
            fsspec.register_implementation("memory", MemoryFileSystem, clobber=True)


def once(verb: str, ending: str, fault: str, *, times: int = 1) -> Fault:
    """Meet a fault the first time, or so many times, that something is asked of an object."""
    left = times

    def met(asked: str, path: str) -> str:
        nonlocal left
        if asked != verb or not path.endswith(ending) or not left:
            return ""
        left -= 1
        return fault

    return met
