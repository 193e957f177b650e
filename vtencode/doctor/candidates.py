"""Which sources know files by their paths, and the folder that each would be read from."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vtencode.registry import find, names
from vtencode.sources.nyu_depth_v2 import NyuDepthV2, labeled
from vtencode.sources.nyu_depth_v2.h5_tree import H5Tree
from vtencode.sources.nyu_depth_v2.labeled import Labeled
from vtencode.sources.nyu_depth_v2.trees import PngTree

Mark = Callable[[str], bool]

#: What of NYU Depth V2 is named as nothing else is, by its form.
_NYU = re.compile(
    rf"(?:.*/)?(?:(?P<labeled>{re.escape(labeled.NAME)})|(?P<png>sync_depth_\d+\.png)"
    r"|(?P<h5>(?:train/[^/]+|val/official)/\d{5}\.h5))"
)
_FORMS = {"labeled": Labeled.form, "png": PngTree.form, "h5": H5Tree.form}
#: Matches whose folders are looked at; more tell nothing new.
_LOOKED_AT = 500
#: Groups in the patterns of sources that tell parts of a dataset.
_PARTS = ("domain", "kind", "level", "part", "variation")


@dataclass(frozen=True)
class Candidate:
    """A source, and the files that it knows."""

    reader: Any
    names: Sequence[str]

    def above(self) -> str:
        """The folder that all these paths lead through before the dataset's own begin.

        NYU's names have no folders of their own: it is where the .mat is, or above the trees.
        """
        knows = mark(self.reader)
        if knows is None:
            return ""
        step = -(-len(self.names) // _LOOKED_AT)
        return _common(_before(name, knows) for name in self.names[::step])

    def parts(self) -> dict[str, str]:
        """Which parts or forms of the dataset these are: what its names tell, by what it is."""
        if self.reader is NyuDepthV2:
            forms = {match.lastgroup for match in map(_NYU.fullmatch, self.names) if match}
            told = [form for name, form in _FORMS.items() if name in forms]
            return {"form": "; ".join(told)}
        pattern = _pattern(self.reader)
        values: dict[str, dict[str, None]] = {}
        for name in self.names[:: -(-len(self.names) // _LOOKED_AT)]:
            found = pattern.fullmatch(name) if pattern else None
            for group, value in (found.groupdict() if found else {}).items():
                if group in _PARTS and value:
                    values.setdefault(group, {})[value] = None
        return {group: ", ".join(sorted(told)) for group, told in values.items()}


def candidates(files: Sequence[str]) -> list[Candidate]:
    """Every source that knows some of these paths, the one that knows most first.

    One that knows only what another knows too, which knows more, is left out.
    """
    found = []
    for reader in readers():
        knows = mark(reader)
        mine = [] if knows is None else [name for name in files if knows(name)]
        if mine:
            found.append(Candidate(reader, mine))
    found.sort(key=lambda each: (-len(each.names), each.reader.name))
    kept: list[Candidate] = []
    claimed: set[str] = set()
    for each in found:
        if not claimed.issuperset(each.names):
            kept.append(each)
            claimed.update(each.names)
    return kept


def readers() -> Iterator[Any]:
    """Every source that is there; a broken plug-in, or one that needs more packages, is not."""
    for name in names("source"):
        with contextlib.suppress(ImportError, AttributeError):
            yield find("source", name)


def mark(reader: Any) -> Mark | None:
    """What tells a source's files by their paths; None for sources of any data."""
    pattern = _pattern(reader)
    return None if pattern is None else lambda name: pattern.fullmatch(name) is not None


def _pattern(reader: Any) -> re.Pattern[str] | None:
    pattern = _NYU if reader is NyuDepthV2 else getattr(reader, "pattern", None)
    return pattern if isinstance(pattern, re.Pattern) else None


def _before(name: str, knows: Mark) -> str:
    """What precedes the shortest end of a path that is still known."""
    parts = name.split("/")
    for start in range(len(parts) - 1, 0, -1):
        if knows("/".join(parts[start:])):
            return "/".join(parts[:start])
    return ""


def _common(folders: Iterable[str]) -> str:
    """The deepest folder that holds all of these; "" where that is the root."""
    shared: list[str] | None = None
    for folder in dict.fromkeys(folders):
        parts = [part for part in folder.split("/") if part != "."]
        if shared is None:
            shared = parts
        same = [one == other for one, other in zip(shared, parts, strict=False)]
        shared = shared[: [*same, False].index(False)]
    return "/".join(shared or [])
