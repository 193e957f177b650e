"""Measure what the codecs cost on one core beside the obvious numpy form; write it as Markdown.

Run: python examples/speed_table.py OUT.md [--quick]

With --quick, or VTENCODE_QUICK=1, the picture is small and each form runs once: that shows that
the script runs, and nothing else.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import cv2
import numpy as np

import vtencode as vt
from vtencode.codecs.depth import DepthCodec
from vtencode.curves import LinearCurve, LogCurve, PercentileCurve, PowerCurve
from vtencode.miniatures.scenes import scene
from vtencode.noise import degraded
from vtencode.palettes import distinct
from vtencode.paths import CubeCorePath, CubePath
from vtencode.seeds import generator
from vtencode.testing.fine import seen
from vtencode.testing.places import spaced
from vtencode.testing.regions import class_regions
from vtencode.testing.shapes import shape_scene

ABOUT = """\
Milliseconds of CPU (`time.process_time`, all threads together) for a picture of 1 MP, the best of
a few runs, tables made before: `once` is what making them adds to the first call, in ms. `encode`
makes the picture and its legend, `decode` reads it, `painted` reads it after the noise `vblike`,
as a generator's; with residual and confidence, as always. `naive` is the obvious numpy form of
what is left of it, without either; with ~ it ran on a few rows and was scaled up:

- depth: the curve in float64 and a table of colors; back, the nearest of all edges of the path by
  projection, or of all colors where there are no edges, and the curve's inverse;
- normals: (n + 1) / 2; back, 2 c - 1 over its length. Encoding that is not idempotent;
- semantic: colors[ids]; back, the nearest of all colors. For `mode5`, also the counts of every
  class in each window;
- instances, panoptic: for each id, rgb[ids == id] = color; back, ids[(rgb == color).all(-1)] = id.
  For free colors, connected components of each color rounded to 32 levels;
