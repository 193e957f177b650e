"""Classes and objects of Mapillary Vistas, as its maps tell them.

`labels` has the number of a label for each pixel; `instances` has 256 times that plus the number
of the object, from 0, of labels whose objects are told apart. Groups are of objects that nobody
told apart. Where one is, or something ambiguous, a class that it may be of is not known to be
absent, and is no class of that image where it does not show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from vtencode.errors import SampleError
from vtencode.sources.mapillary.labels import Labels
from vtencode.targets import Array, InstanceMasks, PanopticMap, Region, Segment, SemanticMask

#: Numbers of objects in a label.
_OBJECTS = 256


def semantic(ids: Array, labels: Labels, *, where: str) -> SemanticMask:
    """The class of each pixel, void where it is unlabeled or ambiguous."""
    here = _labels_in(ids, labels, field="semantic", where=where)
    shown = {labels.listed[at].readable for at in here}
    vocabulary = _known(labels.vocabulary, shown, here, labels)
    place = {name: at for at, name in enumerate(vocabulary)}
    places = np.array([place.get(label.readable, -1) for label in labels.listed], dtype=np.int32)
    return SemanticMask(places.take(ids), vocabulary, void=-1)


def instances(numbers: Array, labels: Labels, *, where: str) -> InstanceMasks:
    """The objects, under their numbers in the file plus 1.

    A group is a crowd of every class that it may be of and that shows beside it.
    """
    ids = numbers // _OBJECTS
    here = _labels_in(ids, labels, field="instances", where=where)
    shown = np.where(labels.countable[ids], numbers.astype(np.int32) + 1, 0)
    objects = [number for number in _found(shown) if number]
    named = {number: labels.listed[(number - 1) // _OBJECTS].readable for number in objects}
    found = InstanceMasks.from_ids(shown, labels=named)
    crowds = _crowds(ids, here, labels, {*named.values()})
    vocabulary = _known(labels.things, {*named.values()}, here, labels)
    return InstanceMasks(found.shape, (*found.regions, *crowds), vocabulary)


def panoptic(ids: Array, numbers: Array, labels: Labels, *, where: str) -> PanopticMap:
    """Objects as things, groups as crowds, and each class of the rest as one segment.

    Segments have the numbers of the file plus 1. A map of objects that has other labels than `ids`
    is a reject.
    """
    here = _labels_in(ids, labels, field="panoptic", where=where)
    _check_same(numbers // _OBJECTS, ids, where=where)
    first = np.array(
        [0 if label.void else _OBJECTS * at + 1 for at, label in enumerate(labels.listed)]
    )
    objects = np.where(labels.countable[ids], numbers % _OBJECTS, 0)
    shown = first.astype(np.int32)[ids] + objects
    segments = tuple(_segment(number, labels) for number in _found(shown) if number)
    names = {segment.label for segment in segments}
    return PanopticMap(shown, segments, _known(labels.vocabulary, names, here, labels))


def _segment(number: int, labels: Labels) -> Segment:
    label = labels.listed[(number - 1) // _OBJECTS]
    return Segment(number, label.readable, label.thing or label.group, label.group)


def _check_same(labels: Array, ids: Array, *, where: str) -> None:
    apart = labels != ids
    if apart.any():
        row, column = np.argwhere(apart)[0].tolist()
        message = (
            f"must have the labels of labels/, got {labels[row, column]} for {ids[row, column]} at "
            f"row {row}, column {column}. They may be of two versions"
        )
        raise SampleError("RANGE", "panoptic", where, message)


def _crowds(
    ids: Array, here: Collection[int], labels: Labels, shown: Collection[str]
) -> Iterator[Region]:
    number = _OBJECTS**2
    for at in here:
        if labels.listed[at].group:
            mask = ids == at
            for name in labels.beside(at):
                if name in shown:
                    number += 1
                    yield Region.from_mask(mask, id=number, label=name, crowd=True)


def _known(
    names: Collection[str], shown: Collection[str], here: Collection[int], labels: Labels
) -> tuple[str, ...]:
    """The classes that show, and those that are known not to be there."""
    unsure = {name for at in here for name in labels.beside(at)}
    return tuple(name for name in names if name in shown or name not in unsure)


def _labels_in(ids: Array, labels: Labels, *, field: str, where: str) -> list[int]:
    """The numbers of the labels that a map has; one that is no label is a reject."""
    here = _found(ids)
    if here[-1] >= len(labels.listed):
        message = (
            f"must be labels 0 to {len(labels.listed) - 1} of the configuration, got {here[-1]}. "
            "It may be of the other version"
        )
        raise SampleError("RANGE", field, where, message)
    return here


def _found(numbers: Array) -> list[int]:
    """The numbers that occur, ascending."""
    found: list[int] = np.flatnonzero(np.bincount(numbers.reshape(-1))).tolist()
    return found
