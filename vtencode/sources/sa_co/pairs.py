"""The pairs of a document, as rows of the index."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

from vtencode.errors import CodeError, SourceError
from vtencode.sources.base import sample_key
from vtencode.sources.coco.annotated import check_shared, packed, share_of
from vtencode.sources.coco.document import Document
from vtencode.sources.sa_co.documents import image_id
from vtencode.sources.tree import image_format

#: Columns of plain text.
TEXTS = ("key", "image", "split", "scene", "file", "image_id")


def pairs(
    document: Document,
    where: str,
    subset: str,
    by: str,
    *,
    find: Callable[[str], str | None],
    left_out: Collection[int],
) -> Iterator[dict[str, Any]]:
    """A row a pair, in the document's order, but for the numbers that are `left_out`.

    `by` says whose answers these are; `find` gives the path of an image by how it ends. Raises
    `SourceError` where not one is there, and for one that would be elsewhere.
    """
    shared = packed(where, document.rest.get("categories", []))
    try:
        check_shared(shared)
    except CodeError as error:
        raise SourceError(f"{where}: {error}") from error
    here, file = False, ""
    for entry, told_of_it in document.shares():
        told = json.loads(entry)
        if told["id"] in left_out:
            continue
        file = _inside(str(told.get("file_name", "")), where)
        path = find(file)
        here |= path is not None
        yield {
            "key": sample_key("saco", subset, by, str(told["id"])),
            "image": image_format(file),
            "split": "test",
            "scene": subset,
            "file": path or file,
            "image_id": image_id(subset, file),
            "pair": told["id"],
            "told": share_of(entry, told_of_it),
            "document": shared,
        }
    if file and not here:
        raise SourceError(
            f"{where} tells of images such as {file}, and none of them is there. Fetch them, or "
            "say in source.subsets which subsets to read."
        )


def doubtful(document: Document) -> set[int]:
    """The numbers of the pairs in which not every instance is annotated as one."""
    entries = (json.loads(entry) for entry, _ in document.shares())
    return {each["id"] for each in entries if each.get("is_instance_exhaustive") != 1}


def _inside(file: str, where: str) -> str:
    if not file or file.startswith("/") or ".." in file.split("/"):
        raise SourceError(f"{where} must tell of images below the root, got {file!r:.60}.")
    return file
