"""Which documents of SA-Co are there, and what the images that they tell of are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from vtencode.errors import SourceError
from vtencode.sources.tree import matched

Release = Literal["gold", "silver"]
Annotator = Literal["a", "b", "c"]

#: Documents, and the images of Gold, by the whole path. Those of Silver have names of all kinds.
PATTERN = re.compile(
    r"(?:.*/)?(?:gold_(?P<gold>\w+?)_merged_(?P<annotator>[abc])(?:_release)?_test\.json"
    r"|silver_(?P<silver>\w+?)(?:_merged)?_test\.json"
    r"|\d+/\d+/metaclip_\w+\.jpe?g|sa_\d+\.jpg)"
)
PICTURE = re.compile(r".+\.(?:jpe?g|png)", re.IGNORECASE)
_SA_1B = re.compile(r"sa_(\d+)")


def find_documents(
    root: Path,
    sizes: Mapping[str, int],
    *,
    release: Release,
    annotator: Annotator,
    subsets: Collection[str],
) -> dict[str, str]:
    """The document of each subset, of those that are asked for or of all.

    Raises `SourceError` where there is none, or two, or one that is asked for is not there.
    """
    found: dict[str, str] = {}
    have: set[str] = set()
    for path, subset, by in _documents(sizes, release):
        have.add(f"{release} of {by}" if by else release)
        if by not in ("", annotator):
            continue
        if subset in found:
            raise SourceError(
                f"{found[subset]} and {path} are both {subset}: point --source at the one that you "
                "mean."
            )
        found[subset] = path
    if not found:
        other = sorted({each for each in ("gold", "silver") if any(_documents(sizes, each))} | have)
        raise SourceError(
            f"{root} must hold SA-Co/{release.title()}"
            + (f" as {annotator} annotated it" if release == "gold" else "")
            + f": {release}_*_test.json, and holds {', '.join(other) or 'none of it'}."
        )
    missing = sorted(set(subsets) - found.keys())
    if missing:
        raise SourceError(
            f"{root} must hold the subset {missing[0]!r}, and has {', '.join(sorted(found))}."
        )
    return {name: found[name] for name in sorted(found) if not subsets or name in subsets}


def _documents(sizes: Mapping[str, int], release: str) -> Iterator[tuple[str, str, str]]:
    """Path, subset and annotator ("" for Silver's one) of each document of a release."""
    for path, part in matched(sizes, PATTERN):
        if part[release]:
            yield path, part[release], part["annotator"]


def image_id(subset: str, file_name: str) -> str:
    """What an image is called in every subset, release, and dataset that has it.

    >>> image_id("sa1b", "sa_560.jpg"), image_id("fg_food", "1/1001/metaclip_1_1001_c1.jpeg")
    ('sa-1b/560', 'metaclip/metaclip_1_1001_c1')
    """
    path = PurePosixPath(file_name)
    number = _SA_1B.fullmatch(path.stem)
    if number:
        return f"sa-1b/{number[1]}"
    if path.stem.startswith("metaclip_"):
        return f"metaclip/{path.stem}"
    return f"sa-co-{subset}/{path.with_suffix('')}"
