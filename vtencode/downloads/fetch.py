"""Fetching files of a public dataset: whole, resumable, checked.

`NAME.part` grows under a lock; `NAME.part.json` says of what it is a part; `checksums.json` keeps
the sha256 of every file from its first use on. A file is never half there under its own name.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtencode.downloads.checks import CHECKSUMS, verified
from vtencode.downloads.part import Part, amend_json, claimed, read_json
from vtencode.downloads.places import in_place
from vtencode.downloads.transfer import AGAIN, Report, client_for, download
from vtencode.errors import DownloadError

if TYPE_CHECKING:
    from vtencode.sources.base import Publication, RemoteFile


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
        record = read_json(folder / CHECKSUMS).get(file.name, {})
        if final.exists():
            _adopt(file, final, record)
            return final
        folder.mkdir(parents=True, exist_ok=True)
        with claimed(folder / f"{file.name}.part") as part:
            if not final.exists():  # else another process has fetched it meanwhile
                with client_for(timeout_s) as client:
                    download(
                        client, file, part, report or _silent, attempts=attempts, pause_s=pause_s
                    )
                _publish(file, part, final, record)
    except OSError as error:
        where, why = error.filename or final, error.strerror or type(error).__name__
        raise DownloadError(f"{where} cannot be read or written: {why}. {AGAIN}") from error
    return final


def _silent(_done: int, _total: int | None) -> None:
    pass


def _adopt(file: RemoteFile, final: Path, record: dict[str, Any]) -> None:
    """Accept a file that is there: by its record, else by what it holds, which is recorded."""
    known = in_place(file, final) and record.get("size") == final.stat().st_size
    if known and file.sha256 in (None, record.get("sha256")):
        return
    remedy = "Move it away and run the same command again."
    checked = verified(file, final, record, str(final), remedy)
    try:
        amend_json(final.with_name(CHECKSUMS), checked)
    except OSError as error:  # in a read-only folder it is checked anew each time
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise


def _publish(file: RemoteFile, part: Part, final: Path, record: dict[str, Any]) -> None:
    """Check the part, give it its final name, and record it."""
    os.fsync(part.stream.fileno())
    try:
        checked = verified(file, part.path, record, file.url, "What arrived is not kept.")
    except DownloadError:
        part.stream.truncate(0)
        raise
    part.path.replace(final)
    # Flushes the folder, and with it the new name.
    amend_json(final.with_name(CHECKSUMS), checked)
