"""What a document says of one image, parsed strictly as it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vtencode.errors import CodeError, SampleError
from vtencode.sources.coco.document import strict

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Annotated:
    """An image's share of one document: its own entry, its annotations, and every category.

    `field` and `where` are what messages call it. Categories are by their ids.
    """

    field: str
    where: str
    image: Entry
    annotations: tuple[Entry, ...]
    categories: Mapping[int, Entry]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, as the document tells them."""
        height, width = self.image.get("height"), self.image.get("width")
        if type(height) is not int or type(width) is not int:
            message = f"must have whole numbers as height and width, got {height!r}, {width!r}"
            raise SampleError("SHAPE", self.field, self.where, message)
        return height, width

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all categories, in the order of their ids."""
        return tuple(str(category["name"]) for _, category in sorted(self.categories.items()))

    def category(self, entry: Entry) -> Entry:
        """The category of an annotation; one that the document does not know is a reject."""
        number = entry.get("category_id")
        if type(number) is not int or number not in self.categories:
            raise self.fault("RANGE", entry, f"has the category {number!r}, which is none")
        return self.categories[number]

    def label(self, entry: Entry) -> str:
        """The name of an annotation's category."""
        return str(self.category(entry)["name"])

    def fault(self, code: str, entry: Entry, message: str) -> SampleError:
        """What to raise for an annotation."""
        number = entry.get("id")
        where = self.where if number is None else f"{self.where} annotation {number!r:.40}"
        return SampleError(code, self.field, where, message)


def packed(file: str, categories: Any) -> str:
    """What all images of a document share, as a text."""
    return json.dumps({"file": file, "categories": categories}, ensure_ascii=False)


def parsed(share: str, shared: str, *, field: str, image_id: str) -> Annotated:
    """An image's share, and what `packed` made of the rest; raises `SampleError` for bad JSON."""
    file, categories = _shared(shared)
    where = f"{file} {image_id}"
    try:
        found = strict(share)
    except CodeError as error:
        raise SampleError("DECODE", field, where, str(error)) from error
    return Annotated(field, where, found["image"], tuple(found["annotations"]), categories)


def share_of(entry: str, annotations: str) -> str:
    """The JSON of an image and its list of annotations, as `parsed` takes it."""
    return f'{{"image":{entry},"annotations":{annotations}}}'


@lru_cache(maxsize=16)
def _shared(text: str) -> tuple[str, Mapping[int, Entry]]:
    """The file and the categories by id, which many rows share.

    Raises `CodeError` for categories without a number and a name of their own.
    """
    shared = strict(text)
    categories = {}
    for each in shared["categories"]:
        if not isinstance(each, Mapping) or type(each.get("id")) is not int or not each.get("name"):
            raise CodeError(f"a category must have an id and a name, got {each!r:.60}.")
        categories[each["id"]] = each
    names = {str(each["name"]) for each in categories.values()}
    if not len(names) == len(categories) == len(shared["categories"]):
        raise CodeError("categories must have ids and names of their own, and two share one.")
    return shared["file"], categories


def check_shared(text: str) -> None:
    """Raise `CodeError` for what `parsed` would not read."""
    _shared(text)
