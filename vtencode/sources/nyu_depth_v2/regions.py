"""Classes and instances of the labeled set, as targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from vtencode.errors import SampleError
from vtencode.sources.base import Row
from vtencode.sources.files import decoded
from vtencode.sources.nyu_depth_v2.labeled import Labeled
from vtencode.targets import Array, InstanceMasks, PanopticMap, SemanticMask


def regions(layout: Labeled, row: Row, shape: tuple[int, int]) -> Mapping[str, Callable[[], Any]]:
    """What makes each target of one frame; labels are read once for all of them.

    A pair of a class and an instance > 0 is an instance: instances count from 1 in each class.
    """
    file = layout.path.name

    @cache
    def classes() -> SemanticMask:
        where = f"{file} labels[{row['frame']}]"
        labels = layout.labels(row)
        check_shape(labels, shape, field="semantic", where=where)
        ids = labels.astype(np.int64) - 1
        return decoded(
            lambda: SemanticMask(ids, layout.names, void=-1), field="semantic", where=where
        )

    @cache
    def numbers() -> Array:
        found = layout.instances(row)
        where = f"{file} instances[{row['frame']}]"
        check_shape(found, shape, field="instances", where=where)
        return found

    def panoptic() -> PanopticMap:
        return PanopticMap.from_parts(classes(), numbers())

    return {
        "semantic": classes,
        "instances": lambda: _instances(classes(), numbers()),
        "panoptic": panoptic,
    }


def _instances(classes: SemanticMask, numbers: Array) -> InstanceMasks:
    """The numbered objects; a class that is here without numbers was not looked for as objects.

    What has no number of a class that has some is a crowd: nobody told its objects apart.
    """
    counted = classes.labeled & (numbers > 0)
    counted |= np.isin(classes.ids, np.unique(classes.ids[counted])) & classes.labeled
    pairs, which = np.unique(
        classes.ids[counted].astype(np.int64) << 32 | numbers[counted], return_inverse=True
    )
    ids = np.zeros(classes.shape, dtype=np.int32)
    ids[counted] = which.reshape(-1) + 1
    listed = dict(enumerate(pairs.tolist(), 1))
    labels = {at: classes.vocabulary[pair >> 32] for at, pair in listed.items()}
    crowds = {at for at, pair in listed.items() if not pair & 0xFFFFFFFF}
    masks = InstanceMasks.from_ids(ids, labels=labels, crowds=crowds)
    here = {classes.vocabulary[id_] for id_ in np.unique(classes.ids[classes.labeled]).tolist()}
    uncounted = here.difference(labels.values())
    vocabulary = tuple(name for name in classes.vocabulary if name not in uncounted)
    return InstanceMasks(masks.shape, masks.regions, vocabulary)


def check_shape(plane: Array, shape: tuple[int, int], *, field: str, where: str) -> None:
    """Raise `SampleError` for a plane that is not as large as its image."""
    if plane.shape != shape:
        message = f"must be as large as its image {shape}, got {plane.shape}"
        raise SampleError("SHAPE", field, where, message)
