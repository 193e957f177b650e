"""Mannequins that stand in a scene, of boxes and balls, whose joints are exactly known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.miniatures.furniture import CLOTHS
from vtencode.miniatures.solids import Colors, Skin, Solid, View, World, first_met, shows
from vtencode.targets import Visibility

Array = NDArray[Any]
Triple = tuple[float, float, float]

PARTS = ("person head", "person torso", "person arm", "person leg")
SKINS: tuple[Colors, ...] = ((0xE3B898, 0xF1D3BC), (0xB98562, 0xD3A585), (0x7A4F35, 0x9B6E50))
HAIRS: tuple[Colors, ...] = ((0x2B2320, 0x4A3B33), (0x6B4426, 0x8C6239), (0xA98A52, 0xC9AE78))
_DOWN, _OUT, _UP, _AHEAD = (0, -1, 0), (1, 0, 0), (0, 1, 0), (0, 0, -1)
#: Where the upper arm and the forearm point: y is up, -z ahead, x away from the body.
ARMS = {
    "down": (_DOWN, _DOWN),
    "out": (_OUT, _OUT),
    "up": (_UP, _UP),
    "bent": (_DOWN, _AHEAD),
    "waving": (_OUT, _UP),
}
#: The arms of a pose, left and right.
POSES = (
    ("down", "down"), ("out", "out"), ("up", "up"), ("bent", "down"), ("down", "bent"),
    ("waving", "down"), ("down", "waving"),
)  # fmt: skip
#: Joints of a body 1.77 m tall, in meters: x to its left, y above the floor, -z ahead.
_MIDDLE: dict[str, Triple] = {"nose": (0, 1.645, -0.118)}
_LEFT: dict[str, Triple] = {
    "eye": (0.04, 1.675, -0.1),
    "ear": (0.11, 1.65, 0),
    "shoulder": (0.235, 1.44, 0),
    "hip": (0.1, 0.93, 0),
    "knee": (0.1, 0.5, 0),
    "ankle": (0.1, 0.09, 0),
}
_UPPER_ARM_M, _FOREARM_M, _LIMB_END_M = 0.28, 0.25, 0.04
#: A joint is inside its body: so far behind the surface, in meters, it still counts as seen.
_FLESH_M = {"nose": 0.03, "eye": 0.03, "ear": 0.07}
_FLESH_REST_M = 0.16


@dataclass(frozen=True, eq=False)
class Person:
    """One mannequin and the places of `COCO_JOINTS` in the world, (3, 17) meters."""

    solids: tuple[Solid, ...]
    joints: Array
    size: float

    @property
    def owner(self) -> int:
        """Its number among the objects of the scene."""
        return self.solids[0].owner


def stand(rng: np.random.Generator, base: Array, turn: float, owner: int) -> Person:
    """A mannequin with its feet at `base`, in a height, clothes and pose of its own."""
    size, pose = rng.uniform(0.72, 1.08), POSES[rng.integers(len(POSES))]
    joints = _joints(pose)
    skins = {
        role: Skin("person", choices[rng.integers(len(choices))])
        for role, choices in
        (("skin", SKINS), ("hair", HAIRS), ("shirt", CLOTHS), ("trousers", CLOTHS))
    }  # fmt: skip
    skins["dark"] = Skin("person", (0x1B1D22, 0x33363D))
    frame = Solid(base, np.ones(3), turn, skins["skin"], owner)

    def placed(places: Iterable[Any]) -> Array:
        """Places of the body in the world, (3, N)."""
        flipped = np.array([*places]).T * np.array([[1.0], [-1.0], [1.0]])
        return base[:, None] + frame.outward(flipped * size)

    body = _body(joints)
    centers = placed(center for *_, center, _ in body).T
    solids = tuple(
        Solid(
            center, np.abs(half) * size, turn, skins[role], owner,
            ball=shape == "ball", main=number == 0, point=False, part=f"person {part}",
        )
        for number, ((shape, role, part, _, half), center) in enumerate(
            zip(body, centers, strict=True)
        )
    )  # fmt: skip
    return Person(solids, placed(joints[name] for name in COCO_JOINTS), size)


def _joints(pose: tuple[str, str]) -> dict[str, Array]:
    """Every joint of a body in this pose."""
    found = {name: np.array(place, dtype=np.float64) for name, place in _MIDDLE.items()}
    for side, sign, arm in (("left", 1, pose[0]), ("right", -1, pose[1])):
        mirror = np.array([sign, 1.0, 1.0])
        found |= {f"{side}_{name}": np.array(place) * mirror for name, place in _LEFT.items()}
        upper, fore = (np.array(direction) * mirror for direction in ARMS[arm])
        found[f"{side}_elbow"] = found[f"{side}_shoulder"] + _UPPER_ARM_M * upper
        found[f"{side}_wrist"] = found[f"{side}_elbow"] + _FOREARM_M * fore
    return found


def _body(joints: dict[str, Array]) -> list[tuple[str, str, str, Any, Any]]:
    """Shape, color, part, center and half size of everything a mannequin is made of."""
    solids: list[tuple[str, str, str, Any, Any]] = [
        ("box", "shirt", "torso", (0, 1.2, 0), (0.19, 0.29, 0.11)),
        ("box", "skin", "head", (0, 1.52, 0), (0.05, 0.05, 0.05)),
        ("ball", "skin", "head", (0, 1.65, 0), (0.115,) * 3),
        ("ball", "hair", "head", (0, 1.685, 0.035), (0.112,) * 3),
        ("ball", "skin", "head", joints["nose"], (0.018,) * 3),
    ]
    for side in ("left", "right"):
        eye, shoulder, elbow, wrist, hip, knee, ankle = (
            joints[f"{side}_{name}"]
            for name in ("eye", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        )
        solids += [
            ("ball", "dark", "head", eye, (0.014,) * 3),
            _limb("shirt", "arm", shoulder, elbow, 0.046),
            _limb("skin", "arm", elbow, wrist, 0.036),
            _limb("trousers", "leg", hip, knee, 0.08),
            _limb("trousers", "leg", knee, ankle, 0.062),
            ("box", "dark", "leg", ankle * (1, 0.5, 1) + (0, 0, -0.04), (0.055, 0.045, 0.12)),
        ]
    return solids


def _limb(
    role: str, part: str, start: Array, end: Array, width: float
) -> tuple[str, str, str, Any, Any]:
    along = np.abs(end - start)
    half = np.where(along > 0, along / 2 + _LIMB_END_M, width)
    return "box", role, part, (start + end) / 2, half


def seen_joints(
    world: World, view: View, people: tuple[Person, ...], instance: Array
) -> tuple[Array, Array]:
    """Pixels (N, 17, 2) of everybody's joints, and their visibility (N, 17) in COCO's numbers.

    A joint is seen where its own body is the first thing met, no deeper in front of it than flesh
    is; it is absent outside the picture.
    """
    owners = np.array([0, 0, 0, *(solid.owner for solid in world.solids), 0])
    flesh = np.array([_FLESH_M.get(name.split("_")[-1], _FLESH_REST_M) for name in COCO_JOINTS])
    pixels = np.zeros((len(people), len(COCO_JOINTS), 2))
    visibility = np.full(pixels.shape[:2], Visibility.ABSENT, dtype=np.uint8)
    for at, person in enumerate(people):
        x, y, z = view.project(person.joints)
        depth, which = first_met(world, person.joints / z)
        seen = (owners[which] == person.owner) & (depth >= z - flesh * person.size)
        pixels[at] = np.stack([x, y], axis=1)
        for joint in np.flatnonzero(view.holds(x, y, z)):
            shown = seen[joint] and shows(instance, person.owner, x[joint], y[joint])
            visibility[at, joint] = Visibility.VISIBLE if shown else Visibility.OCCLUDED
    return pixels, visibility
