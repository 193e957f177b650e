"""Classes and instances of the labeled set, as targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from vtencode.errors import SampleError
from vtencode.sources.base import Row
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.nyu_depth_v2.labeled import Labeled
from vtencode.sources.regions import instances_of
from vtencode.targets import Array, PanopticMap, SemanticMask


def regions(layout: Labeled, row: Row, shape: tuple[int, int]) -> Mapping[str, Callable[[], Any]]:
    """What makes each target of one frame; labels are read once for all of them.

    A pair of a name and an instance > 0 is an instance: instances count from 1 in each name. So
    where names are grouped, the instances of a class are told apart by their names too.
    """
    file = layout.path.name

    @cache
    def labels() -> Array:
        found, where = layout.labels(row), f"{file} labels[{row['frame']}]"
        check_shape(found, shape, field="semantic", where=where)
        most, last = len(layout.names) - 1, int(found.max(initial=0)) - 1
        if last > most:
            message = f"names are counted from 0 to {most}, got {last}"
            raise SampleError("RANGE", "semantic", where, message)
        return found

    @cache
    def classes() -> SemanticMask:
        where = f"{file} labels[{row['frame']}]"
        ids = layout.class_of[labels()]
        return decoded(
            lambda: SemanticMask(ids, layout.vocabulary, void=-1), field="semantic", where=where
        )

    @cache
    def numbers() -> Array:
        found = layout.instances(row)
        where = f"{file} instances[{row['frame']}]"
        check_shape(found, shape, field="instances", where=where)
        if layout.grouped == 894:
            return found
        return np.where(found > 0, labels().astype(np.int64) << 8 | found, 0)

    def panoptic() -> PanopticMap:
        return PanopticMap.from_parts(classes(), numbers())

    return {
        "semantic": classes,
        "instances": lambda: instances_of(classes(), numbers()),
        "panoptic": panoptic,
    }
