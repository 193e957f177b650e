"""Semantic masks in files: id maps, with the classes' names beside them."""

from __future__ import annotations

import json
from pathlib import Path

from vtencode.errors import SourceError, TargetError
from vtencode.files.ids import read_ids, write_ids
from vtencode.files.rasters import read_bytes
from vtencode.targets import SemanticMask


def read_semantic(file: str, *, names: str | None = None, void: int | None = None) -> SemanticMask:
    """Read ids from `x.png` or `x.npy`; `void` is the id of pixels that nobody labeled.

    `names` is a file of names by id, one a line or a JSON list; without it classes are named by
    their numbers. Raises `SourceError` for what cannot be read, and for ids without a name.
    """
    ids = read_ids(file)
    known = ids if void is None else ids[ids != void]
    most = int(known.max(initial=-1))
    vocabulary = read_names(names) if names else tuple(map(str, range(most + 1)))
    try:
        return SemanticMask(ids, vocabulary, void)
    except TargetError as error:
        raise SourceError(f"{file}: {error}") from error


def write_semantic(out: Path, mask: SemanticMask) -> list[str]:
    """Write a mask's ids to a .npy, or to a .png of 8 or 16 bits; returns what was changed."""
    write_ids(out, mask.ids)
    return []


def read_names(file: str) -> tuple[str, ...]:
    """The names in a file: a JSON list, or one a line, the last line break aside."""
    try:
        text = read_bytes(file).decode("utf-8-sig")
        names = json.loads(text) if text.lstrip().startswith("[") else text.splitlines()
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{file} must hold names, one a line or a JSON list: {error}") from error
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise SourceError(f"{file} must hold a name, not empty, for each id from 0 on.")
    return tuple(name.strip() for name in names)
