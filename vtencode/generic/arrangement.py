"""The files of a folder, arranged by patterns into images and what belongs to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from vtencode.errors import SourceError
from vtencode.generic.lists import listed_splits
from vtencode.generic.partners import check_partners
from vtencode.generic.patterns import PathPattern
from vtencode.generic.splits import one_split, split_of
from vtencode.sources.base import sample_key
from vtencode.sources.tree import Tree, image_format

#: The placeholder that tells the split.
_SPLIT = "split"


@dataclass(frozen=True)
class Arrangement:
    """What a folder holds by the recipe's patterns: `image`, and `others` by their options.

    `lists` is a pattern of files that list images, or "", and `extras` are single files.
    """

    tree: Tree
    image: PathPattern
    others: Mapping[str, PathPattern]
    lists: str
    extras: Sequence[str]
    prefix: str
    split: str
    split_as: Sequence[str]
    skip: bool

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Bytes of every file that some pattern matches, by its path."""
        every = [self.image, *self.others.values()]
        every += [PathPattern(text) for text in (self.lists, *self.extras) if text]
        return self.tree.sizes(re.compile("|".join(_unnamed(each.regex.pattern) for each in every)))

    def rows(self) -> list[dict[str, Any]]:
        """A row for every image that is of some split, with the path of each thing or ""."""
        images = self.image.files(self.sizes, option="image")
        held = {name: each.files(self.sizes, option=name) for name, each in self.others.items()}
        rows = [self._row(values, path, held) for values, path in images.items()]
        if not rows:
            raise SourceError(
                f"{self.tree.root} must hold images {self.image.text}, and none of its files "
                f"matches.{self._seen()}"
            )
        needs = {name: partial(self._need, option=name) for name in self.others}
        check_partners(rows, needs, skip=self.skip, where=str(self.tree.root))
        splits = self._splits(rows)
        whole = [row for row in rows if not self.skip or all(row[name] for name in self.others)]
        return [{**row, "split": splits[row["file"]]} for row in whole if row["file"] in splits]

    def wanted(self, file: str, option: str) -> str:
        """The path that an image's thing would have."""
        return self.others[option].filled(self.image.values(file) or {})

    def _row(
        self, values: tuple[str, ...], path: str, held: Mapping[str, Mapping[Any, str]]
    ) -> dict[str, Any]:
        told = dict(zip(self.image.names, values, strict=True))
        begun = [self.prefix] if self.prefix else []
        return {
            "key": sample_key(*begun, *values),
            "image": image_format(path),
            "split": told.get(_SPLIT, ""),
            "scene": told.get("scene", ""),
            "id": "/".join(value for name, value in told.items() if name != _SPLIT),
            "image_id": "/".join([*begun, *values]) if begun else "",
            "file": path,
            **{
                name: held[name].get(tuple(told[part] for part in each.names), "")
                for name, each in self.others.items()
            },
        }

    def _need(self, row: Mapping[str, Any], *, option: str) -> str:
        return f"{row['file']} needs {self.wanted(row['file'], option)}"

    def _splits(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
        """The split of each image that is of one, by its file."""
        root = str(self.tree.root)
        if _SPLIT in self.image.names:
            names = {row["split"] for row in rows}
            known = {name: split_of(name, self.split_as, where=root) for name in sorted(names)}
            return {row["file"]: known[row["split"]] for row in rows}
        if self.lists:
            below = self.image.text.partition("{")[0].rpartition("/")
            return listed_splits(
                self._lists(),
                rows,
                below=below[0] + below[1],
                strict=not self.skip,
                where=root,
            )
        remedy = "put {split} into the pattern of image, or say which lists tell it (lists)"
        split = one_split(self.split, where=root, remedy=remedy)
        return {row["file"]: split for row in rows}

    def _lists(self) -> dict[str, str]:
        """The text of every list, by the split that its name says; lists of one split joined."""
        found: dict[str, str] = {}
        root = str(self.tree.root)
        for (name,), path in PathPattern(self.lists).files(self.sizes, option="lists").items():
            split = split_of(name, self.split_as, where=root)
            text = self.tree.read(path, field="lists").decode("utf-8-sig", "surrogateescape")
            found[split] = f"{found.get(split, '')}\n{text}"
        if not found:
            raise SourceError(f"{root} must hold lists {self.lists}, and holds none.")
        return found

    def _seen(self) -> str:
        """What files there are, for a pattern that matches none."""
        held = list(self.tree.sizes(re.compile(r"(?s).*")))
        suffix = self.image.text.rpartition(".")[2]
        alike = [name for name in held if name.endswith(suffix)] or held
        kinds = Counter(name.rpartition(".")[2].lower() for name in held).most_common(4)
        counts = ", ".join(f"{count} .{kind}" for kind, count in kinds)
        told = f" It holds {counts}, such as {alike[0]}." if held else " It is empty."
        return f"{told} `vtencode init --from` looks and writes the patterns."


def _unnamed(pattern: str) -> str:
    """A regular expression without names of groups, so that several make one."""
    once = re.sub(r"\(\?P=\w+\)", "[^\\/]+", pattern)
    return f"(?:{re.sub(r'[?]P<[a-z0-9_]+>', '?:', once)})"
