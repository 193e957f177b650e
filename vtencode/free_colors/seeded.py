"""Instances by flat cores that grow: reads free colors through noise, blur and JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vtencode.colors import RGB
from vtencode.free_colors.cores import flat_cores
from vtencode.free_colors.found import Found, found
from vtencode.free_colors.growth import grow
from vtencode.free_colors.regions import boxes, medians, same_instance
from vtencode.targets import Array


@dataclass(frozen=True, kw_only=True)
class SeededColors:
    """Instances are flat cores, merged by color and box, and grown over what lies between.

    Constants were chosen on random scenes of 20 and 500 shapes under noise, blur and JPEG, and
    hold on genuine pictures of Vision Banana. Strokes under 3 pixels have no core and are lost.
    """

    name: ClassVar[str] = "seeded"

    #: Largest range of a channel, within 3 x 3 pixels, at a pixel of a core.
    flat: float = 20.0
    #: Largest step, in RGB levels, between neighbors of one core.
    step: float = 6.0
    #: A core this near to the background's color is background; genuine ones are off by 5.4.
    background_radius: float = 24.0
    #: Cores whose colors are this near, and whose joint box is at most `box_growth` times the
    #: sum of their boxes (the paper's gamma), are one instance. Genuine pictures do reuse a color
    #: far away.
    color_step: float = 12.0
    box_growth: float = 5.0
    #: Smallest instance, as a share of the picture (the paper's), and smallest core, of that.
    min_area: float = 2e-4
    core_share: float = 0.05
    #: Small cores this near to a blend of two neighbors are halos.
    halo_radius: float = 20.0

    def find(self, rgb: Array, background: RGB) -> Found:
        """Find the instances in any uint8 (H, W, 3) picture on a background of that color."""
        labels, colors = np.zeros(rgb.shape[:2], dtype=np.int32), np.zeros((1, 3))
        if rgb.size:
            labels, colors = self._labels(rgb, background)
        least = self.min_area * labels.size
        return found(
            rgb, labels, colors=colors, background=background, least=least,
            radius=self.background_radius,
        )  # fmt: skip

    def _labels(self, rgb: Array, background: RGB) -> tuple[Array, Array]:
        """Instance of each pixel, 0 for the background, and the color of each instance."""
        cores, tally = self.cores(rgb)
        colors = medians(tally)
        off = ((colors - np.array(background)) ** 2).sum(axis=1)
        things = np.flatnonzero(off > self.background_radius**2)
        things = things[things > 0]
        box = boxes(cores, len(colors) - 1)[things]
        size = (box[:, 2:] - box[:, :2]).prod(axis=1)
        first = same_instance(
            colors[things], box, size, color_step=self.color_step, box_growth=self.box_growth
        )
        roots, part = np.unique(first, return_inverse=True)
        number = np.ones(len(colors), dtype=np.int32)  # 1 is the background until it has grown
        number[0] = 0
        number[things] = part + 2
        merged = np.zeros((len(roots) + 2, *tally.shape[1:]), dtype=tally.dtype)
        np.add.at(merged, number, tally)
        colors = medians(merged)
        colors[1] = background
        grown = grow(rgb, number[cores], colors)
        return np.maximum(grown - 1, 0), colors[1:]

    def cores(self, rgb: Array) -> tuple[Array, Array]:
        """Label the cores 1, 2, … of a picture with pixels, and tally their colors."""
        small = self.min_area * rgb.shape[0] * rgb.shape[1]
        return flat_cores(
            rgb, flat=self.flat, step=self.step, least=self.core_share * small, small=small,
            halo_radius=self.halo_radius,
        )  # fmt: skip
