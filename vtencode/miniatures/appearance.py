"""Color, light and shadow of a world of solids, so that its pixels look like a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vtencode.miniatures.solids import Skin, Solid, View, World, column, minus

Array = NDArray[Any]


def surfaces(world: World, points: Array, which: Array) -> tuple[Array, Array]:
    """World normals toward the camera and linear color, (3, H, W) each; 0 for nothing."""
    normals, albedo = np.zeros(points.shape), np.zeros(points.shape, dtype=np.float32)
    order = np.argsort(which, axis=None, kind="stable")
    ends = np.searchsorted(which.ravel()[order], np.arange(len(world.skins) + 1))
    flat = points.reshape(3, -1)
    for number, skin in enumerate(world.skins):
        pixels = order[ends[number] : ends[number + 1]]
        if not pixels.size:
            continue
        solid = world.shell if number < 3 else world.solids[number - 3]
        local = solid.local(minus(flat[:, pixels], solid.center))
        face = np.abs(np.abs(local) - solid.half[:, None]).argmin(axis=0)
        if solid.ball:
            normal = local / solid.half[0]
        else:
            normal = np.where(np.arange(3)[:, None] == face, np.sign(local), 0.0)
        normals.reshape(3, -1)[:, pixels] = solid.outward(-normal if number < 3 else normal)
        albedo.reshape(3, -1)[:, pixels] = _albedo(skin, solid, local, face)
    return normals, albedo


def _albedo(skin: Skin, solid: Solid, local: Array, face: Array) -> Array:
    u = np.where(face == 0, local[2], local[0])
    v = np.where(face == 1, local[2], local[1])
    u_half = np.where(face == 0, solid.half[2], solid.half[0])
    v_half = np.where(face == 1, solid.half[2], solid.half[1])
    mix = np.clip(PATTERNS[skin.pattern](u, v, u_half, v_half), 0.0, 1.0)
    first, second = (_linear(color)[:, None] for color in skin.colors)
    color: Array = first * (1.0 - mix) + second * mix
    return color


def _linear(color: int) -> Array:
    return (np.array([color >> 16, color >> 8 & 255, color & 255]) / 255.0) ** 2.2


def _hash(i: Array, j: Array) -> Array:
    """Repeatable noise in [0, 1) for whole numbers."""
    a, b = i.astype(np.int64), j.astype(np.int64)
    return ((a * 73856093) ^ (b * 19349663)) % 1009 / 1009.0


def _mottle(u: Array, v: Array) -> Array:
    return 0.5 + 0.25 * (np.sin(2.1 * u + 1.3 * v) + np.sin(1.7 * v - 2.9 * u + 1.0))


def _planks(u: Array, v: Array, *_: Array) -> Array:
    row = np.floor(u / 0.16)
    along = v + 3.0 * _hash(row, row)
    board = np.floor(along / 1.3)
    seam = (u / 0.16 - row < 0.03) | (along / 1.3 - board < 0.004)
    grain = 0.08 * np.sin(75.0 * u + 4.0 * np.sin(3.0 * v))
    return np.where(seam, 1.0, 0.15 + 0.55 * _hash(row, board) + grain)


def _tiles(u: Array, v: Array, *_: Array) -> Array:
    a, b = u / 0.45, v / 0.45
    grout = (a - np.floor(a) < 0.025) | (b - np.floor(b) < 0.025)
    checker = (np.floor(a) + np.floor(b)) % 2
    return np.where(grout, 0.5, checker * 0.85 + 0.1 * _hash(np.floor(a), np.floor(b)))


def _books(u: Array, v: Array, _: Array, v_half: Array) -> Array:
    shelf = np.floor((v + v_half) / (v_half / 2))
    book = np.floor(u / 0.045 + shelf)
    top = (v + v_half) / (v_half / 2) - shelf < 0.12 + 0.3 * _hash(book, shelf + 7)
    return np.where(top, 0.0, 0.25 + 0.75 * _hash(shelf, book))


def _painting(u: Array, v: Array, u_half: Array, v_half: Array) -> Array:
    a, b = u / u_half, v / v_half
    hills = b - 0.35 * np.sin(2.3 * a + u_half * 9) - 0.15 * np.sin(5.1 * a)
    frame = np.maximum(np.abs(a), np.abs(b)) > 0.86
    return np.where(frame, 0.0, 0.35 + 0.5 * (hills > 0.1) + 0.2 * a)


def _panes(u: Array, v: Array, u_half: Array, v_half: Array) -> Array:
    frame = (np.abs(u) > u_half - 0.06) | (np.abs(v) > v_half - 0.06) | (np.abs(u) < 0.03)
    return np.where(frame, 0.0, 0.75 - 0.25 * v / v_half)


def _panels(u: Array, v: Array, u_half: Array, v_half: Array) -> Array:
    a, b = np.abs(np.abs(u) / u_half - 0.5) * 2, np.abs(v) / v_half
    groove = np.abs(np.maximum(a, b) - 0.8) < 0.035
    return np.where(groove | (np.abs(u) < 0.006), 0.8, 0.1 + 0.1 * np.sin(40 * u))


def _facade(u: Array, v: Array, *_: Array) -> Array:
    a, b = u / 2.2, v / 2.8
    window = (np.abs(a - np.floor(a) - 0.5) < 0.28) & (np.abs(b - np.floor(b) - 0.5) < 0.3)
    return np.where(window, 0.6 + 0.4 * _hash(np.floor(a), np.floor(b)), 0.08 * _mottle(u, v))


def _road(u: Array, v: Array, *_: Array) -> Array:
    dash = (np.abs(u) < 0.08) & (v % 6 < 2.5)
    curb = np.abs(np.abs(u) - 3.6) < 0.12
    return np.where(dash | curb, 1.0, np.where(np.abs(u) > 3.6, 0.55, 0.06 + 0.05 * _mottle(u, v)))


PATTERNS: dict[str, Callable[[Array, Array, Array, Array], Array]] = {
    "plain": lambda u, v, *_: 0.35 * _mottle(u, v),
    "wall": lambda u, v, _, v_half: np.where(v > v_half - 0.09, 1.0, 0.3 * _mottle(u, v)),
    "grain": lambda u, v, *_: 0.35 + 0.25 * np.sin(60 * v + 5 * np.sin(2.2 * u)),
    "stripes": lambda u, *_: ((u / 0.14) % 1 < 0.5) * 0.9,
    "rug": lambda u, v, a, b: np.where(
        np.abs(np.maximum(np.abs(u) - a, np.abs(v) - b) + 0.16) < 0.05, 1.0, 0.25 * ((v / 0.1) % 1)
    ),
    "glow": lambda _, v, *__: 0.5 + 2.0 * v,
    "tape": lambda u, v, *_: np.where(np.abs(u) < 0.035, 0.9, 0.12 * np.sin(90 * v)),
    "planks": _planks,
    "tiles": _tiles,
    "books": _books,
    "painting": _painting,
    "panes": _panes,
    "panels": _panels,
    "facade": _facade,
    "road": _road,
}
#: Patterns that shine by themselves.
GLOWING = {"panes", "glow"}


def paint(
    world: World, view: View, points: Array, which: Array, normals: Array, *, albedo: Array
) -> Array:
    """Lambert's law under one light, with shadows, contact shade, haze and smooth edges."""
    places = points.astype(np.float32)
    shade = _shade(world, view, places, which)
    toward = normals.astype(np.float32)
    ray = column(world.light, places) - places
    length = np.sqrt((ray * ray).sum(axis=0))
    facing = np.maximum((toward * ray).sum(axis=0), 0.0) / length
    fade = 1.0 if world.sky else 1.6 / (1.0 + (length / 4.5) ** 2)
    ambient = 0.4 - 0.12 * toward[1] + 0.06 * toward[0]
    bright = shade[1] * (ambient + shade[0] * facing * fade)
    glows = np.array([skin.pattern in GLOWING for skin in world.skins] + [False])
    color = albedo * np.where(glows[which], 1.25, bright)
    color = _haze(world, view, color, places, which)
    color = np.minimum(color, 0.6 + 0.4 * np.tanh((color - 0.6) / 0.4))  # film's soft shoulder
    picture = 255.0 * np.clip(color, 0.0, 1.0).transpose(1, 2, 0) ** (1 / 2.2)
    return _smooth_edges(picture.astype(np.float32), which, toward)