- keypoints: for each disc, the distances of all pixels; back, for each color, those of all pixels
  to it, and the mean place of the near ones."""

Naive = Callable[[int], Any]
#: The part of the rows that a slow naive form runs on, and the milliseconds that make it slow.
FEW, SLOW_MS = 0.02, 3000
NAMES = ("codec", "encode", "naive", "decode", "painted", "naive", "once")


class Case(NamedTuple):
    """A codec, what it codes, and the naive forms of both ways over the first rows."""

    name: str
    codec: vt.Codec
    target: Any
    naive_encode: Naive | None = None
    naive_decode: Callable[[vt.Code], Naive] | None = None


def depth_cases(meters: np.ndarray) -> Iterator[Case]:
    """The paths by themselves, and every preset that has another."""
    off_cube = {"path": "viridis", "unknown": (255, 0, 0)}
    for name, params in {
        **{f"k = {k}": {"path": {"k": k}} for k in (2, 4, 6, 16)},
        "k = 2, log": {"curve": "log"},
        **{name: {"preset": name} for name in ("fine", "lossless-mm", "lossless-u16")},
        **{name: {"preset": name} for name in ("realsense", "marigold")},
        "viridis": off_cube,
    }.items():
        codec = vt.codec("depth", **params)
        back = nearest_edge if isinstance(codec.path, CubePath | CubeCorePath) else nearest_of_all
        yield Case(
            f"depth, {name}",
            codec,
            vt.DepthMap(meters),
            lambda rows, codec=codec: by_table(codec, meters[:rows]),
            lambda code, codec=codec, back=back: lambda rows: back(codec, code.rgb[:rows]),
        )


def by_table(codec: DepthCodec, meters: np.ndarray) -> np.ndarray:
    """A color for each depth: the curve in float64, rounded to a level."""
    colors, curve, depth = codec.path.colors(), codec.curve, meters.astype(np.float64)
    if isinstance(curve, PowerCurve):
        u = 1 - (1 + depth / 10) ** -2
    elif isinstance(curve, LogCurve):
        u = np.log(depth / curve.near) / np.log(curve.far / curve.near)
    elif isinstance(curve, LinearCurve):
        u = (depth - curve.near) / (curve.far - curve.near)
    elif isinstance(curve, PercentileCurve):
        near, far = np.percentile(depth, [2, 98])
        u = (depth - near) / (far - near)
    else:
        u = depth / curve.unit / (len(colors) - 1)
    level = np.clip(np.floor(u * (len(colors) - 1) + 0.5), 0, len(colors) - 2).astype(int)
    rgb = colors[np.where(np.isinf(meters), len(colors) - 1, level)]
    rgb[np.isnan(meters)] = codec.unknown
    return rgb


def nearest_edge(codec: DepthCodec, rgb: np.ndarray) -> np.ndarray:
    """Depths of the nearest points on the edges of a lattice path."""
    colors = codec.path.colors().astype(np.float64)
    spacing = 255 // (codec.path.k - 1)
    points = rgb.astype(np.float64)
    best, level = np.full(rgb.shape[:2], np.inf), np.zeros(rgb.shape[:2])
    for start in range(0, len(colors) - spacing, spacing):
        toward = (colors[start + spacing] - colors[start]) / spacing
        along = np.clip(((points - colors[start]) * toward).sum(axis=-1), 0, spacing)
        off = ((points - colors[start] - along[..., None] * toward) ** 2).sum(axis=-1)
        level = np.where(off < best, start + along, level)
        best = np.minimum(best, off)
    return meters_of(codec, level / (len(colors) - 1))


def nearest_of_all(codec: DepthCodec, rgb: np.ndarray) -> np.ndarray:
    """Depths of the nearest colors of a path."""
    colors = codec.path.colors()
    return meters_of(codec, nearest_color(colors, rgb) / (len(colors) - 1))


def meters_of(codec: DepthCodec, u: np.ndarray) -> np.ndarray:
    """The inverse of the curve; without the numbers of a picture, of 0 to 1."""
    curve = codec.curve
    if isinstance(curve, PowerCurve):
        with np.errstate(divide="ignore"):
            return 10 * ((1 - u) ** -0.5 - 1)
    if isinstance(curve, LogCurve):
        return curve.near * (curve.far / curve.near) ** u
    if isinstance(curve, LinearCurve):
        return curve.near + u * (curve.far - curve.near)
    return u if isinstance(curve, PercentileCurve) else u * curve.unit * (codec.path.levels - 1)


def nearest_color(colors: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """Index of the nearest color, one after another."""
    points = rgb.astype(np.int32)
    best = np.full(rgb.shape[:2], 3 * 256**2)
    index = np.zeros(rgb.shape[:2], dtype=np.int32)
    for at, color in enumerate(colors.astype(np.int32)):
        off = ((points - color) ** 2).sum(axis=-1)
        index[off < best] = at
        best = np.minimum(best, off)
    return index


def normal_cases(xyz: np.ndarray) -> Iterator[Case]:
    """The roundings; frames only permute and flip."""
    for name in ("vision-banana", "vision-banana-trunc", "dsine"):
        yield Case(
            f"normals, {name}",
            vt.codec("normals", name),
            vt.NormalMap(xyz=xyz),
            lambda rows: np.floor((xyz[:rows] * [-1, 1, 1] + 1) / 2 * 255 + 0.5).astype(np.uint8),
            lambda code: lambda rows: directions(code.rgb[:rows]),
        )


def directions(rgb: np.ndarray) -> np.ndarray:
    """Unit vectors of colors."""
    vectors = rgb / 127.5 - 1
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def semantic_cases(side: int) -> Iterator[Case]:
    """By number of classes and decoder."""
    for classes, robust in ((19, "none"), (19, "mode5"), (19, "local"), (150, "none")):
        ids = seen(class_regions(0, classes, side=side))
        names = tuple(f"class {at}" for at in range(classes))
        palette = distinct(classes, reserved=[(0, 0, 0)])
        back = nearest_then_mode if robust == "mode5" else nearest_color
        yield Case(
            f"semantic, {classes} classes" + ("" if robust == "none" else f", {robust}"),
            vt.codec("semantic", robust=robust),
            vt.SemanticMask(ids, names),
            lambda rows, ids=ids, palette=palette: palette[ids[:rows]],
            lambda code, back=back: lambda rows: back(_colors(code), code.rgb[:rows]),
        )


def nearest_then_mode(colors: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """The most frequent of the nearest colors in windows of 5 x 5."""
    labels = np.pad(nearest_color(colors, rgb), 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(labels, (5, 5))
    return np.argmax([(windows == at).sum(axis=(2, 3)) for at in range(len(colors))], axis=0)


def id_cases(side: int) -> Iterator[Case]:
    """Instances by number and decoder, and panoptic segments."""
    for count in (20, 500):
        ids, free = shape_scene(0, count, height=side, width=side)
        numbers = np.unique(ids[ids > 0]).tolist()
        palette = distinct(count, reserved=[(0, 0, 0)])
        segments = tuple(vt.Segment(at, f"class {at}", thing=True) for at in numbers)
        for name, target in {
            "instances": vt.InstanceMasks.from_ids(ids),
            "panoptic": vt.PanopticMap(ids, segments),
        }.items():
            yield Case(
                f"{name}, {len(numbers)} visible",
                vt.codec(name),
                target,
                lambda rows, ids=ids, palette=palette: one_by_one(ids[:rows], palette),
                lambda code: lambda rows: each_color(_colors(code), code.rgb[:rows]),
            )
        for name in ("seeded", "paper"):
            codec = vt.codec("instances", decoder=name)
            yield Case(
                f"free colors, {len(numbers)} visible, {name}",
                codec,
                vt.Code(free, exact=False),
                None,
                lambda code: lambda _: components(code.rgb),
            )


def one_by_one(ids: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Paint each id."""
    rgb = np.zeros((*ids.shape, 3), dtype=np.uint8)
    for id_ in np.unique(ids[ids > 0]):
        rgb[ids == id_] = palette[id_ - 1]
    return rgb


