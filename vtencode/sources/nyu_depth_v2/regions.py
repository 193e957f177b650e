"""Classes and instances of the labeled set, as targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from vtencode.sources.base import Row
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.nyu_depth_v2.labeled import Labeled
from vtencode.sources.regions import instances_of
from vtencode.targets import Array, PanopticMap, SemanticMask


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
        "instances": lambda: instances_of(classes(), numbers()),
        "panoptic": panoptic,
    }
