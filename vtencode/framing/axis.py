"""One axis of a framing: which source pixels stand behind each framed pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtencode.targets import Array


@dataclass(frozen=True)
class Axis:
    """`length` pixels from `start` of `source`, made `size`; margins around; mirrored at last.

    Pixel centers are at integers, and pixel i spans i - 1/2 to i + 1/2. Indices are computed in
    integers: libraries disagree on which pixel is nearest.
    """

    source: int
    start: int
    length: int
    size: int
    before: int = 0
    after: int = 0
    mirrored: bool = False

    @property
    def total(self) -> int:
        """How many pixels the framed image has."""
        return self.before + self.size + self.after

    @property
    def inverse(self) -> Axis:
        """The axis that puts framed pixels back where they came from."""
        rest = self.source - self.start - self.length
        return Axis(
            source=self.total,
            start=self.after if self.mirrored else self.before,
            length=self.size,
            size=self.length,
            before=rest if self.mirrored else self.start,
            after=self.start if self.mirrored else rest,
            mirrored=self.mirrored,
        )

    @property
    def nearest(self) -> Array:
        """Source pixel under the center of each of `size` pixels, unmirrored: int64, ascending.

        >>> Axis(source=9, start=2, length=6, size=4).nearest
        array([2, 4, 5, 7])
        """
        doubled = 2 * np.arange(self.size, dtype=np.int64) + 1
        nearest: Array = self.start + doubled * self.length // (2 * self.size)
        return nearest

    @property
    def taps(self) -> list[tuple[Array, Array]]:
        """All source pixels under each of `size` pixels: (their indices, the shares they cover).

        The shares of a pixel add up to 1. Where the axis grows, the nearest alone has them all.

        >>> [(i.tolist(), s.tolist()) for i, s in Axis(source=3, start=0, length=3, size=2).taps]
        [([0, 1], [0.6666666865348816, 0.3333333432674408]),
         ([1, 2], [0.3333333432674408, 0.6666666865348816])]
        """
        if self.size >= self.length:
            return [(self.nearest, np.ones(self.size, dtype=np.float32))]
        # In units of 1 / size of a source pixel, a framed pixel is `length` wide.
        left = np.arange(self.size, dtype=np.int64) * self.length
        right = left + self.length
        first, last = left // self.size, (right - 1) // self.size
        taps = []
        for step in range(int((last - first).max()) + 1):
            index = np.minimum(first + step, last)
            covered = np.minimum((index + 1) * self.size, right)
            covered -= np.maximum(index * self.size, left)
            covered[first + step > last] = 0
            taps.append((self.start + index, (covered / self.length).astype(np.float32)))
        return taps

    def edges(self, places: Array) -> Array:
        """Where edges between source pixels come to lie; edge i is the left one of pixel i."""
        framed: Array = (places - self.start) * (self.size / self.length) + self.before
        return self.total - framed if self.mirrored else framed

    def centers(self, places: Array) -> Array:
        """Where points of the source come to lie."""
        return self.edges(places + 0.5) - 0.5
