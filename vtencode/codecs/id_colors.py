"""Colors for the regions of one image: far apart everywhere, farthest where regions meet."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from vtencode.colors import RGB
from vtencode.errors import TargetError
from vtencode.palettes import CAPACITY, clash, distinct, min_distance
from vtencode.pixels import blocks, canvas, load, pack, store, unpack
from vtencode.targets import Array

#: Pixels between regions that count as meeting: blur and chroma subsampling reach about as far.
_REACH = 7.0
#: Swaps of colors that are tried, for each region.
_SWAPS = 4
#: More than the squared distance of any two colors.
_FARTHEST = 3 * 256**2


def paint(ids: Array, colors: Array, out: Array | None) -> Array:
    """Give each id 0 … N of an int (H, W) map its color: uint8 (H, W, 3), `out` if given."""
    rgb = canvas(ids.shape, out)
    packed, flat = pack(colors), ids.reshape(-1)
    for start, stop in blocks(flat.size):
        store(packed.take(flat[start:stop]), rgb, start)
    return rgb


def colors_in_order(rgb: Array, background: RGB, *, most: int) -> Array | None:
    """The background's color and the others, in raster order: uint8 (N + 1, 3).

    None where there are more than `most` others.
    """
    packed = np.empty(rgb.shape[0] * rgb.shape[1], dtype=np.uint32)
    for start, stop in blocks(packed.size):
        packed[start:stop] = load(rgb, start, stop)
    change = np.flatnonzero(np.diff(packed, prepend=packed[:1] + 1))
    found, first = np.unique(packed[change], return_index=True)
    ground = pack(np.array([background], dtype=np.uint8))
    ordered = found[np.argsort(first)]
    others = ordered[ordered != ground]
    return unpack(np.append(ground, others)) if len(others) <= most else None


def correction_radii(background: RGB) -> dict[str, float]:
    """Half the smallest distance of colors, by how many regions there are: RGB levels."""
    radii = {}
    for count in (1, 4, 19, 98, 346, 500, CAPACITY):
        colors = [background, *distinct(count, reserved=(background,)).tolist()]
        radii[str(count)] = round(min_distance(colors) / 2, 1)
    return radii


def id_colors(
    ids: Array, count: int, background: RGB, stated: Mapping[int, RGB] | None = None
) -> Array:
    """Colors of the regions 1 … count of an int32 (H, W) map: uint8 (count + 1, 3).

    Row 0 is the background's, and `stated` those of some regions; the others' are chosen, far
    from these. Raises `TargetError` where two of the stated ones are equal.
    """
    said = dict(stated or {})
    if not said:
        return _chosen_colors(ids, count, background, ())
    same = clash([background, *said.values()])
    if same:
        color = (background, *said.values())[same[0]]
        raise TargetError(f"colors must all differ, from the background's too, got {color} twice.")
    free = np.array([rank for rank in range(1, count + 1) if rank not in said], dtype=np.int64)
    place = np.zeros(count + 1, dtype=np.int32)
    place[free] = np.arange(1, len(free) + 1)
    chosen = _chosen_colors(place[ids], len(free), background, tuple(said.values()))
    table = chosen[place]
    table[[*said]] = np.array([*said.values()], dtype=np.uint8)
    return table


def _chosen_colors(ids: Array, count: int, background: RGB, taken: tuple[RGB, ...]) -> Array:
    """Colors for all regions, far from those that are taken.

    Regions choose in an order that geometry alone decides: most neighbors first, then largest,
    then first in raster order if that is how they are numbered. Each takes the free color
    farthest from its neighbors' and the background's; then the region that is worst off swaps
    colors with another, for as long as that helps.
    """
    table = np.array([background] * (count + 1), dtype=np.uint8)
    if count:
        palette = distinct(count, reserved=(background, *taken))
        wide = np.vstack([palette, table[:1]]).astype(np.int32)
        apart = ((wide[:-1, None] - wide[None]) ** 2).sum(axis=2)
        area = np.bincount(ids.reshape(-1), minlength=count + 1)[1:]
        table[1:] = palette[_swapped(*_chosen(neighbors(ids, count), area, apart), apart)]
    return table


def _chosen(meets: Array, area: Array, apart: Array) -> tuple[Array, Array]:
    """Return each region's neighbors again, and its first choice of a color."""
    count = len(area)
    free = np.repeat(apart[None, :, -1], count, axis=0)
    choice = np.empty(count, dtype=np.int64)
    for region in np.lexsort((np.arange(count), -area, -meets.sum(axis=1))):
        choice[region] = color = int(free[region].argmax())
        free[meets[region]] = np.minimum(free[meets[region]], apart[:, color])
        free[:, color] = -1
    return meets, choice


def _swapped(meets: Array, choice: Array, apart: Array) -> Array:
    """Swap colors with the region whose nearest neighbor's color is nearest, while that helps.

    Every color is taken, so some region has the one nearest the background's, whatever it does.
    """
    beside = [np.flatnonzero(row) for row in meets]
    far = np.stack([_farness(choice, around, apart) for around in beside])
    for _ in range(_SWAPS * len(choice)):
        own = far[np.arange(len(choice)), choice]
        worst = int(own.argmin())
        after = np.minimum(far[worst, choice], far[:, choice[worst]])
        after[beside[worst]] = -1  # a swap of neighbors changes what both are next to
        other = int(after.argmax())
        if after[other] <= own[worst]:
            break
        choice[[worst, other]] = choice[[other, worst]]
        for region in {*beside[worst].tolist(), *beside[other].tolist()}:
            far[region] = _farness(choice, beside[region], apart)
    return choice


def _farness(choice: Array, around: Array, apart: Array) -> Array:
    """How far each color is from those of the regions around."""
    nearest: Array = apart[:, choice[around]].min(axis=1, initial=_FARTHEST)
    return nearest


def neighbors(ids: Array, count: int) -> Array:
    """Which of the regions 1 … count meet: bool (count, count), symmetric.

    They do where at most about 7 pixels, all of them background, lie between.
    """
    empty = (ids == 0).astype(np.uint8)
    gap, label = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    seen = empty == 0
    id_of = np.zeros(int(label.max()) + 1, dtype=ids.dtype)
    id_of[label[seen]] = ids[seen]
    nearest = id_of[label]
    meets = np.zeros((count + 1, count + 1), dtype=bool)
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        apart = nearest[one] != nearest[other]
        close = gap[one][apart] + gap[other][apart] <= _REACH
        meets[nearest[one][apart][close], nearest[other][apart][close]] = True
    return (meets | meets.T)[1:, 1:]
