"""Reading what is here or on an object store, as if it were here."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vtencode.errors import DownloadError, SpecError, VtencodeError
from vtencode.locations import Location, on_store
from vtencode.stores.faults import told
from vtencode.stores.store import ObjectStore


def contents(path: Location) -> bytes | None:
    """The bytes of a small file; None where there is none.

    Raises `SpecError` or `DownloadError` where a store does not answer.
    """
    if on_store(path):
        return ObjectStore(path.parent).get(path.name)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return path.read_bytes()
    return None


@contextlib.contextmanager
def local_copy(path: Location) -> Iterator[Path]:
    """A file to read here: the file itself, or a copy that ends with the block.

    Raises `FileNotFoundError` where a store has none, and errors as `contents` does.
    """
    if not on_store(path):
        yield Path(str(path))
        return
    with tempfile.TemporaryDirectory(prefix="vtencode-") as folder:
        ObjectStore(path.parent).fetch(path.name, Path(folder) / path.name)
        yield Path(folder) / path.name


@contextlib.contextmanager
def reading(where: Location) -> Iterator[None]:
    """Tell errors of a store in one line, as `SpecError` or `DownloadError`."""
    try:
        yield
    except VtencodeError:
        raise
    except Exception as error:
        if not on_store(where):
            raise
        raise told(error, f"{where} cannot be read", DownloadError) from error


def processes(where: Location, workers: int | None) -> int:
    """How many processes can work on a folder: `workers`, or as many as there are cores.

    One for what is in the memory of this process; raises `SpecError` where more are asked for.
    """
    if str(where).startswith("memory:"):
        if workers not in (None, 1):
            raise SpecError(f"{where} is in the memory of one process, so workers must be 1.")
        return 1
    return (os.cpu_count() or 1) if workers is None else workers
