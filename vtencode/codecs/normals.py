"""Surface normals as colors: one byte for each coordinate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.codecs.base import Code, Codec, Decoded
from vtencode.errors import SpecError
from vtencode.frames import Frame, frame
from vtencode.geometry import angles_deg
from vtencode.legends import Legend
from vtencode.pixels import check_rgb
from vtencode.sphere import CELL_DEG, LONGEST, SHORTEST, Cells, Rounding
from vtencode.targets import Array, NormalMap

#: Vision Banana paints skies (253, 3, 252) +- 1.5, no direction: 93.3 levels off the sphere.
SKY = (255, 0, 255)
SKY_RADIUS = 127.5 * (np.sqrt(3) - 1) / 2
#: float32 coordinates leave a direction uncertain by 1e-7 rad, twice.
_FLOAT32_DEG = 5e-5
#: Pixels handled at a time; a dozen float32 arrays of them fit the second-level cache.
_BLOCK = 1 << 14

#: Colors that settle on themselves and are directions, counted among all 2**24.
_CODES = {"round": 249_200, "trunc": 249_794, "scale128": 251_144}

_BLACK, _GRAY_127 = (0, 0, 0), (127, 127, 127)


@dataclass(frozen=True, kw_only=True)
class NormalCodec(Codec[NormalMap]):
    """Camera-facing normals n, written in a `frame`, as bytes of (n + 1) / 2.

    By default Vision Banana's picture (arXiv:2604.20329): red to the left, green up, blue toward
    the viewer. With `rounding` "round" or "scale128", a color that decodes to a direction of
    another color is replaced by that one, so that encoding what was decoded gives the same
    bytes. With "trunc" the bytes are the paper's own, and decoding takes the middles of their
    cells: its error is half of the paper's /255, and does not grow with every round trip.

    Decoding takes the direction of the color that a color settles on. Where its vector is
    shorter than 0.5 or longer than 1.35 it is no direction: unknown, which is painted in the
    color `unknown`. With sky "magenta" that color is as sure to be no surface, and `sky_mask`
    tells where it was painted.
    """

    name: ClassVar[str] = "normals"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "surface normals, one byte a coordinate"
    unit: ClassVar[str] = "deg"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "vision-banana": {},
        "vision-banana-trunc": {"rounding": "trunc"},
        "dsine": {"frame": "dsine", "rounding": "scale128", "unknown": _BLACK},
        "lotus": {"frame": "lotus"},
        "sensenova": {"frame": "sensenova", "rounding": "trunc", "unknown": _GRAY_127},
        "opengl": {"frame": "opengl"},
        "marigold": {"frame": "marigold"},
        "moge": {"frame": "opengl", "unknown": _BLACK},
        "opencv": {"frame": "opencv"},
        "directx": {"frame": "directx"},
        "omnidata": {"frame": "omnidata"},
        "nyu-eigen": {"frame": "nyu-eigen", "rounding": "trunc", "unknown": _GRAY_127},
    }

    frame: str = "vision-banana"
    rounding: Rounding = "round"
    unknown: tuple[int, int, int] = (128, 128, 128)
    sky: Literal["none", "magenta"] = "none"

    def __post_init__(self) -> None:
        _ = self._frame
        if not all(0 <= value <= 255 for value in self.unknown):
            raise SpecError(f"normals: unknown must be 8-bit RGB, got {self.unknown}.")
        if self.unknown_radius < 1:
            raise SpecError(
                f"normals: unknown must be no direction's color, got {self.unknown}, whose "
                f"vector is {self._unknown_length:.2f} long."
            )

    @property
    def correction_radius(self) -> float:
        """A direction's color off by less, in RGB levels, is still read as a direction."""
        return float(127.5 * min(LONGEST - 1, 1 - SHORTEST) - np.sqrt(3) / 2)

    @property
    def unknown_radius(self) -> float:
        """The color of unknown off by less, in RGB levels, is still read as unknown."""
        return 127.5 * max(SHORTEST - self._unknown_length, self._unknown_length - LONGEST)

    def encode(self, target: NormalMap) -> Code:
        """Paint a normal map."""
        rgb = np.empty((*target.shape, 3), dtype=np.uint8)
        flat, xyz, valid = rgb.reshape(-1, 3), target.xyz.reshape(-1, 3), target.valid.reshape(-1)
        unknown = np.array(self.unknown, dtype=np.uint8)[:, None]
        for block in _blocks(len(flat)):
            colors = self._written(xyz[block])
            np.copyto(colors, unknown, where=~valid[block])
            for channel, plane in enumerate(colors):
                flat[block, channel] = plane
        return Code(rgb, Legend({"unknown": self.unknown}))

    def read(self, code: Code) -> Decoded[NormalMap]:
        """Read a normal map; colors that are no direction are unknown."""
        shape = code.rgb.shape[:2]
        flat = code.rgb.reshape(-1, 3)
        xyz, residual = np.empty(flat.shape, np.float32), np.empty(len(flat), np.float32)
        valid = np.empty(len(flat), dtype=np.bool_)
        for block in _blocks(len(flat)):
            colors = np.ascontiguousarray(flat[block].T)
            unit, length = self._cells.directions(colors)
            np.logical_and(length >= SHORTEST, length <= LONGEST, out=valid[block])
            settled = colors
            if not (code.exact and self._written_settled):
                settled = self._cells.settle(self._cells.colors(unit), times=1)
                unit, _ = self._cells.directions(settled)
            self._frame.read(unit, out=xyz[block].T)
            off = self._off_unknown(colors)
            np.copyto(off, _distance(colors, settled), where=valid[block])
            residual[block] = off
        target = NormalMap(xyz.reshape(*shape, 3), valid.reshape(shape))
        confidence = np.maximum(0, 1 - residual / np.float32(self.correction_radius))
        return Decoded(target, confidence.reshape(shape), residual.reshape(shape))

    def sky_mask(self, picture: Code | Array) -> Array:
        """Where a sky was painted, bool (H, W): nowhere unless `sky` says how skies look."""
        rgb = picture.rgb if isinstance(picture, Code) else check_rgb(picture)
        if self.sky == "none":
            return np.zeros(rgb.shape[:2], dtype=np.bool_)
        off = _distance(np.moveaxis(rgb, 2, 0), np.reshape(SKY, (3, 1, 1)))
        mask: Array = off < SKY_RADIUS
        return mask

    def tolerance(self, target: NormalMap) -> Array:
        """Degrees by which a normal may come back turned: float64 (H, W); 0 where not valid.

        A cell's half diagonal seen from the sphere's center, 0.39 degrees, and for the 2 % of
        directions whose color settles on another one, what lies between the two: at most as
        much again.
        """
        bound = np.zeros(target.valid.size)
        xyz, valid = target.xyz.reshape(-1, 3), target.valid.reshape(-1)
        for block in _blocks(len(xyz)):
            rounded = self._cells.colors(self._frame.write(xyz[block].T))
            first, _ = self._cells.directions(rounded)
            second, _ = self._cells.directions(self._cells.settle(rounded, times=1))
            turned = angles_deg(first.T, second.T)
            bound[block] = np.where(valid[block], CELL_DEG + turned + _FLOAT32_DEG, 0)
        return bound.reshape(target.shape)

    def error(self, target: NormalMap, decoded: NormalMap) -> Array:
        """Degrees between two normal maps: float64 (H, W); +inf where only one is valid."""
        turned = angles_deg(target.xyz, decoded.xyz)
        turned[target.valid != decoded.valid] = np.inf
        return turned

    def contract(self) -> dict[str, Any]:
        """Domain, codes, worst error, correction radii, reserved colors, axes."""
        return {
            "domain": "unit vectors facing the camera; unknown is a state",
            "levels": _CODES[self.rounding],
            "axes": list(self._frame.axes),
            "tolerance_deg": {
                "98 % of directions": round(CELL_DEG, 3),
                "all": round(2 * CELL_DEG, 3),
            },
            "correction_radius": round(self.correction_radius, 1),
            "reserved": {"unknown": list(self.unknown)},
            "reserved_radius": {"unknown": round(self.unknown_radius, 1)},
            "read_as_unknown": f"vectors shorter than {SHORTEST} or longer than {LONGEST}",
            "source": self._frame.source,
        }

    def _written(self, xyz: Array) -> Array:
        """Colors of vectors (N, 3): uint8 (3, N)."""
        colors = self._cells.colors(self._frame.write(xyz.T))
        return self._cells.settle(colors, times=1) if self._written_settled else colors

    def _off_unknown(self, colors: Array) -> Array:
        """Distance to the nearest color that means unknown."""
        off = _distance(colors, np.array(self.unknown)[:, None])
        if self.sky == "magenta":
            np.minimum(off, _distance(colors, np.array(SKY)[:, None]), out=off)
        return off

    @property
    def _written_settled(self) -> bool:
        """Whether `encode` replaces colors by what they settle on; the paper does not."""
        return self.rounding != "trunc"

    @property
    def _frame(self) -> Frame:
        return frame(self.frame)

    @property
    def _cells(self) -> Cells:
        return Cells(self.rounding)

    @property
    def _unknown_length(self) -> float:
        _, length = self._cells.directions(np.array(self.unknown, dtype=np.uint8)[:, None])
        return float(length[0])


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, _BLOCK):
        yield slice(start, start + _BLOCK)


def _distance(colors: Array, others: Array) -> Array:
    """RGB levels between planes of colors (3, ...): float32."""
    off = np.subtract(colors, others, dtype=np.float32)
    distance: Array = np.sqrt(np.einsum("c...,c...->...", off, off))
    return distance
