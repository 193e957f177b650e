"""What an image shows and what it is known not to show, by names as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from vtencode.targets import InstanceMasks, PanopticMap, Region, SemanticMask
from vtencode.tasks.words import askable, spoken

#: What an object is called where none has a label.
_ANY = "object"
#: Share of the width that middles are apart by whose order from the left one can see.
_ASIDE = 0.02


def classes_of(vocabulary: Sequence[str]) -> dict[str, list[int]]:
    """The ids of each class; names that are said alike are one, background and void are none.

    >>> classes_of(["void", "traffic_light", "sky", "traffic light"])
    {'traffic light': [1, 3], 'sky': [2]}
    """
    found: dict[str, list[int]] = {}
    for at, name in enumerate(vocabulary):
        if askable(name):
            found.setdefault(spoken(name), []).append(at)
    return found


def regions_of(masks: InstanceMasks) -> dict[str, list[Region]]:
    """The regions of each class; those without a label are objects where none has one."""
    found: dict[str, list[Region]] = {}
    labels = {region.label for region in masks.regions if region.label}
    for region in masks.regions:
        name = region.label or ("" if labels else _ANY)
        if name and askable(name):
            found.setdefault(spoken(name), []).append(region)
    return found


def names_of(target: SemanticMask | InstanceMasks | PanopticMap) -> tuple[list[str], list[str]]:
    """The classes that are in the image, and those that are known not to be.

    None is known not to be where an object has no label, or no pixel a class.
    """
    known: Sequence[str] = [*classes_of(target.vocabulary)]
    if isinstance(target, SemanticMask):
        seen = set(np.unique(target.ids[target.labeled]).tolist())
        of = classes_of(target.vocabulary)
        here = [name for name in known if not seen.isdisjoint(of[name])]
        sure = bool(seen)
    elif isinstance(target, InstanceMasks):
        here = sorted(regions_of(target)) if any(r.label for r in target.regions) else []
        sure = all(region.label for region in target.regions)
    else:
        here = [*classes_of([segment.label for segment in target.segments])]
        sure = bool(target.segments)
    return here, [name for name in known if name not in here] if sure else []


def in_a_row(middles: Sequence[float], width: int) -> bool:
    """Whether these places along x, from the left, are far enough apart to be told in order."""
    return all(after - before >= _ASIDE * width for before, after in pairwise(middles))
