"""JSON annotations in the form of COCO: one image's share of a document, checked as it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from vtencode.errors import SourceError, SpecError
from vtencode.files.rasters import read_bytes
from vtencode.png import MAX_PIXELS

T = TypeVar("T")
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Annotated:
    """An image's height and width, its annotations, and every category by its id."""

    file: str
    shape: tuple[int, int]
    annotations: tuple[Entry, ...]
    categories: Mapping[int, Entry]


def read_json(file: str) -> Any:
    """A JSON document; raises `SourceError` for anything else."""
    try:
        return json.loads(read_bytes(file))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{file} must be JSON: {error}") from error


def read_annotated(
    file: str, *, image: str | None = None, size: tuple[int, int] | None = None
) -> Annotated:
    """Read what a COCO document says of one image, the one whose id or file name is `image`.

    Also takes the form of SA-1B, one `image` and its annotations. `size`, height and width, is
    needed where the document has no images.

    Raises `SpecError` where several images are to choose from, `SourceError` for other documents.
    """
    document = field({"document": read_json(file)}, "document", Mapping, file)  # type: ignore[type-abstract]  # an abstract class is a class
    annotations = entries(document, "annotations", file)
    one = document.get("image")
    images = (one,) if isinstance(one, Mapping) else entries(document, "images", file)
    categories = {
        field(category, "id", int, file): category
        for category in entries(document, "categories", file)
    }
    if not images:
        if size is None:
            raise SpecError(f"{file} must list images, or their size be told: --size HxW.")
        return Annotated(file, size, annotations, categories)
    chosen = _chosen(images, image, file)
    key = chosen.get("id", chosen.get("image_id"))
    own = tuple(each for each in annotations if each.get("image_id", key) == key)
    return Annotated(file, size or _shape(chosen, file), own, categories)


def entries(document: Entry, name: str, where: str) -> tuple[Entry, ...]:
    """A list of mappings in a document; empty where it is not there."""
    value = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise SourceError(f"{where}: {name} must be a list of objects.")
    return tuple(value)


def field(entry: Entry, name: str, kind: type[T], where: str) -> T:
    """One value of an entry, of that type."""
    value = entry.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        got = f"{value!r:.60}"
        raise SourceError(f"{where}: {name} must be of type {kind.__name__}, got {got}.")
    return value


def _chosen(images: tuple[Entry, ...], image: str | None, file: str) -> Entry:
    known = [
        {str(each[key]) for key in ("id", "image_id", "file_name") if key in each}
        for each in images
    ]
    found = [
        each for each, words in zip(images, known, strict=True) if image is None or image in words
    ]
    if len(found) == 1:
        return found[0]
    some = ", ".join(sorted(min(words, key=len) for words in known if words)[:5])
    told = f"{len(found)} that match" if found else "none that matches"
    raise SpecError(
        f"{file} must have one image of --image {image or 'ID'}, got {told}, of {len(images)}: "
        f"{some}{', …' if len(images) > 5 else ''}."
    )


def _shape(image: Entry, file: str) -> tuple[int, int]:
    height, width = (field(image, side, int, file) for side in ("height", "width"))
    if not (height > 0 and width > 0 and height * width <= MAX_PIXELS):
        raise SourceError(
            f"{file}: an image must have 1 to {MAX_PIXELS} pixels, got {height} x {width}."
        )
    return height, width