def _shade(world: World, view: View, points: Array, which: Array) -> Array:
    """Share of the light and of the surroundings that each point sees, (2, H, W)."""
    shade = np.ones((2, *which.shape), dtype=np.float32)
    half = column(world.shell.half, points)
    for gap in half - np.abs(minus(points, world.shell.center)):
        crease = np.maximum(0.0, 1.0 - gap / 0.5) ** 2
        shade[1] *= np.where(gap > 1e-5, 1.0 - 0.35 * crease, 1.0)
    for number, solid in enumerate(world.solids, start=3):
        window = view.window(solid.corners(0.3))
        other = which[window] != number
        shade[1][window] *= 1.0 - 0.4 * other * _contact(solid, points[:, *window])
        if solid.skin.pattern not in GLOWING:
            window = view.window(np.hstack([solid.corners(), _shadow(world, solid)]))
            other = which[window] != number
            shade[0][window] *= 1.0 - other * _dimming(solid, world.light, points[:, *window])
    return shade


def _contact(solid: Solid, points: Array) -> Array:
    """How much a solid's nearness darkens what is within 0.3 m of it, 0 to 1."""
    local = solid.local(minus(points, solid.center))
    away = np.maximum(np.abs(local) - column(solid.half, local), 0.0)
    near = np.maximum(0.0, 1.0 - np.sqrt((away * away).sum(axis=0)) / 0.3)
    dark: Array = near * near * min(1.0, float(solid.half.min()) / 0.1)
    return dark


