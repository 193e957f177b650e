"""Boxes and balls met by the rays of a pinhole, analytically and in float64.

World frame: origin at the camera, +x right, +y down (gravity), +z ahead, meters. The camera is
turned in it by a yaw and a downward pitch. A ray is scaled so that its camera z is 1, so the
distance along it *is* depth along the optical axis. Arrays of vectors are (3, …).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.targets import Camera

Array = NDArray[Any]
Colors = tuple[int, int]  # two 0xRRGGBB that a pattern mixes


@dataclass(frozen=True)
class Skin:
    """What a surface is called and painted with."""

    kind: str
    colors: Colors
    pattern: str = "plain"


@dataclass(frozen=True, eq=False)
class Solid:
    """A box turned about the vertical, or the ball that it encloses."""

    center: Array  # (3,) meters
    half: Array  # (3,) meters
    turn: float  # radians
    skin: Skin
    owner: int
    ball: bool = False
    main: bool = False
    point: bool = True  # whether its corners, or its center, are points to be found
    part: str = ""  # "chair seat"; nothing where an object is all one

    def local(self, vectors: Array) -> Array:
        """Vectors (3, …) of the world in the axes of the box."""
        if not self.turn:
            return vectors
        c, s = np.cos(self.turn), np.sin(self.turn)
        x, y, z = vectors
        return np.stack([c * x - s * z, y, s * x + c * z])

    def outward(self, vectors: Array) -> Array:
        """Undo `local`."""
        return replace(self, turn=-self.turn).local(vectors)

    def corners(self, margin: float = 0.0) -> Array:
        """The eight corners, (3, 8)."""
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij")).reshape(3, 8)
        return self.center[:, None] + self.outward(signs * (self.half + margin)[:, None])

    def span(self, start: Array, along: Array) -> tuple[Array, Array]:
        """Where local lines start + t * along enter and leave; a miss unless enter <= leave."""
        if self.ball:
            a, b = (along * along).sum(axis=0), (along * start).sum(axis=0)
            c = (start * start).sum(axis=0) - self.half[0] ** 2
            with np.errstate(invalid="ignore"):
                root = np.sqrt(b * b - a * c)  # NaN is a miss: it fails every comparison
            return (-b - root) / a, (-b + root) / a
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = 1.0 / along
            middle, reach = -start * inverse, column(self.half, along) * np.abs(inverse)
        return np.fmax.reduce(middle - reach), np.fmin.reduce(middle + reach)

    def seen(self, rays: Array) -> tuple[Array, Array]:
        """`span` of world rays from the camera."""
        along = self.local(rays)
        return self.span(column(self.local(-self.center), along), along)


@dataclass(frozen=True, eq=False)
class World:
    """Everything a scene holds. Skins 0 to 2 are the shell's sides, 3 + i is solid i."""

    shell: Solid  # the room, seen from inside
    sides: tuple[Skin, Skin, Skin]  # floor, wall, ceiling
    solids: tuple[Solid, ...]
    light: Array  # (3,) meters
    turn: Array  # (3, 3) camera axes to world axes
    sky: bool

    @property
    def skins(self) -> tuple[Skin, ...]:
        """Every skin, in the order that pixels are numbered by."""
        return (*self.sides, *(solid.skin for solid in self.solids))


@dataclass(frozen=True, eq=False)
class View:
    """A pinhole of a given picture size, turned in the world."""

    camera: Camera
    height: int
    width: int
    turn: Array

    @cached_property
    def rays(self) -> Array:
        """World rays (3, H, W) whose camera z is 1."""
        x = (np.arange(self.width) - self.camera.cx) / self.camera.fx
        y = (np.arange(self.height) - self.camera.cy) / self.camera.fy
        columns = self.turn.T[:, :, None, None]
        rays: Array = columns[0] * x[None, None, :] + columns[1] * y[None, :, None] + columns[2]
        return rays

    def project(self, points: Array) -> tuple[Array, Array, Array]:
        """Pixel x, pixel y and depth of world points (3, N)."""
        x, y, z = self.turn.T @ points
        with np.errstate(divide="ignore", invalid="ignore"):
            return (
                self.camera.fx * x / z + self.camera.cx,
                self.camera.fy * y / z + self.camera.cy,
                z,
            )

    def holds(self, x: Array, y: Array, z: Array) -> Array:
        """Whether projected points lie in the picture, and ahead."""
        inside = (x >= -0.5) & (x < self.width - 0.5) & (y >= -0.5) & (y < self.height - 0.5)
        held: Array = inside & (z > 0)
        return held

    def window(self, points: Array) -> tuple[slice, slice]:
        """Rows and columns that hold the hull of world points; all if it reaches the lens."""
        x, y, z = self.project(points)
        if z.min() < 0.05:
            return slice(0, self.height), slice(0, self.width)
        top, left = max(0, int(np.floor(y.min()))), max(0, int(np.floor(x.min())))
        return (
            slice(top, max(top, int(np.ceil(y.max())) + 1)),
            slice(left, max(left, int(np.ceil(x.max())) + 1)),
        )


