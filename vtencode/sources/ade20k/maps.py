"""What the coded pictures of one image say, in the words of its annotation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np

from vtencode.errors import SampleError
from vtencode.sources.ade20k.annotation import Annotated
from vtencode.sources.ade20k.classes import STUFF, called, first
from vtencode.sources.regions import instances_of
from vtencode.targets import Array, InstanceMasks, PanopticMap, SemanticMask

#: As many objects as blue can tell apart.
MOST = 255
#: What an object's own mask has where it is seen; 128 is where it is hidden by something.
_SEEN = 255


def classes_of(index: Array, objects: Iterable[Annotated], *, where: str) -> SemanticMask:
    """The classes that some pixel has; 0 is void."""
    names = called({each.index: [each.name] for each in objects})
    return _named(index, names, where=where)


def numbers_of(
    numbers: Array, objects: Collection[Annotated], own_mask: Callable[[str], Array]
) -> Array:
    """A number for each object; from their own masks where there are more than `MOST`.

    `own_mask` reads the mask of one, uint8 (H, W).
    """
    whole = [each for each in objects if each.level == 0]
    if len(whole) <= MOST:
        return numbers
    found = np.zeros(numbers.shape, dtype=np.int32)
    for at, each in enumerate(whole, 1):
        found[own_mask(each.mask) == _SEEN] = at
    return found


def instances(classes: SemanticMask, numbers: Array) -> InstanceMasks:
    """The objects of classes that are counted; nobody says which others were looked for."""
    things = _things(classes)
    rank = np.array([things.index(n) if n in things else -1 for n in classes.vocabulary] + [-1])
    counted = SemanticMask(rank[classes.ids], things, void=-1)
    return replace(instances_of(counted, numbers), vocabulary=())


def panoptic(classes: SemanticMask, numbers: Array) -> PanopticMap:
    """The same objects as things, and each class of the rest as one segment."""
    things = _things(classes)
    countable = np.isin(classes.ids, [classes.vocabulary.index(name) for name in things])
    told = np.where(countable, numbers, 0)
    return replace(PanopticMap.from_parts(classes, told, things=things), vocabulary=())


def parts_of(
    index: Array, owners: Array, objects: Collection[Annotated], level: int, *, where: str
) -> SemanticMask:
    """The parts of a level, each with what it is a part of: "car wheel"; void where there is none.

    `index` has the class of the part at each pixel, and `owners` the class one level above. Where
    that is nothing that has such a part, the part is that of the only class which has, or void.
    """
    pairs = _owned(objects, level)
    unknown = set(np.unique(index).tolist()) - {0, *pairs}
    _check(index, unknown, where)
    ids = np.zeros(index.shape, dtype=np.int32)
    names: dict[int, list[str]] = {}
    for part, (name, whole) in pairs.items():
        here = index == part
        for owner, owner_name in whole.items():
            at = len(names) + 1
            names[at] = [owner_name, name] if owner_name else [name]
            ids[here & ((owners == owner) | (len(whole) == 1))] = at
    return _named(ids, called(names), where=where)


def _things(classes: SemanticMask) -> tuple[str, ...]:
    return tuple(name for name in classes.vocabulary if first(name) not in STUFF)


def _owned(objects: Collection[Annotated], level: int) -> dict[int, tuple[str, dict[int, str]]]:
    """The classes of parts: their names, and the classes that they are parts of with theirs."""
    by_id = {each.id: each for each in objects}
    found: dict[int, tuple[str, dict[int, str]]] = {}
    for each in objects:
        if each.level == level:
            whole = by_id.get(each.owner) if each.owner is not None else None
            owner = (whole.index, whole.name) if whole else (0, "")
            found.setdefault(each.index, (each.name, {}))[1].setdefault(*owner)
    return found


def _named(index: Array, names: Mapping[int, str], *, where: str) -> SemanticMask:
    found, which = np.unique(index, return_inverse=True)
    here = [id_ for id_ in found.tolist() if id_]
    _check(index, set(here) - set(names), where)
    rank = {id_: at for at, id_ in enumerate(here)}
    ids = np.array([rank.get(id_, -1) for id_ in found.tolist()])
    return SemanticMask(ids[which.reshape(index.shape)], tuple(names[id_] for id_ in here), void=-1)


def _check(index: Array, unknown: Collection[int], where: str) -> None:
    if unknown:
        strange = min(unknown)
        message = (
            f"must have the classes that its JSON names, got {strange} in "
            f"{int((index == strange).sum())} pixels"
        )
        raise SampleError("RANGE", "semantic", where, message)
