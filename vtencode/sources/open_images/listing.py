"""What the tables of one split say of each of its images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from vtencode.errors import SourceError
from vtencode.sources.open_images import tables
from vtencode.sources.open_images.masks import Listed
from vtencode.sources.tree import Tree

if TYPE_CHECKING:
    import pyarrow as pa

#: Lines that are held as Python objects at a time.
_LINES = 65_536


class Told(NamedTuple):
    """An image, the masks of its objects, and the classes that people did not see in it."""

    image: str
    objects: list[Listed]
    absent: list[str]


def listing(
    tree: Tree,
    found: Mapping[str, str],
    images: Mapping[str, str],
    names: Mapping[str, str],
    masks: Mapping[str, str],
) -> Iterator[Told]:
    """Every image that is there and has masks, in order.

    `found` has the split's tables by kind, `images` and `masks` paths by image and by the name of
    a mask's file, and `names` what labels are called.
    """
    import pyarrow as pa

    here = pa.array(images, pa.string())
    listed, labels = tables.masks_of(tree, found["object-segmentation"], here)
    unnamed = next((label for label in labels if label not in names), None)
    if unnamed is not None:
        raise SourceError(f"{tree.root} must name the class {unnamed!r}, and does not.")
    called = {label: said(names[label]) for label in labels}
    absent = _absent(tree, found, listed, called)
    partial = _partial(tree, found, listed)
    for image, lines in groupby(_lines(listed), key=itemgetter(0)):
        objects = [
            Listed(masks.get(path, path), called[label], (image, label) not in partial)
            for _, path, label in lines
        ]
        shown = {each.name for each in objects}
        yield Told(image, objects, sorted(absent.get(image, set()) - shown))


def said(name: str) -> str:
    """A class as it is said within a sentence.

    >>> said("Human face"), said("Traffic light")
    ('human face', 'traffic light')
    """
    return name[:1].lower() + name[1:]


def _absent(
    tree: Tree, found: Mapping[str, str], listed: pa.Table, called: Mapping[str, str]
) -> Mapping[str, set[str]]:
    """Classes that people did not see, by image; none where no table tells."""
    kinds = ("human-imagelabels-boxable", "human-imagelabels")
    name = next((found[kind] for kind in kinds if kind in found), None)
    told: defaultdict[str, set[str]] = defaultdict(set)
    if name is not None:
        for image, label in _lines(tables.absences_of(tree, name, listed, [*called])):
            told[image].add(called[label])
    return told


def _partial(tree: Tree, found: Mapping[str, str], listed: pa.Table) -> set[tuple[str, ...]]:
    """Images and labels that have more boxes than masks; none where no table tells."""
    if "bbox" not in found:
        return set()
    return set(_lines(tables.partial_of(tree, found["bbox"], listed)))


def _lines(table: pa.Table) -> Iterator[tuple[str, ...]]:
    for block in table.to_batches(max_chunksize=_LINES):
        yield from zip(*(column.to_pylist() for column in block.columns), strict=True)
