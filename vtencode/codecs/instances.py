"""Object instances as flat colors: each its own, those of neighbors far apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Code, Codec, Decoded
from vtencode.codecs.class_colors import BACKGROUND
from vtencode.codecs.id_colors import correction_radii, id_colors, paint
from vtencode.codecs.id_key import id_key
from vtencode.codecs.instance_notes import legend_of, listed_ids, noted_crowds, noted_labels
from vtencode.codecs.pages import pages
from vtencode.colors import RGB
from vtencode.errors import SpecError, TargetError
from vtencode.free_colors import FreeColors, SeededColors
from vtencode.palettes import CAPACITY
from vtencode.targets import Array, InstanceMasks, Region
from vtencode.targets.spans import pixels


@dataclass(frozen=True, kw_only=True)
class InstanceCodec(Codec[InstanceMasks]):
    """Instances as flat colors on a background; the legend says which color is which id.

    The picture depends on the masks alone: to number or order the instances otherwise changes no
    byte. One picture holds up to 1000 instances that don't overlap; `pages` spreads the others.

    With a legend of ids, decoding takes the nearest color; in a picture that a generator painted,
    a color too far from all of them is background. Without one, each color of an exact code is
    an instance, and the free colors of a generator are what `decoder` makes of them.
    """

    name: ClassVar[str] = "instances"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "object instances as flat colors, those of neighbors far apart"
    unit: ClassVar[str] = "ids"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "vision-banana": {"decoder": {"name": "paper"}}
    }

    background: tuple[int, int, int] = (0, 0, 0)
    decoder: FreeColors = field(default=SeededColors(), metadata={"kind": "decoder"})

    def __post_init__(self) -> None:
        if not all(0 <= value <= 255 for value in self.background):
            raise SpecError(f"instances: background must be 8-bit RGB, got {self.background}.")

    def encode(
        self,
        target: InstanceMasks,
        *,
        colors: Mapping[int, RGB] | None = None,
        out: Array | None = None,
    ) -> Code:
        """Paint instances, into `out` (contiguous uint8 (H, W, 3)) if given.

        `colors` states the colors of some ids; the others' are chosen far from them.
        """
        regions = sorted(target.regions, key=_first_pixel)
        if len(regions) > CAPACITY or target.overlap:
            raise TargetError(
                f"InstanceMasks must be at most {CAPACITY} instances, none overlapping, to fit a "
                f"picture, got {len(regions)}{', overlapping' * target.overlap}. "
                "Encode each of InstanceCodec.pages(target)."
            )
        ranked = tuple(replace(region, id=rank) for rank, region in enumerate(regions, start=1))
        ranks = InstanceMasks(target.shape, ranked).id_map()
        said = colors or {}
        stated = {rank: said[r.id] for rank, r in enumerate(regions, start=1) if r.id in said}
        table = id_colors(ranks, len(regions), self.background, stated)
        return Code(paint(ranks, table, out), legend_of(regions, table))

    def pages(self, target: InstanceMasks) -> tuple[InstanceMasks, ...]:
        """Spread instances over pages that `encode` takes, every mask on one, whole."""
        return pages(target)

    def read(self, code: Code) -> Decoded[InstanceMasks]:
        """Read instances by the code's legend, or as free colors where it lists no ids.

        Confidence is the margin to the second nearest color, in smallest distances of the
        legend's colors; that of free colors is the decoder's. Raises `CodeError` for a legend
        that gives two ids one color.
        """
        ground = code.legend.colors.get(BACKGROUND)
        key = id_key(code, listed_ids(code.legend), ground=ground, default=self.background)
        if key is None:
            return Decoded(*self.decoder.find(code.rgb, ground or self.background))
        ids, confidence, residual = key.read(code)
        labels, crowds = noted_labels(code.legend), noted_crowds(code.legend)
        instances = InstanceMasks.from_ids(ids, labels=labels, crowds=crowds)
        return Decoded(instances, confidence, residual)

    def tolerance(self, target: InstanceMasks) -> Array:
        """Zeros (H, W): every mask comes back, with its id, label and crowd flag."""
        return np.zeros(target.shape)

    def error(self, target: InstanceMasks, decoded: InstanceMasks) -> Array:
        """0 where the same instances cover a pixel, +inf where not: float64 (H, W)."""
        off = np.zeros(target.shape)
        theirs = {_identity(region): region for region in decoded.regions}
        for region in target.regions:
            other = theirs.pop(_identity(region), None)
            if other is None or not np.array_equal(region.spans, other.spans):
                _mark(off, region, other)
        for region in theirs.values():
            _mark(off, region, None)
        return off

    def contract(self) -> dict[str, Any]:
        """Domain, capacity, correction radius by number of instances, reserved colors."""
        return {
            "domain": f"up to {CAPACITY} instances a picture, none overlapping; others in pages",
            "capacity": CAPACITY,
            "correction_radius": correction_radii(self.background),
            "reserved": {BACKGROUND: list(self.background)},
            "tolerance": 0,
            "source": "Image Generators are Generalist Vision Learners, arXiv:2604.20329",
        }


def _first_pixel(region: Region) -> tuple[int, int]:
    row, left, _ = region.spans[0].tolist()
    return row, left


def _identity(region: Region) -> tuple[int, str | None, bool]:
    return region.id, region.label, region.crowd


def _mark(off: Array, region: Region, other: Region | None) -> None:
    """Set the pixels that one of two regions has and the other lacks."""
    width = off.shape[1]
    inside = pixels(region.spans, width)
    if other is not None:
        inside = np.setxor1d(inside, pixels(other.spans, width), assume_unique=True)
    off.reshape(-1)[inside] = np.inf
