"""COCO's JSON, cut into the shares of its images without being held as objects.

A document of 860 000 annotations takes gigabytes as Python objects. Here each entry is parsed once,
for the image that it belongs to, and kept as a piece of the text; `load` of a sample parses the
pieces of its own image, strictly.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vtencode.errors import CodeError, SourceError
from vtencode.targets import Array

_SPACE = re.compile(r"[ \t\n\r]*")
_quick = json.JSONDecoder().raw_decode


@dataclass
class Pieces:
    """The entries of one list of a document: of which image each is, and where it stands."""

    image: array[int] = field(default_factory=lambda: array("q"))
    start: array[int] = field(default_factory=lambda: array("q"))
    end: array[int] = field(default_factory=lambda: array("q"))

    def add(self, image: int, start: int, end: int) -> None:
        """Note one more."""
        self.image.append(image)
        self.start.append(start)
        self.end.append(end)

    @property
    def ids(self) -> Array:
        """The image of each entry: int64 (N,)."""
        return np.array(self.image, dtype=np.int64)


@dataclass(frozen=True)
class Document:
    """A document's text, and where in it the entries of its two long lists are.

    `rest` has whatever else it says.
    """

    text: str
    images: Pieces
    annotations: Pieces
    rest: Mapping[str, Any]

    def shares(self) -> Iterator[tuple[str, str]]:
        """Of each image its entry, and the JSON list of its annotations, in the document's order.

        >>> data = b'{"images": [{"id": 7}], "annotations": [{"image_id": 7}, {"image_id": 7}]}'
        >>> list(read_document(data, "a.json").shares())
        [('{"id": 7}', '[{"image_id": 7},{"image_id": 7}]')]
        """
        owners = self.annotations.ids
        order = np.argsort(owners, kind="stable")
        firsts, ends = (
            np.searchsorted(owners[order], self.images.ids, side=side).tolist()
            for side in ("left", "right")
        )
        start, end = self.annotations.start, self.annotations.end
        for at, (first, last) in enumerate(zip(firsts, ends, strict=True)):
            entry = self.text[self.images.start[at] : self.images.end[at]]
            mine = (self.text[start[k] : end[k]] for k in order[first:last].tolist())
            yield entry, f"[{','.join(mine)}]"


def read_document(data: bytes, where: str) -> Document:
    """Cut a document into pieces. Give `data` away: it is let go of once it is text.

    Raises `SourceError` for what is no JSON object in the form of COCO, telling where it breaks.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{where} must be UTF-8 JSON: {error}.") from error
    del data
    lists = {"images": ("id", Pieces()), "annotations": ("image_id", Pieces())}
    rest: dict[str, Any] = {}
    seen: set[str] = set()
    reader = _Reader(text, where)
    for key in reader:
        if key in seen:
            raise SourceError(f"{where}: {key!r} must be there once, and is there twice.")
        seen.add(key)
        if key not in lists:
            rest[key] = reader.value()
            continue
        name, pieces = lists[key]
        for value, start, end in reader.entries(key):
            pieces.add(_number(value, name, where, key), start, end)
    images, annotations = (pieces for _, pieces in lists.values())
    _check(images, annotations, seen, where)
    return Document(text, images, annotations, rest)


def _check(images: Pieces, annotations: Pieces, seen: set[str], where: str) -> None:
    missing = sorted({"images", "annotations"} - seen)
    if missing:
        raise SourceError(f"{where} must have the list {missing[0]!r}, and has {sorted(seen)}.")
    ids, counts = np.unique(images.ids, return_counts=True)
    if (counts > 1).any():
        raise SourceError(f"{where}: two images have the id {ids[counts > 1][0]}; one may.")
    orphans = int((~np.isin(annotations.ids, ids)).sum())
    if orphans:
        raise SourceError(
            f"{where}: {orphans} annotations are of images that it does not list. It may be cut, "
            "or of another release."
        )


def strict(text: str) -> Any:
    """Parse JSON without keys that are there twice, and without NaN.

    Raises `CodeError` telling what is wrong.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise CodeError(f"must be plain JSON: {error}") from error


class _Reader:
    """A place in a JSON text, which goes on as values are taken."""

    def __init__(self, text: str, where: str) -> None:
        self._text, self._where, self._at = text, where, 0

    def __iter__(self) -> Iterator[str]:
        """Each key of the document; its value must be taken before the next."""
        self._take("{", "an object")
        while not self._ends("}"):
            key = self.value()
            if not isinstance(key, str):
                raise self._broken("a key")
            self._take(":", "a colon")
            yield key
            self._between("}")
        self._skip()
        if self._at < len(self._text):
            raise self._broken("nothing more")

    def entries(self, key: str) -> Iterator[tuple[dict[str, Any], int, int]]:
        """Each object of the list that comes next, and where it starts and ends."""
        self._take("[", f"a list for {key!r}")
        while not self._ends("]"):
            start = self._at
            value = self.value()
            if not isinstance(value, dict):
                raise self._broken(f"objects alone in {key!r} before")
            yield value, start, self._at
            self._between("]")

    def value(self) -> Any:
        """The value that comes next."""
        self._skip()
        try:
            value, self._at = _quick(self._text, self._at)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{self._where} must be whole JSON: {error}. Fetch it again."
            ) from error
        return value

    def _between(self, end: str) -> None:
        """Pass the comma between two values, or stay before the end of them."""
        self._skip()
        if self._text.startswith(",", self._at):
            self._at += 1
        elif not self._text.startswith(end, self._at):
            raise self._broken(f"a comma or {end!r}")

    def _ends(self, end: str) -> bool:
        """Whether the end comes next; then it is passed."""
        self._skip()
        ends = self._text.startswith(end, self._at)
        self._at += ends
        return ends

    def _take(self, letter: str, what: str) -> None:
        self._skip()
        if not self._text.startswith(letter, self._at):
            raise self._broken(what)
        self._at += 1

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _broken(self, wanted: str) -> SourceError:
        got = self._text[self._at : self._at + 20]
        return SourceError(
            f"{self._where} must have {wanted} at letter {self._at}, got {got!r}. Fetch it again."
        )


def _number(entry: Mapping[str, Any], name: str, where: str, key: str) -> int:
    value = entry.get(name)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise SourceError(
            f"{where}: {name} of each entry of {key!r} must be a whole number, got {value!r:.40}."
        )
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
