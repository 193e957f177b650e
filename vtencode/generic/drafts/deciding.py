"""What a look at data decides, what it proposes, and what only their owner knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtencode.errors import SourceError
from vtencode.generic.drafts.folders import Looked, Thing
from vtencode.generic.drafts.glances import UNIT_SHARE
from vtencode.generic.drafts.lines import Line, to_choose
from vtencode.generic.drafts.meanings import normals_lines, semantic_lines
from vtencode.generic.drafts.units import depth_lines

#: Whole numbers that are depth, where no name says so, are of more kinds than classes ever are.
_DEPTH_DTYPES = ("float", "uint16", "int32", "int64")


@dataclass(frozen=True)
class Decided:
    """The lines of a recipe's source, field by field; its tasks, and its contract.

    `unused` tells of what was seen and is not read.
    """

    fields: tuple[tuple[Line, ...], ...]
    tasks: tuple[str, ...]
    contract: Mapping[str, Any]
    unused: tuple[str, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """The options that are left to the owner of the data."""
        return tuple(line.option for lines in self.fields for line in lines if line.is_open)


def decide(looked: Looked) -> Decided:
    """Decide what the evidence decides, and say why.

    Raises `SourceError` where nothing is beside the images that could be learned.
    """
    used = {name: thing for name, test in _FIELDS.items() if (thing := _best(looked, name, test))}
    depth, camera = used.get("depth"), used.get("camera")
    meanings: dict[str, Sequence[Line]] = {}
    contract: dict[str, Any] = {}
    if depth is not None:
        meanings["depth"], contract["depth"] = depth_lines(depth.glance)
    if "normals" in used:
        meanings["normals"], contract["normals"] = normals_lines(used["normals"], depth, camera)
    if "semantic" in used:
        meanings["semantic"] = semantic_lines(used["semantic"], looked.classes)
    tasks = tuple(task for needed, names in _TASKS if needed <= {*used} for task in names)
    if not tasks:
        raise SourceError(
            f"{looked.root} must hold something to learn beside its images "
            f"({looked.images.place}), and holds {'; '.join(_unused(looked, used)) or 'none'}."
        )
    image = Line("image", looked.images.place, (_told(looked.images, looked),))
    fields: list[tuple[Line, ...]] = [(image,)]
    fields += [
        (Line(name, thing.place, (_told(thing, looked),)), *meanings.get(name, ()))
        for name, thing in used.items()
    ]
    missing = _missing(looked, used)
    return Decided(
        tuple([*fields, missing] if missing else fields),
        tasks,
        {name: value for name, value in contract.items() if value},
        tuple(_unused(looked, used)),
    )


def _best(looked: Looked, name: str, test: Callable[[Thing], bool]) -> Thing | None:
    """What most images have of what may be this field: named so, then floats, then more of them."""
    fit = [
        thing
        for thing in looked.beside
        if thing.role in (name, "") and 2 * thing.partners > looked.images.partners and test(thing)
    ]
    return max(fit, key=lambda thing: (thing.role == name, thing.partners), default=None)


def _is_depth(thing: Thing) -> bool:
    numbers = thing.glance.numbers
    if numbers is None or not numbers.dtype.startswith(_DEPTH_DTYPES):
        return False
    return numbers.median > 0 and (thing.role == "depth" or not numbers.counts)


def _is_normals(thing: Thing) -> bool:
    vectors = thing.glance.vectors
    return vectors is not None and vectors.unit >= UNIT_SHARE and not vectors.colors


def _is_semantic(thing: Thing) -> bool:
    numbers, vectors = thing.glance.numbers, thing.glance.vectors
    return bool((numbers and numbers.counts) or (vectors and vectors.colors))


def _is_instances(thing: Thing) -> bool:
    document, numbers = thing.glance.document, thing.glance.numbers
    if document is not None:
        return document.has_masks
    whole = numbers is not None and not numbers.dtype.startswith("float")
    return whole and thing.role == "instances"


def _is_keypoints(thing: Thing) -> bool:
    return thing.glance.document is not None and thing.glance.document.has_joints


#: The fields of a sample, in the order of a recipe, and what may be one.
_FIELDS: Mapping[str, Callable[[Thing], bool]] = {
    "depth": _is_depth,
    "normals": _is_normals,
    "semantic": _is_semantic,
    "instances": _is_instances,
    "keypoints": _is_keypoints,
    "camera": lambda thing: thing.glance.camera,
}
#: The tasks that fields allow.
_TASKS: tuple[tuple[set[str], tuple[str, ...]], ...] = (
    ({"depth"}, ("depth",)),
    ({"normals"}, ("normals",)),
    ({"semantic"}, ("semantic", "binary")),
    ({"instances"}, ("instance",)),
    ({"semantic", "instances"}, ("panoptic",)),
    ({"keypoints"}, ("keypoints",)),
)


#: What a source has things in.
_NOUNS = {"folder": ("file", "files"), "hf": ("row", "rows"), "webdataset": ("member", "members")}


def _told(thing: Thing, looked: Looked) -> str:
    one, many = _NOUNS[looked.source]
    files = f"{thing.count} {one if thing.count == 1 else many}"
    whole = thing.partners == looked.images.partners
    have = "every image" if whole else f"{thing.partners} of {looked.images.partners} images"
    beside = "" if thing is looked.images else f", for {have}"
    return f"{files}{beside}: {thing.glance}"


def _missing(looked: Looked, used: Mapping[str, Thing]) -> tuple[Line, ...]:
    """Whether images are left out that lack something, which only their owner knows to be right."""
    short = {n: looked.images.partners - t.partners for n, t in used.items()}
    told = [f"{count} of the images have no {name}." for name, count in short.items() if count]
    if not told:
        return ()
    skip = "skip leaves such images out; reject counts them as faults."
    return (to_choose("missing", *told, skip),)


def _unused(looked: Looked, used: Mapping[str, Thing]) -> list[str]:
    """What was seen and is not read, in words."""
    things = [
        f"{thing.count} as {thing.place}, {thing.glance}"
        for thing in looked.beside
        if thing not in used.values() and thing.place not in looked.classes
    ]
    return [*things, *looked.rest]
