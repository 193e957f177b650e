"""Where the documents and images of RefCOCO and its kin are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vtencode.errors import SourceError
from vtencode.sources.tree import matched

#: Documents by the folder names of REFER and of gRefCOCO, and COCO's images of either year.
PATTERN = re.compile(
    r"(?:.*/)?(?:"
    r"(?P<folder>(?P<part>refcoco\+?|refcocog|grefcoco)/)"
    r"(?:instances\.json|g?refs\((?P<by>unc|google|umd)\)\.(?:p|json))"
    r"|train2014/COCO_train2014_(?P<image>\d{12})\.jpg|train2017/(?P<same>\d{12})\.jpg)"
)
ARCHIVES = re.compile(r"(?:.*/)?(?:refcoco\+?|refcocog|grefcoco|train2014|train2017)\.zip")
#: Whose split is meant where nobody says: the one that scores are published for.
USUAL = {"refcoco": "unc", "refcoco+": "unc", "refcocog": "umd", "grefcoco": "unc"}
HOLDS = "refcoco/{instances.json, refs(unc).p} and train2014/COCO_train2014_*.jpg, or the like"


@dataclass(frozen=True)
class Layout:
    """The documents of one dataset as one group of authors split it."""

    refs: str
    instances: str
    by: str


def find_layout(
    sizes: Mapping[str, int], *, dataset: str, by: str, root: Path, packed: str
) -> Layout:
    """The documents among these files; `by` "" is the usual one.

    Raises `SourceError` where they are not there, or twice; `packed` ends its message.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for name, part in matched(sizes, PATTERN):
        if part["by"]:
            found.setdefault(part["part"], {}).setdefault(part["by"], []).append(name)
    if not found:
        raise SourceError(f"{root} must hold {HOLDS}, and holds none of it.{packed}")
    if dataset not in found:
        raise SourceError(
            f"{root} must hold {dataset}, and holds {', '.join(sorted(found))}: set source.dataset."
        )
    by = by or USUAL[dataset]
    if by not in found[dataset]:
        have = ", ".join(sorted(found[dataset]))
        raise SourceError(
            f"{root} must hold {dataset} split by {by}, and has {have}: set source.by."
        )
    refs = _one(found[dataset][by])
    instances = f"{refs.rpartition('/')[0]}/instances.json"
    if instances not in sizes:
        raise SourceError(f"{root} must hold {instances}, which has the outlines of {refs}.")
    return Layout(refs, instances, by)


def images_of(sizes: Mapping[str, int]) -> dict[int, str]:
    """The path of every image by its id; the images of both years are the same."""
    found: dict[int, str] = {}
    for name, part in matched(sizes, PATTERN):
        number = part["image"] or part["same"]
        if number:
            found.setdefault(int(number), name)
    return found


def _one(names: list[str]) -> str:
    """The document; of a pickle and JSON of the same, the JSON."""
    stems = sorted({name.rpartition(".")[0] for name in names})
    if len(stems) > 1:
        raise SourceError(
            f"{stems[0]} and {stems[1]} are the same: point --source at the one that you mean."
        )
    return min(names)  # .json goes before .p
