"""The names of classes, and what the pixels of a mask that stand for them look like."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.generic.stored import Stored
from vtencode.pixels import pack
from vtencode.png import read_png
from vtencode.sources.files import decoded
from vtencode.targets import Array, SemanticMask

#: What `semantic_void` is where every pixel has a class.
NO_VOID = "none"
#: What a mask holds where nobody labeled; outside every vocabulary.
_VOID = -1


@dataclass(frozen=True)
class Classes:
    """Names of classes, and the number that stands for each in the files.

    In masks of RGB a color's number is r + 256 g + 65536 b (`colored`). `void` is the number of
    pixels that nobody labeled, or None where every pixel has a class.
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    colored: bool = False
    void: int | None = None

    def read(self, stored: Stored, field: str) -> SemanticMask:
        """The mask that a file or array holds; pixels of no class are a reject."""
        values = self._values(stored, field)
        known = np.array(self.numbers, dtype=np.int64)
        order = np.argsort(known)
        place = np.searchsorted(known[order], values).clip(max=len(known) - 1)
        ids = order[place].astype(np.int32)
        void = np.zeros(values.shape, dtype=bool) if self.void is None else values == self.void
        strange = (known[ids] != values) & ~void
        if strange.any():
            message = f"must hold named classes or void, got {self._told(values[strange])}"
            raise SampleError("RANGE", field, stored.where, message)
        ids[void] = _VOID
        return SemanticMask(ids, self.names, None if self.void is None else _VOID)

    def _values(self, stored: Stored, field: str) -> Array:
        if not self.colored:
            return stored.ids(field).astype(np.int64)
        data = stored.file(field)
        rgb = decoded(lambda: read_png(data), field=field, where=stored.where)
        return pack(rgb.reshape(-1, 3)).reshape(rgb.shape[:2]).astype(np.int64)

    def _told(self, strange: Array) -> str:
        some: list[int] = np.unique(strange)[:5].tolist()
        if not self.colored:
            return f"the ids {', '.join(map(str, some))}"
        return f"the colors {', '.join(f'({n & 255}, {n >> 8 & 255}, {n >> 16})' for n in some)}"


def listed(names: Sequence[str], void: int | str, *, where: str) -> Classes:
    """The classes of ids 0, 1, … by their names; `void` is an id, a name, or `NO_VOID`."""
    return _with_void(Classes(tuple(names), tuple(range(len(names)))), void, where)


def read_classes(data: bytes, void: int | str, *, where: str) -> Classes:
    """The classes that a file names, in one of four forms.

    - text, a name a line, or a JSON list of names: ids 0, 1, …
    - a JSON object of ids and names, `{"7": "road"}`: those ids
    - a JSON object of names and colors, `{"road": [128, 64, 128]}`: masks are RGB

    Raises `SourceError` for anything else.
    """
    try:
        text = data.decode("utf-8-sig")
        given = json.loads(text) if text.lstrip()[:1] in ("[", "{") else text.splitlines()
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where} must hold names of classes: {error}") from error
    if isinstance(given, Mapping):
        return _with_void(_of_mapping(given, where), void, where)
    if not all(isinstance(name, str) for name in given):
        raise SourceError(f"{where} must hold names of classes, got {given!r:.80}.")
    return listed(given, void, where=where)


def _of_mapping(given: Mapping[str, object], where: str) -> Classes:
    if all(key.isascii() and key.isdecimal() for key in given):
        ids = {int(key): str(name) for key, name in given.items()}
        return Classes(tuple(ids.values()), tuple(ids))
    numbers = [_number(color, where) for color in given.values()]
    return Classes(tuple(given), tuple(numbers), colored=True)


def _number(color: object, where: str) -> int:
    whole = isinstance(color, list) and len(color) == 3 and all(type(c) is int for c in color)
    if isinstance(color, list) and whole and 0 <= min(color) <= max(color) <= 255:
        red, green, blue = color
        number: int = red | green << 8 | blue << 16
        return number
    raise SourceError(f"{where} must give a class a color as [128, 64, 128], got {color!r:.60}.")


def _with_void(classes: Classes, void: int | str, where: str) -> Classes:
    """The same classes, checked, without the one that is void."""
    names = tuple(name.strip() for name in classes.names)
    if not names or "" in names or len(set(names)) < len(names):
        got = ", ".join(names)[:80]
        raise SourceError(f"{where} must name each class once, at least one, got {got!r}.")
    if len(set(classes.numbers)) < len(names):
        raise SourceError(f"{where} must give each class an id or color of its own.")
    clean = replace(classes, names=names)
    if void == NO_VOID and void not in names:
        return clean
    number = dict(zip(names, classes.numbers, strict=True)).get(str(void), void)
    if not isinstance(number, int) or (classes.colored and isinstance(void, int)):
        kind = "a class's name" if classes.colored else "an id, a class's name"
        raise SourceError(
            f"{where}: semantic_void must be {kind}, or {NO_VOID}, got {void!r}; the classes are "
            f"{', '.join(names)[:80]}."
        )
    kept = [each for each in zip(names, classes.numbers, strict=True) if each[1] != number]
    if not kept:
        raise SourceError(f"{where} must name a class beside void.")
    return Classes(
        tuple(name for name, _ in kept), tuple(id_ for _, id_ in kept), classes.colored, number
    )
