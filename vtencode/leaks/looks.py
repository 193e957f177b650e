"""Many looks, searched for the nearest by comparing with each: a million take some 20 ms."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vtencode.leaks.fingerprints import LIKENESS, THUMBNAIL, Look, likeness
from vtencode.targets import Array

#: Masks of pairs, nibbles and bytes, and the sum of bytes: H. S. Warren, "Hacker's Delight", 5-1.
_TWOS, _FOURS, _EIGHTS, _SUM = (
    np.uint64(number)
    for number in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F, 0x0101010101010101)
)
_1, _2, _4, _56 = (np.uint64(shift) for shift in (1, 2, 4, 56))


class Looks:
    """Looks that are known by their number, from 0, in the order given."""

    def __init__(self, looks: Iterable[Look]) -> None:
        known = list(looks)
        thumbnails = b"".join(look.thumbnail for look in known)
        self._bits = np.array([look.bits for look in known], dtype=np.uint64)
        self._thumbnails = np.frombuffer(thumbnails, np.uint8).reshape(-1, 3 * THUMBNAIL**2)

    def nearest(self, look: Look, distance: int) -> tuple[int, int] | None:
        """(number, bits that differ) of the nearest one alike, the first of equals; or None."""
        differ = ones(self._bits ^ np.uint64(look.bits))
        near = np.flatnonzero(differ <= distance)
        thumbnail = np.frombuffer(look.thumbnail, np.uint8)
        alike = near[likeness(thumbnail, self._thumbnails[near]) >= LIKENESS]
        if not alike.size:
            return None
        best = alike[np.argmin(differ[alike])]
        return int(best), int(differ[best])


def ones(numbers: Array) -> Array:
    """How many bits are set in each of uint64 (N,)."""
    pairs = numbers - ((numbers >> _1) & _TWOS)
    nibbles = (pairs & _FOURS) + ((pairs >> _2) & _FOURS)
    counts: Array = (((nibbles + (nibbles >> _4)) & _EIGHTS) * _SUM) >> _56
    return counts
