"""Instances as Vision Banana's Appendix A clusters them, with its ambiguities as options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import cv2
import numpy as np

from vtencode.colors import RGB
from vtencode.free_colors.floods import flood
from vtencode.free_colors.found import Found, found
from vtencode.free_colors.links import EIGHT, SIXTEEN, components
from vtencode.free_colors.regions import boxes, kept, mean_colors, same_instance, sizes
from vtencode.targets import Array

_NINE = np.ones((3, 3), dtype=np.uint8)


@dataclass(frozen=True, kw_only=True)
class PaperColors:
    """Background, flood fill, prune, erode, merge: arXiv:2604.20329, Appendix A.

    The paper leaves open what the options say. Here as there, a flood's seed is the next free
    pixel in raster order, and so often a blend on a border; `seeded` reads better.
    """

    name: ClassVar[str] = "paper"

    #: A color strictly nearer than this to the background's is background; regions at most this
    #: far apart, in their mean colors, may be one instance.
    tau: float = 14.0
    #: How far, at most, the colors of one group lie from …
    group_step: float = 14.0
    #: … the color of its seed, or of the neighbor that brought it in.
    reference: Literal["seed", "neighbor"] = "seed"
    #: 8 neighbors, or 16: with the knight's moves.
    connectivity: Literal[8, 16] = 16
    #: Smallest group, as a share of the picture.
    min_area: float = 2e-4
    #: Smallest share of a group that a 3 x 3 erosion leaves.
    min_eroded: float = 0.1
    #: Largest joint box, as a multiple of the sum of both boxes or both counts of pixels.
    gamma: float = 5.0
    area: Literal["boxes", "pixels"] = "boxes"

    def find(self, rgb: Array, background: RGB) -> Found:
        """Find the instances in any uint8 (H, W, 3) picture on a background of that color."""
        off = ((rgb.astype(np.int32) - np.array(background)) ** 2).sum(axis=2)
        groups = self._groups(rgb, off >= self.tau**2)
        labels = self._merged(rgb, self._pruned(groups))
        colors = mean_colors(rgb, labels, int(labels.max(initial=0)))
        return found(rgb, labels, colors=colors, background=background, least=1, radius=self.tau)

    def _groups(self, rgb: Array, mask: Array) -> Array:
        neighbors = EIGHT if self.connectivity == 8 else SIXTEEN
        if self.reference == "neighbor":
            return components(rgb, mask, step=self.group_step, neighbors=neighbors)
        least = self.min_area * mask.size
        return flood(rgb, mask, step=self.group_step, neighbors=neighbors, least=least)

    def _pruned(self, labels: Array) -> Array:
        """Drop the groups that are small or thin."""
        if not labels.any():
            return labels
        size = sizes(labels, 0)
        labels = kept(labels, size >= self.min_area * labels.size)
        size = sizes(labels, 0)
        plane = labels.astype(np.float32)  # exact: there are fewer than 2**24 labels
        eroded = (cv2.erode(plane, _NINE) == plane) & (cv2.dilate(plane, _NINE) == plane)
        left = np.bincount(labels[eroded], minlength=len(size))
        return kept(labels, left >= self.min_eroded * size)

    def _merged(self, rgb: Array, labels: Array) -> Array:
        """Give groups of one color and place one label."""
        count = int(labels.max(initial=0))
        if not count:
            return labels
        box = boxes(labels, count)[1:]
        by_boxes = self.area == "boxes"
        size = (box[:, 2:] - box[:, :2]).prod(axis=1) if by_boxes else sizes(labels, count)[1:]
        first = same_instance(
            mean_colors(rgb, labels, count)[1:], box, size,
            color_step=self.tau, box_growth=self.gamma,
        )  # fmt: skip
        number = np.append(0, np.unique(first, return_inverse=True)[1] + 1)
        return number.astype(np.int32)[labels]
