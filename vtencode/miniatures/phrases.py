"""What can truly be said of a scene: phrases and questions that its ground truth answers.

A phrase is made only where nobody could take it otherwise: every object of its kind is large
enough to be seen, and where it compares them, they differ by a clear margin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import permutations
from operator import attrgetter
from typing import Any

import numpy as np

from vtencode.miniatures.ground_truth import THINGS, instances
from vtencode.miniatures.questions import QUESTIONS, TAKEN_FOR
from vtencode.miniatures.scenes import Scene
from vtencode.miniatures.things import Thing, things
from vtencode.targets import Expression, Expressions

Kinds = dict[str, list[Thing]]

#: Share of the image that every object of a kind must have for anything to be said of it.
CLEAR_SHARE = 0.001
#: How far apart, as a share of the width, the middles of objects are that one tells by side.
ASIDE_SHARE = 0.08
#: How much farther away than the next an object is that one tells by distance, and in meters.
FARTHER, FARTHER_M = 1.1, 0.3
#: How many times the pixels of the next the largest has.
LARGER = 1.5
COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
PLURALS = {"person": "people", "bookshelf": "bookshelves", "box": "boxes"}
#: A color that nobody takes an object of another color for.
OPPOSITE = {"red": "blue", "blue": "red", "green": "red", "purple": "green"}
#: Kinds that have one color.
COLORED = ("sofa", "chair", "rug", "ball", "car", "person")
#: Phrases that mean nothing, and phrases that relate two objects, in one scene.
_ABSENT, _RELATIONS = 3, 3


def expressions(found: Scene, rng: np.random.Generator) -> Expressions:
    """Everything worth saying of a scene, and a few phrases that mean nothing in it."""
    kinds: Kinds = defaultdict(list)
    for thing in things(found):
        kinds[thing.kind].append(thing)
    least = CLEAR_SHARE * found.instance.size
    clear = {kind: of for kind, of in kinds.items() if min(thing.area for thing in of) >= least}
    said = [phrase for kind, of in clear.items() for phrase in _of_kind(kind, of, found)]
    said += _some(_relations(clear), _RELATIONS, rng)
    said += _some([*_absent(kinds)], _ABSENT, rng)
    said += _questions(kinds, clear, rng)
    return Expressions(instances(found), tuple(said))


def _some(choice: list[Expression], count: int, rng: np.random.Generator) -> list[Expression]:
    return [choice[at] for at in sorted(rng.permutation(len(choice))[:count].tolist())]


def _ids(of: list[Thing]) -> tuple[int, ...]:
    return tuple(thing.id for thing in of)


def _of_kind(kind: str, of: list[Thing], found: Scene) -> Iterator[Expression]:
    yield from _all(kind, of)
    yield from _by_color(kind, of)
    width = found.instance.shape[1]
    left = [thing for thing in of if thing.left < width // 2]
    right = [thing for thing in of if thing.right > width // 2]
    for side, here, there in (("left", left, right), ("right", right, left)):
        if len(here) == 1 and here[0] not in there:
            yield Expression(f"the {kind} in the {side} half of the image", _ids(here))
    if len(of) > 1:
        yield from _by_side(kind, of, ASIDE_SHARE * width)
        yield from _by_distance(kind, of)
        *_, second, first = sorted(of, key=attrgetter("area"))
        if first.area >= LARGER * second.area:
            yield Expression(f"the {kind} that looks largest", (first.id,))


def _all(kind: str, of: list[Thing]) -> Iterator[Expression]:
    if len(of) == 1:
        yield Expression(f"the {kind}", _ids(of))
        return
    plural = PLURALS.get(kind, f"{kind}s")
    yield Expression(f"all {plural}", _ids(of))
    if len(of) in COUNTS:
        yield Expression(f"the {COUNTS[len(of)]} {plural}", _ids(of))


def _by_color(kind: str, of: list[Thing]) -> Iterator[Expression]:
    """The one of a color, where the others are of colors that have other names."""
    colors = [thing.color for thing in of]
    if kind not in COLORED or None in colors:
        return
    for thing in of:
        if colors.count(thing.color) == 1:
            yield Expression(_colored(kind, str(thing.color)), (thing.id,))
    other = OPPOSITE[str(colors[0])]
    if len(of) == 1 and not of[0].has_paint(other):
        yield Expression(_colored(kind, other), ())


def _colored(kind: str, color: str) -> str:
    return f"the person in the {color} shirt" if kind == "person" else f"the {color} {kind}"


def _by_side(kind: str, of: list[Thing], margin: float) -> Iterator[Expression]:
    across = sorted(of, key=attrgetter("x"))
    for side, one, next_, first in (
        ("left", across[0], across[1], min(of, key=attrgetter("left"))),
        ("right", across[-1], across[-2], max(of, key=attrgetter("right"))),
    ):
        if abs(one.x - next_.x) >= margin and one is first:
            words = f"{kind} on the {side}" if len(of) == 2 else f"{side}most {kind}"
            yield Expression(f"the {words}", (one.id,))


def _by_distance(kind: str, of: list[Thing]) -> Iterator[Expression]:
    near, *_ = by_near = sorted(of, key=attrgetter("near_m"))
    if _clearly(near.middle_m, by_near[1].near_m):
        yield Expression(f"the {kind} nearest to the camera", (near.id,))
    *_, next_, far = sorted(of, key=attrgetter("far_m"))
    if _clearly(next_.far_m, far.middle_m):
        yield Expression(f"the {kind} farthest away", (far.id,))


def _clearly(near_m: float, far_m: float) -> bool:
    return far_m >= max(near_m * FARTHER, near_m + FARTHER_M)


def _relations(clear: Kinds) -> list[Expression]:
    """One beside another, and two together, of kinds that there is one of."""
    single = {kind: of[0] for kind, of in clear.items() if len(of) == 1}
    found = []
    for a, b in permutations(single.values(), 2):
        if a.right <= b.left:
            text = f"the {a.kind} to the left of the {b.kind}"
            found += [Expression(text, (a.id,)), Expression(_mirrored(a, b), (b.id,))]
        if a.kind < b.kind:
            found.append(Expression(f"the {a.kind} and the {b.kind}", (a.id, b.id)))
    return found


def _mirrored(a: Thing, b: Thing) -> str:
    return f"the {b.kind} to the right of the {a.kind}"


def _absent(kinds: Kinds) -> Iterator[Expression]:
    """Kinds that no pixel shows, nor one that might be taken for it."""
    for kind in THINGS:
        if kinds.keys().isdisjoint((kind, *TAKEN_FOR.get(kind, ()))):
            yield Expression(f"the {kind}", ())


def _questions(kinds: Kinds, clear: Kinds, rng: np.random.Generator) -> list[Expression]:
    """Questions that the objects answer, and one that none does."""
    answered, open_ = [], []
    for question, answers, doubtful in QUESTIONS:
        here: list[Any] = [thing for kind in answers for thing in kinds.get(kind, [])]
        if not kinds.keys().isdisjoint(doubtful):
            continue
        if not here:
            open_.append(Expression(question, (), reasoning=True))
        elif all(thing.kind in clear for thing in here):
            answered.append(Expression(question, _ids(here), reasoning=True))
    return answered + _some(open_, 1, rng)
