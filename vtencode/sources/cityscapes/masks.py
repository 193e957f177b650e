"""Classes and objects of Cityscapes, as its maps of ids tell them.

`labelIds` has the id of a label for each pixel. `instanceIds` has 1000 times that id plus a number
from 0 where objects are told apart, and the id alone elsewhere: also for groups of objects that
annotators could not tell apart (`json2instanceImg.py`), which are crowds
(`createPanopticImgs.py`). Both are drawn of the same polygons.
"""

from __future__ import annotations

import numpy as np

from vtencode.errors import SampleError
from vtencode.sources.cityscapes.labels import BY_ID, Classes
from vtencode.targets import Array, InstanceMasks, PanopticMap, Segment, SemanticMask

#: Numbers of objects begin here; below are labels alone.
_OBJECTS = 1000


def semantic(ids: Array, classes: Classes, *, exhaustive: bool, where: str) -> SemanticMask:
    """The class of each pixel; a label that is none is a reject.

    Where the annotation is not `exhaustive`, its classes are those that it shows: nobody says
    that another is absent.
    """
    _check_known(ids, where=where)
    numbers = classes.places.take(ids)
    if exhaustive:
        return SemanticMask(numbers, classes.names, void=-1)
    shown = [number for number in np.unique(numbers).tolist() if number >= 0]
    among = np.full(len(classes.labels) + 1, -1)
    among[shown] = range(len(shown))
    return SemanticMask(among[numbers], tuple(classes.names[k] for k in shown), void=-1)


def instances(numbers: Array, classes: Classes, *, exhaustive: bool, where: str) -> InstanceMasks:
    """The objects under their numbers in the file, and groups of them as crowds."""
    labels = _labels_of(numbers, where=where)
    things = [label.id for label in classes.labels if label.has_instances]
    shown = np.where(np.isin(labels, things), numbers, 0)
    here = _found(shown)
    masks = InstanceMasks.from_ids(
        shown,
        labels={number: BY_ID[_label_of(number)].name for number in here},
        crowds={number for number in here if number < _OBJECTS},
    )
    return InstanceMasks(masks.shape, masks.regions, classes.things if exhaustive else ())


def panoptic(
    ids: Array, numbers: Array, classes: Classes, *, exhaustive: bool, where: str
) -> PanopticMap:
    """Objects as things, groups as crowds, and each class of the rest as one segment.

    Segments have the numbers of the file. A map of objects that has other labels than `ids` is a
    reject.
    """
    labels = _labels_of(numbers, where=where)
    _check_same(labels, ids, where=where)
    shown = np.where(classes.places.take(labels) < 0, 0, numbers)
    here = [number for number in _found(shown) if number]
    segments = tuple(_segment(number) for number in here)
    seen = {segment.label for segment in segments}
    vocabulary = tuple(name for name in classes.names if exhaustive or name in seen)
    return PanopticMap(shown, segments, vocabulary)


def _segment(number: int) -> Segment:
    label = BY_ID[_label_of(number)]
    crowd = label.has_instances and number < _OBJECTS
    return Segment(number, label.name, label.has_instances, crowd)


def _check_same(labels: Array, ids: Array, *, where: str) -> None:
    apart = labels != ids
    if apart.any():
        row, column = np.argwhere(apart)[0].tolist()
        message = (
            f"must have the labels of labelIds, got {labels[row, column]} for {ids[row, column]} "
            f"at row {row}, column {column}. The two may be of two releases"
        )
        raise SampleError("RANGE", "panoptic", where, message)


def _labels_of(numbers: Array, *, where: str) -> Array:
    """The label of each pixel of a map of objects; numbers that stand for none are rejects."""
    strange = [number for number in _found(numbers) if not _is_known(number)]
    if strange:
        message = (
            "must be labels 0 to 33, or 1000 times a label that has objects, plus a number; got "
            f"{strange[0]}"
        )
        raise SampleError("RANGE", "instances", where, message)
    labels: Array = np.where(numbers >= _OBJECTS, numbers // _OBJECTS, numbers)
    return labels


def _label_of(number: int) -> int:
    return number // _OBJECTS if number >= _OBJECTS else number


def _is_known(number: int) -> bool:
    label = BY_ID.get(_label_of(number))
    return label is not None and (number < _OBJECTS or label.has_instances)


def _check_known(ids: Array, *, where: str) -> None:
    here = _found(ids)
    if here[-1] > max(BY_ID):
        train = " 255 is how train ids say void: give labelIds" if here[-1] == 255 else ""
        message = f"must be labels 0 to {max(BY_ID)}, got {here[-1]}.{train}"
        raise SampleError("RANGE", "semantic", where, message.rstrip("."))


def _found(numbers: Array) -> list[int]:
    """The numbers that occur, ascending."""
    found: list[int] = np.flatnonzero(np.bincount(numbers.reshape(-1))).tolist()
    return found
