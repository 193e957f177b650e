"""Lists of image ids: those that come with the package, and a user's own.

A list is a text file with an id a line; lines that start with `#` tell where it is from. The ids
are `<dataset>/<name in the dataset>`, as sources give them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from vtencode.errors import SourceError

_SUFFIX = ".txt"


@dataclass(frozen=True)
class IdList:
    """Ids of evaluation images, in the order of their file, and what its comments say."""

    name: str
    ids: tuple[str, ...]
    about: str


def list_names() -> tuple[str, ...]:
    """The lists that come with the package."""
    found = (path.name for path in _shipped().iterdir())
    return tuple(sorted(n.removesuffix(_SUFFIX) for n in found if n.endswith(_SUFFIX)))


def shipped_list(name: str) -> IdList:
    """One of `list_names`."""
    text = _shipped().joinpath(f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    return _parsed(text, name=name, where=name)


def read_list(path: Path) -> IdList:
    """A list of the user's own; raises `SourceError` for a file that names no image."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path} must be a text file of image ids, one a line: {error}."
        raise SourceError(message) from error
    return _parsed(text, name=path.stem, where=str(path))


def _parsed(text: str, *, name: str, where: str) -> IdList:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    ids = tuple(dict.fromkeys(line for line in lines if not line.startswith("#")))
    if not ids or "\0" in text:
        raise SourceError(f"{where} must be a text file of image ids, one a line, and holds none.")
    about = " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))
    return IdList(name, ids, about)


def _shipped() -> Traversable:
    return files("vtencode.leaks") / "lists"
