"""Files that list the images of a split, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vtencode.errors import SourceError

#: What a word that means several images is kept as.
_SEVERAL = ""


def listed_splits(
    lists: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    *,
    below: str,
    strict: bool,
    where: str,
) -> dict[str, str]:
    """The split of every image that a list names, by its file; `lists` are texts by split.

    A line names an image by its path, from the root or from the folder `below`, with or without
    ending, or by what its placeholders stand for; the whole line does, or its first word. Raises
    `SourceError` for an image in two lists, for a line that means several, and, if `strict`, for
    one that means none.
    """
    known = _known(rows, below)
    found: dict[str, str] = {}
    for split, text in lists.items():
        for line in filter(None, map(str.strip, text.splitlines())):
            file = next((known[word] for word in _words(line) if word in known), None)
            if file == _SEVERAL or (file is None and strict):
                told = "no image here" if file is None else "the name of several images"
                raise SourceError(f"{where}: the list of {split} has {line!r}, which is {told}.")
            if file is not None and found.setdefault(file, split) != split:
                raise SourceError(
                    f"{where}: {file} must be in one list, and is in those of {found[file]} and "
                    f"{split}."
                )
    return found


def _known(rows: Sequence[Mapping[str, Any]], below: str) -> dict[str, str]:
    """The file that each word means."""
    known: dict[str, str] = {}
    for row in rows:
        file = row["file"]
        paths = {file, file.removeprefix(below)}
        stems = {path.rpartition(".")[0] for path in paths}
        for word in {*paths, *stems, row["id"], row["id"].rpartition("/")[2]}:
            if known.setdefault(word, file) != file:
                known[word] = _SEVERAL
    return known


def _words(line: str) -> Iterator[str]:
    """What a line may name an image by."""
    for word in (line, line.split(maxsplit=1)[0]):
        yield word.removeprefix("./").removeprefix("/")
