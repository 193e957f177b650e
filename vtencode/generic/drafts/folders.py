"""A look at a folder of files that nobody described: images, and what lies beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from vtencode.errors import SampleError, SourceError
from vtencode.generic.classes import NO_VOID, Classes, read_classes
from vtencode.generic.drafts.glances import Glance, glance
from vtencode.generic.drafts.groups import evenly, image_group, merged_groups
from vtencode.generic.drafts.naming import TEXTS, Named, grouped, pattern_of
from vtencode.generic.lists import listed_splits
from vtencode.generic.patterns import PathPattern, Values
from vtencode.generic.splits import known_split
from vtencode.generic.stored import Stored
from vtencode.sources.tree import Tree

#: Images that are looked at, evenly spread, with what belongs to them.
LOOK_AT = 8
#: Loose files of a kind that may each be one file for all images.
_LOOSE = 20
#: Every file but hidden ones.
_FILES = re.compile(r"(?s)(?!\.|.*/\.).+\.[^/.]+")
_NAMES = re.compile(r"(?:.*/)?(?:class(?:es|_?names)?|names|labels|categories)\.(?:txt|json|names)")


@dataclass(frozen=True)
class Thing:
    """What may be one field of the samples.

    `place` is where it is, as the source's option says it: a pattern, a column, an ending.
    `role` is what it is by its name, or "" where that tells nothing. `count` is how many there
    are, `partners` how many images have one. `samples` belong to the images that are looked at.
    """

    place: str
    role: str
    count: int
    partners: int
    samples: tuple[Stored, ...]

    @cached_property
    def glance(self) -> Glance:
        """What they are."""
        return glance(self.samples)


@dataclass(frozen=True)
class Looked:
    """What was seen: images, what lies beside them, and the rest in words.

    `source` is the name of the source that reads them, `options` what else it must be told.
    `splits` are those that names tell of. `classes` are the names of classes that were found, by
    their file.
    """

    root: Path
    source: str
    images: Thing
    beside: tuple[Thing, ...]
    rest: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, Classes] = field(default_factory=dict)


def look_at_folder(root: Path) -> Looked:
    """Look at a folder of files. Raises `SourceError` where nothing is like an image."""
    tree = Tree(root)
    groups = merged_groups(tree, grouped(tree.sizes(_FILES)))
    images = image_group(tree, groups)
    pattern = PathPattern(images.patterns()[0])
    held = pattern.files(images.paths, option="image")
    lists = _lists(tree, groups, pattern, held)
    found = [
        each for group in groups if group is not images for each in _beside(group, pattern, held)
    ]
    chosen = _spread(held, [files for _, _, files in found])
    things = [
        Thing(place, group.role, len({*files.values()}), len(files), _read(tree, files, chosen))
        for group, place, files in found
    ]
    used = {path for _, _, files in found for path in files.values()} | {*held.values()}
    left = [[p for p in group.paths if p not in used] for group in groups]
    return Looked(
        root,
        "folder",
        Thing(pattern.text, "image", len(images.paths), len(held), _read(tree, held, chosen)),
        tuple(things),
        tuple(f"{len(paths)} files as {paths[0]}" for paths in left if paths),
        _splits(tree, pattern, held, lists),
        {"lists": lists} if lists else {},
        _class_names(tree, groups),
    )


Found = tuple[Named, str, dict[Values, str]]


def _beside(group: Named, image: PathPattern, held: Mapping[Values, str]) -> Iterator[Found]:
    """Places of a group's files, with the file that each image has there, by the image's values."""
    best: dict[Values, str] = {}
    place = ""
    for text in group.patterns(image.text):
        files = _partners(PathPattern(text), image, held, group.paths)
        if len(files) > len(best):
            best, place = files, text
    if best:
        yield group, place, best
    elif len(group.paths) <= _LOOSE and (group.ending in TEXTS or group.role == "camera"):
        for path in group.paths:
            yield group, path, dict.fromkeys(held, path)


def _thing(tree: Tree, found: Found, chosen: Sequence[Values], held: Mapping[Values, str]) -> Thing:
    group, place, files = found
    samples = _read(tree, files, chosen)
    thing = Thing(place, group.role, len({*files.values()}), len(files), samples)
    document = thing.glance.document
    if document is None:
        return thing
    return replace(thing, partners=sum(map(document.lists, held.values())))


def _partners(
    pattern: PathPattern, image: PathPattern, held: Mapping[Values, str], paths: Sequence[str]
) -> dict[Values, str]:
    """The file of each image by a pattern; none where two images would share one."""
    if not {*pattern.names} <= {*image.names}:
        return {}
    try:
        files = pattern.files(paths, option="")
    except SourceError:
        return {}
    at = [image.names.index(name) for name in pattern.names]
    found = {values: files.get(tuple(values[n] for n in at), "") for values in held}
    found = {values: path for values, path in found.items() if path}
    return found if len({*found.values()}) == len(found) else {}


def _spread(held: Mapping[Values, str], others: Sequence[Mapping[Values, str]]) -> list[Values]:
    """Images to look at: evenly spread over those that have what most images have."""
    usual = [files for files in others if 2 * len(files) >= len(held)]
    whole = [values for values in held if all(values in files for files in usual)]
    return evenly(whole or [*held], LOOK_AT)


def _read(tree: Tree, files: Mapping[Values, str], chosen: Sequence[Values]) -> tuple[Stored, ...]:
    """The files of the chosen images; of files that those lack, some others."""
    paths = [files[values] for values in chosen if values in files] or [*files.values()]
    once = dict.fromkeys(evenly(paths, LOOK_AT))
    return tuple(Stored(tree.read(path, field="file"), path) for path in once)


def _lists(
    tree: Tree, groups: Sequence[Named], image: PathPattern, held: Mapping[Values, str]
) -> str:
    """The pattern of the files that list the images of each split, or ""."""
    texts = [p for g in groups for p in g.paths if p.endswith(".txt")]
    named = [p for p in texts if known_split(PurePosixPath(p).stem)]
    if not named or "split" in image.names:
        return ""
    rows = [{"file": path, "id": "/".join(values)} for values, path in held.items()]
    lists = {path: tree.read(path, field="lists").decode("utf-8", "replace") for path in named}
    below = image.text.partition("{")[0].rpartition("/")
    try:
        found = listed_splits(
            lists, rows, below=below[0] + below[1], strict=True, where=str(tree.root)
        )
    except SourceError:
        return ""
    return pattern_of(named).replace("{id}", "{split}") if found else ""


def _splits(
    tree: Tree, image: PathPattern, held: Mapping[Values, str], lists: str
) -> tuple[str, ...]:
    """The splits that folders, or lists, tell of."""
    named = (
        {values[image.names.index("split")] for values in held}
        if "split" in image.names
        else {name for (name,) in PathPattern(lists).files(tree.sizes(_FILES), option="lists")}
        if lists
        else set()
    )
    return tuple(sorted(filter(None, {known_split(name) for name in named})))


def _class_names(tree: Tree, groups: Sequence[Named]) -> dict[str, Classes]:
    found = {}
    for path in sorted((p for g in groups for p in g.paths if _NAMES.fullmatch(p)), key=len):
        try:
            data = tree.read(path, field="names")
            found[path] = read_classes(data, NO_VOID, where=path)
        except (SourceError, SampleError):
            continue
    return found
