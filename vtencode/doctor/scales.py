"""Which lengths whole numbers could be, by the scales that datasets are known to use.

A file of whole numbers does not say what one of them is. What is told here is evidence: which
scales give depths that a room or a street has, and what else speaks for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vtencode.targets import Array

#: Medians of frames of every metric dataset here lie within, in meters.
PLAUSIBLE_M = (0.3, 80.0)
#: A share that is as good as all: sensors' files have a few pixels that were made otherwise.
_NEARLY = 0.95


@dataclass(frozen=True)
class Scale:
    """One way to read uint16: meters, 0 or NaN where nothing is known.

    `typical_m` is where medians of frames usually lie; `clue` says what in the numbers
    themselves speaks for it, "" for nothing. Numbers of a `marked` scale always have its clue.
    """

    name: str
    who: str
    typical_m: tuple[float, float]
    meters: Callable[[Array], Array]
    clue: Callable[[Array], str] = lambda values: ""  # noqa: ARG005  # the interface's
    marked: bool = False


@dataclass(frozen=True)
class Reading:
    """Numbers read by a scale: the median, and what speaks for it."""

    scale: Scale
    median_m: float
    clue: str

    @property
    def typical(self) -> bool:
        """Whether the median is where that scale's datasets have it."""
        low, high = self.scale.typical_m
        return low <= self.median_m <= high

    def __str__(self) -> str:
        why = f": {self.clue}" if self.clue else ""
        return f"{self.scale.name} ({self.scale.who}): median {self.median_m:.3g} m{why}"


def readings(values: Array) -> list[Reading]:
    """The scales that give a plausible median, the likeliest first.

    Those with a clue go before the rest, and then those whose median is typical.
    """
    found = []
    for scale in SCALES:
        clue = scale.clue(values)
        if scale.marked and not clue:
            continue
        meters = scale.meters(values.astype(np.int64))
        known = meters[np.isfinite(meters) & (meters > 0)]
        median = float(np.median(known)) if known.size else 0.0
        if PLAUSIBLE_M[0] <= median <= PLAUSIBLE_M[1]:
            found.append(Reading(scale, median, clue))
    return sorted(found, key=lambda each: (not each.clue, not each.typical))


def _times(meters: float, *, unknown: int = 0) -> Callable[[Array], Array]:
    return lambda values: np.where(values == unknown, np.nan, values * meters)


def _rotated(values: Array) -> Array:
    """SUN RGB-D's toolbox (read3dPoints.m): the low three bits are the high ones."""
    meters: Array = ((values >> 3) | (values << 13)) % 65536 / 1000
    return meters


def _swapped(values: Array) -> Array:
    """NYU's toolbox (depth_rel2depth_abs.m), after the bytes of each number are exchanged."""
    steps = (values >> 8) | (values << 8) % 65536
    near = steps < 1092.5
    meters: Array = np.full(values.shape, np.nan)
    np.divide(351.3, 1092.5 - steps, where=near, out=meters)
    return meters


def _multiples(of: int, words: str) -> Callable[[Array], str]:
    def clue(values: Array) -> str:
        known = values[values > 0]
        share = (known % of == 0).mean() if known.size else 0.0
        return words if share >= _NEARLY else ""

    return clue


def _eleven_bits(values: Array) -> str:
    steps = (values.astype(np.int64) >> 8) | (values.astype(np.int64) << 8) % 65536
    narrow = values.size and steps.max() < 2048 <= values.max()
    return "with the bytes exchanged no number has more than 11 bits" if narrow else ""


def _sparse(values: Array) -> str:
    share = (values == 0).mean()
    return f"{share:.0%} are 0, as where a laser was not" if share > 0.6 else ""


def _topped(values: Array) -> str:
    top = (values == 65535).mean() if values.size else 0.0
    return f"{top:.0%} are 65535, the number for no answer" if top and values.min() > 0 else ""


SCALES = (
    Scale("/ 1000, millimeters", "NYU (BTS), ScanNet, RealSense", (0.8, 6), _times(1 / 1000)),
    Scale("/ 256", "KITTI", (5, 40), _times(1 / 256), _sparse),
    Scale("/ 512", "Taskonomy, Omnidata", (0.8, 8), _times(1 / 512, unknown=65535), _topped),
    Scale("/ 100, centimeters", "Virtual KITTI 2", (5, 60), _times(1 / 100, unknown=65535)),
    Scale(
        "/ 5000",
        "TUM RGB-D",
        (0.5, 5),
        _times(1 / 5000),
        _multiples(5, "all are multiples of 5: millimeters times 5"),
    ),
    Scale("* 50 / 65535", "iBims-1", (1, 15), _times(50 / 65535)),
    Scale(
        "millimeters, bits rotated by 3",
        "SUN RGB-D",
        (0.8, 5),
        _rotated,
        _multiples(8, "the low three bits are 0"),
        marked=True,
    ),
    Scale(
        "Kinect steps, bytes exchanged",
        "NYU raw .pgm",
        (0.8, 6),
        _swapped,
        _eleven_bits,
        marked=True,
    ),
)
