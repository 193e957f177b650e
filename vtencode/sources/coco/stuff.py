"""COCO-Stuff as classes: maps of stuff and things, and documents of stuff alone."""

from __future__ import annotations

import numpy as np

from vtencode.errors import SampleError, TargetError
from vtencode.sources.coco.annotated import Annotated
from vtencode.sources.coco.classes import OTHER, STUFF, THINGS
from vtencode.sources.coco.segmentation import segmentation_mask
from vtencode.sources.files import decoded
from vtencode.sources.pngs import numbers_png
from vtencode.targets import SemanticMask

#: What nobody labeled, in the maps and here.
VOID = 255
#: No class.
_NONE = 254
#: The 171 classes of the maps, and the 91 of the documents.
CLASSES = (*THINGS.values(), *STUFF.values())
STUFF_CLASSES = tuple(STUFF.values())

#: The class here of each number of a map, which is that of the documents less 1.
_CLASS_OF = np.full(256, _NONE, dtype=np.uint8)
_CLASS_OF[[number - 1 for number in (*THINGS, *STUFF)]] = np.arange(len(CLASSES))
_CLASS_OF[VOID] = VOID


def map_classes(png: bytes, shape: tuple[int, int], *, where: str) -> SemanticMask:
    """The classes of a map of stuff and things."""
    stored = numbers_png(png, shape, field="semantic", where=where)
    ids = _CLASS_OF[stored]
    if (ids == _NONE).any():
        message = f"must hold numbers of annotated classes less 1, got {stored[ids == _NONE][0]}"
        raise SampleError("RANGE", "semantic", where, message)
    return SemanticMask(ids, CLASSES, void=VOID)


def stuff_classes(found: Annotated) -> SemanticMask:
    """The stuff of a document; what has none, and "other", which is what is no stuff, is void."""
    ids = np.full(found.shape, VOID, dtype=np.uint8)
    place = {number: at for at, number in enumerate(STUFF)}
    for entry in found.annotations:
        number = entry.get("category_id")
        if number not in (*STUFF, OTHER):
            raise found.fault("RANGE", entry, f"has the category {number!r}, which is no stuff")
        try:
            mask = segmentation_mask(entry.get("segmentation"), found.shape)
        except TargetError as error:
            raise found.fault("RANGE", entry, str(error)) from error
        if mask is not None:
            ids[mask] = VOID if number == OTHER else place[number]
    return decoded(
        lambda: SemanticMask(ids, STUFF_CLASSES, void=VOID), field=found.field, where=found.where
    )
