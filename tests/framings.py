"""Transforms and targets of every kind, for tests of framing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from vtencode.framing import Transform
from vtencode.targets import (
    Camera,
    DepthMap,
    Expression,
    Expressions,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    Segment,
    SemanticMask,
)

SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def transforms(draw, *, longest=24, resized=True, padded=True, flip=None):
    """A transform of a small image, of one pixel or one row too."""
    width, height = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    size = right - left, bottom - top
    if resized:
        size = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    pad = tuple(draw(st.integers(0, 5)) for _ in range(4)) if padded else (0, 0, 0, 0)
    turned = draw(st.booleans()) if flip is None else flip
    return Transform((width, height), (left, top, right, bottom), size, pad, turned)


def nearest(axis_length: int, size: int) -> list[int]:
    """Index under each center, in exact arithmetic."""
    return [int((Fraction(2 * j + 1, 2) * axis_length) // size) for j in range(size)]


def footprint(length: int, size: int, index: int) -> range:
    """Pixels that a resized pixel covers any of; the nearest alone where the axis grows."""
    if size >= length:
        at = nearest(length, size)[index]
        return range(at, at + 1)
    first = Fraction(index * length, size)
    last = Fraction((index + 1) * length, size)
    return range(int(first), -int(-last // 1))


def inner(transform: Transform, framed: np.ndarray) -> np.ndarray:
    """The resized crop within a framed map."""
    left, top, _, _ = transform.pad
    width, height = transform.size
    straight = framed[:, ::-1] if transform.flip else framed
    return straight[top : top + height, left : left + width]


def resized_ids(ids: np.ndarray, transform: Transform) -> np.ndarray:
    """The resized crop by the nearest pixel."""
    left, top, right, bottom = transform.crop
    rows, columns = (
        nearest(bottom - top, transform.size[1]),
        nearest(right - left, transform.size[0]),
    )
    return ids[top:bottom, left:right][rows][:, columns]


def depth(seed: int, width: int, height: int, *, camera: bool = True) -> DepthMap:
    """Depths on a few surfaces, with unknown, far and touching pixels between."""
    rng = np.random.default_rng(seed)
    meters = rng.choice([1.0, 2.0, 50.0], (height, width)) * rng.uniform(1, 1.04, (height, width))
    state = rng.choice(3, (height, width), p=rng.dirichlet([2, 1, 1])).astype(np.uint8)
    meters[(state == 0) & (rng.random((height, width)) < 0.05)] = 0
    seen = Camera(30.0, 31.0, width / 2 - 0.25, height / 2) if camera else None
    return DepthMap(meters, state, rng.choice(["z", "ray"]), seen)


def normals(seed: int, width: int, height: int) -> NormalMap:
    """Directions near one another, opposite ones, and none."""
    rng = np.random.default_rng(seed)
    xyz = rng.normal([0, 0, 1], rng.choice([0.02, 2.0]), (height, width, 3))
    xyz *= rng.choice([-1, 1], (height, width, 1), p=[0.1, 0.9])
    xyz /= np.maximum(np.linalg.norm(xyz, axis=2, keepdims=True), 1e-9)
    xyz[rng.random((height, width)) < 0.2] = 0
    return NormalMap(xyz.astype(np.float32))


def semantic(seed: int, width: int, height: int) -> SemanticMask:
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 5, (height, width))
    return SemanticMask(ids, tuple("abcde")) if seed % 2 else SemanticMask(ids, tuple("abcd"), 4)


def panoptic(seed: int, width: int, height: int) -> PanopticMap:
    rng = np.random.default_rng(seed)
    segments = [
        Segment(1, "sky", thing=False),
        *(Segment(i, "cat", thing=True) for i in (7, 9, 40)),
    ]
    return PanopticMap(
        rng.choice([0, 1, 7, 9, 40], (height, width)), segments, ("sky", "cat", "dog")
    )


def instances(seed: int, width: int, height: int) -> InstanceMasks:
    """Up to five masks that overlap."""
    rng = np.random.default_rng(seed)
    masks = [rng.random((height, width)) < rng.uniform(0.02, 0.9) for _ in range(5)]
    kept = [mask for mask in masks if mask.any()]
    made = InstanceMasks.from_masks(kept, labels=["cat"] * len(kept), shape=(height, width))
    return InstanceMasks(made.shape, made.regions, ("cat", "dog"))


def expressions(seed: int, width: int, height: int) -> Expressions:
    masks = instances(seed, width, height)
    ids = [region.id for region in masks.regions]
    said = [Expression(f"the number {id_}", (id_,)) for id_ in ids]
    return Expressions(masks, (*said, Expression("all", tuple(ids)), Expression("a dog", ())))


def keypoints(seed: int, width: int, height: int) -> Keypoints:
    """People on the image's pixels, whose boxes span their joints."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(-0.49, 0.49, (4, 3, 2)) + rng.integers(0, [width, height], (4, 3, 2))
    visibility = rng.integers(0, 3, (4, 3))
    visibility[:, 0] = 2
    edges = xy + 0.5
    return Keypoints(
        xy,
        visibility,
        ("nose", "left eye", "right eye"),
        flip_pairs=((1, 2),),
        boxes=np.concatenate([edges.min(axis=1), edges.max(axis=1)], axis=1),
        shape=(height, width),
    )


EVERY = (depth, normals, semantic, panoptic, instances, expressions, keypoints)
