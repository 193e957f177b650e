"""The files of a dataset with documents, sorted by what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vtencode.errors import SourceError

#: The split that the named groups of a path tell; None for a file that is not to be read.
SplitOf = Callable[[Mapping[str, str]], str | None]

_GROUP = re.compile(r"\(\?P<\w+>")
_DOCUMENT, _MAP, _PICTURE = "document_", "map_", "picture"


@dataclass(frozen=True)
class Kind:
    """Where annotations of one kind are, in patterns of whole paths.

    In a `document` of each split, with a group `split`; in `maps`, files of which each annotates
    an image, with groups `split` and `name`; or in both.
    """

    document: re.Pattern[str] | None = None
    maps: re.Pattern[str] | None = None


def any_of(kinds: Mapping[str, Kind], pictures: re.Pattern[str]) -> re.Pattern[str]:
    """A pattern of all these files, whose last group tells which one it is."""
    return re.compile(
        "|".join(
            f"(?P<{name}>{_GROUP.sub('(?:', each.pattern)})"
            for name, each in {**_by_group(kinds), _PICTURE: pictures}.items()
        )
    )


def _by_group(kinds: Mapping[str, Kind]) -> dict[str, re.Pattern[str]]:
    found = {}
    for name, kind in kinds.items():
        if kind.document is not None:
            found[f"{_DOCUMENT}{name}"] = kind.document
        if kind.maps is not None:
            found[f"{_MAP}{name}"] = kind.maps
    return found


@dataclass
class Found:
    """Documents by kind and split; maps by kind, split and name; bytes of pictures, and of all."""

    documents: dict[str, dict[str, str]] = field(default_factory=dict)
    maps: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def splits(self) -> list[str]:
        """The splits that something is annotated in."""
        found = {split for by_split in self.documents.values() for split in by_split}
        return sorted(found.union(*self.maps.values()))

    def has(self, name: str, kind: Kind, split: str) -> bool:
        """Whether all that this kind of annotations consists of is there, of the split."""
        needed = ((kind.document, self.documents), (kind.maps, self.maps))
        return all(
            any(split in ("all", each) for each in found.get(name, {}))
            for pattern, found in needed
            if pattern is not None
        )

    def add(self, path: str, size: int, group: str, parts: Mapping[str, str], split: str) -> None:
        """Note what one file is. Of copies the first counts; other twins raise `SourceError`."""
        if group.startswith(_DOCUMENT):
            place = self.documents.setdefault(group.removeprefix(_DOCUMENT), {})
            key = split
        else:
            place = self.maps.setdefault(group.removeprefix(_MAP), {}).setdefault(split, {})
            key = parts["name"]
        if key not in place:
            place[key] = path
            self.sizes[path] = size
        elif self.sizes[place[key]] != size:
            raise SourceError(
                f"{place[key]} and {path} tell of the same images and differ: move one away."
            )


def sorted_out(
    sizes: Mapping[str, int],
    pattern: re.Pattern[str],
    kinds: Mapping[str, Kind],
    split_of: SplitOf,
) -> Found:
    """Tell what each file is; those of other kinds, and those without a split, are left out.

    `pattern` is what `any_of` makes of these kinds, and maybe of more.
    """
    found, wanted = Found(), _by_group(kinds)
    for path, size in sizes.items():
        match = pattern.fullmatch(path)
        group = (match and match.lastgroup) or ""
        if group == _PICTURE:
            found.pictures[path] = found.sizes[path] = size
        elif group in wanted:
            own = wanted[group].fullmatch(path)
            parts = own.groupdict("") if own else {}
            split = split_of(parts)
            if split is not None:
                found.add(path, size, group, parts, split)
    return found


class Endings:
    """Files by the end of their paths; those of one end and size are copies.

    >>> Endings({"a/train/1.jpg": 9, "b/1.jpg": 8}).find("train/1.jpg")
    'a/train/1.jpg'
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self._by_depth: dict[int, dict[str, str]] = {}

    def find(self, ending: str) -> str | None:
        """The first file whose path ends so; raises `SourceError` where another one differs."""
        depth = ending.count("/") + 1
        if depth not in self._by_depth:
            self._by_depth[depth] = self._ending_in(depth)
        found = self._by_depth[depth].get(ending)
        if found == "":
            twins = [path for path in self._sizes if f"/{path}".endswith(f"/{ending}")]
            raise SourceError(
                f"{twins[0]} and {twins[1]} are both called {ending} and differ: move one away."
            )
        return found

    def _ending_in(self, depth: int) -> dict[str, str]:
        """Paths by their last parts; "" stands for two that differ."""
        found: dict[str, str] = {}
        for path, size in self._sizes.items():
            ending = "/".join(path.split("/")[-depth:])
            first = found.setdefault(ending, path)
            if first and self._sizes[first] != size:
                found[ending] = ""
        return found
