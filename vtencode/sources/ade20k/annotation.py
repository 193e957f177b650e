"""The JSON beside each image of ADE20K's release of 2021: its objects and their parts.

MATLAB wrote it: a list of one entry is that entry alone, and "none" is an empty list. Not every
file is UTF-8 (datumaro reads all of them as Latin-1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vtencode.errors import CodeError
from vtencode.sources.coco.document import strict


@dataclass(frozen=True)
class Annotated:
    """An object (level 0), or a part of one (1), or a part of a part (2, …).

    `index` is the number of its class, `name` that class with all synonyms. `owner` is the id of
    what it is a part of. `mask` is the file of its own mask, relative to the JSON's folder.
    """

    id: int
    index: int
    name: str
    level: int
    owner: int | None
    mask: str


def read_annotation(data: bytes) -> tuple[Annotated, ...]:
    """Everything that is annotated in one image.

    Raises `CodeError` for anything else than such a document.
    """
    document = strict(_text(data))
    try:
        listed = document["annotation"]["object"]
        return tuple(_annotated(each) for each in _list(listed))
    except (KeyError, TypeError, ValueError) as error:
        raise CodeError(f"must list objects, each with {_FIELDS}: {error!r}.") from error


def write_annotation(objects: Iterable[Annotated], facts: Mapping[str, Any]) -> bytes:
    """A document of these objects, and of the image's own facts, as the authors write it."""
    listed = [_entry(each) for each in objects]
    found = {**facts, "object": listed[0] if len(listed) == 1 else listed}
    return json.dumps({"annotation": found}, separators=(",", ":")).encode()


_FIELDS = "id, name, name_ndx and parts"
#: Where an object's own mask lies: beside the JSON, and nowhere else.
_MASK = re.compile(r"[^/.][^/]*/instance_\d+_[^/]+\.png|")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _annotated(entry: Mapping[str, Any]) -> Annotated:
    parts = entry["parts"]
    owners = _list(parts["ispartof"])
    numbers = (entry["id"], entry["name_ndx"], parts["part_level"], *owners)
    if not all(type(number) is int for number in numbers):
        raise ValueError(f"whole numbers, got {numbers}")
    name = entry["name"] or entry.get("raw_name")
    mask = entry.get("instance_mask") or ""
    if not (isinstance(name, str) and name.strip() and _MASK.fullmatch(mask)):
        raise ValueError(f"texts, got {name!r} and {mask!r}")
    return Annotated(
        id=entry["id"],
        index=entry["name_ndx"],
        name=" ".join(name.split()),
        level=parts["part_level"],
        owner=owners[0] if owners else None,
        mask=mask,
    )


def _entry(each: Annotated) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.name,
        "name_ndx": each.index,
        "hypernym": [],
        "raw_name": each.name.split(",")[0],
        "attributes": [],
        "depth_ordering_rank": each.id + 1,
        "occluded": [],
        "crop": "0",
        "parts": {
            "hasparts": [],
            "ispartof": [] if each.owner is None else each.owner,
            "part_level": each.level,
        },
        "instance_mask": each.mask,
        "polygon": {"x": [], "y": []},
        "saved_date": "",
    }
