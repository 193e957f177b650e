"""Sizes that trainers take as they are, so that no target is resampled in color.

What a trainer does to an image of a size was read from, and run with, its own loader: ai-toolkit,
DiffSynth-Studio, musubi-tuner and OmniGen2 keep sides that are multiples of 16 within 1 MP; BAGEL
wants the short side at least, and the long side at most, what it is told (512 and 1024); diffusers
with `--use_aspect_ratio_buckets` keeps the rungs of a ladder that ends at 2:1, and nothing else.
Its FLUX.1 Kontext script has a ladder of its own, without 5:4 and 16:9.
"""

from __future__ import annotations

import math

from vtencode.errors import SpecError
from vtencode.png import MAX_PIXELS

Size = tuple[int, int]

#: What sides are multiples of: the patch of every model these loaders serve.
STEP = 16
#: Sides of an image that is left as it is. BAGEL keeps 448 when told `min_image_size: 448`.
SHORTEST, LONGEST = 448, 1024

#: Width and height, by aspect: 1:1, 5:4, 4:3, 3:2, 16:9, 2:1. Their portraits are buckets too.
_BUCKETS: tuple[tuple[Size, ...], ...] = (
    ((512, 512), (768, 768), (1024, 1024)),
    ((640, 512), (800, 640), (960, 768)),
    ((704, 528), (832, 624), (1024, 768)),
    ((768, 512), (864, 576), (1008, 672)),
    ((1024, 576),),
    ((1024, 512),),
)
#: The aspects of the ladder (diffusers 0.42, `training_utils.generate_aspect_ratio_buckets`).
_LADDER = (1 / 2, 9 / 16, 2 / 3, 3 / 4, 4 / 5, 1, 5 / 4, 4 / 3, 3 / 2, 16 / 9, 2)


def passes(width: int, height: int) -> bool:
    """Whether every loader above takes an image of this size as it is (BAGEL: see `SHORTEST`).

    >>> passes(640, 480), passes(1024, 768), passes(1024, 640), passes(1242, 375)
    (True, True, False, False)
    """
    short, long = sorted((width, height))
    if width % STEP or height % STEP or short < SHORTEST or long > LONGEST:
        return False
    side = round(math.sqrt(width * height))
    rungs = ((side * math.sqrt(aspect), side / math.sqrt(aspect)) for aspect in _LADDER)
    return any((_step(w), _step(h)) == (width, height) for w, h in rungs)


def bucket(width: int, height: int, *, max_aspect: float = 2.0) -> Size:
    """The bucket that keeps most of an image, and of those the one nearest to its size.

    An image longer than 2:1 becomes 1024x512, which keeps 2:1 of it, unless `max_aspect` allows
    more: then all of it up to that aspect, 1024 long and less than 512 short, which every loader
    above takes but diffusers.

    >>> bucket(640, 427), bucket(3000, 4000), bucket(1242, 375)
    ((768, 512), (768, 1024), (1024, 512))
    >>> bucket(1242, 375, max_aspect=4)
    (1024, 304)
    """
    if width < height:
        return bucket(height, width, max_aspect=max_aspect)[::-1]
    aspect = min(width / height, max_aspect)
    if aspect > 2:
        return LONGEST, _step(LONGEST / aspect)
    alike = min(_BUCKETS, key=lambda sizes: abs(math.log(aspect * sizes[-1][1] / sizes[-1][0])))
    return min(alike, key=lambda size: abs(math.log(height / size[1])))


def scaled(width: int, height: int, scale: float, *, multiple: int = 1) -> Size:
    """Both sides times `scale`, to the nearest multiple that is not 0."""
    across, down = (_step(side * scale, multiple) for side in (width, height))
    return across, down


def window(width: int, height: int, size: Size) -> Size:
    """The largest window of an image that has the aspect of `size`.

    >>> window(1242, 375, (1024, 512))
    (750, 375)
    """
    if width * size[1] > height * size[0]:
        return max(1, _round(height * size[0], size[1])), height
    return width, max(1, _round(width * size[1], size[0]))


def check_size(name: str, size: object, count: int) -> None:
    """Raise `SpecError` unless `size` is so many whole numbers >= 1."""
    given = size if isinstance(size, tuple) else (size,)
    if len(given) != count or not all(type(side) is int and side >= 1 for side in given):
        need = "a whole number" if count == 1 else "width, height, whole numbers"
        raise SpecError(f"framing: {name} must be {need} >= 1, got {size!r}.")


def check_area(name: str, size: Size | int) -> None:
    """Raise `SpecError` for a size, or a number of pixels, that no picture may have."""
    pixels = size if isinstance(size, int) else math.prod(size)
    if pixels > MAX_PIXELS:
        raise SpecError(f"framing: {name} must have at most {MAX_PIXELS} pixels, got {size!r}.")


def _step(side: float, multiple: int = STEP) -> int:
    return max(multiple, math.floor(side / multiple + 0.5) * multiple)


def _round(numerator: int, denominator: int) -> int:
    """The nearest whole number, half up."""
    return (2 * numerator + denominator) // (2 * denominator)
