"""A folder of an object store: files are put there whole, looked at again, and only then counted.

Stores cannot rename, and publish what was written to an open file when an exception closes it. So
files are finished here and uploaded whole. Listings may be old; they are asked for one thing only,
whether a folder holds something else.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vtencode.durable import file_sha256
from vtencode.errors import BuildError, DownloadError, PlanChangedError
from vtencode.stores import checksums
from vtencode.stores.checksums import Held
from vtencode.stores.faults import tried

if TYPE_CHECKING:
    from upath import UPath

T = TypeVar("T")

#: Requests at a time, where a client can; and parts of a file, each of them held in memory.
_REQUESTS, _PARTS = 16, 4
#: Stores whose folders are in buckets, and how their clients are asked for parts.
_BUCKETS: dict[str, tuple[str, ...]] = {
    "s3": ("chunksize", "max_concurrency"),
    "s3a": ("chunksize", "max_concurrency"),
    "gs": ("chunksize",),
    "gcs": ("chunksize",),
}


class ObjectStore:
    """A folder of an object store.

    It pickles as its address, and is opened anew in each process. Everything it is asked raises
    `SpecError` for what people must mend, such as credentials. What may go better later is tried
    again, and then raises `BuildError` where something was to be written, else `DownloadError`.
    """

    def __init__(self, root: UPath) -> None:
        self.root = root
        self._protocol, _, path = str(root).partition("://")
        self._bucket = path.partition("/")[0]

    def check(self) -> None:
        """Raise `SpecError` where there is no such bucket."""

        def ask() -> None:
            with contextlib.suppress(PermissionError):  # its objects may be open all the same
                self._fs.info(self._bucket)

        if self._protocol in _BUCKETS:
            what = f"the bucket {self._protocol}://{self._bucket} must be there"
            tried(ask, what, DownloadError)

    def put(self, path: Path, name: str, *, replacing: Callable[[], object] = lambda: None) -> Held:
        """Upload a finished file, unless it is there already.

        When this returns, the store has those very bytes: by a checksum that it computed, or
        else because they were read back. Where it has others under that name, `replacing` is
        called first, and may raise; of builds that come at once none replaces what another has
        just put there unasked, where a store can create what is absent, as S3 and Google's can.
        """

        def upload() -> Held:
            with _absent_only():
                self._upload(path, name, mode="create")
            found = self._same(path, name)
            if found is None:
                replacing()
                self._upload(path, name)
                found = self._same(path, name)
            if found is None:
                raise OSError("the store has other bytes than it was given")
            return found

        return self._writing(name, lambda: self._same(path, name)) or self._writing(name, upload)

    def put_new(self, path: Path, name: str) -> None:
        """Upload a small file under a name that nothing else has.

        Raises `PlanChangedError` where something else is there.
        """
        data = path.read_bytes()
        self.put(path, name, replacing=lambda: self._check_ours(data, name))

    def check_new(self, data: bytes, name: str) -> None:
        """Raise `PlanChangedError` where something else than `data` has that name."""
        self._reading(name, lambda: self._check_ours(data, name))

    def get(self, name: str) -> bytes | None:
        """The bytes of a small object; None where there is none."""
        return self._reading(name, lambda: self._contents(name))

    def fetch(self, name: str, path: Path) -> None:
        """Copy an object to a file here; raises `FileNotFoundError` where there is none."""

        def fetched() -> bool:
            with contextlib.suppress(FileNotFoundError):
                self._fs.get_file(self._key(name), str(path))
                return True
            return False

        if not self._reading(name, fetched):
            raise FileNotFoundError(errno.ENOENT, "is not there", str(self.root / name))

    def held(self, name: str) -> Held | None:
        """What the store says of an object; None where there is none."""
        return self._reading(name, lambda: self._held(name))

    def has(self, name: str, *, size: int, sha256: str, tag: str) -> bool:
        """Whether an object has these bytes, of which the store said `tag`; else it is read."""
        held = self.held(name)
        if held is None or held.size != size:
            return False
        if tag and held.tag == tag:
            return True
        return self._reading(name, lambda: self._sha256(name) == sha256)

    def names(self) -> list[str]:
        """Names of what the store lists in the folder: objects, and folders of them."""
        own = self.root.path.strip("/")

        def listed() -> list[str]:
            self._fs.invalidate_cache()
            with contextlib.suppress(FileNotFoundError):
                found = [path.strip("/") for path in self._fs.ls(self.root.path, detail=False)]
                return sorted({path.rpartition("/")[2] for path in found if path != own})
            return []

        return self._reading("", listed)

    def each(self, ask: Callable[[int], T], items: Iterable[int]) -> list[T]:
        """Ask something of every item, several at a time where the client can."""
        at_once = _REQUESTS if getattr(self._fs, "async_impl", False) else 1
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(ask, items))

    def __reduce__(self) -> tuple[Any, ...]:
        return ObjectStore, (self.root,)

    @property
    def _fs(self) -> Any:
        return self.root.fs

    def _key(self, name: str) -> str:
        return str((self.root / name).path)

    def _reading(self, name: str, ask: Callable[[], T]) -> T:
        return tried(ask, f"{self.root / name} cannot be read", DownloadError)

    def _writing(self, name: str, ask: Callable[[], T]) -> T:
        return tried(ask, f"{self.root / name} cannot be written", BuildError)

    def _upload(self, path: Path, name: str, **options: Any) -> None:
        """One try; the client takes back the parts of one that fails."""
        parts = {"chunksize": checksums.PART, "max_concurrency": _PARTS}
        options |= {name: parts[name] for name in _BUCKETS.get(self._protocol, ())}
        self._fs.put_file(str(path), self._key(name), **options)

    def _held(self, name: str) -> Held | None:
        key = self._key(name)
        self._fs.invalidate_cache(key)
        with contextlib.suppress(FileNotFoundError):
            info = self._fs.info(key)
            return None if info["type"] == "directory" else Held.of(info)
        return None

    def _same(self, path: Path, name: str) -> Held | None:
        """What the store says of an object that has the bytes of a file here, else None."""
        held = self._held(name)
        if held is None or held.size != path.stat().st_size:
            return None
        same = held.confirms(path) or self._sha256(name) == file_sha256(path)
        return held if same else None

    def _contents(self, name: str) -> bytes | None:
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            return bytes(self._fs.cat_file(self._key(name)))
        return None

    def _check_ours(self, data: bytes, name: str) -> None:
        """The beginning of `data` is no other thing: a write of ours was cut off."""
        found = self._contents(name)
        if found is not None and not data.startswith(found):
            raise PlanChangedError(
                f"{self.root / name} is of another build, and has other bytes. Choose another "
                "--out, or build with what it was built with."
            )

    def _sha256(self, name: str) -> str:
        with self._fs.open(self._key(name), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _absent_only() -> Iterator[None]:
    """Let be what is there, and stores that cannot ask for that."""
    try:
        yield
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
