"""Measure what noise does to the codecs, and write the tables as Markdown.

Run: python examples/noise_tables.py OUT.md [--seed 0] [--quick]

The same seed and versions give the same tables. With --quick, or VTENCODE_QUICK=1, scenes are few
and small: that shows that the script runs, and nothing else.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import vtencode as vt
from vtencode.free_colors import FreeColors, PaperColors, SeededColors
from vtencode.metrics import abs_rel, mean_iou, panoptic_quality, within_ratio
from vtencode.miniatures.scenes import scene
from vtencode.noise import degraded
from vtencode.seeds import generator
from vtencode.testing.fine import painted, seen
from vtencode.testing.places import spaced
from vtencode.testing.regions import class_regions
from vtencode.testing.scene_targets import sample_targets
from vtencode.testing.shapes import shape_scene

ABOUT = """\
Noise, by column:

- `clean`: what the encoder wrote, in anti-aliased scenes as a camera would see it;
- `g2`: Gaussian noise with a deviation of 2 levels in each channel; `g4`, `g8`, `g16` likewise;
- `jpg75`: JPEG of quality 75 with halved chroma; `jpg90-444` keeps the chroma whole;
- `rs`: half the size by area, and back, bilinear;
- `vblike`: a generator like Vision Banana: blur of 0.6 px, a drift of color of 2.5 levels over
  48 px, grain of 0.8 levels; `vbx2`: 0.9 px, 5 and 1.5 levels; `vbx2+jpg90`: both, one after
  the other.

Pictures are decoded as a generator's, not as exact codes."""

Rows = list[list[str]]
LOG = {"name": "log", "near": 0.1, "far": 400.0}
DEPTH: dict[str, dict[str, Any]] = {
    **{f"k = {k}": {"path": {"name": "cube", "k": k}} for k in (2, 4, 6, 16)},
    **{f"k = {k}, log 0.1-400 m": {"path": {"k": k}, "curve": LOG} for k in (2, 4, 6, 16)},
    "preset fine": {"preset": "fine"},
    "hue 360": {"path": {"name": "hue", "degrees": 360}, "unknown": (0, 0, 0)},
    "hue 300": {"path": {"name": "hue", "degrees": 300}, "unknown": (0, 0, 0)},
    "gray": {"path": "gray", "unknown": (255, 0, 0)},
    "preset marigold": {"preset": "marigold"},
}
DEPTH_KINDS = ["clean", "g2", "g4", "g8", "jpg95", "jpg75", "jpg90-444", "rs", "vblike", "vbx2"]
SEMANTIC = {
    "opt-19": (19, None),
    "Cityscapes-19": (19, "cityscapes"),
    "opt-150": (150, None),
    "Painter-150": (150, "painter-ade"),
}
SEMANTIC_KINDS = ["clean", "g8", "g16", "jpg75", "rs", "vblike", "vbx2"]
INSTANCES: dict[str, FreeColors] = {
    "paper-14": PaperColors(group_step=14.0),
    "paper-28": PaperColors(group_step=28.0),
    "seeded": SeededColors(),
}
#: Scenes by number of shapes; of few shapes, more scenes.
SHAPES = {20: 6, 100: 3, 500: 2}
INSTANCE_KINDS = ["clean", "g4", "g8", "jpg95", "jpg75", "rs", "vblike", "vbx2+jpg90"]
#: Height and width of the pictures of joints.
SIDE = 320
#: A grid so fine that it is none.
OFF = 10**6
KEYPOINT_KINDS = ["clean", "g4", "g8", "jpg95", "jpg75", "rs", "vblike", "vbx2"]


def noisy(rgb: np.ndarray, kind: str, seed: int) -> np.ndarray:
    """The picture after the noise of a column."""
    if kind == "clean":
        return rgb
    if kind == "g16":
        noise = generator(seed, kind).normal(scale=16, size=rgb.shape)
        return np.clip(np.rint(rgb + noise), 0, 255).astype(np.uint8)
    if kind == "jpg90-444":
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, "JPEG", quality=90, subsampling="4:4:4")
        return np.asarray(Image.open(file))
    for part in kind.split("+"):
        rgb = degraded(rgb, part, seed=seed)
    return rgb


