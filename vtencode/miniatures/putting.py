"""Files of a miniature, whole, in folders that are made for them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vtencode.durable import write_whole


def put(path: Path, data: bytes) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)


def put_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their paths below a folder."""
    for name, data in files.items():
        put(folder / name, data)
