"""Metric depth as a walk through the RGB cube: a curve spaces the levels, a path colors them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Self, get_args

import numpy as np

from vtencode.codecs.base import Code, Codec, Decoded
from vtencode.codecs.depth_presets import PRESETS
from vtencode.curves import Curve, PowerCurve
from vtencode.errors import CodeError, SpecError
from vtencode.legends import Legend
from vtencode.levels import Levels
from vtencode.paths import CubePath, Path
from vtencode.paths.codebook import Codebook, codebook
from vtencode.pixels import BLOCK, blocks, canvas, load, store
from vtencode.targets import Array, DepthMap, DepthState, Measure

#: What `far_level` is until a path says where it ends.
_BY_THE_PATH = -1


@dataclass(frozen=True, kw_only=True)
class DepthCodec(Codec[DepthMap]):
    """Depth on a path of colors; by default black, red, yellow, green, cyan, blue, magenta, white.

    That is Vision Banana's depth image (arXiv:2604.20329) with its loose ends tied: u is rounded
    half up to 1786 levels; finite depths end at the last but one (412.5 m), so that white is far
    and nothing else; `unknown` is painted mid-gray, the color farthest from the path (179.6).

    Decoding takes the nearest of all code colors, exactly, for each of the 2**24. In a picture
    that a generator painted, levels of `far_level` and more are far: generators paint skies a
    level or two short of white. In an exact code only the color of far is. Left out, `far_level`
    is 3 levels before far where the path ends with it; else, and where a curve is fitted to each
    picture so that its farthest depths end the path, far's color alone is far.
    """

    name: ClassVar[str] = "depth"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "metric depth as a walk through the RGB cube, black to white"
    unit: ClassVar[str] = "m"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS

    curve: Curve = field(default=PowerCurve(), metadata={"kind": "curve"})
    path: Path = field(default=CubePath(), metadata={"kind": "path"})
    unknown: tuple[int, int, int] = (128, 128, 128)
    #: 72-76 % of genuine sky pixels are white, 99.5 % within 2 levels of it; 3 leaves one more.
    far_level: int = _BY_THE_PATH

    def __post_init__(self) -> None:
        top = self._book.top
        if self.far_level == _BY_THE_PATH:
            sky = 3 if self.path.ends_far and not self._is_fitted else 0
            object.__setattr__(self, "far_level", top - sky)
        if not all(0 <= value <= 255 for value in self.unknown):
            raise SpecError(f"depth: unknown must be 8-bit RGB, got {self.unknown}.")
        if not 1 <= self.far_level <= top:
            raise SpecError(f"depth: far_level must be 1 to {top}, got {self.far_level}.")
        if self.correction_radius < 1:
            raise SpecError(f"depth: unknown must be off the path's colors, got {self.unknown}.")

    @classmethod
    def with_params(
        cls, preset: str | None = None, params: Mapping[str, Any] | None = None
    ) -> Self:
        """As `Codec.with_params`; `far_level` follows the path unless it is given."""
        return super().with_params(preset, {"far_level": _BY_THE_PATH, **(params or {})})

    @property
    def correction_radius(self) -> float:
        """A color off by less, in RGB levels, is still read as the state it was painted as.

        Where far ends the path, as white does, a color may be read as the depth next to it.
        """
        return self._book.correction_radius

    def encode(self, target: DepthMap, *, out: Array | None = None) -> Code:
        """Paint a depth map, into `out` (contiguous uint8 (H, W, 3)) if given."""
        rgb = canvas(target.shape, out)
        curve = self._fitted(target)
        levels, colors = self._levels_of(curve), self._book.packed
        meters = target.meters.reshape(-1)
        level = np.empty(min(BLOCK, meters.size), dtype=np.int64)
        for start, stop in blocks(meters.size):
            levels.of(meters[start:stop], out=level[: stop - start])
            store(colors.take(level[: stop - start]), rgb, start)
        reserved = {"far": self.path.far, "unknown": self.unknown}
        return Code(rgb, Legend(reserved, {"measure": target.measure, **curve.facts()}))

    def read(self, code: Code) -> Decoded[DepthMap]:
        """Read a depth map; `measure` is what the legend says, "z" if it is silent.

        A curve that is fitted to each picture reads a painted one as its own encoder would have
        painted it.
        """
        decoded = self._read(code)
        if code.exact or not self._is_fitted:
            return decoded
        target = self._read(self.encode(decoded.target)).target
        return Decoded(target, decoded.confidence, decoded.residual)

    def _read(self, code: Code) -> Decoded[DepthMap]:
        count = code.rgb.shape[0] * code.rgb.shape[1]
        meters, residual = np.empty((2, count), dtype=np.float32)
        state = np.empty(count, dtype=np.uint8)
        curve = self.curve.recall(code.legend.facts)
        if code.exact:
            self._check_own(code.legend, curve)
        meters_of = self._levels_of(curve).meters
        state_of = self._states(self._book.top if code.exact else self.far_level)
        nearest = self._book.nearest
        for start, stop in blocks(count):
            entries = nearest.entries(load(code.rgb, start, stop))
            level = entries & nearest.mask
            meters_of.take(level, out=meters[start:stop])
            state_of.take(level, out=state[start:stop])
            np.sqrt(entries >> nearest.bits, out=residual[start:stop], casting="unsafe")
        shape = code.rgb.shape[:2]
        measure = _measure(code.legend)
        radius = min(self.correction_radius, self.path.strand_radius)
        confidence = np.maximum(0, 1 - residual / np.float32(radius))
        target = DepthMap(meters.reshape(shape), state.reshape(shape), measure)
        return Decoded(target, confidence.reshape(shape), residual.reshape(shape))

    def _check_own(self, legend: Legend, curve: Curve) -> None:
        """Raise `CodeError` for a code that another depth codec wrote, or whose scale is lost."""
        mine = {"far": self.path.far, "unknown": self.unknown, **curve.facts()}
        for name, value in mine.items():
            said = (
                legend.facts.get(name) if name in curve.facts() else legend.colors.get(name, value)
            )
            if said != value:
                raise CodeError(
                    f"this code says {name} is {said}, and this codec {value}: decode it with the "
                    "codec that wrote it (its spec names it)."
                )

    def tolerance(self, target: DepthMap) -> Array:
        """Meters by which a valid depth may come back changed: float64 (H, W); 0 elsewhere.

        About half the spacing of the levels around each depth; 0 for a depth that a level has
        exactly; outside the levels' range, the distance to it. Proved by exhaustion: it is the
        largest error over every float32 of the same level.
        """
        levels = self._levels_of(self._fitted(target))
        return levels.bound(target.meters.reshape(-1)).reshape(target.shape)

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
        levels, path = self._levels, self.path
        return {
            "domain": "depth in [0, inf] meters; far and unknown are states",
            "levels": path.levels,
            "nearest_m": float(f"{levels.meters[levels.lowest]:.4g}"),
            "farthest_m": round(float(levels.meters[levels.top - 1]), 3),
            "exact_for": self.curve.exact_for,
            "correction_radius": round(self.correction_radius, 1),
            **({} if path.strand_radius == np.inf else {"strand_radius": path.strand_radius}),
            **path.facts(),
            "reserved": {"far": list(path.far), "unknown": list(self.unknown)},
            "tolerance_m": self._tolerances(),
            "source": "; ".join(filter(None, (path.source, self.curve.source))),
        }

    def _tolerances(self) -> dict[str, float]:
        """The tolerance around round distances, or as a part of what a picture spans."""
        if self._is_fitted:
            return {"of the picture's range": float(f"{0.5 / (self._book.top - 1):.3g}")}
        meters = np.array([0.1, 0.5, 1, 2, 5, 10, 20, 50, 80, 100, 200, 400], dtype=np.float32)
        # One float32 nearer: a depth that some level happens to have exactly would show 0.
        bounds = self._levels.bound(np.nextafter(meters, np.float32(0)))
        return {f"{m:g}": float(f"{bound:.3g}") for m, bound in zip(meters, bounds, strict=True)}

    @property
    def _book(self) -> Codebook:
        return codebook(path=self.path, unknown=self.unknown)

    @property
    def _is_fitted(self) -> bool:
        """Whether each picture has its own curve."""
        return self.curve.recall({}) is not self.curve

    @property
    def _levels(self) -> Levels:
        return self._levels_of(self.curve)

    def _levels_of(self, curve: Curve) -> Levels:
        return _levels(curve, self.path, self._book.top)

    def _fitted(self, target: DepthMap) -> Curve:
        return self.curve.fit(target, self._book.top)

    def _states(self, far_level: int) -> Array:
        states = np.full(self._book.top + 2, DepthState.VALID, dtype=np.uint8)
        states[far_level:] = DepthState.FAR
        states[self._levels.unknown] = DepthState.UNKNOWN
        return states


def _measure(legend: Legend) -> Measure:
    """What the meters are; raises `CodeError` for a legend that says something else."""
    measure: Measure = legend.facts.get("measure", "z")
    if measure not in get_args(Measure):
        raise CodeError(f"a depth legend's measure must be 'z' or 'ray', got {measure!r}.")
    return measure


@lru_cache(maxsize=8)
def _levels(curve: Curve, path: Path, top: int) -> Levels:
    return Levels(curve, top, path.starts())