def read(codec: vt.Codec, code: vt.Code, rgb: np.ndarray) -> Any:
    """The target of a painted picture with the code's legend."""
    return codec.decode(vt.Code(rgb, code.legend, exact=False)).target


def depth_tables(seed: int, quick: bool) -> Iterator[str]:  # noqa: FBT001
    """AbsRel, delta 1 and lost states of depth codecs."""
    count, height = (2, 60) if quick else (6, 480)
    width = height * 4 // 3
    camera = vt.Camera(height * 7 / 6, height * 7 / 6, width / 2, height / 2)
    size = {"height": height, "width": width, "camera": camera}
    truths = [scene(seed, at, sky=at >= count // 2, **size).depth_z for at in range(count)]
    close, states = [], []
    for name, params in DEPTH.items():
        codec = vt.codec("depth", **params)
        codes = [codec.encode(vt.DepthMap(truth)) for truth in truths]
        cells, lost = [name], [name]
        for kind in DEPTH_KINDS:
            true, found, changed = [], [], []
            for at, (truth, code) in enumerate(zip(truths, codes, strict=True)):
                target = read(codec, code, noisy(code.rgb, kind, seed + at))
                true.append(np.where(truth < 80, truth, np.inf).reshape(-1))
                found.append(np.where(target.valid, target.meters, np.inf).reshape(-1))
                far = np.isinf(truth)
                changed.append((target.valid == far)[far | (truth < 80)])
            one, other = np.concatenate(true), np.concatenate(found)
            cells.append(f"{share(abs_rel(one, other))}/{share(within_ratio(one, other))}")
            lost.append(f"{100 * np.concatenate(changed).mean():.2f}")
        close.append(cells)
        states.append(lost)
    yield f"## Depth\n\n{count} procedural scenes of {width} x {height}, half of them rooms, half"
    yield "streets under a sky. AbsRel (arXiv:1406.2283)/delta 1 (share within a factor of 1.25),"
    yield "over true depths under 80 m that are read as a depth.\n"
    yield table(["codec", *DEPTH_KINDS], close)
    yield "\nPercent of sky and of depths under 80 m that is read as the other or unknown.\n"
    yield table(["codec", *DEPTH_KINDS], states)


def semantic_table(seed: int, quick: bool) -> Iterator[str]:  # noqa: FBT001
    """Mean IoU by palette and decoder."""
    count, side = (1, 96) if quick else (3, 512)
    rows: Rows = []
    for name, (classes, preset) in SEMANTIC.items():
        names = tuple(f"class {at}" for at in range(classes))
        codecs = {
            robust: vt.codec("semantic", preset, robust=robust, unsure="nearest")
            for robust in ("none", "mode5", "local")
        }
        cells: dict[str, dict[str, list[float]]] = {robust: {} for robust in codecs}
        for at in range(seed, seed + count):
            fine = class_regions(at, classes, side=side)
            truth = seen(fine)
            code = codecs["none"].encode(vt.SemanticMask(truth, names))
            clean = painted(fine, np.array(list(code.legend.colors.values()), dtype=np.uint8))
            for kind in SEMANTIC_KINDS:
                rgb = noisy(clean, kind, at)
                for robust, codec in codecs.items():
                    iou = mean_iou(truth, read(codec, code, rgb).ids, classes)
                    cells[robust].setdefault(kind, []).append(iou)
        rows.extend(
            [name, robust.replace("none", "nearest"), *(share(np.mean(v)) for v in row.values())]
            for robust, row in cells.items()
        )
    yield f"\n## Semantic\n\nMean IoU (arXiv:1411.4038) of {count} anti-aliased scenes of"
    yield f"{side} x {side}: 80 regions, 25 poles, 70 small discs. Decoders: the nearest color of"
    yield "the legend; the most frequent label of 5 x 5 pixels; the labels around unsure pixels.\n"
    yield table(["palette", "decoder", *SEMANTIC_KINDS], rows)


def instance_table(seed: int, quick: bool) -> Iterator[str]:  # noqa: FBT001
    """PQ by number of shapes and decoder of free colors, and of colors that a legend lists."""
    height, width = (112, 150) if quick else (896, 1200)
    codec = vt.codec("instances")
    rows: Rows = []
    for count, scenes in {5: 1}.items() if quick else SHAPES.items():
        cells: dict[str, dict[str, list[float]]] = {}
        total = 0
        for at in range(seed, seed + scenes):
            truth, free = shape_scene(at, count, height=height, width=width)
            code = codec.encode(vt.InstanceMasks.from_ids(truth))
            total += np.count_nonzero(np.unique(truth))
            for kind in INSTANCE_KINDS:
                rgb = noisy(free, kind, at)
                found = {
                    name: decoder.find(rgb, (0, 0, 0)).instances
                    for name, decoder in INSTANCES.items()
                }
                found["listed"] = read(codec, code, noisy(code.rgb, kind, at))
                for name, masks in found.items():
                    quality = panoptic_quality(truth, masks.id_map())
                    cells.setdefault(name, {}).setdefault(kind, []).append(quality)
        for name, row in cells.items():
            mean = [share(np.mean(values)) for values in row.values()]
            rows.append([str(count), str(scenes), f"{total / scenes:.1f}", name, *mean])
    yield f"\n## Instances\n\nMean PQ (arXiv:1801.00868) of scenes of {width} x {height}:"
    yield "anti-aliased shapes that hide one another, in random colors 20 levels apart. `paper-14`"
    yield "and `paper-28`: the paper's Appendix A with that grouping threshold; `seeded`: cores"
    yield "that grow. They join pieces of one color where they are near, so that a shape that"
    yield "others cut in pieces far apart is missed, clean or not. `listed` is another picture,"
    yield "the codec's own, read with its legend.\n"
    yield table(["shapes", "scenes", "visible", "decoder", *INSTANCE_KINDS], rows)


def keypoint_tables(seed: int, quick: bool) -> Iterator[str]:  # noqa: FBT001
    """Pixels by which isolated and overlapping discs are off."""
    pictures = 1 if quick else 6
    rows: Rows = []
    for radius, grid in ((4, 16),) if quick else ((3, OFF), (4, OFF), (8, OFF), (4, 16)):
        codec = vt.codec("keypoints", people=1, radius_px=float(radius), radius_share=0.0)
        targets = list(people(seed, pictures, lambda rng, grid=grid: _alone(rng, grid)))
        name = f"{radius}" + f", on a grid of 1/{grid} px" * (grid != OFF)
        rows.append([name, *(_off(codec, targets, kind, seed) for kind in KEYPOINT_KINDS)])
    yield f"\n## Keypoints\n\n{17 * pictures} isolated discs, 17 in a picture of {SIDE} x {SIDE},"
    yield "at any position, where the codec's grid of 1/64 px costs 0.006: mean/99th percentile of"
    yield "pixels off (misses).\n"
    yield table(["radius", *KEYPOINT_KINDS], rows)
    rows = []
    codec = vt.codec("keypoints", people=1, radius_px=4.0)
    for distance in (1.0,) if quick else (0.5, 1.0, 2.0, 4.0, 8.0):
        targets = list(people(seed, pictures, lambda rng, d=distance: _pairs(rng, d)))
        rows.append([f"{distance:g}", *(_off(codec, targets, k, seed) for k in KEYPOINT_KINDS)])
    yield f"\n{8 * pictures} pairs of discs of radius 4 whose centers are so many pixels apart.\n"
    yield table(["apart", *KEYPOINT_KINDS], rows)


def people(
    seed: int, count: int, place: Callable[[np.random.Generator], np.ndarray]
) -> Iterator[vt.Keypoints]:
    """One person a picture: joints where `place` says, seen or occluded; others absent."""
    rng = generator(seed, "joints")
    for _ in range(count):
        xy = place(rng)
        names = tuple(f"joint {at}" for at in range(len(xy)))
        yield vt.Keypoints(xy[None], rng.integers(1, 3, (1, len(xy))), names, shape=(SIDE, SIDE))


def _alone(rng: np.random.Generator, grid: int) -> np.ndarray:
    return spaced(rng, 17, side=SIDE, gap=48, grid=grid)


def _pairs(rng: np.random.Generator, distance: float) -> np.ndarray:
    first, turn = spaced(rng, 8, side=SIDE, gap=56, grid=OFF), rng.uniform(0, 2 * np.pi, (8, 1))
    return np.vstack([first, first + distance * np.hstack([np.cos(turn), np.sin(turn)])])


def _off(codec: vt.Codec, targets: Iterable[vt.Keypoints], kind: str, seed: int) -> str:
    off = []
    for at, target in enumerate(targets):
        code = codec.encode(target)
        off.append(codec.error(target, read(codec, code, noisy(code.rgb, kind, seed + at))))
    found = np.concatenate(off, axis=None)
    missed = int(np.isinf(found).sum())
    found = found[np.isfinite(found)]
    return f"{found.mean():.3f}/{np.quantile(found, 0.99):.3f}" + f" ({missed})" * (missed > 0)


def clean_table(seed: int, quick: bool) -> Iterator[str]:  # noqa: FBT001
    """The largest error of a round trip without noise, and what is promised there."""
    names = tuple(f"class {at}" for at in range(19))
    rows: Rows = []
    for name in ("depth", "normals", "semantic", "instances", "panoptic", "keypoints"):
        presets = type(vt.codec(name)).presets
        for preset in (None, *presets):
            codec = vt.codec(name, preset)
            targets = sample_targets(codec, 1 if quick else 2, seed=seed)
            if name == "semantic":
                targets = [vt.SemanticMask(seen(class_regions(seed, 19, side=96)), names)]
            if name == "depth":
                targets = [_room(target, preset) for target in targets[:1]]
            rows.append([name, preset or "(default)", *_worst(codec, targets), codec.unit])
    yield "\n## Without noise\n\nThe worst error of a round trip of exact codes, over procedural"
    yield "scenes of 640 x 480, for depth a room of up to 10 m, in whole millimeters for lossless"
    yield "presets; the tolerance that the codec states for that element; and the largest error /"
    yield "tolerance of all elements, at most 1 where no promise is broken.\n"
    yield table(["codec", "preset", "worst error", "tolerance there", "largest part", "unit"], rows)


def _room(target: vt.DepthMap, preset: str | None) -> vt.DepthMap:
    """A depth map as a preset expects it: the lossless ones whole millimeters."""
    if not (preset or "").startswith("lossless"):
        return target
    return vt.DepthMap(np.round(target.meters.astype(np.float64), 3))


def _worst(codec: vt.Codec, targets: Iterable[Any]) -> list[str]:
    worst, there, part = 0.0, 0.0, 0.0
    for target in targets:
        error = codec.error(target, codec.decode(codec.encode(target)).target).reshape(-1)
        bound = codec.tolerance(target).reshape(-1)
        used = np.divide(error, bound, out=np.where(error > 0, np.inf, 0.0), where=bound > 0)
        part = max(part, used.max(initial=0))
        at = error.argmax()
        if error[at] >= worst:
            worst, there = error[at], bound[at]
    return [f"{worst:.4g}", f"{there:.4g}", f"{part:.3f}"]


def share(value: float) -> str:
    """A number from 0 to 1 without its zero: .0123, or 1."""
    digits = 4 if value < 0.1 else 3
    return f"{value:.{digits}f}".removeprefix("0").rstrip("0").rstrip(".") or "0"


def table(head: list[str], rows: Rows) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def report(out: str, seed: int, quick: bool) -> Iterator[str]:  # noqa: FBT001
    """The whole document, part by part."""
    command = f"python examples/noise_tables.py {out} --seed {seed}{' --quick' * quick}"
    yield f"Made by `{command}`; do not edit.\n\n# What noise does to the codecs\n"
    packages = ("vtencode", "numpy", "opencv-python-headless", "pillow")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    yield f"Seed {seed}; {versions}, Python {platform.python_version()}.\n\n{ABOUT}\n"
    for part in (depth_tables, semantic_table, instance_table, keypoint_tables, clean_table):
        yield from part(seed, quick)


def main() -> None:
    """Print the tables as they come, then write them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    quick = given.quick or os.environ.get("VTENCODE_QUICK") == "1"
    parts = []
    for part in report(given.out, given.seed, quick):
        print(part, flush=True)
        parts.append(part)
    Path(given.out).write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
