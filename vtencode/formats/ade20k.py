"""The codes of ADE20K: classes and objects as colors, and the list of SceneParse150's names.

A pixel of `*_seg.png` and `*_parts_k.png` has the class R // 10 * 256 + G, and a number that tells
the objects of one image apart in B (`loadAde20K` in utils_ade20k.py of CSAILVision/ADE20K); 0 is
no class. Written codes have R in tens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]

#: What red can say in tens, and green: classes 1 to 6655.
CAPACITY = 26 * 256
#: `objectInfo150.txt` of CSAILVision/sceneparsing; the fourth is the names, ", " between them.
_HEADING = ("Idx", "Ratio", "Train", "Val", "Name")


def read_codes(rgb: Array) -> tuple[Array, Array]:
    """Class and number of each pixel of uint8 (H, W, 3): uint16 and uint8 (H, W).

    Raises `CodeError` for colors that no class is written with: whoever resized or compressed
    the file blended its codes.
    """
    red, green, blue = rgb.transpose(2, 0, 1)
    strange = red % 10 != 0
    if strange.any():
        color = tuple(rgb[strange][0].tolist())
        raise CodeError(f"must have red in tens, got {color} in {int(strange.sum())} pixels.")
    return red.astype(np.uint16) // 10 * 256 + green, blue.copy()


def write_codes(classes: Array, numbers: Array) -> Array:
    """The colors, uint8 (H, W, 3), of classes below `CAPACITY` and numbers below 256."""
    if classes.size and not 0 <= classes.min() <= classes.max() < CAPACITY:
        raise CodeError(f"classes must be 0 to {CAPACITY - 1}, got {classes.max()}.")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < 256:
        raise CodeError(f"numbers must be 0 to 255, got {numbers.max()}.")
    planes = (classes // 256 * 10, classes % 256, numbers)
    return np.stack([plane.astype(np.uint8) for plane in planes], axis=2)


def read_object_info(data: bytes) -> tuple[str, ...]:
    """The names of the classes 1, 2, …, each with its synonyms, of `objectInfo150.txt`."""
    try:
        lines = [line.split("\t") for line in data.decode("utf-8-sig").splitlines() if line]
        heading, *rows = ([cell.strip() for cell in line] for line in lines)
        at, index = heading.index("Name"), heading.index("Idx")
        numbers = [int(row[index]) for row in rows]
        names = tuple(row[at] for row in rows)
    except (ValueError, IndexError) as error:
        raise CodeError(f"must have lines of {_HEADING} between tabs: {error}.") from error
    if numbers != [*range(1, len(rows) + 1)] or not all(names):
        raise CodeError("must name the classes 1, 2, … in this order, and does not.")
    return names


def write_object_info(names: Sequence[str]) -> bytes:
    """A list of classes with these names; it tells of no pixel and no image."""
    rows = [(str(at), "0.0000", "0", "0", name) for at, name in enumerate(names, 1)]
    return "".join("\t".join(row) + "\n" for row in [_HEADING, *rows]).encode()
