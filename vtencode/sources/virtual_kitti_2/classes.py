"""Classes and objects of Virtual KITTI 2, as its colors and palette indices tell them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from vtencode.errors import SampleError
from vtencode.formats.vkitti import Color
from vtencode.sources.regions import instances_of
from vtencode.targets import Array, InstanceMasks, PanopticMap, SemanticMask

#: The colors of every variation's `colors.txt`, for where that file is not there.
COLORS: dict[str, Color] = {
    "Terrain": (210, 0, 200),
    "Sky": (90, 200, 255),
    "Tree": (0, 199, 0),
    "Vegetation": (90, 240, 0),
    "Building": (140, 140, 140),
    "Road": (100, 60, 100),
    "GuardRail": (250, 100, 255),
    "TrafficSign": (255, 255, 0),
    "TrafficLight": (200, 200, 0),
    "Pole": (255, 130, 0),
    "Misc": (80, 80, 80),
    "Truck": (160, 60, 60),
    "Car": (255, 127, 80),
    "Van": (0, 139, 139),
}
#: What readers know as "Undefined": no class, with or without a line of its own.
UNDEFINED, BLACK = "Undefined", (0, 0, 0)
#: Classes whose objects are numbered.
VEHICLES = ("truck", "car", "van")


def semantic(rgb: Array, colors: Mapping[str, Color], *, where: str) -> SemanticMask:
    """A class for each pixel; a color of no class is a reject, and black is void."""
    names = [name for name in colors if name != UNDEFINED]
    nothing = {BLACK, colors.get(UNDEFINED, BLACK)} - {colors[name] for name in names}
    table = {_code(colors[name]): at for at, name in enumerate(names)}
    table |= {_code(color): -1 for color in nothing}
    packed = rgb.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    found, which = np.unique(packed, return_inverse=True)
    strange = sorted(set(found.tolist()).difference(table))
    if strange:
        color = tuple(strange[0].to_bytes(3, "big"))
        count = int((packed == strange[0]).sum())
        message = f"must have the colors of its classes, got {color} in {count} pixels"
        raise SampleError("RANGE", "semantic", where, message)
    ids = np.array([table[code] for code in found.tolist()])
    vocabulary = tuple(words(name) for name in names)
    return SemanticMask(ids[which.reshape(packed.shape)], vocabulary, void=-1)


def instances(classes: SemanticMask, tracks: Array) -> InstanceMasks:
    """The trucks, cars and vans: pixels of one class and one number (the track's plus 1)."""
    vehicles = tuple(name for name in classes.vocabulary if name in VEHICLES)
    rank = np.full(len(classes.vocabulary) + 1, -1)
    rank[[classes.vocabulary.index(name) for name in vehicles]] = range(len(vehicles))
    return instances_of(SemanticMask(rank[classes.ids], vehicles, void=-1), tracks)


def panoptic(classes: SemanticMask, tracks: Array) -> PanopticMap:
    """Trucks, cars and vans as things, and each class of the rest as one segment."""
    things = [classes.vocabulary.index(name) for name in VEHICLES if name in classes.vocabulary]
    numbers = np.where(np.isin(classes.ids, things), tracks, 0)
    return PanopticMap.from_parts(classes, numbers, things=VEHICLES)


def words(name: str) -> str:
    """A class as people write it.

    >>> words("GuardRail"), words("Car")
    ('guard rail', 'car')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _code(color: Color) -> int:
    red, green, blue = color
    return red << 16 | green << 8 | blue
