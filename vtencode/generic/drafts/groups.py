"""Groups of files whose names are alike: which hold the same, and which are the images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from vtencode.errors import SourceError
from vtencode.generic.drafts.glances import UNIT_SHARE, Glance, glance
from vtencode.generic.drafts.naming import PICTURES, Named
from vtencode.generic.stored import Stored
from vtencode.sources.tree import Tree

T = TypeVar("T")

#: So many files of a kind tell what it is, before it is known what belongs to what.
_FIRST = 3
#: Folders that are looked into before all are taken to hold the same.
_FOLDERS = 20
_IMAGE_ROLES = ("image", "")


def merged_groups(tree: Tree, groups: Sequence[Named]) -> list[Named]:
    """Groups whose names tell nothing, put together where they hold the same kind of thing."""
    silent: dict[str, list[Named]] = {}
    for group in groups:
        if not group.role:
            silent.setdefault(group.ending, []).append(group)
    merged = [group for group in groups if group.role]
    for alike in silent.values():
        kinds = {_kind(_first(tree, group)) for group in evenly(alike, _FOLDERS)}
        held: dict[object, list[str]] = {}
        for group in alike:
            kind = None if len(kinds) == 1 else _kind(_first(tree, group))
            held.setdefault(kind, []).extend(group.paths)
        merged += [Named("", tuple(sorted(paths))) for paths in held.values()]
    return sorted(merged, key=lambda group: (-len(group.paths), group.paths[0]))


def _kind(seen: Glance) -> tuple[str, bool, bool]:
    """What parts things whose endings are the same: their format, and whether RGB is RGB."""
    vectors = seen.vectors
    normals = vectors is not None and vectors.unit >= UNIT_SHARE
    return seen.kind, normals, bool(vectors and vectors.colors)


def image_group(tree: Tree, groups: Sequence[Named]) -> Named:
    """The group of files that are the images."""
    for role in _IMAGE_ROLES:
        for group in groups:
            if group.role == role and group.ending in PICTURES and _may_be(_first(tree, group)):
                return group
    told = "; ".join(
        f"{len(g.paths)} files as {g.paths[0]} ({_first(tree, g)})" for g in groups[:6]
    )
    raise SourceError(
        f"{tree.root} must hold images, 8-bit RGB JPEG or PNG, beside their annotations; it holds "
        f"{told or 'no file'}."
    )


def _may_be(seen: Glance) -> bool:
    """Whether files are images, and no normals or classes in colors."""
    return seen.is_image and not any(_kind(seen)[1:])


def _first(tree: Tree, group: Named) -> Glance:
    paths = evenly(group.paths, _FIRST)
    return glance([Stored(tree.read(path, field="file"), path) for path in paths])


def evenly(values: Sequence[T], count: int) -> list[T]:
    """So many of the values, or all, evenly spread."""
    at = np.linspace(0, len(values) - 1, min(count, len(values))).round().astype(int)
    return [values[n] for n in dict.fromkeys(at.tolist())]
