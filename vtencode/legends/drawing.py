"""The colors of one pair's legend: far apart, new for every pair, some never seen in training."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.palettes import CAPACITY, distinct, min_distance, palette, seeded
from vtencode.seeds import Chance, draw

#: Codecs believe a color that is off by 40 levels at most, 0.8 of half of this: farther apart
#: they read no better, and a few colors would only ever be corners of the cube.
FAR = 100.0
#: As many CSS colors as are no closer than 150 of the whole cube: 29.9 levels, and 29.7.
MOST_NAMED = 49
_BLACK: RGB = (0, 0, 0)
_ATTEMPTS = 2000


def draw_colors(
    count: int,
    chance: Chance,
    *,
    background: RGB | None,
    named: bool = False,
    heldout: float = 0.2,
) -> tuple[RGB, ...]:
    """Random colors, at least `min_apart` levels from one another and from the background.

    Every order is as likely as any other, so that position and color are independent. `named`
    colors are those that CSS names. Legends, as sets of colors, fall into lots: a share `heldout`
    is for evaluation alone, and of both lots one half is for odd turns, so that no two pairs in a
    row have the same legend. With a share of 0 there is one lot for all.

    Raises `SpecError` for more colors than fit, and where no legend of such few names is in the
    lot.
    """
    if not 0 <= heldout < 1:
        raise SpecError(f"the share of legends held out must be 0 to below 1, got {heldout}.")
    if count == 0:
        return ()
    apart = min_apart(count, named=named)
    reserved = () if background is None else (background,)
    among = palette("css").colors if named else None
    for attempt in range(_ATTEMPTS):
        seed = chance.draw("legend", str(attempt))
        drawn = seeded(count, seed=seed, apart=apart, reserved=reserved, among=among).tolist()
        if _is_for(chance, drawn, heldout):
            order = chance.generator("order of the legend").permutation(count)
            return tuple((drawn[at][0], drawn[at][1], drawn[at][2]) for at in order)
    raise SpecError(
        f"no legend of {count} {'named ' if named else ''}colors was found in the lot for "
        f"{'evaluation' if chance.evaluation else 'training'}, with a share of {heldout} held "
        "out. Hold out a share nearer to 0.5."
    )


def draw_background(chance: Chance, *, share_black: float = 0.5, named: bool = False) -> RGB:
    """Black in a share of the pairs, and any color in the others; `named` ones are CSS's."""
    if chance.share("background is black") < share_black:
        return _BLACK
    seed = chance.draw("background")
    among = palette("css").colors if named else None
    red, green, blue = seeded(1, seed=seed, apart=0, among=among)[0].tolist()
    return red, green, blue


@cache
def min_apart(count: int, *, named: bool = False) -> float:
    """The smallest distance that so many drawn colors and their background have: RGB levels.

    Half of what the best known placing of as many and one more reaches, at most `FAR`. Colors at
    random get there, whatever is taken: of the best placing each color taken is nearer than half
    to one at most, so one of them is always left.
    """
    most = MOST_NAMED if named else CAPACITY - 1
    if not 1 <= count <= most:
        kind = "colors that have a name" if named else "colors"
        raise SpecError(f"a legend must have 1 to {most} {kind}, got {count}.")
    best = palette(f"css-{count + 1}").colors if named else distinct(count + 1)
    return min(min_distance(best) / 2, FAR)


def _is_for(chance: Chance, colors: Iterable[Iterable[int]], heldout: float) -> bool:
    """Whether this set of colors is in the lot of the pair; the same lots for every dataset."""
    listed = b"".join(sorted(bytes(color) for color in colors)).hex()
    kept = draw(0, "held-out legends", listed) / 2**64 < heldout
    half = draw(0, "legends by turns", listed) % 2
    return half == chance.turn % 2 and (kept == chance.evaluation or heldout == 0)
