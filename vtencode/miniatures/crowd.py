"""Where people stand in a scene: on free floor, in sight, and apart from each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.miniatures.people import Person, stand
from vtencode.miniatures.solids import Solid, World

Array = NDArray[Any]


def populate(
    world: World, rng: np.random.Generator, count: int
) -> tuple[World, tuple[Person, ...]]:
    """Stand up to `count` people in a world where there is room, in sight and apart."""
    people: list[Person] = []
    floor = world.shell.center[1] + world.shell.half[1]
    ahead = np.arctan2(world.turn[0, 2], world.turn[2, 2])
    near, far = (3.5, 11.0) if world.sky else (2.0, 5.0)
    owner = max((solid.owner for solid in world.solids), default=0)
    for _ in range(60 * count):
        if len(people) == count:
            break
        away, aside = rng.uniform(near, far), ahead + rng.uniform(-0.42, 0.42)
        base = np.array([away * np.sin(aside), floor, away * np.cos(aside)])
        facing = rng.uniform(-np.pi, np.pi) if rng.uniform() < 0.3 else rng.uniform(-1.0, 1.0)
        person = stand(rng, base, aside + facing, owner + len(people) + 1)
        if _has_room(world, base, person) and _all_in_sight(world, [*people, person]):
            people.append(person)
            world = replace(world, solids=(*world.solids, *person.solids))
    return world, tuple(people)


def _has_room(world: World, base: Array, person: Person) -> bool:
    """Whether a person stands clear of the walls, and of everything taller than a rug."""
    radius = np.hypot(*(person.joints - base[:, None])[[0, 2]]).max() + 0.1
    aside = np.abs(base - world.shell.center)[[0, 2]]
    if (aside > world.shell.half[[0, 2]] - radius).any():
        return False
    return all(_gap(solid, base) > radius for solid in world.solids if solid.half[1] > 0.02)


def _gap(solid: Solid, base: Array) -> float:
    """Meters along the floor between a place and a solid."""
    beyond = np.abs(solid.local(base - solid.center)) - solid.half
    return float(np.hypot(*np.maximum(beyond[[0, 2]], 0.0)))


def _all_in_sight(world: World, people: list[Person]) -> bool:
    """Whether everybody's torso and head are seen past the furniture and each other."""
    solids = (*world.solids, *people[-1].solids)
    for person in people:
        points = np.stack([person.solids[0].center, person.solids[2].center], axis=1)
        z = world.turn.T[2] @ points
        for solid in solids:
            enter, leave = solid.seen(points / z)
            hides = (enter <= leave) & (enter > 0) & (enter < z)
            if solid.owner != person.owner and hides.any():
                return False
    return True
