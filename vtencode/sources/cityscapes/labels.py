"""The labels of Cityscapes, and the two sets of classes that are asked for.

Names, ids, categories, flags and colors are facts of the authors' table (cityscapesScripts,
`cityscapesscripts/helpers/labels.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from vtencode.targets import Array

#: The train id of what is no class in the 19.
NO_CLASS = 255


class Label(NamedTuple):
    """One label: its id in the files, its place among the 19, and what the authors say of it."""

    id: int
    name: str
    train_id: int
    category: str
    has_instances: bool
    ignored: bool  # in the authors' evaluation
    color: tuple[int, int, int]


LABELS = (
    Label(0, "unlabeled", 255, "void", False, True, (0, 0, 0)),
    Label(1, "ego vehicle", 255, "void", False, True, (0, 0, 0)),
    Label(2, "rectification border", 255, "void", False, True, (0, 0, 0)),
    Label(3, "out of roi", 255, "void", False, True, (0, 0, 0)),
    Label(4, "static", 255, "void", False, True, (0, 0, 0)),
    Label(5, "dynamic", 255, "void", False, True, (111, 74, 0)),
    Label(6, "ground", 255, "void", False, True, (81, 0, 81)),
    Label(7, "road", 0, "flat", False, False, (128, 64, 128)),
    Label(8, "sidewalk", 1, "flat", False, False, (244, 35, 232)),
    Label(9, "parking", 255, "flat", False, True, (250, 170, 160)),
    Label(10, "rail track", 255, "flat", False, True, (230, 150, 140)),
    Label(11, "building", 2, "construction", False, False, (70, 70, 70)),
    Label(12, "wall", 3, "construction", False, False, (102, 102, 156)),
    Label(13, "fence", 4, "construction", False, False, (190, 153, 153)),
    Label(14, "guard rail", 255, "construction", False, True, (180, 165, 180)),
    Label(15, "bridge", 255, "construction", False, True, (150, 100, 100)),
    Label(16, "tunnel", 255, "construction", False, True, (150, 120, 90)),
    Label(17, "pole", 5, "object", False, False, (153, 153, 153)),
    Label(18, "polegroup", 255, "object", False, True, (153, 153, 153)),
    Label(19, "traffic light", 6, "object", False, False, (250, 170, 30)),
    Label(20, "traffic sign", 7, "object", False, False, (220, 220, 0)),
    Label(21, "vegetation", 8, "nature", False, False, (107, 142, 35)),
    Label(22, "terrain", 9, "nature", False, False, (152, 251, 152)),
    Label(23, "sky", 10, "sky", False, False, (70, 130, 180)),
    Label(24, "person", 11, "human", True, False, (220, 20, 60)),
    Label(25, "rider", 12, "human", True, False, (255, 0, 0)),
    Label(26, "car", 13, "vehicle", True, False, (0, 0, 142)),
    Label(27, "truck", 14, "vehicle", True, False, (0, 0, 70)),
    Label(28, "bus", 15, "vehicle", True, False, (0, 60, 100)),
    Label(29, "caravan", 255, "vehicle", True, True, (0, 0, 90)),
    Label(30, "trailer", 255, "vehicle", True, True, (0, 0, 110)),
    Label(31, "train", 16, "vehicle", True, False, (0, 80, 100)),
    Label(32, "motorcycle", 17, "vehicle", True, False, (0, 0, 230)),
    Label(33, "bicycle", 18, "vehicle", True, False, (119, 11, 32)),
    Label(-1, "license plate", -1, "vehicle", False, True, (0, 0, 142)),
)  # fmt: skip
#: What the files hold: an id below 0 is never drawn (`json2labelImg.py`).
BY_ID = {label.id: label for label in LABELS if label.id >= 0}
#: Labels of what is not annotated at all: no class among the 19, nor among all.
UNLABELED = ("unlabeled", "rectification border", "out of roi")


@dataclass(frozen=True)
class Classes:
    """A choice of labels as classes, in the order of their numbers; all others are void."""

    labels: tuple[Label, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The vocabulary."""
        return tuple(label.name for label in self.labels)

    @property
    def things(self) -> tuple[str, ...]:
        """The classes whose objects are told apart."""
        return tuple(label.name for label in self.labels if label.has_instances)

    @cached_property
    def places(self) -> Array:
        """The number of each label's class by its id, -1 for void: int32 (34,)."""
        at = {label.id: number for number, label in enumerate(self.labels)}
        return np.array([at.get(id_, -1) for id_ in sorted(BY_ID)], dtype=np.int32)


#: By how many labels the authors count: the 19 that are trained and evaluated, in the order of
#: their train ids, and all 34 of the files.
CLASSES = {
    19: Classes(
        tuple(
            sorted(
                (label for label in BY_ID.values() if label.train_id != NO_CLASS),
                key=lambda label: label.train_id,
            )
        )
    ),
    34: Classes(tuple(label for label in BY_ID.values() if label.name not in UNLABELED)),
}
