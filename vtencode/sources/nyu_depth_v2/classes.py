"""The 40 and the 13 classes that the names of the labeled set are grouped into.

40: S. Gupta, P. Arbeláez, J. Malik, Perceptual Organization and Recognition of Indoor Scenes from
RGB-D Images, CVPR 2013; `className` of classMapping40.mat, in its spelling. Its `mapClass` (1, N)
gives each name of the labeled set, in the order that `labels` counts them by, a class from 1.
13: C. Couprie et al., Indoor Semantic Segmentation using depth information, ICLR 2013;
`classNames` and `labels13` of class13Mapping.mat, which gives each of the 40 a class from 1.
The second is a table here, for it is the same for every copy of the labeled set, and the file
keeps it in a struct. Both files are at https://github.com/ankurhanda/nyuv2-meta-data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vtencode.errors import SourceError
from vtencode.mat5 import read_mat5
from vtencode.targets import Array

NAME = "classMapping40.mat"
HOME = "https://github.com/ankurhanda/nyuv2-meta-data"

NAMES_40 = (
    "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf",
    "picture", "counter", "blinds", "desk", "shelves", "curtain", "dresser", "pillow", "mirror",
    "floor mat", "clothes", "ceiling", "books", "refridgerator", "television", "paper", "towel",
    "shower curtain", "box", "whiteboard", "person", "night stand", "toilet", "sink", "lamp",
    "bathtub", "bag", "otherstructure", "otherfurniture", "otherprop",
)  # fmt: skip
NAMES_13 = (
    "bed", "books", "ceiling", "chair", "floor", "furniture", "objects", "picture", "sofa",
    "table", "tv", "wall", "window",
)  # fmt: skip
#: `labels13`: for each of the 40 in order, its place among the 13, from 1.
_13_OF_40 = (
    12, 5, 6, 1, 4, 9, 10, 12, 13, 6, 8, 6, 13, 10, 6, 13, 6, 7, 7, 5, 7, 3, 2, 6, 11, 7, 7, 7, 7,
    7, 7, 6, 7, 7, 7, 7, 7, 7, 6, 7,
)  # fmt: skip

#: How many classes there are, and what they are called.
NAMES = {40: NAMES_40, 13: NAMES_13}


def read_mapping(folder: Path, count: int, classes: int) -> Array:
    """Which of 40 or 13 classes, from 0, each label of the file is of, -1 for none: (count + 1,).

    Label 0 is none. Raises `SourceError` where classMapping40.mat is not there, or is not for
    `count` names.
    """
    path = folder / NAME
    if not path.is_file():
        raise SourceError(
            f"{path} must say which of the {classes} classes each name is of, and is not there. "
            f"Get it at {HOME}, or take all names: classes: 894."
        )
    try:
        stored = read_mat5(path.read_bytes())["mapClass"].reshape(-1)
    except (KeyError, ValueError) as error:
        raise SourceError(f"{path} must hold mapClass: {error}.") from error
    if len(stored) != count:
        raise SourceError(
            f"{path} must give a class to each of the {count} names of the labeled set, and "
            f"gives {len(stored)}: it is for another file."
        )
    if not np.isin(stored, range(len(NAMES_40) + 1)).all():
        raise SourceError(f"{path}: mapClass must be whole numbers of 0 to {len(NAMES_40)}.")
    of_40 = np.concatenate([[0], stored.astype(np.int64)])
    of_13 = np.array([0, *_13_OF_40])
    return (of_40 if classes == 40 else of_13[of_40]) - 1
