"""What is known of each object of a scene as it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.miniatures.scenes import CLASSES, PAINTS, PARTS, Scene

Array = NDArray[Any]

#: Share of an object's pixels that a color has which one calls it by, and that it has not.
NAMED_SHARE, TRACE_SHARE = 0.55, 0.02


@dataclass(frozen=True, eq=False)
class Thing:
    """One object: where its pixels are, how far, and in what paint.

    `left` and `right` are columns, the second outside; `x` is the mean column. `near_m`,
    `middle_m` and `far_m` are the 5 %, 50 % and 95 % quantiles of distance along lines of sight.
    `paints` are the shares of `PAINTS`; a person's are those of the shirt.
    """

    id: int
    kind: str
    area: int
    left: int
    right: int
    x: float
    near_m: float
    middle_m: float
    far_m: float
    paints: tuple[float, ...]

    @property
    def color(self) -> str | None:
        """The color that everybody would call it by, if there is one."""
        best = max(range(1, len(PAINTS)), key=self.paints.__getitem__)
        return PAINTS[best] if self.paints[best] >= NAMED_SHARE else None

    def has_paint(self, color: str) -> bool:
        """Whether any of it is painted in that color."""
        return self.paints[PAINTS.index(color)] > TRACE_SHARE


def things(found: Scene) -> Iterator[Thing]:
    """Every object that shows, by its number."""
    order = np.argsort(found.instance, axis=None, kind="stable")
    away = (found.depth_z * found.camera.ray_lengths(*found.instance.shape)).reshape(-1)
    numbers, starts = np.unique(found.instance.reshape(-1)[order], return_index=True)
    for number, pixels in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
        if number:
            yield _thing(found, number, pixels, away[pixels])


def _thing(found: Scene, number: int, pixels: Array, away: Array) -> Thing:
    columns = pixels % found.instance.shape[1]
    near, middle, far = np.quantile(away, (0.05, 0.5, 0.95))
    kind = CLASSES[int(found.semantic.reshape(-1)[pixels[0]])]
    return Thing(
        id=number,
        kind=kind,
        area=len(pixels),
        left=int(columns.min()),
        right=int(columns.max()) + 1,
        x=float(columns.mean()),
        near_m=float(near),
        middle_m=float(middle),
        far_m=float(far),
        paints=_paints(found, kind, pixels),
    )


def _paints(found: Scene, kind: str, pixels: Array) -> tuple[float, ...]:
    if kind == "person":
        part = found.parts.reshape(-1)[pixels]
        pixels = pixels[part == PARTS.index("person torso")]
    counts = np.bincount(found.paint.reshape(-1)[pixels], minlength=len(PAINTS))
    return tuple((counts / max(1, len(pixels))).tolist())
