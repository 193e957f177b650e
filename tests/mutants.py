"""Readers that misread on purpose: what users of other tools report, done to every dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import permutations, product
from typing import Any

import numpy as np

from vtencode.frames import DIRECTIONS, Frame
from vtencode.sources.base import Sample
from vtencode.targets import Camera, DepthMap, NormalMap, RelativeDepthMap

Change = Callable[[Any], Any]

#: A camera for frames whose own is not known: 60 degrees wide.
WIDE = 1.0 / 1.1547
OURS = ("right", "up", "backward")


def depth_mutants(*, relative: bool) -> Iterator[tuple[str, Change]]:
    """Wrong scale, wrong measure, inverse. A factor changes nothing of depth up to scale."""
    if not relative:
        for factor in (10.0, 0.1, 1000.0, 0.001):
            yield f"x {factor:g}", lambda d, f=factor: scaled(d, f)
    yield "z as ray", lambda d: measured(d, "ray")
    yield "ray as z", lambda d: measured(d, "z")
    yield "1/x", inverse


def normal_mutants() -> Iterator[tuple[str, Change]]:
    """Every other order and sign of the axes."""
    pairs = list(DIRECTIONS)[0::2], list(DIRECTIONS)[1::2]
    for order, signs in product(permutations(range(3)), product(range(2), repeat=3)):
        axes = tuple(pairs[sign][line] for line, sign in zip(order, signs, strict=True))
        if axes != OURS:
            yield " ".join(axes), lambda n, a=axes: turned(n, a)


def scaled(depth: DepthMap, factor: float) -> DepthMap:
    return replace(depth, meters=depth.meters * np.float32(factor))


def measured(depth: DepthMap, measure: str) -> DepthMap:
    """Depth whose numbers are those of the other measure."""
    height, width = depth.shape
    guess = Camera(WIDE * width, WIDE * width, width / 2, height / 2)
    camera = depth.camera or guess
    stretch = camera.ray_lengths(height, width)
    meters = depth.meters * stretch if measure == "ray" else depth.meters / stretch
    return replace(depth, meters=meters.astype(np.float32))


def inverse(depth: DepthMap) -> DepthMap:
    meters = np.where(depth.valid, 1 / np.maximum(depth.meters, 1e-6), depth.meters)
    return replace(depth, meters=meters.astype(np.float32))


def turned(normals: NormalMap, axes: tuple[str, ...]) -> NormalMap:
    """Normals that were read as if the file's axes were others."""
    stored = Frame(axes).matrix @ normals.xyz.reshape(-1, 3).T  # type: ignore[arg-type]
    return NormalMap(
        np.ascontiguousarray(stored.T.reshape(normals.xyz.shape), np.float32), normals.valid
    )


def mutants_of(target: Any) -> Iterator[tuple[str, Change]]:
    if isinstance(target, DepthMap):
        yield from depth_mutants(relative=isinstance(target, RelativeDepthMap))
    elif isinstance(target, NormalMap):
        yield from normal_mutants()


class ReadOnce:
    """A source that keeps what it has read."""

    def __init__(self, source: Any) -> None:
        self._source, self._read = source, {}
        self.root = source.root

    def load(self, row: Mapping[str, Any]) -> Sample:
        if row["key"] not in self._read:
            sample = self._source.load(row)
            self._read[row["key"]] = replace(sample, targets=dict(sample.targets))
        return self._read[row["key"]]


class Misread:
    """A source whose one target is changed after it was read."""

    def __init__(self, source: Any, name: str, change: Change) -> None:
        self._source, self._name, self._change = source, name, change
        self.root = source.root

    def load(self, row: Mapping[str, Any]) -> Sample:
        sample = self._source.load(row)
        targets = dict(sample.targets)
        return replace(sample, targets={**targets, self._name: self._change(targets[self._name])})


def figures(target: Any) -> list[float]:
    """What a golden keeps of one target: enough to tell each mutant from it."""
    if isinstance(target, DepthMap):
        valid = target.meters[target.valid].astype(np.float64)
        parts = np.percentile(valid, [5, 50, 95]) if valid.size else np.zeros(3)
        rows, columns = np.nonzero(target.valid)
        lean = [(valid * (at - at.mean())).mean() / max(np.ptp(at), 1) for at in (rows, columns)]
        state = [float((target.state == s).mean()) for s in (1, 2)]
        return [float(v) for v in [*parts, *lean, *state]]
    xyz = target.xyz[target.valid].astype(np.float64)
    rows, columns = np.nonzero(target.valid)
    lean = [(xyz * (at - at.mean())[:, None]).mean(axis=0) / np.ptp(at) for at in (rows, columns)]
    mean = xyz.mean(axis=0)
    return [float(v) for v in [*mean, *np.concatenate(lean), target.valid.mean()]]