def column(vector: Array, like: Array) -> Array:
    """A vector (3,) that broadcasts against an array (3, …), in its dtype."""
    return vector.astype(like.dtype).reshape((3,) + (1,) * (like.ndim - 1))


def minus(vectors: Array, vector: Array) -> Array:
    """Vectors (3, …) minus one vector (3,)."""
    return vectors - column(vector, vectors)


def _shell_hits(world: World, rays: Array) -> tuple[Array, Array]:
    """Depth of the room's own surfaces, and which: 0 floor, 1 wall, 2 ceiling, -1 nothing."""
    shell = world.shell
    depth = shell.seen(rays)[1]
    height = (depth * rays[1] - shell.center[1]) / shell.half[1]
    which = np.where(height > 1 - 1e-9, 0, np.where(height < 1e-9 - 1, 2, 1)).astype(np.int16)
    if world.sky:
        depth, which = np.where(which == 0, depth, np.inf), np.where(which == 0, which, -1)
    return depth, which.astype(np.int16)


def trace(world: World, view: View) -> tuple[Array, Array]:
    """Depth (H, W) and the index of the skin seen, -1 for none."""
    rays = view.rays
    depth, which = _shell_hits(world, rays)
    for number, solid in enumerate(world.solids, start=3):
        window = view.window(solid.corners())
        _meet(solid, number, rays[:, *window], depth[window], which[window])
    return depth, which


def _meet(solid: Solid, number: int, rays: Array, depth: Array, which: Array) -> None:
    """Let one solid hide what lies behind it, in place."""
    enter, leave = solid.seen(rays)
    nearer = (enter <= leave) & (enter > 0) & (enter < depth)
    depth[nearer] = enter[nearer]
    which[nearer] = number


def first_met(world: World, rays: Array) -> tuple[Array, Array]:
    """Depth along world rays (3, N) and the index of the skin met, -1 for none."""
    depth, which = _shell_hits(world, rays)
    for number, solid in enumerate(world.solids, start=3):
        _meet(solid, number, rays, depth, which)
    return depth, which


def shows(instance: Array, owner: int, x: float, y: float) -> bool:
    """Whether an object has a pixel at (x, y) or beside it; else it shows between pixels only."""
    u, v = round(x), round(y)
    return bool((instance[max(0, v - 1) : v + 2, max(0, u - 1) : u + 2] == owner).any())


def visible_points(world: World, view: View, instance: Array) -> tuple[Array, tuple[str, ...]]:
    """Corners and centers that no surface hides, where their object is seen, with their names."""
    asked = [
        (number, solid, solid.center[:, None] if solid.ball else solid.corners())
        for number, solid in enumerate(world.solids, start=3)
        if solid.point and (solid.main or solid.ball)
    ]
    projected = [view.project(points) for _, _, points in asked]
    rays = [points / z for (_, _, points), (*_, z) in zip(asked, projected, strict=True)]
    depths, whiches = first_met(world, np.concatenate([np.empty((3, 0)), *rays], axis=1))
    found: list[tuple[float, float]] = []
    names: list[str] = []
    end = 0
    for (number, solid, _), (x, y, z) in zip(asked, projected, strict=True):
        start, end = end, end + len(x)
        depth, which = depths[start:end], whiches[start:end]
        seen = (which == number) if solid.ball else (depth >= z * (1 - 1e-6))
        for k in np.flatnonzero(seen & view.holds(x, y, z)):
            if not shows(instance, solid.owner, x[k], y[k]):
                continue
            spot = "center" if solid.ball else f"corner {k}"
            found.append((x[k], y[k]))
            names.append(f"{solid.skin.kind} {solid.owner} {spot}")
    return np.array(found, dtype=np.float64).reshape(-1, 2), tuple(names)
