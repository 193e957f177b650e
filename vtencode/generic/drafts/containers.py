"""A look at data in containers: the columns of tables, the members of tars, our own output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtencode.errors import SampleError, SourceError
from vtencode.generic.columns import stored_of
from vtencode.generic.drafts.folders import LOOK_AT, Looked, Thing, look_at_folder
from vtencode.generic.drafts.groups import evenly
from vtencode.generic.drafts.naming import role_of
from vtencode.generic.members import NAME, TAR
from vtencode.generic.splits import split_of_path
from vtencode.generic.stored import Stored
from vtencode.generic.tables import PARQUET, SAVED, Place
from vtencode.generic.tars import Member, members_of, read_member
from vtencode.sources.files import existing, walk


def look(root: Path) -> Looked:
    """Look at a folder: a table, shards, or files. Raises `SourceError` for one with no images."""
    found = existing(root)
    if found.is_dir():
        if next(walk(found, SAVED), None) or next(walk(found, PARQUET), None):
            return look_at_table(found)
        tars = dict(walk(found, TAR))
        if tars:
            return look_at_shards(found, sorted(tars))
    return look_at_folder(found)


def look_at_table(root: Path) -> Looked:
    """Look at the columns of a dataset that `datasets` reads."""
    place = Place(root, "", "", "", "", ())
    tables = place.open()
    table = max(tables.values(), key=len).with_format("arrow")
    rows = evenly(range(len(table)), LOOK_AT)
    kept = {name: _values(table, rows, name, place) for name in table.column_names}
    count = len(table)
    things = [Thing(name, role_of(name), count, count, each) for name, each in kept.items() if each]
    return _of_things(root, "hf", things, [*tables])


def _values(table: Any, rows: Sequence[int], name: str, place: Place) -> tuple[Stored, ...]:
    """Some values of a column; none of a column that holds neither files nor arrays."""
    try:
        return tuple(
            stored_of(table[row][name], below=place.folders(), field=name, where=f"{name} {row}")
            for row in rows
        )
    except SampleError:
        return ()


def look_at_shards(root: Path, tars: Sequence[str]) -> Looked:
    """Look at the members of the first of some tars."""
    samples: dict[str, dict[str, Member]] = {}
    path = root / tars[0]
    for member in members_of(path):
        found = NAME.fullmatch(member.name)
        if found is not None:
            samples.setdefault(found[1], {})[found[2].lower()] = member
    counts = Counter(ending for held in samples.values() for ending in held)
    chosen = evenly([*samples.values()], LOOK_AT)
    things = [
        Thing(ending, role_of(ending), count, count, _members(path, ending, chosen))
        for ending, count in counts.items()
    ]
    return _of_things(root, "webdataset", things, tars)


def _members(path: Path, ending: str, chosen: Sequence[Mapping[str, Member]]) -> tuple[Stored, ...]:
    found = [held[ending] for held in chosen if ending in held]
    return tuple(
        Stored(read_member(path, m.at, m.size, field=ending, where=m.name), m.name) for m in found
    )


def _of_things(root: Path, source: str, things: Sequence[Thing], parts: Sequence[str]) -> Looked:
    """The images among things, and the rest beside them; names of `parts` tell the splits."""
    images = [each for each in things if each.glance.is_image]
    named = [each for each in images if each.role in ("image", "")] or images
    if not named:
        told = "; ".join(f"{each.place}: {each.glance}" for each in things)
        raise SourceError(f"{root} must hold images, 8-bit RGB JPEG or PNG, and holds {told}.")
    image = max(named, key=lambda each: (each.role == "image", each.partners))
    beside = tuple(each for each in things if each is not image)
    splits = {split for part in parts if (split := split_of_path(part, ()))}
    return Looked(root, source, image, beside, splits=tuple(sorted(splits)))
