"""Published colormaps as paths, every 8-bit color of them a level."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from vtencode.colors import RGB
from vtencode.paths.base import Path
from vtencode.targets import Array

_MATPLOTLIB = "van der Walt and Smith, matplotlib 2.0 (CC0)"

#: Cuts between two entries of a table. Channels change by at most 8 from one to the next, so that
#: rounding turns only at multiples of 1 / (2 n), n = 1 … 8, all of which are cuts.
_CUTS = 2 * 840


@dataclass(frozen=True, kw_only=True)
class ColormapPath(Path):
    """The 8-bit colors that a colormap of 256 entries runs through.

    The color at u in [0, 1] lies between entries of the table, linearly, and is rounded; entry i
    is at u = i / 255. A level is one such color, for as long as u keeps it. All levels differ, so
    their number is how many depths the colormap can tell apart in 8 bits.
    """

    #: Steps between 256 colors, channel by channel, deflated, in base 85.
    data: ClassVar[str]

    @property
    def levels(self) -> int:
        """How many colors the path has."""
        return len(self.colors())

    def colors(self) -> Array:
        """The color of each level: uint8 (levels, 3)."""
        return _levels(self.data)[0]

    def starts(self) -> Array:
        """Where in [0, 1] levels 1 … levels - 1 begin: float64 (levels - 1,)."""
        return _levels(self.data)[1]


@lru_cache(maxsize=8)
def _levels(data: str) -> tuple[Array, Array]:
    """The distinct colors in order, and where each but the first begins."""
    entries = table(data).astype(np.int64)
    middles = np.arange(1, 2 * _CUTS, 2)[:, None]
    steps = entries[:-1, None] * 2 * _CUTS + middles * np.diff(entries, axis=0)[:, None]
    colors = ((steps + _CUTS) // (2 * _CUTS)).reshape(-1, 3).astype(np.uint8)
    starts = np.flatnonzero((colors[1:] != colors[:-1]).any(axis=1)) + 1
    return colors[np.append(0, starts)], starts / (255 * _CUTS)


def table(data: str) -> Array:
    """The 256 entries that a colormap's `data` stands for: uint8 (256, 3)."""
    steps = np.frombuffer(zlib.decompress(base64.b85decode(data)), dtype=np.uint8)
    return np.cumsum(steps.reshape(3, 256), axis=1, dtype=np.uint8).T


@dataclass(frozen=True, kw_only=True)
class GrayPath(ColormapPath):
    """Black to white, three equal channels; blue is far."""

    name: ClassVar[str] = "gray"
    source: ClassVar[str] = "three equal channels"
    far: ClassVar[RGB] = (0, 0, 255)
    data: ClassVar[str] = "c-muN9NB<j)c+$I004fx0{#"


@dataclass(frozen=True, kw_only=True)
class ViridisPath(ColormapPath):
    """Viridis: dark purple, teal, yellow."""

    name: ClassVar[str] = "viridis"
    source: ClassVar[str] = _MATPLOTLIB
    data: ClassVar[str] = (
        "c-n<hi4lY#3{0@KE8+St<xsL4Sjp&Rzu+jyOg`opECkc)X`Q6qnhK3HNo_OG;RhV>kb4UegZDb1pdhW1hA(9608i"
        "7%o<`5u+O6#W6MI|R-q~_nLKyo3Fq1@l=e3($blyl0DjP1z=#&|HsQxfvb9OjPgHv1mpkyG8q{bp%?-(;)vb7T{k"
        "BAB"
    )


@dataclass(frozen=True, kw_only=True)
class PlasmaPath(ColormapPath):
    """Plasma: dark blue, magenta, yellow."""

    name: ClassVar[str] = "plasma"
    source: ClassVar[str] = _MATPLOTLIB
    data: ClassVar[str] = (
        "c-nnZ(Gq|l2qSyxrSI;mJ2C|}$P4BM#ifDg-mSHcVVl!tfQC>Ip2!euQVL*FB1t3_0_pB#FoG&XUyx78p<ZRRMYV"
        "p1H;99feg3sA)Bo4RL9{ZMiYEd{uGmd51vLB9=;&~m0@2nNV?h=Pr?S>RSw0n~IbOAM`Rx3X4DD6-1AJtl3j"
    )


@dataclass(frozen=True, kw_only=True)
class InfernoPath(ColormapPath):
    """Inferno: black, red, pale yellow."""

    name: ClassVar[str] = "inferno"
    source: ClassVar[str] = _MATPLOTLIB
    data: ClassVar[str] = (
        "c-nnYff9uv2!rhX{~u?`HW6PJ%pqLTG0e>d{DJHs!U>Qs;e$R4<q|F;;(*eOB!nkOv@Yrca*^RRewRH^w6*urP6u"
        "^geWN|pynv!x9d(YM%G6!t7O)v|#%cbNLw)LdoUU&gNobki>0F5>sw(}<pOS}zaOtF1yLP_vOejQK(?U6N(<p5Kb"
        "`Gcg5T42nM;>jU"
    )


@dataclass(frozen=True, kw_only=True)
class TurboPath(ColormapPath):
    """Turbo: dark blue, green, dark red."""

    name: ClassVar[str] = "turbo"
    source: ClassVar[str] = "Mikhailov, Turbo, an improved rainbow colormap, Google, 2019"
    data: ClassVar[str] = (
        "c-mc(TNcA02t@Ijes?AP@BVjXw88+=3?t_>G4=v}a*850CxSK6LRzee*jiZo7kj@Ye33Fo;n=DiRhFt$dA8r>V-L"
        "0oCpnyiX(5zK(GH#vLN{CDmc<&f#=DrZ=UgIHL<=FD0k<%$5N}*C=SN=+KN-K5;Pj3j=&giMgjeyWd1J#vcHpu>P"
        "3;ux`?^HEU%mD1)>_@hn6xE23yeU4^$vvAn(@#O$MMj%V;}DV(n1?la`8^0)2uV<>Fx4jre6Y5<4`x9zaYQZ=?AI"
        "SX^{"
    )