def _shadow(world: World, solid: Solid) -> Array:
    """Where the shadows of the corners meet the ground, (3, 8)."""
    ground = world.shell.center[1] + world.shell.half[1]
    cast = solid.corners() - world.light[:, None]
    steps = np.maximum(1.0, (ground - world.light[1]) / np.maximum(cast[1], 0.05))
    landed: Array = world.light[:, None] + cast * steps
    return landed


def _dimming(solid: Solid, light: Array, points: Array) -> Array:
    """Share of the light that a solid takes from points; it grows with the path through it."""
    start = solid.local(minus(points, solid.center))
    along = column(solid.local(light - solid.center), start) - start
    enter, leave = solid.span(start, along)
    length = np.sqrt((along * along).sum(axis=0))
    chord = (np.minimum(leave, 1.0) - np.maximum(enter, 0.0)) * length
    share: Array = np.clip(np.nan_to_num(chord) / float(0.8 * solid.half.min()), 0.0, 1.0)
    return share


def _haze(world: World, view: View, color: Array, points: Array, which: Array) -> Array:
    """Under a sky, far things fade into it."""
    if not world.sky:
        return color
    rays = view.rays
    up = np.clip(-rays[1] / np.sqrt((rays * rays).sum(axis=0)) * 2.2, 0.0, 1.0)
    low, high = _linear(0xDCE8F0), _linear(0x5B9BD8)
    sky = low[:, None, None] * (1 - up) + high[:, None, None] * up
    air = np.where(which < 0, 1.0, 1.0 - np.exp(-np.sqrt((points * points).sum(axis=0)) / 150.0))
    seen: Array = color * (1 - air) + sky * air
    return seen


def _smooth_edges(picture: Array, which: Array, normals: Array) -> Array:
    """Blur by one pixel where the surface changes, as a lens would."""
    code = (which * 64 + np.rint(normals * 1.4).sum(axis=0) * 3).astype(np.float32)
    edge = cv2.dilate(code, np.ones((3, 3))) != cv2.erode(code, np.ones((3, 3)))
    soft = cv2.GaussianBlur(picture, (3, 3), 0.7)
    return np.rint(np.where(edge[:, :, None], soft, picture)).astype(np.uint8)
