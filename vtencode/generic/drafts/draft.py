"""A recipe for data that were looked at: what is certain, what is proposed, what to choose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from vtencode.generic.drafts.deciding import Decided, decide
from vtencode.generic.drafts.folders import LOOK_AT, Looked
from vtencode.generic.drafts.lines import Line
from vtencode.generic.faults import CHOOSE
from vtencode.generic.shards import Shards

_WIDTH = 96


def draft(looked: Looked) -> tuple[str, Decided]:
    """The text of a recipe, and what was decided for it."""
    decided = decide(looked)
    name = slug(looked.root)
    lines = [
        *_comment(
            f"Written by `vtencode init` after a look at {LOOK_AT} of the images in "
            f"{looked.root.name} and at what belongs to them. PROPOSED marks guesses, with their "
            f"evidence. Where it says {CHOOSE} only you know, and until you decide the recipe "
            "does not load."
        ),
        f"name: {name}",
        f"title: {_yaml(looked.root.name)}",
        "",
        "source:",
        f"  name: {looked.source}",
        f"  prefix: {_yaml(name)}   # what keys and image ids start with",
        *_indented(_split(looked)),
        *(line for field in decided.fields for line in _field(field)),
        "",
        '  # license: "…"   # what the manifest and every record are to say of the data',
        "",
        "tasks:",
        *(f"  - task: {task}" for task in decided.tasks),
        *_contract(decided.contract),
        *_output(looked),
        *_unused(decided.unused),
    ]
    return "\n".join(lines) + "\n", decided


def slug(root: Path) -> str:
    """A name that a recipe may have, after that of a folder."""
    words = re.findall(r"[a-z0-9]+", root.absolute().name.lower())
    return "-".join(words) or "mine"


def _split(looked: Looked) -> Iterator[str]:
    if not looked.splits:
        yield "split: train   # nothing tells of splits: all are of the one that is named here"
        return
    split = "train" if "train" in looked.splits else looked.splits[0]
    yield f"split: {split}   # of {', '.join(looked.splits)}; or all"
    yield from (f"{name}: {_yaml(value)}" for name, value in looked.options.items())


def _field(lines: Sequence[Line]) -> Iterator[str]:
    yield ""
    for line in lines:
        for why in line.why:
            yield from _indented(_comment(why))
        note = f"   # {line.note}" if line.note else ""
        yield f"  {line.option}: {_yaml(line.value)}{note}"


def _contract(contract: Mapping[str, Any]) -> Iterator[str]:
    if not contract:
        return
    yield ""
    yield from _comment("What was seen, widened: what falls outside is told before a build begins.")
    yield "contract:"
    for name, part in contract.items():
        inner = ", ".join(f"{key}: {_yaml(value)}" for key, value in part.items())
        yield f"  {name}: {{{inner}}}"


def _output(looked: Looked) -> Iterator[str]:
    if {"JPEG", "8-bit RGB PNG"} <= {*looked.images.glance.kind.split(" or ")}:
        yield ""
        yield "output: {input: png}   # images are of several formats, and records must be alike"


def _unused(unused: Sequence[str]) -> Iterator[str]:
    if unused:
        yield ""
        yield from _comment("Not read:")
        for each in unused:
            yield from _comment(f"  {each}")


def _comment(text: str) -> list[str]:
    lead = text[: len(text) - len(text.lstrip())]
    return [f"# {line}" for line in wrap(text, _WIDTH, subsequent_indent=lead)]


def _indented(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _yaml(value: Any) -> str:
    """A value as YAML: JSON, but for words that need no quotes."""
    plain = isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9-]*", value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


#: The tasks of answers that a built dataset may have.
_TASKS_OF = {
    "depth": "task: depth",
    "relative_depth": "{task: relative-depth, target: relative_depth}",
    "normals": "task: normals",
    "semantic": "task: semantic",
    "parts": "task: part",
    "binary": "{task: binary, target: binary}",
    "referring": "{task: binary, name: referring, target: referring}",
    "reasoning": "{task: binary, name: reasoning, target: reasoning}",
    "instances": "task: instance",
    "panoptic": "task: panoptic",
    "keypoints": "task: keypoints",
}


def draft_of_built(root: Path) -> str:
    """The text of a recipe that asks again about what a built dataset was built with."""
    built = Shards(root=root, split="all")
    splits = sorted({row["split"] for row in built.index().to_pylist()})
    lines = [
        *_comment(
            f"Written by `vtencode init`: {root.name} is a dataset that vtencode built. Its inputs "
            "are the images here, and the answers painted in it, decoded, the targets."
        ),
        f"name: {slug(root)}-again",
        "",
        "source:",
        "  name: webdataset",
        f"  split: {splits[0] if len(splits) == 1 else 'all'}",
        "  # missing: skip   # leaves out images that some of the targets below are not known of",
        "",
        "tasks:",
        *(f"  - {_TASKS_OF[name]}" for name in built.available()),
    ]
    return "\n".join(lines) + "\n"
