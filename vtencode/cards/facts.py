"""What a manifest says of its dataset, in the words that all of a card share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from vtencode.spec import canonical_json

Manifest = Mapping[str, Any]

#: Splits that the Hub and `datasets` call otherwise; `all` is a word of their own there, which
#: stands for the union of all splits, and no split may be called so.
_SPLITS = {"val": "validation", "all": "full"}


@dataclass(frozen=True)
class Asked:
    """One task of one recipe: how it asks, and what became of its pairs.

    `task` and `recipe` are as `Recipe.identity` has them.
    """

    recipe: Mapping[str, Any]
    task: Mapping[str, Any]
    counts: Mapping[str, int]


def settled(manifest: Manifest) -> Manifest:
    """The manifest as it reads back from its file: the same however it was come by."""
    read: Manifest = json.loads(canonical_json(dict(manifest)))
    return read


def title(manifest: Manifest) -> str:
    """What people call the dataset, in one line."""
    return " ".join(manifest["title"].split()) or str(manifest["dataset"])


def hub_split(manifest: Manifest) -> str:
    """The split's name where only letters, digits and `_` may be in it.

    >>> hub_split({"split": "val"}), hub_split({"split": "eigen-test"})
    ('validation', 'eigen_test')
    """
    split: str = manifest["split"]
    return _SPLITS.get(split, re.sub(r"\W", "_", split))


def recipes(manifest: Manifest) -> list[Mapping[str, Any]]:
    """The recipe of each part, as `Recipe.identity` has it."""
    recipe = manifest["recipe"]
    return [part["recipe"] for part in recipe["parts"]] if "mix" in recipe else [recipe]


def asked(manifest: Manifest) -> Iterator[Asked]:
    """Every task that a part was to ask, in the order of the recipes."""
    for part, recipe in zip(manifest["parts"], recipes(manifest), strict=True):
        for task in recipe["tasks"]:
            if task["name"] in part["tasks"]:
                yield Asked(recipe, task, part["tasks"][task["name"]])


def present(manifest: Manifest) -> list[Asked]:
    """The tasks that pairs were written of."""
    return [each for each in asked(manifest) if each.counts["written"]]


def tasks(manifest: Manifest) -> list[str]:
    """The kinds of task that pairs were written of, each once."""
    return list(dict.fromkeys(each.task["task"] for each in present(manifest)))


def stored_bytes(manifest: Manifest) -> int:
    """Bytes of all shards together."""
    return sum(shard["bytes"] for shard in manifest["shards"])


def format_of(manifest: Manifest) -> str:
    """The name of the sink that wrote the shards."""
    return str(manifest["recipe"]["output"]["format"])


def data_files(manifest: Manifest, inside: str) -> str | list[str]:
    """A pattern for the paths of all shards, and of what is `inside` of those that are folders.

    Where a shard holds no pair, the others by name: readers learn the columns from the first.
    """
    shards = manifest["shards"]
    if all(shard["written"] for shard in shards):
        suffix = PurePosixPath(shards[0]["name"]).suffix
        return f"{manifest['split']}-*{suffix}{inside}"
    return [f"{shard['name']}{inside}" for shard in shards if shard["written"]]