def each_color(colors: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """Find each color."""
    ids = np.zeros(rgb.shape[:2], dtype=np.int32)
    for at, color in enumerate(colors, start=1):
        ids[(rgb == color).all(axis=-1)] = at
    return ids


def components(rgb: np.ndarray) -> int:
    """Count the connected components of each rounded color."""
    coarse = (rgb // 32).astype(np.int32) @ np.array([64, 8, 1], dtype=np.int32)
    return sum(
        cv2.connectedComponents((coarse == color).astype(np.uint8))[0] - 1
        for color in np.unique(coarse)
    )


def keypoint_cases(side: int) -> Iterator[Case]:
    """One person, and ten that stand apart."""
    for people in (1, 10):
        codec = vt.codec("keypoints", people=people)
        rng, radius = generator(0, "joints"), max(4.0, 0.015 * side)
        gap = (side - 20) / 14
        xy = spaced(rng, 17 * people, side=side, gap=gap).reshape(people, 17, 2)
        visible = np.full(xy.shape[:2], 2, dtype=np.uint8)
        target = vt.Keypoints(xy, visible, codec.joints, shape=(side, side))
        colors = distinct(34 * people, reserved=[(0, 0, 0)])
        yield Case(
            f"keypoints, {17 * people} joints",
            codec,
            target,
            lambda rows, xy=xy, colors=colors, r=radius: discs(xy, colors, r, (rows, side)),
            lambda code: lambda rows: centers(_colors(code), code.rgb[:rows]),
        )


def discs(xy: np.ndarray, colors: np.ndarray, radius: float, shape: tuple[int, int]) -> np.ndarray:
    """Paint discs one over another."""
    rgb, (y, x) = np.zeros((*shape, 3)), np.mgrid[: shape[0], : shape[1]]
    for (at_x, at_y), color in zip(xy.reshape(-1, 2), colors[::2], strict=False):
        cover = np.clip(radius + 0.5 - np.hypot(x - at_x, y - at_y), 0, 1)[..., None]
        rgb = (1 - cover) * rgb + cover * color
    return np.rint(rgb).astype(np.uint8)


def centers(colors: np.ndarray, rgb: np.ndarray) -> list[np.ndarray]:
    """The mean place of the pixels near each color."""
    points = rgb.astype(np.int32)
    near = (((points - color) ** 2).sum(axis=-1) < 20**2 for color in colors.astype(np.int32))
    return [np.argwhere(mask).mean(axis=0) for mask in near if mask.any()]


def _colors(code: vt.Code) -> np.ndarray:
    return np.array(list(code.legend.colors.values()), dtype=np.uint8)


def measured(case: Case, side: int, runs: int) -> list[str]:
    """One row of the table."""
    scale = 1e6 / side**2
    if isinstance(case.target, vt.Code):
        best, first = fastest(lambda: case.codec.decode(case.target), runs)
        naive, _ = fastest(lambda: case.naive_decode(case.target)(side), 1)
        cells = told(scale * best), told(scale * naive), told(first - best)
        return [case.name, "", "", "", *cells]
    encode, once = fastest(lambda: case.codec.encode(case.target), runs)
    code = case.codec.encode(case.target)
    decode, first = fastest(lambda: case.codec.decode(code), runs)
    picture = vt.Code(degraded(code.rgb, "vblike"), code.legend, exact=False)
    painted, _ = fastest(lambda: case.codec.decode(picture), runs)
    return [
        case.name,
        told(scale * encode),
        scaled(case.naive_encode, side, scale),
        told(scale * decode),
        told(scale * painted),
        scaled(case.naive_decode(code), side, scale),
        told(once - encode + first - decode),
    ]


def fastest(work: Callable[[], Any], runs: int) -> tuple[float, float]:
    """(the best of some runs, the first one before them), in milliseconds of CPU."""
    taken = []
    for _ in range(1 + runs):
        start = process_time()
        work()
        taken.append(1000 * (process_time() - start))
    return min(taken[1:]), taken[0]


def scaled(naive: Naive, side: int, scale: float) -> str:
    """The milliseconds of a naive form, from a few rows where all would take long."""
    rows = max(1, round(FEW * side))
    few, _ = fastest(lambda: naive(rows), 1)
    if few * side / rows > SLOW_MS:
        return f"~{told(scale * few * side / rows)}"
    return told(scale * fastest(lambda: naive(side), 2)[0])


def told(milliseconds: float) -> str:
    """Three digits at most, or as many as come before the point."""
    value = max(milliseconds, 0)
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def report(out: str, quick: bool) -> Iterator[str]:  # noqa: FBT001
    """The whole document, line by line."""
    cv2.setNumThreads(1)
    side, runs = (64, 1) if quick else (1000, 5)
    command = f"python examples/speed_table.py {out}{' --quick' * quick}"
    yield f"Made by `{command}`; do not edit.\n\n# What the codecs cost\n"
    packages = ("vtencode", "numpy", "opencv-python-headless")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    yield f"{versions}, Python {platform.python_version()}, {_processor()}.\n\n{ABOUT}\n"
    yield f"| {' | '.join(NAMES)} |\n| {' | '.join(['---'] + ['---:'] * 6)} |"
    camera = vt.Camera(1.2 * side, 1.2 * side, side / 2, side / 2)
    room = scene(0, 0, height=side, width=side, camera=camera)
    for cases in (
        depth_cases(room.depth_z),
        normal_cases(room.normals),
        semantic_cases(side),
        id_cases(side),
        keypoint_cases(max(side, 320)),
    ):
        for case in cases:
            size = case.target.rgb.shape[0] if isinstance(case.target, vt.Code) else None
            rows = size or case.target.shape[0]
            yield f"| {' | '.join(measured(case, rows, runs))} |"


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def main() -> None:
    """Print the table as it comes, then write it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    quick = given.quick or os.environ.get("VTENCODE_QUICK") == "1"
    lines = []
    for line in report(given.out, quick):
        print(line, flush=True)
        lines.append(line)
    Path(given.out).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
