"""Targets of procedural scenes: what a codec's figures are measured on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.miniatures.scenes import CLASSES, Scene, scene
from vtencode.targets import (
    Camera,
    DepthMap,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    Segment,
    SemanticMask,
)

HEIGHT, WIDTH = 480, 640
#: Examples of a codec of one's own that are looked at for the largest.
_LOOK_AT = 100
_CAMERA = Camera(fx=520.0, fy=520.0, cx=(WIDTH - 1) / 2, cy=(HEIGHT - 1) / 2)


def sample_targets(codec: Codec[Any], count: int = 4, *, seed: int = 0) -> list[Any]:
    """Targets of the codec's type: rooms and streets, 640x480; or examples it brings itself."""
    make = _FROM_SCENE.get(codec.target_type())
    if make is None:
        return _own_examples(codec, count)
    return [make(_scene(seed, index)) for index in range(count)]


def worst_measured(codec: Codec[Any], targets: Iterable[Any]) -> float:
    """The largest error of a round trip over all targets, in the codec's unit."""
    errors = [codec.error(target, codec.decode(codec.encode(target)).target) for target in targets]
    return max((float(error.max()) for error in errors if error.size), default=0.0)


def _scene(seed: int, index: int) -> Scene:
    return scene(seed, index, height=HEIGHT, width=WIDTH, camera=_CAMERA, sky=index % 2 == 1)


def _own_examples(codec: Codec[Any], count: int) -> list[Any]:
    from hypothesis import HealthCheck, given, settings

    from vtencode.testing.strategies import targets_of

    found: list[Any] = []

    @settings(
        max_examples=_LOOK_AT,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(targets_of(codec))
    def collect(target: Any) -> None:
        found.append(target)

    collect()
    return sorted(found, key=lambda target: codec.encode(target).rgb.size, reverse=True)[:count]


def _keypoints(found: Scene) -> Keypoints:
    """The scene's points as one person's joints, at most 17 of them."""
    places = found.keypoints[:17].astype(np.float32)
    names = tuple(f"point {at}" for at in range(len(places)))
    seen = np.full((1, len(places)), 2, dtype=np.uint8)
    return Keypoints(places[None], seen, names, shape=found.semantic.shape)


def _panoptic(found: Scene) -> PanopticMap:
    """Objects as things; floor, walls and the like as stuff, each class one segment."""
    stuff = found.instance == 0
    ids = np.where(stuff, 1000 + found.semantic.astype(np.int64), found.instance)
    ids[stuff & (found.semantic == 0)] = 0
    segments = []
    for id_ in np.unique(ids[ids > 0]).tolist():
        label = CLASSES[int(found.semantic[ids == id_][0])]
        segments.append(Segment(id_, label, thing=id_ < 1000))
    return PanopticMap(ids, tuple(segments))


_FROM_SCENE: dict[type, Callable[[Scene], Any]] = {
    DepthMap: lambda found: DepthMap(found.depth_z, camera=found.camera),
    InstanceMasks: lambda found: InstanceMasks.from_ids(found.instance),
    Keypoints: _keypoints,
    NormalMap: lambda found: NormalMap(xyz=found.normals),
    PanopticMap: _panoptic,
    SemanticMask: lambda found: SemanticMask(found.semantic, CLASSES),
}
