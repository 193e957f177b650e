"""Panoptic segments as flat colors: every thing its own, every class of stuff one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Code, Codec, Decoded
from vtencode.codecs.class_colors import VOID
from vtencode.codecs.id_colors import correction_radii, id_colors, paint
from vtencode.codecs.id_key import id_key
from vtencode.codecs.segment_notes import legend_of, listed_segments
from vtencode.colors import RGB
from vtencode.errors import SpecError, TargetError
from vtencode.free_colors import FreeColors, SeededColors
from vtencode.palettes import CAPACITY
from vtencode.targets import Array, PanopticMap, Segment

#: What a free color is read as, for nothing says more of it.
_THING = "thing"


@dataclass(frozen=True, kw_only=True)
class PanopticCodec(Codec[PanopticMap]):
    """Classes crossed with instances: each segment a flat color that the legend names.

    Things are named "car 1", "car 2", …, stuff by its class. Which color a segment gets depends
    on the segments' shapes alone, and those of neighbors are far apart. Void is painted `void`,
    black, as in COCO's files and as generators paint what a prompt leaves out.

    Decoding takes the nearest color of the legend; in a picture that a generator painted, a color
    too far from all of them is void. Without a legend each color of an exact code is a thing, and
    the free colors of a generator are things as `decoder` finds them.
    """

    name: ClassVar[str] = "panoptic"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "panoptic segments as flat colors: things distinct, stuff one a class"
    unit: ClassVar[str] = "ids"

    void: tuple[int, int, int] = (0, 0, 0)
    decoder: FreeColors = field(default=SeededColors(), metadata={"kind": "decoder"})

    def __post_init__(self) -> None:
        if not all(0 <= value <= 255 for value in self.void):
            raise SpecError(f"panoptic: void must be 8-bit RGB, got {self.void}.")

    def encode(
        self,
        target: PanopticMap,
        *,
        colors: Mapping[int, RGB] | None = None,
        out: Array | None = None,
    ) -> Code:
        """Paint segments, into `out` (contiguous uint8 (H, W, 3)) if given.

        `colors` states the colors of some ids; the others' are chosen far from them.
        """
        if len(target.segments) > CAPACITY:
            raise TargetError(
                f"PanopticMap must have at most {CAPACITY} segments to fit a picture, "
                f"got {len(target.segments)}."
            )
        ranks, order = target.ranked()
        said = colors or {}
        stated = {rank: said[s.id] for rank, s in enumerate(order, start=1) if s.id in said}
        table = id_colors(ranks, len(order), self.void, stated)
        return Code(paint(ranks, table, out), legend_of(order, table))

    def read(self, code: Code) -> Decoded[PanopticMap]:
        """Read segments by the code's legend, or free colors as things where it names none.

        Confidence is the margin to the second nearest color, in smallest distances of the
        legend's colors; that of free colors is the decoder's. Raises `CodeError` for a legend
        that gives two segments one color.
        """
        segments = listed_segments(code.legend)
        listed = {segment.id: color for segment, color in segments.items()}
        ground = code.legend.colors.get(VOID)
        key = id_key(code, listed, ground=ground, default=self.void)
        if key is not None:
            ids, confidence, residual = key.read(code)
        else:
            instances, confidence, residual = self.decoder.find(code.rgb, ground or self.void)
            ids = instances.id_map()
        known = tuple(segments) or tuple(
            Segment(id_, _THING, thing=True) for id_ in np.unique(ids).tolist() if id_
        )
        return Decoded(PanopticMap(ids, known), confidence, residual)

    def tolerance(self, target: PanopticMap) -> Array:
        """Zeros (H, W): every segment comes back, with its id, label and flags."""
        return np.zeros(target.shape)

    def error(self, target: PanopticMap, decoded: PanopticMap) -> Array:
        """0 where a pixel's segment is the same, +inf where not: float64 (H, W)."""
        known = [*dict.fromkeys((None, *target.segments, *decoded.segments))]
        one, other = (
            np.array([0, *(known.index(segment) for segment in panoptic.segments)])[
                panoptic.places()
            ]
            for panoptic in (target, decoded)
        )
        return np.where(one == other, 0.0, np.inf)

    def contract(self) -> dict[str, Any]:
        """Domain, capacity, correction radius by number of segments, reserved colors."""
        return {
            "domain": f"up to {CAPACITY} segments a picture, and void",
            "capacity": CAPACITY,
            "correction_radius": correction_radii(self.void),
            "reserved": {VOID: list(self.void)},
            "tolerance": 0,
            "source": "Panoptic Segmentation, arXiv:1801.00868",
        }
