"""`train_val_test_*.csv`: which buildings are for training, and which are not."""

from __future__ import annotations

import csv
from collections.abc import Mapping

from vtencode.errors import SourceError

#: What a building of no list is where there are lists: for nothing that a list is for.
NEITHER = "neither"
_HEAD = ["id", "train", "val", "test"]


def read_split(data: bytes, where: str) -> dict[str, str]:
    """The split of every building: the first that its row marks with 1.

    The list of the `debug` subset marks its one building for all three, of which it is in train
    by every other list. Some lists have Mac line ends, and blanks in cells.
    """
    rows = [[cell.strip() for cell in row] for row in csv.reader(_lines(data, where)) if row]
    marks = {row[0]: row[1:] for row in rows[1:] if len(row) == len(_HEAD)}
    if rows[:1] != [_HEAD] or len(marks) != len(rows) - 1:
        raise SourceError(f"{where} must list buildings once each, under id,train,val,test.")
    return {
        name: next((split for split, mark in zip(_HEAD[1:], row, strict=True) if mark == "1"), "")
        or NEITHER
        for name, row in marks.items()
    }


def merged(lists: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """All lists as one; raises `SourceError` where they differ on a building."""
    found: dict[str, str] = {}
    for where, listed in sorted(lists.items()):
        for building, split in listed.items():
            if found.setdefault(building, split) != split:
                raise SourceError(
                    f"{where} must agree with the lists beside it, and says that {building!r} is "
                    f"{split}, not {found[building]}. Keep one."
                )
    return found


def _lines(data: bytes, where: str) -> list[str]:
    try:
        return data.decode().splitlines()
    except UnicodeDecodeError as error:
        raise SourceError(f"{where} must be text: {error}.") from error
