"""What a fetched file must be: its first bytes, its size, its sha256 of the first use on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtencode.downloads.part import Part
from vtencode.durable import file_sha256
from vtencode.errors import DownloadError

if TYPE_CHECKING:
    from vtencode.sources.base import RemoteFile

CHECKSUMS = "checksums.json"


def verified(
    file: RemoteFile, path: Path, record: dict[str, Any], what: str, remedy: str
) -> dict[str, Any]:
    """Return the entry for `checksums.json` of a file that holds what it must."""
    with path.open("rb") as stream:
        check_magic(file, stream.read(max(len(file.magic), 80)), what, remedy)
    size = path.stat().st_size
    check_size(file, size, what, remedy)
    sha256, first = file_sha256(path), record.get("sha256")
    if file.sha256 is not None and sha256 != file.sha256:
        raise DownloadError(f"{what} must have sha256 {file.sha256}, got {sha256}. {remedy}")
    if file.sha256 is None and first is not None and sha256 != first:
        raise DownloadError(
            f"{what} must have the sha256 of its first use, {first}, got {sha256}. {remedy} "
            f"To accept the new file, remove {file.name!r} from {CHECKSUMS}."
        )
    return {file.name: {"sha256": sha256, "size": size, "url": file.url}}


def check_magic(file: RemoteFile, head: bytes, what: str, remedy: str) -> None:
    """Raise `DownloadError`, showing what came, unless the file starts as it must."""
    if not head.startswith(file.magic):
        text = one_line(head[:80].decode("utf-8", "backslashreplace"))
        raise DownloadError(f"{what} must start with {file.magic!r}, got {text!r}. {remedy}")


def check_size(file: RemoteFile, size: int | None, what: str, remedy: str) -> None:
    """Raise `DownloadError` when the size is known to be another."""
    if None not in (file.size, size) and size != file.size:
        raise DownloadError(f"{what} must have {file.size} bytes, got {size}. {remedy}")


def check_space(part: Part, done: int, total: int | None) -> None:
    """Raise `DownloadError` when the disk cannot take the rest."""
    free = shutil.disk_usage(part.path.parent).free
    if total is not None and total - done > free:
        raise DownloadError(
            f"{part.path.parent} must have {total - done} bytes free, got {free}. "
            "Free some or choose another folder, and run the same command again."
        )


def one_line(text: str) -> str:
    """Squeeze text that others wrote into one line."""
    return " ".join(text.split())
