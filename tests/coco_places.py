"""A miniature of COCO in tests: its images by kind, its masks, and documents changed on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from readers import rows

from vtencode.sources.base import Sample
from vtencode.sources.coco import Coco
from vtencode.targets import InstanceMasks
from vtencode.targets.spans import pixels

#: The kinds of images of a miniature; four to train are one of each.
PLAIN, CROWD, NO_PIXEL, UNMARKED = range(4)


def loaded(source: Coco, kind: int) -> tuple[Sample, int]:
    """The train image of a kind, and its number."""
    row = rows(source)[kind]
    return source.load(row), int(row["image_id"].removeprefix("coco/"))


def seen(masks: InstanceMasks) -> dict[int, np.ndarray]:
    """The whole mask of each region by its id."""
    found = {}
    for region in masks.regions:
        found[region.id] = np.zeros(masks.shape, dtype=bool)
        found[region.id].reshape(-1)[pixels(region.spans, masks.shape[1])] = True
    return found


def changed(place: Path, name: str, change: Callable[[Any], Any]) -> None:
    """A document of a copy, after a change."""
    path = place / "annotations" / name
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))
