"""Metric depth as a walk through the RGB cube: a curve spaces the levels, a path colors them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Code, Codec, Decoded
from vtencode.colors import LEVEL_BITS, LEVEL_MASK, RGB, CubePath, nearest_table, packed_with
from vtencode.curves import Curve, PowerCurve
from vtencode.errors import SpecError
from vtencode.legends import Legend
from vtencode.levels import Levels
from vtencode.pixels import BLOCK, blocks, load, store
from vtencode.targets import Array, DepthMap, DepthState

WHITE: RGB = (255, 255, 255)


@dataclass(frozen=True, kw_only=True)
class DepthCodec(Codec[DepthMap]):
    """Depth on the path black, red, yellow, green, cyan, blue, magenta, white.

    Vision Banana's depth image (arXiv:2604.20329) with its loose ends tied: u is rounded half
    up to 1786 levels; finite depths end at the last but one (412.5 m), so that white is far and
    nothing else; `unknown` is painted mid-gray, the color farthest from the path (179.6 levels).

    Decoding takes the nearest point of the path, exactly, for each of the 2**24 colors. In a
    picture that a generator painted, levels of `far_level` and more are far: generators paint
    skies a level or two short of white. In an exact code only white is.
    """

    name: ClassVar[str] = "depth"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "metric depth as a walk through the RGB cube, black to white"
    unit: ClassVar[str] = "m"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"vision-banana": {}}

    curve: Curve = field(default=PowerCurve(), metadata={"kind": "curve"})
    path: CubePath = field(default=CubePath(), metadata={"kind": "path"})
    unknown: tuple[int, int, int] = (128, 128, 128)
    #: 72-76 % of genuine sky pixels are white, 99.5 % within 2 levels of it; 1782 leaves one more.
    far_level: int = 1782

    def __post_init__(self) -> None:
        if not all(0 <= value <= 255 for value in self.unknown):
            raise SpecError(f"depth: unknown must be 8-bit RGB, got {self.unknown}.")
        if not 1 <= self.far_level <= self._levels.top:
            raise SpecError(
                f"depth: far_level must be 1 to {self._levels.top}, got {self.far_level}."
            )
        if self.correction_radius < 1:
            raise SpecError(f"depth: unknown must be off the path's colors, got {self.unknown}.")

    @property
    def correction_radius(self) -> float:
        """A color off by less, in RGB levels, is still read as the state it was painted as."""
        offsets = self.path.colors().astype(np.int64) - np.array(self.unknown)
        return float(np.sqrt((offsets**2).sum(axis=1).min()) / 2)

    def encode(self, target: DepthMap, *, out: Array | None = None) -> Code:
        """Paint a depth map, into `out` (contiguous uint8 (H, W, 3)) if given."""
        rgb = np.empty((*target.shape, 3), dtype=np.uint8) if out is None else out
        meters = target.meters.reshape(-1)
        levels = np.empty(min(BLOCK, meters.size), dtype=np.int64)
        for start, stop in blocks(meters.size):
            level = self._levels.of(meters[start:stop], out=levels[: stop - start])
            store(self._packed.take(level), rgb, start)
        colors = {"far": WHITE, "unknown": self.unknown}
        return Code(rgb, Legend(colors, {"measure": target.measure}))

    def read(self, code: Code) -> Decoded[DepthMap]:
        """Read a depth map; `measure` is what the legend says, "z" if it is silent."""
        count = code.rgb.shape[0] * code.rgb.shape[1]
        meters, residual = np.empty((2, count), dtype=np.float32)
        state = np.empty(count, dtype=np.uint8)
        state_of = self._states(self._levels.top if code.exact else self.far_level)
        table = nearest_table(self.path, self.unknown)
        for start, stop in blocks(count):
            nearest = table.take(load(code.rgb, start, stop))
            level = nearest & LEVEL_MASK
            self._levels.meters.take(level, out=meters[start:stop])
            state_of.take(level, out=state[start:stop])
            np.sqrt(nearest >> LEVEL_BITS, out=residual[start:stop], casting="unsafe")
        shape = code.rgb.shape[:2]
        measure = code.legend.facts.get("measure", "z")
        confidence = np.maximum(0, 1 - residual / np.float32(self.correction_radius))
        target = DepthMap(meters.reshape(shape), state.reshape(shape), measure)
        return Decoded(target, confidence.reshape(shape), residual.reshape(shape))

    def tolerance(self, target: DepthMap) -> Array:
        """Meters by which a valid depth may come back changed: float64 (H, W); 0 elsewhere.

        Half the spacing of the levels around each depth; past the last level, the distance to
        it. Proved by exhaustion: it is the largest error over every float32 of the same level.
        """
        levels = np.empty(target.meters.size, dtype=np.int64)
        self._levels.of(target.meters.reshape(-1), out=levels)
        last = self._levels.top - 1
        bound = np.append(self._levels.worst_error, [0.0, 0.0, 0.0]).take(levels)
        capped = levels == last
        depth = target.meters.reshape(-1)[capped].astype(np.float64)
        bound[capped] = np.abs(depth - float(self._levels.meters[last]))
        return bound.reshape(target.shape)

    def error(self, target: DepthMap, decoded: DepthMap) -> Array:
        """Meters between two depth maps: float64 (H, W); +inf where their states differ."""
        off = np.subtract(
            decoded.meters,
            target.meters,
            dtype=np.float64,
            where=target.valid,
            out=np.zeros(target.shape),
        )
        np.abs(off, out=off)
        off[decoded.state != target.state] = np.inf
        return off

    def contract(self) -> dict[str, Any]:
        """Domain, levels, worst error by distance, correction radius, reserved colors."""
        meters = np.array([[0.1, 0.5, 1, 2, 5, 10, 20, 50, 80, 100, 200, 400]], dtype=np.float32)
        bounds = self.tolerance(DepthMap(meters))
        return {
            "domain": "depth in [0, inf] meters; far and unknown are states",
            "levels": self.path.levels,
            "farthest_m": round(float(self._levels.meters[self._levels.top - 1]), 2),
            "correction_radius": round(self.correction_radius, 1),
            "reserved": {"far": list(WHITE), "unknown": list(self.unknown)},
            "tolerance_m": {
                f"{depth:g}": float(f"{bound:.3g}")
                for depth, bound in zip(meters[0], bounds[0], strict=True)
            },
            "source": "Image Generators are Generalist Vision Learners, arXiv:2604.20329",
        }

    @property
    def _levels(self) -> Levels:
        return _levels(self.curve, self.path.levels - 1)

    @property
    def _packed(self) -> Array:
        return _packed(self.path, self.unknown)

    def _states(self, far_level: int) -> Array:
        states = np.full(self.path.levels + 1, DepthState.VALID, dtype=np.uint8)
        states[far_level:] = DepthState.FAR
        states[self._levels.unknown] = DepthState.UNKNOWN
        return states


_levels = lru_cache(maxsize=8)(Levels)
_packed = lru_cache(maxsize=8)(packed_with)
