"""Hypothesis strategies: targets of every kind, and pictures of any."""

from __future__ import annotations

from typing import Any

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.errors import MissingExtraError, SpecError
from vtencode.targets import (
    DepthMap,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    Segment,
    SemanticMask,
)

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError as missing:
    raise MissingExtraError("hypothesis", "testing") from missing

#: Sides of examples: small ones find every fault of arithmetic; 0 and 1 are the edges.
SIDES = st.integers(0, 9)
SHAPES = st.tuples(SIDES, SIDES)


def pictures() -> Any:
    """Any uint8 (H, W, 3), empty and one-pixel ones too."""
    return SHAPES.flatmap(lambda shape: hnp.arrays(np.uint8, (*shape, 3)))


@st.composite
def depth_maps(draw: Any) -> DepthMap:
    """Depth in every state, from a subnormal to 1e38 m, most of it where scenes are."""
    elements = st.one_of(
        st.floats(2.0**-4, 2.0**9, width=32),
        st.floats(0, 2.0**126, width=32, exclude_min=True),
        st.sampled_from([np.inf, np.nan]),
    )
    meters = draw(hnp.arrays(np.float32, draw(SHAPES), elements=elements))
    return DepthMap(meters, measure=draw(st.sampled_from(["z", "ray"])))


@st.composite
def normal_maps(draw: Any) -> NormalMap:
    """Unit vectors of every direction, the axes among them, and pixels without one."""
    parts = st.one_of(st.floats(-1, 1), st.sampled_from([-1.0, 0.0, 1.0]))
    vectors = draw(hnp.arrays(np.float64, (*draw(SHAPES), 3), elements=parts))
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-3)
    return NormalMap(xyz=unit, valid=(length > 1e-3)[..., 0])


@st.composite
def semantic_masks(draw: Any) -> SemanticMask:
    """Up to twelve classes, some absent, with and without void."""
    classes = draw(st.integers(1, 12))
    void = draw(st.sampled_from([None, 255, -1]))
    ids = st.integers(0, classes - 1)
    elements = ids if void is None else st.one_of(ids, st.just(void))
    plane = draw(hnp.arrays(np.int64, draw(SHAPES), elements=elements))
    return SemanticMask(plane, tuple(f"class {at}" for at in range(classes)), void=void)


@st.composite
def instance_masks(draw: Any) -> InstanceMasks:
    """Disjoint instances of any shape, ids with gaps, some crowds, some labeled."""
    plane = draw(hnp.arrays(np.int64, draw(SHAPES), elements=st.sampled_from([0, 1, 2, 7, 300])))
    labels = draw(st.dictionaries(st.sampled_from([1, 2, 7, 300]), st.sampled_from(["cat", "car"])))
    return InstanceMasks.from_ids(plane, labels=labels, crowds=draw(st.sets(st.just(7))))


@st.composite
def panoptic_maps(draw: Any) -> PanopticMap:
    """Stuff, things with gaps in their ids, a crowd, and void."""
    segments = (
        Segment(1, "sky", thing=False),
        Segment(2, "road", thing=False),
        Segment(7, "car", thing=True),
        Segment(300, "car", thing=True),
        Segment(301, "person", thing=True, crowd=True),
    )
    ids = st.sampled_from([0, *(segment.id for segment in segments)])
    return PanopticMap(draw(hnp.arrays(np.int64, draw(SHAPES), elements=ids)), segments)


@st.composite
def keypoint_sets(draw: Any) -> Keypoints:
    """People with joints anywhere in a small image, seen, hidden and absent."""
    shape = (draw(st.integers(16, 64)), draw(st.integers(16, 64)))
    people, joints = draw(st.integers(0, 3)), draw(st.integers(1, 4))
    unit = draw(hnp.arrays(np.float32, (people, joints, 2), elements=st.floats(0, 1, width=32)))
    seen = draw(hnp.arrays(np.uint8, (people, joints), elements=st.integers(0, 2)))
    places = unit * (np.array(shape[::-1], dtype=np.float32) - 1)
    return Keypoints(places, seen, tuple(f"joint {at}" for at in range(joints)), shape=shape)


def targets_of(codec: Codec[Any]) -> Any:
    """The strategy for a codec's type of target.

    A codec of a type of its own brings one as its method `examples`; raises `SpecError`
    when there is none.
    """
    own = getattr(codec, "examples", None)
    if own is not None:
        return own()
    kind = codec.target_type()
    if kind in _STRATEGIES:
        return _STRATEGIES[kind]()
    raise SpecError(
        f"{codec.name} codes {kind.__name__}, for which there are no examples: pass a strategy, "
        "or give the codec a method `examples` that returns one."
    )


_STRATEGIES: dict[type, Any] = {
    DepthMap: depth_maps,
    InstanceMasks: instance_masks,
    Keypoints: keypoint_sets,
    NormalMap: normal_maps,
    PanopticMap: panoptic_maps,
    SemanticMask: semantic_masks,
}
