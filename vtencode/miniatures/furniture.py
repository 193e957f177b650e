"""What stands in a scene: rooms with furniture, streets with houses, cars and trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.miniatures.solids import Colors, Skin, Solid, World

Array = NDArray[Any]
Triple = tuple[float, float, float]
#: "body", "trim", "ball" or "tire"; what it is of the object, if that is of several parts; center;
#: half size.
Part = tuple[str, str, Triple, Triple]


def _legs(x: float, z: float, height: float) -> tuple[Part, ...]:
    half = height / 2
    return tuple(
        ("trim", "leg", (i * x, half, j * z), (0.03, half, 0.03)) for i in (-1, 1) for j in (-1, 1)
    )


#: Furniture at its usual size in meters; y is the height above the floor, -z the front.
FURNITURE: dict[str, tuple[Part, ...]] = {
    "sofa": (
        ("body", "base", (0, 0.24, 0), (0.95, 0.2, 0.42)),
        ("body", "back", (0, 0.56, 0.33), (0.94, 0.3, 0.11)),
        ("body", "arm", (-1.05, 0.33, -0.01), (0.11, 0.33, 0.44)),
        ("body", "arm", (1.05, 0.33, -0.01), (0.11, 0.33, 0.44)),
        ("trim", "cushion", (-0.47, 0.5, -0.08), (0.45, 0.08, 0.36)),
        ("trim", "cushion", (0.47, 0.5, -0.08), (0.45, 0.08, 0.36)),
    ),
    "table": (("body", "top", (0, 0.44, 0), (0.55, 0.02, 0.34)), *_legs(0.48, 0.27, 0.42)),
    "chair": (
        ("body", "seat", (0, 0.45, 0), (0.23, 0.03, 0.23)),
        ("body", "back", (0, 0.76, 0.21), (0.22, 0.2, 0.025)),
        *_legs(0.19, 0.19, 0.42),
        ("trim", "back", (-0.19, 0.62, 0.2), (0.02, 0.2, 0.02)),
        ("trim", "back", (0.19, 0.62, 0.2), (0.02, 0.2, 0.02)),
    ),
    "cabinet": (
        ("body", "body", (0, 0.46, 0), (0.7, 0.38, 0.22)),
        ("trim", "top", (0, 0.86, 0), (0.74, 0.02, 0.25)),
        ("trim", "base", (0, 0.04, 0.02), (0.66, 0.04, 0.18)),
    ),
    "bookshelf": (
        ("body", "books", (0, 0.92, 0.02), (0.48, 0.88, 0.12)),
        ("trim", "side", (-0.5, 0.94, 0), (0.02, 0.94, 0.17)),
        ("trim", "side", (0.5, 0.94, 0), (0.02, 0.94, 0.17)),
        *(("trim", "shelf", (0.0, 0.03 + 0.44 * k, 0.0), (0.48, 0.015, 0.165)) for k in range(5)),
    ),
    "lamp": (
        ("ball", "shade", (0, 1.55, 0), (0.17, 0.17, 0.17)),
        ("trim", "pole", (0, 0.72, 0), (0.015, 0.7, 0.015)),
        ("trim", "foot", (0, 0.01, 0), (0.14, 0.01, 0.14)),
    ),
    "plant": (
        ("trim", "pot", (0, 0.15, 0), (0.13, 0.15, 0.13)),
        ("ball", "leaves", (0, 0.49, 0), (0.23, 0.23, 0.23)),
        ("ball", "leaves", (0.1, 0.71, 0.04), (0.15, 0.15, 0.15)),
    ),
    "box": (("body", "", (0, 0.2, 0), (0.24, 0.2, 0.2)),),
    "ball": (("ball", "", (0, 0.17, 0), (0.17, 0.17, 0.17)),),
    "rug": (("body", "", (0, 0.006, 0), (1.2, 0.006, 0.85)),),
    "car": (
        ("body", "body", (0, 0.56, 0), (0.84, 0.28, 2.05)),
        ("trim", "cabin", (0, 1.06, 0.15), (0.7, 0.24, 1.05)),
        *(
            ("tire", "wheel", (i * 0.78, 0.3, j * 1.3), (0.1, 0.3, 0.3))
            for i in (-1, 1)
            for j in (-1, 1)
        ),
    ),
    "tree": (
        ("trim", "trunk", (0, 1.0, 0), (0.13, 1.0, 0.13)),
        ("ball", "crown", (0, 2.9, 0), (1.2, 1.2, 1.2)),
        ("ball", "crown", (0.6, 3.7, 0.2), (0.8, 0.8, 0.8)),
    ),
    "building": (("body", "", (0, 5.0, 0), (4.0, 5.0, 5.0)),),
    "picture": (("body", "", (0, 0, 0), (0.4, 0.3, 0.02)),),
    "window": (("body", "", (0, 0, 0), (0.6, 0.55, 0.02)),),
    "door": (("body", "", (0, 0, 0), (0.42, 1.02, 0.025)),),
}
WOODS: tuple[Colors, ...] = ((0xB58454, 0x7A4E2A), (0xD9B98C, 0xA87F52), (0x7B4B32, 0x4A2A1B))
CLOTHS: tuple[Colors, ...] = (
    (0x33658A, 0x86BBD8), (0xA23E48, 0xE0A89A), (0x55786B, 0xA9C5A0), (0xC98B2D, 0xF0CF8A),
    (0x6D597A, 0xB8A1C4), (0x4A5568, 0xA0AEC0), (0xBF6B4B, 0xEBC3A7), (0x2A7F86, 0x8FD0CB),
)  # fmt: skip
GREENS: tuple[Colors, ...] = ((0x3F7D3A, 0x8DBB5C), (0x2F6B4F, 0x77AF7E))
WALLS: tuple[Colors, ...] = (
    (0xE7DFCF, 0xF7F4EC), (0xC9D6D3, 0xF2F5F2), (0xE3C9B4, 0xF8EFE6), (0xB9C7D8, 0xEEF2F6),
)  # fmt: skip
STONES: tuple[Colors, ...] = ((0xE8E2D6, 0xB7A998), (0xDDE3E6, 0x8FA3AD))
#: The parts of the objects that have several.
PARTS: tuple[str, ...] = tuple(
    dict.fromkeys(
        f"{kind} {word}" for kind, parts in FURNITURE.items() for _, word, *_ in parts if word
    )
)
#: Pattern, and color choices of body and trim.
FINISH: dict[str, tuple[str, tuple[Colors, ...], tuple[Colors, ...]]] = {
    "sofa": ("plain", CLOTHS, CLOTHS), "table": ("grain", WOODS, WOODS),
    "chair": ("plain", CLOTHS, WOODS), "cabinet": ("panels", WOODS + WALLS, WOODS),
    "bookshelf": ("books", CLOTHS, WOODS), "lamp": ("glow", ((0xFFE9B8, 0xFFF6DC),), WOODS),
    "plant": ("plain", GREENS, CLOTHS), "box": ("tape", ((0xC69C6D, 0x8B6239),), WOODS),
    "ball": ("stripes", CLOTHS, CLOTHS), "rug": ("rug", CLOTHS, CLOTHS),
    "car": ("plain", CLOTHS, ((0x1E2A38, 0x4C6378),)), "tree": ("plain", GREENS, WOODS),
    "building": ("facade", tuple((b, 0x3F5468) for b in (0xC8A98A, 0xB4725A, 0xD8D2C4)), WOODS),
    "picture": ("painting", CLOTHS, CLOTHS), "window": ("panes", ((0xF4F1EA, 0xA8D4F5),), WOODS),
    "door": ("panels", WOODS + WALLS, WOODS),
}  # fmt: skip


@dataclass
class _Cast:
    """The objects placed so far."""

    rng: np.random.Generator
    floor: float
    solids: list[Solid]
    taken: list[Triple]  # x, z, radius
    owners: int = 0

    def pick(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def put(self, kind: str, x: float, z: float, turn: float, lift: float = 0.0) -> None:
        """Stand one object on the floor, `lift` meters above it, in its own size and colors."""
        self.owners += 1
        pattern, bodies, trims = FINISH[kind]
        body, trim = self.pick(bodies), self.pick(trims)
        if kind == "window":
            scale = np.ones(3)
        elif any(role == "ball" for role, *_ in FURNITURE[kind]):
            scale = np.full(3, self.rng.uniform(0.85, 1.15))
        else:
            scale = self.rng.uniform(0.85, 1.15, size=3)
        skins = {
            "body": Skin(kind, body, pattern),
            "ball": Skin(kind, body, pattern),
            "trim": Skin(kind, trim, "plain"),
            "tire": Skin(kind, (0x15171A, 0x2A2D31)),
        }
        base = np.array([x, self.floor - lift, z])
        for number, (role, word, center, half) in enumerate(FURNITURE[kind]):
            place = np.array(center) * scale * (1.0, -1.0, 1.0)
            part = Solid(
                base, np.array(half) * scale, turn, skins[role], self.owners,
                ball=role == "ball", main=number == 0, part=word and f"{kind} {word}",
            )  # fmt: skip
            self.solids.append(replace(part, center=base + part.outward(place)))

    def scatter(self, kind: str, spots: Iterable[Any], radius: float, turn: float) -> None:
        """Put one object at the first spot (x, z, its turn is added) that is still free."""
        for x, z, angle in spots:
            if all(np.hypot(x - a, z - b) > radius + r for a, b, r in self.taken):
                self.taken.append((x, z, radius))
                self.put(kind, x, z, turn + angle)
                return


def _facing(yaw: float, pitch: float) -> Array:
    """Camera axes to world axes, for a camera turned right and then down, in radians."""
    c, s, d, t = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    around = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    down = np.array([[1, 0, 0], [0, d, t], [0, -t, d]])
    turn: Array = around @ down
    return turn


def interior(rng: np.random.Generator) -> World:
    """A room: furniture along its walls, a sitting group, small things in what is left."""
    yaw, pitch = rng.uniform(-0.3, 0.3), rng.uniform(0.1, 0.24)
    left, right, back = -rng.uniform(1.9, 2.6), rng.uniform(1.9, 2.6), rng.uniform(4.2, 6.4)
    floor, tall = rng.uniform(1.3, 1.5), rng.uniform(2.5, 2.8)
    cast = _Cast(rng, floor, [], [])
    _furnish_walls(cast, left, right, back)
    _furnish_middle(cast, yaw, (left + 0.3, right - 0.3, back - 1.0))
    wall = cast.pick(WALLS)
    pattern, colors = cast.pick((("planks", WOODS), ("tiles", STONES)))
    shell = Solid(
        np.array([(left + right) / 2, floor - tall / 2, (back - 1.0) / 2]),
        np.array([(right - left) / 2, tall / 2, (back + 1.0) / 2]),
        0.0, Skin("wall", wall), 0,
    )  # fmt: skip
    sides = (
        Skin("floor", cast.pick(colors), pattern),
        Skin("wall", wall, "wall"),
        Skin("ceiling", (0xF4F2EE, 0xFFFFFF)),
    )
    light = np.array([rng.uniform(-0.8, 0.8), floor - tall + 0.25, rng.uniform(0.6, 0.5 * back)])
    return World(shell, sides, tuple(cast.solids), light, _facing(yaw, pitch), sky=False)


def _furnish_walls(cast: _Cast, left: float, right: float, back: float) -> None:
    rng = cast.rng
    big = ["sofa", "bookshelf", "cabinet"]
    rng.shuffle(big)
    x = rng.uniform(left + 1.3, right - 1.3)
    for kind, spot, turn in (
        (big[0], (x, back - 0.62), 0.0),
        (big[1], (left + 0.62, rng.uniform(2.6, back - 1.4)), -np.pi / 2),
        (big[2], (right - 0.62, rng.uniform(2.6, back - 1.4)), np.pi / 2),
    ):
        cast.taken.append((*spot, 0.95))
        cast.put(kind, *spot, turn)
    over = x if big[0] != "bookshelf" else x - 1.3 * np.sign(x)
    cast.put(cast.pick(("picture", "window")), over, back - 0.02, 0.0, 1.65)
    cast.put("picture", left + 0.02, rng.uniform(2.4, back - 0.8), -np.pi / 2, 1.6)
    cast.put("door", right - 0.02, back - 0.9, np.pi / 2, 1.02)
    corners = ((s, back - 0.5, 0.0) for s in (left + 0.5, right - 0.5))
    cast.scatter(cast.pick(("lamp", "plant")), corners, 0.3, rng.uniform(0, 1))


def _furnish_middle(cast: _Cast, yaw: float, room: Triple) -> None:
    rng = cast.rng

    def spots(near: float, far: float) -> Iterator[Triple]:
        for _ in range(40):
            away, aside = rng.uniform(near, far), yaw + rng.uniform(-0.5, 0.5)
            x, z = away * np.sin(aside), away * np.cos(aside)
            if room[0] < x < room[1] and z < room[2]:
                yield x, z, rng.uniform(-0.4, 0.4)

    middle = next(spots(2.8, 3.6), (0.0, 3.0, 0.0))
    cast.put("rug", *middle)
    cast.scatter("table", [middle, *spots(2.5, 4.0)], 0.5, 0.0)
    cast.scatter("chair", spots(2.3, 4.5), 0.4, np.pi * rng.uniform(0.5, 1.5))
    for _ in range(int(rng.integers(3, 6))):
        cast.scatter(cast.pick(("ball", "box", "chair", "plant")), spots(2.0, 5.0), 0.35, 0.8)


def street(rng: np.random.Generator) -> World:
    """A road between houses: cars, trees, and a few things left lying about."""
    cast = _Cast(rng, rng.uniform(1.5, 1.8), [], [])
    for side in (-1, 1):
        z = rng.uniform(12.0, 18.0)
        while z < 75.0:
            cast.put("building", side * rng.uniform(11.5, 14.0), z, 0.0)
            z += rng.uniform(12.5, 20.0)
        for z in np.arange(rng.uniform(6.0, 9.0), 60.0, rng.uniform(9.0, 13.0)):
            cast.put("tree", side * rng.uniform(5.0, 5.6), float(z), 0.0)
        for z in np.arange(rng.uniform(6.0, 12.0), 50.0, rng.uniform(8.0, 14.0)):
            lane = side * rng.uniform(1.9, 2.4)
            cast.put("car", lane, float(z), rng.uniform(-0.04, 0.04))
            cast.taken += [(lane, float(z) + k, 1.1) for k in (-1.4, 0.0, 1.4)]
    for kind in ("ball", "box", "box"):
        spots = (rng.uniform((-1.8, 4.0, 0.0), (1.8, 9.0, 3.0)) for _ in range(20))
        cast.scatter(kind, spots, 0.4, 0.0)
    shell = Solid(
        np.array([0.0, cast.floor - 30.0, 0.0]), np.array([60.0, 30.0, 120.0]),
        0.0, Skin("ground", WALLS[0]), 0,
    )  # fmt: skip
    road = Skin("ground", (0x4B4F54, 0xE9E6DD), "road")
    light = np.array([rng.choice([-400.0, 400.0]), -700.0, -rng.uniform(100.0, 300.0)])
    turn = _facing(rng.uniform(-0.12, 0.12), rng.uniform(0.0, 0.06))
    return World(shell, (road, road, road), tuple(cast.solids), light, turn, sky=True)
