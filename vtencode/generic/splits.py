"""Which split a sample is of: train, val or test, whatever its dataset calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from vtencode.errors import SourceError

SPLITS = ("train", "val", "test", "all")

#: How datasets spell them. Only `train` gets the phrasings and legends that may be trained on.
_SPELLINGS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
_WORD = re.compile(r"[A-Za-z]+")


def known_split(name: str, told: Sequence[str] = ()) -> str | None:
    """The split that a name says: by `told`, as `trainval=train`, or by its first word.

    >>> known_split("train2017"), known_split("Validation"), known_split("kitchen")
    ('train', 'val', None)
    """
    mine = dict(each.split("=", 1) for each in told)
    if name in mine:
        return mine[name]
    word = _WORD.match(name)
    return None if word is None else _SPELLINGS.get(word[0].lower())


def split_of(name: str, told: Sequence[str], *, where: str) -> str:
    """The split that a name says; raises `SourceError` for one that says none."""
    found = known_split(name, told)
    if found is None:
        raise SourceError(
            f"{where}: a split must be train, val or test in a usual spelling, got {name!r}. Say "
            f'which it is in the recipe\'s source: split_as: ["{name}=train"], or =val, or =test.'
        )
    return found


def split_of_path(path: str, told: Sequence[str]) -> str | None:
    """The split that the last telling part of a path says, the file's name first.

    >>> split_of_path("data/validation-00000-of-00002.parquet", ())
    'val'
    """
    return next(filter(None, (known_split(part, told) for part in path.split("/")[::-1])), None)


def told_faults(told: Iterable[str]) -> list[tuple[str, str]]:
    """What is wrong with the option `split_as`."""
    return [
        ("split_as", f"must be NAME=train, NAME=val or NAME=test, got {each!r}")
        for each in told
        if each.partition("=")[2] not in SPLITS[:-1] or each.startswith("=")
    ]


def one_split(split: str, *, where: str, remedy: str) -> str:
    """The split of data that tell of none: the one that was asked for.

    Raises `SourceError` for `all`, which names none.
    """
    if split == "all":
        raise SourceError(
            f"{where} does not say which split a sample is of: ask for one, as split: train, "
            f"or {remedy}."
        )
    return split


def of_split(
    rows: Iterable[dict[str, Any]], split: str, told: Sequence[str], *, where: str
) -> list[dict[str, Any]]:
    """The rows of a split; raises `SourceError` where there are none, naming those there are."""
    held: dict[str, int] = {}
    kept = []
    for row in rows:
        held[row["split"]] = held.get(row["split"], 0) + 1
        if split in ("all", known_split(row["split"], told)):
            kept.append(row)
    if not kept:
        have = ", ".join(f"{name} ({count})" for name, count in sorted(held.items()))
        raise SourceError(
            f"{where} must hold samples of the split {split!r}, and holds {have or 'none at all'}."
        )
    return kept
