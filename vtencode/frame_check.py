"""Tell the axis convention of a normals file by comparing it with depth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np

from vtencode.errors import TargetError
from vtencode.frames import DIRECTIONS, Frame, names_of
from vtencode.geometry import angles_deg, normals_from_depth
from vtencode.sphere import LONGEST, SHORTEST
from vtencode.targets import Array, Camera, DepthMap

Axes = tuple[str, str, str]

#: Pixels between the points of a tangent. Rendered depth is best at 1; the depth of sensors,
#: whose steps are larger than the surface's, at 8. The step with the best match is taken.
_STEPS = (1, 2, 4, 8)
#: On files of DSINE, Taskonomy, Hypersim and NYU the right axes reach 0.96 and lead by 0.21; in
#: rendered rooms with few walls to the side they lead by 0.06.
SURE_MATCH, SURE_MARGIN = 0.9, 0.05


@dataclass(frozen=True)
class FrameReport:
    """Which axes explain a normals file, and how surely.

    `ranking` holds all 48 axes, best first, with the mean cosine between the file's normals,
    read that way, and the depth's. `names` are the conventions known to use the best ones.
    `median_deg` is the median angle that remains; `pixels` is how many were compared.
    """

    axes: Axes
    names: tuple[str, ...]
    match: float
    margin: float
    median_deg: float
    pixels: int
    ranking: tuple[tuple[Axes, float], ...]

    @property
    def sure(self) -> bool:
        """Whether the match is `SURE_MATCH` and its lead over the next `SURE_MARGIN`, or more."""
        return self.match >= SURE_MATCH and self.margin >= SURE_MARGIN

    def __str__(self) -> str:
        known = ", ".join(self.names) or "a convention without a name here"
        return (
            f"{' '.join(self.axes)} ({known}): mean cosine {self.match:.3f}, ahead of the next "
            f"by {self.margin:.3f}, median angle {self.median_deg:.1f} deg on {self.pixels} "
            f"pixels; {'sure' if self.sure else 'not sure'}."
        )


def check_frame(normals: Array, depth: DepthMap, camera: Camera | None = None) -> FrameReport:
    """Compare raw normals with those of the depth under all 48 orders and signs of the axes.

    `normals` is what the file holds: float (H, W, 3), or uint8 (H, W, 3) that stand for
    2 c / 255 - 1. `camera` is needed where the depth knows none. A scene that shows one wall
    only cannot tell left from right: the margin says so.
    """
    vectors, known = _vectors(normals, depth.shape)
    seen = depth if camera is None else replace(depth, camera=camera)
    found = [_compare(vectors, known, seen, step) for step in _STEPS]
    best = max(found, key=lambda report: report.match)
    if not best.pixels:
        raise TargetError(
            "check_frame: normals and depth must share known pixels, got "
            f"{known.sum()} of the normals and {depth.valid.sum()} of the depth, none shared."
        )
    return best


def _vectors(normals: Array, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Unit vectors (H, W, 3), 0 where unknown, and where they are known (H, W)."""
    given = np.asarray(normals)
    if given.shape != (*shape, 3) or not (given.dtype == np.uint8 or given.dtype.kind == "f"):
        raise TargetError(
            f"check_frame: normals must be float or uint8 {(*shape, 3)}, as the depth is, "
            f"got {given.dtype} {given.shape}."
        )
    raw = given.astype(np.float64)
    if given.dtype == np.uint8:
        raw = 2 * raw / 255 - 1
    with np.errstate(over="ignore"):
        length = np.sqrt((raw**2).sum(axis=2))
    known = (length >= SHORTEST) & (length <= LONGEST)
    length = length[..., None]
    return np.divide(raw, length, where=known[..., None], out=np.zeros_like(raw)), known


def _compare(vectors: Array, known: Array, depth: DepthMap, step: int) -> FrameReport:
    """Rank the 48 axes; every mean cosine is a signed sum of three of nine correlations."""
    derived = normals_from_depth(depth, step=step)
    both = known & derived.valid
    pixels = int(both.sum())
    file, scene = vectors[both], derived.xyz[both].astype(np.float64)
    correlation = file.T @ scene / max(pixels, 1)
    scores = {axes: float((Frame(axes).matrix * correlation).sum()) for axes in _ALL_AXES}
    ranking = tuple(sorted(scores.items(), key=lambda item: -item[1]))
    (axes, match), (_, second) = ranking[:2]
    angles = angles_deg(file @ Frame(axes).matrix, scene)
    median = float(np.median(angles)) if pixels else np.nan
    return FrameReport(axes, names_of(axes), match, match - second, median, pixels, ranking)


def _all_axes() -> tuple[Axes, ...]:
    pairs = tuple(DIRECTIONS)[0::2], tuple(DIRECTIONS)[1::2]
    return tuple(
        (pairs[a][i], pairs[b][j], pairs[c][k])
        for (i, j, k) in permutations(range(3))
        for (a, b, c) in product(range(2), repeat=3)
    )


_ALL_AXES = _all_axes()
