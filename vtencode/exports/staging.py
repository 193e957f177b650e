"""A folder that is filled beside its place and moved there when it is whole."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vtencode.durable import flush, remove_partial, write_whole
from vtencode.errors import ExportError, LockedError
from vtencode.spec import canonical_json

#: Says what a finished export is of.
EXPORT = "export.json"
#: Says what an unfinished one is of; names of a dot are gone when it is finished.
_BEGUN, _LOCK = ".begun.json", ".lock"


def finished(out: Path, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is said of the export in `out`, if it is one of these facts; None where nothing is.

    Raises `ExportError` where `out` holds anything else.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    with contextlib.suppress(OSError, ValueError, TypeError):
        found = dict(json.loads((out / EXPORT).read_bytes()))
        differing = [name for name in facts if found.get(name) != facts[name]]
        if not differing:
            return found
        raise ExportError(
            f"{out} holds an export of which {', '.join(differing)} differ. Choose another --out."
        )
    raise ExportError(f"{out} must be empty or not there, and holds other files. Choose another.")


@contextlib.contextmanager
def staged(out: Path, facts: Mapping[str, Any]) -> Iterator[Path]:
    """A folder beside `out` to fill; it becomes `out` when the block ends well.

    When it does not, the folder stays, and the next call with the same facts goes on in it; but
    where an `ExportError` says that it cannot be, it goes.
    Raises `ExportError` where it was begun with other facts, `LockedError` where another process
    fills it.
    """
    folder = out.with_name(f".{out.name}.exporting")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(f"{folder} is being filled by another process.") from error
        _begin(folder, facts)
        try:
            yield folder
        except ExportError:  # it cannot be, and another may be asked for next
            shutil.rmtree(folder)
            raise
        for path in folder.glob("**/"):
            remove_partial(path)
        for path in folder.glob(".*"):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()
        (folder / _LOCK).unlink()
        flush(folder)
        folder.rename(out)
    flush(out.parent)


def _begin(folder: Path, facts: Mapping[str, Any]) -> None:
    begun = folder / _BEGUN
    said = canonical_json(dict(facts)).encode()
    if begun.is_file() and begun.read_bytes() != said:
        raise ExportError(
            f"{folder} holds an unfinished export of something else: finish it, delete it, or "
            "choose another --out."
        )
    write_whole(begun, said)
