"""What a few things of one kind hold, measured: how large they are, and which numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vtencode.generic.coco import Document
from vtencode.generic.drafts.peeking import peek
from vtencode.generic.stored import Stored
from vtencode.targets import Array

#: Numbers of a file of floats that are looked at, evenly spread: enough for a median.
_LOOKED_AT = 20_000
#: Whole numbers, or colors, of which so few kinds occur may be classes.
MOST_CLASSES = 256
#: The largest number may stand for something else where so many pixels hold exactly it.
_MARK_SHARE = 0.001
#: A vector whose length is this near 1 may be a normal; rounding to 8 bits leaves 0.014.
_NEAR_ONE = 0.1
#: Vectors of three numbers are normals where so many have length 1.
UNIT_SHARE = 0.9


@dataclass(frozen=True)
class Numbers:
    """One number a pixel, over all files looked at; shares are of all their pixels.

    `mark` is the largest number where many pixels hold it, and it is the largest that there can
    be, as 65535 is, or lies apart from all others; else None. `median` is of those above 0 but
    the mark. `counts` has the share of every number, where they are whole and few.
    """

    dtype: str
    least: float
    most: float
    median: float
    zeros: float
    negative: float
    not_finite: float
    mark: float | None
    mark_share: float
    counts: Mapping[int, float] = field(default_factory=dict)

    def __str__(self) -> str:
        shares = {"are 0": self.zeros, "are negative": self.negative, "no number": self.not_finite}
        if self.mark is not None:
            shares[f"hold {self.mark:g}"] = self.mark_share
        marks = [f"{share:.1%} of pixels {what}" for what, share in shares.items() if share > 0]
        return ", ".join([f"{self.least:g} to {self.most:g}, median {self.median:.4g}", *marks])


@dataclass(frozen=True)
class Vectors:
    """Three numbers a pixel: the share of vectors of length 1, and of those that look up in z.

    `colors` has the share of every color, where they are few.
    """

    unit: float
    third: float
    colors: Mapping[tuple[int, int, int], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Glance:
    """What things of one kind are, in words and numbers.

    `camera`, `document` and `refused` are as in `Seen`, of all of them.
    """

    kind: str
    sizes: tuple[str, ...]
    numbers: Numbers | None
    vectors: Vectors | None
    camera: bool
    document: Document | None
    refused: str

    @property
    def is_image(self) -> bool:
        """Whether each of them can be an image."""
        return not self.refused

    def __str__(self) -> str:
        size = " to ".join(dict.fromkeys([*self.sizes[:1], *self.sizes[-1:]]))
        text = f"{self.kind} {size}".strip()
        return text if self.numbers is None else f"{text}: {self.numbers}"


def glance(samples: Sequence[Stored]) -> Glance:
    """Look at some files, or arrays, of one kind."""
    seen = [peek(stored) for stored in samples]
    sizes = sorted({each.size for each in seen if each.size}, key=lambda s: (s[0] * s[1], s))
    planes = [each.plane for each in seen if each.plane is not None]
    triples = [each.triple for each in seen if each.triple is not None]
    return Glance(
        " or ".join(dict.fromkeys(each.kind for each in seen)),
        tuple(f"{width}x{height}" for width, height in sizes),
        _numbers(planes) if planes and len(planes) == len(seen) else None,
        _vectors(triples) if triples and len(triples) == len(seen) else None,
        camera=all(each.camera for each in seen),
        document=seen[0].document if all(each.document for each in seen) else None,
        refused=next((each.refused for each in seen if each.refused), ""),
    )


def _numbers(planes: Sequence[Array]) -> Numbers:
    whole = planes[0].dtype.kind in "iu"
    flat = [plane.reshape(-1) if whole else _some(plane.reshape(-1)) for plane in planes]
    values = np.concatenate(flat).astype(np.float64)
    finite = values[np.isfinite(values)]
    most = float(finite.max()) if finite.size else 0.0
    below = finite[(finite > 0) & (finite < most)]
    share = float((values == most).mean())
    apart = below.size > 0 and most > 2 * float(np.percentile(below, 99.9))
    full = whole and planes[0].dtype.itemsize > 1 and most == np.iinfo(planes[0].dtype).max
    marked = share >= _MARK_SHARE and (apart or full)
    usual = below if marked else finite[finite > 0]
    kinds, counts = np.unique(values, return_counts=True) if whole else (values[:0], values[:0])
    few = len(kinds) <= MOST_CLASSES
    return Numbers(
        str(planes[0].dtype),
        float(finite.min()) if finite.size else 0.0,
        most,
        float(np.median(usual)) if usual.size else 0.0,
        float((values == 0).mean()),
        float((values < 0).mean()),
        1 - finite.size / values.size,
        most if marked else None,
        share if marked else 0.0,
        dict(zip(map(int, kinds), (counts / values.size).tolist(), strict=True)) if few else {},
    )


def _vectors(triples: Sequence[Array]) -> Vectors:
    rows = np.concatenate([_some(triple.reshape(-1, 3)) for triple in triples]).astype(np.float64)
    colors: dict[tuple[int, int, int], float] = {}
    if triples[0].dtype.kind == "u":
        found, counts = np.unique(rows.astype(int), axis=0, return_counts=True)
        if len(found) <= MOST_CLASSES:
            order = np.argsort(-counts, kind="stable")
            colors = {(*found[at].tolist(),): float(counts[at] / len(rows)) for at in order}
        rows = 2 * rows / np.iinfo(triples[0].dtype).max - 1
    with np.errstate(invalid="ignore", over="ignore"):
        length = np.sqrt((rows**2).sum(axis=1))
        unit = np.abs(length - 1) < _NEAR_ONE
        known = length > _NEAR_ONE
    third = float((rows[unit, 2] > 0).mean()) if unit.any() else 0.0
    return Vectors(float(unit.sum() / max(int(known.sum()), 1)), third, colors)


def _some(values: Array) -> Array:
    return values[:: max(1, len(values) // _LOOKED_AT)]
