"""Targets framed with their image: each by the rule of its type."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from framings import (
    EVERY,
    SEEDS,
    depth,
    expressions,
    footprint,
    inner,
    instances,
    keypoints,
    normals,
    panoptic,
    resized_ids,
    semantic,
    transforms,
)
from hypothesis import given
from hypothesis import strategies as st

from vtencode.errors import TargetError
from vtencode.framing import Transform, frame, mirrorable, unframe
from vtencode.targets import (
    DepthMap,
    DepthState,
    Expression,
    Expressions,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    Region,
    Segment,
    SemanticMask,
)

every_type = pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)


def same(one, other):
    """Whether two targets say the same, bit for bit."""
    if isinstance(one, Region):
        return one.id == other.id and np.array_equal(one.spans, other.spans)
    for name, value in vars(one).items():
        twin = getattr(other, name)
        match value:
            case np.ndarray():
                alike = np.array_equal(value, twin, equal_nan=value.dtype.kind == "f")
            case InstanceMasks():
                alike = same(value, twin)
            case (Region(), *_):
                alike = len(value) == len(twin) and all(map(same, value, twin))
            case _:
                alike = value == twin
        if not alike:
            return False
    return True


@every_type
@given(transforms(), SEEDS)
def test_targets_have_the_size_of_the_framed_image(make, transform, seed):
    target = make(seed, *transform.source)
    assert frame(target, transform).shape == transform.shape
    assert unframe(frame(target, transform), transform).shape == target.shape


@every_type
@given(SEEDS)
def test_nothing_to_do_gives_the_very_target(make, seed):
    target = make(seed, 5, 4)
    assert frame(target, Transform.whole(5, 4)) is target
    assert unframe(target, Transform.whole(5, 4)) is target


@every_type
@given(transforms(resized=False, padded=False, flip=True), SEEDS)
def test_a_mirrored_mirror_image_is_the_image(make, transform, seed):
    width, height = transform.source
    whole = Transform((width, height), (0, 0, width, height), (width, height), flip=True)
    target = make(seed, width, height)
    twice = frame(frame(target, whole), whole)
    if isinstance(target, Keypoints):
        np.testing.assert_allclose(twice.xy_px, target.xy_px, atol=1e-5)
        np.testing.assert_allclose(twice.boxes, target.boxes, atol=1e-5)
        np.testing.assert_array_equal(twice.visibility, target.visibility)
    elif isinstance(target, DepthMap):
        np.testing.assert_array_equal(twice.meters, target.meters)
        np.testing.assert_array_equal(twice.state, target.state)
        assert twice.camera.cx == pytest.approx(target.camera.cx)
    else:
        assert same(twice, target)


@every_type
@given(transforms(resized=False), SEEDS)
def test_a_crop_put_back_is_what_it_was_cut_from(make, transform, seed):
    target = make(seed, *transform.source)
    framed = frame(target, transform)
    again = frame(unframe(framed, transform), transform)
    if isinstance(target, Keypoints):
        np.testing.assert_allclose(again.xy_px, framed.xy_px, atol=1e-5)
    elif isinstance(target, DepthMap):
        np.testing.assert_array_equal(again.meters, framed.meters)
        np.testing.assert_array_equal(again.state, framed.state)
    elif isinstance(target, SemanticMask):
        np.testing.assert_array_equal(again.ids, framed.ids)
    else:
        assert same(again, framed)


@given(transforms(), SEEDS)
def test_ids_are_those_of_the_nearest_pixels(transform, seed):
    width, height = transform.source
    left, top, right, bottom = transform.crop
    for target in (semantic(seed, width, height), panoptic(seed, width, height)):
        framed = frame(target, transform)
        np.testing.assert_array_equal(
            inner(transform, framed.ids), resized_ids(target.ids, transform)
        )
        void = {0} if isinstance(framed, PanopticMap) else {framed.void}
        assert set(framed.ids.flat) - void <= set(target.ids[top:bottom, left:right].flat)
        assert framed.vocabulary == target.vocabulary


@given(transforms(), SEEDS)
def test_margins_are_void_whether_or_not_there_was_a_void_class(transform, seed):
    mask = semantic(seed, *transform.source)
    framed = frame(mask, transform)
    outside = np.ones(framed.shape, dtype=bool)
    inner(transform, outside)[:] = False
    assert not framed.labeled[outside].any()
    assert any(transform.pad) or framed.void == mask.void


@given(transforms(), SEEDS)
def test_segments_that_vanish_are_dropped(transform, seed):
    framed = frame(panoptic(seed, *transform.source), transform)
    assert [s.id for s in framed.segments] == sorted({*framed.ids.flat} - {0})


@given(transforms(), SEEDS)
def test_instances_are_framed_one_by_one_and_keep_their_order(transform, seed):
    masks = instances(seed, *transform.source)
    framed = {region.id: region for region in frame(masks, transform).regions}
    assert list(framed) == [region.id for region in masks.regions if region.id in framed]
    for region in masks.regions:
        alone = InstanceMasks(masks.shape, (region,)).id_map()
        expected = resized_ids(alone, transform)
        assert (region.id in framed) == expected.any()
        if region.id in framed:
            found = InstanceMasks(transform.shape, (framed[region.id],)).id_map()
            np.testing.assert_array_equal(inner(transform, found), expected)
            assert np.count_nonzero(found) == np.count_nonzero(expected)
            assert (framed[region.id].label, framed[region.id].crowd) == ("cat", False)
    assert frame(masks, transform).vocabulary == ("cat", "dog")


@given(transforms(), SEEDS)
def test_expressions_go_with_their_regions(transform, seed):
    said = expressions(seed, *transform.source)
    framed = frame(said, transform)
    left = {region.id for region in framed.masks.regions}
    assert framed.expressions == tuple(e for e in said.expressions if {*e.ids} <= left)
    assert Expression("a dog", ()) in framed.expressions


@given(transforms(), SEEDS)
def test_depth_lies_within_the_valid_pixels_under_it_and_states_never_blend(transform, seed):
    given_depth = depth(seed, *transform.source, camera=False)
    framed = frame(given_depth, transform)
    left, top, right, bottom = transform.crop
    crop = np.s_[top:bottom, left:right]
    meters, state = given_depth.meters[crop], given_depth.state[crop]
    found = inner(transform, framed.meters)
    np.testing.assert_array_equal(
        inner(transform, framed.state), resized_ids(given_depth.state, transform)
    )
    assert framed.measure == given_depth.measure
    for row, column in np.argwhere(inner(transform, framed.valid)):
        rows = footprint(bottom - top, transform.size[1], row)
        columns = footprint(right - left, transform.size[0], column)
        under = meters[np.ix_(rows, columns)][state[np.ix_(rows, columns)] == DepthState.VALID]
        assert under.min() <= found[row, column] <= under.max()


@given(transforms(), SEEDS)
def test_depth_is_never_between_two_surfaces(transform, seed):
    given_depth = depth(seed, *transform.source, camera=False)
    framed = frame(given_depth, transform)
    found = framed.meters[framed.valid]
    surfaces = np.array([0, 1, 2, 50])
    on = (found[:, None] >= surfaces) & (found[:, None] <= np.float32(1.04) * surfaces)
    assert on.any(axis=1).all()


def test_depth_of_one_surface_is_the_mean_of_its_valid_pixels():
    meters = np.array([[1.0, 1.01, np.nan, 1.03], [1.02, 1.01, 1.0, np.inf]], dtype=np.float32)
    framed = frame(DepthMap(meters), Transform((4, 2), (0, 0, 4, 2), (4, 1)))
    np.testing.assert_allclose(framed.meters, [[1.01, 1.01, 1.0, np.inf]], rtol=1e-6)
    framed = frame(DepthMap(meters), Transform((4, 2), (0, 0, 2, 2), (1, 1)))
    assert framed.meters == pytest.approx(1.01)
    framed = frame(DepthMap(meters), Transform((4, 2), (1, 0, 4, 1), (1, 1)))
    assert not framed.valid.any()
    framed = frame(DepthMap(meters), Transform((4, 2), (0, 0, 3, 1), (1, 1)))
    assert framed.meters == pytest.approx(1.005)


@given(transforms(padded=False), st.floats(1 / 1024, 1e5, width=32))
def test_a_wall_stays_at_its_distance_bit_for_bit(transform, meters):
    wall = np.full(transform.source[::-1], meters, dtype=np.float32)
    assert (frame(DepthMap(wall), transform).meters == np.float32(meters)).all()


def test_depth_shares_a_pixel_by_the_area_covered():
    meters = np.array([[1.0, 1.03, 1.0]], dtype=np.float32)
    framed = frame(DepthMap(meters), Transform((3, 1), (0, 0, 3, 1), (2, 1)))
    np.testing.assert_allclose(framed.meters, [[1.01, 1.01]], rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_depth_without_one_valid_pixel_stays_so(value):
    given_depth = DepthMap(np.full((6, 6), value, dtype=np.float32))
    framed = frame(given_depth, Transform((6, 6), (0, 0, 6, 6), (4, 9), (1, 0, 0, 0), flip=True))
    assert not framed.valid.any()
    assert set(inner(Transform((6, 6), (0, 0, 6, 6), (4, 9), (1, 0, 0, 0), flip=True),
                     framed.state).flat) == {given_depth.state[0, 0]}  # fmt: skip


def test_the_largest_and_smallest_depths_survive():
    for value in (np.finfo(np.float32).max, np.finfo(np.float32).smallest_subnormal, 0.0):
        meters = np.full((3, 3), value, dtype=np.float32)
        framed = frame(
            DepthMap(meters, np.zeros((3, 3), np.uint8)), Transform((3, 3), (0, 0, 3, 3), (2, 2))
        )
        assert (framed.meters == np.float32(value)).all()


@given(transforms(), SEEDS)
def test_normals_stay_unit_and_within_the_cone_of_those_under_them(transform, seed):
    given_normals = normals(seed, *transform.source)
    framed = frame(given_normals, transform)
    lengths = np.linalg.norm(framed.xyz[framed.valid], axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-5)
    left, top, right, bottom = transform.crop
    xyz, valid = (
        array[top:bottom, left:right] for array in (given_normals.xyz, given_normals.valid)
    )
    np.testing.assert_array_equal(
        inner(transform, framed.valid), resized_ids(given_normals.valid, transform)
    )
    found = inner(transform, framed.xyz) * ([-1, 1, 1] if transform.flip else [1, 1, 1])
    for row, column in np.argwhere(inner(transform, framed.valid)):
        rows = footprint(bottom - top, transform.size[1], row)
        columns = footprint(right - left, transform.size[0], column)
        under = xyz[np.ix_(rows, columns)][valid[np.ix_(rows, columns)]]
        assert (under @ found[row, column]).max() >= 0.97


def test_a_mirror_turns_normals_around():
    xyz = np.array([[[0.6, 0.0, 0.8], [0.0, 1.0, 0.0]]], dtype=np.float32)
    framed = frame(NormalMap(xyz), Transform((2, 1), (0, 0, 2, 1), (2, 1), flip=True))
    np.testing.assert_array_equal(framed.xyz, np.float32([[[0, 1, 0], [-0.6, 0, 0.8]]]))


def test_opposite_normals_do_not_cancel():
    xyz = np.array([[[1.0, 0, 0], [-1.0, 0, 0]]])
    framed = frame(NormalMap(xyz), Transform((2, 1), (0, 0, 2, 1), (1, 1)))
    np.testing.assert_array_equal(framed.xyz, [[[-1, 0, 0]]])


@given(transforms(), SEEDS)
def test_joints_are_where_arithmetic_puts_them(transform, seed):
    people = keypoints(seed, *transform.source)
    framed = frame(people, transform)
    left, top, right, bottom = transform.crop
    scale = np.divide(transform.size, (right - left, bottom - top))
    xy = (people.xy_px.astype(np.float64) - (left, top) + 0.5) * scale - 0.5 + transform.pad[:2]
    inside = (people.xy_px >= (left - 0.5, top - 0.5)) & (
        people.xy_px < (right - 0.5, bottom - 0.5)
    )
    present = people.present & inside.all(axis=2)
    if transform.flip:
        xy[..., 0] = transform.shape[1] - 1 - xy[..., 0]
        xy, present = xy[:, [0, 2, 1]], present[:, [0, 2, 1]]
    x0, y0, x1, y1 = people.boxes.T
    stays = present.any(axis=1) | ((x0 < right) & (x1 > left) & (y0 < bottom) & (y1 > top))
    np.testing.assert_array_equal(framed.present, present[stays])
    off = np.abs(framed.xy_px - xy[stays])[framed.present]
    assert off.max(initial=0) <= 1 / 64
    assert (framed.boxes[:, 2:] <= transform.shape[::-1]).all()
    assert (framed.boxes >= 0).all()


def test_a_mirror_swaps_paired_joints_and_their_visibility():
    people = Keypoints(
        [[[1, 0], [2, 0], [3, 0]]], [[2, 1, 2]], ("nose", "left eye", "right eye"),
        flip_pairs=((1, 2),), boxes=[[0, 0, 4, 1]], shape=(1, 8),
    )  # fmt: skip
    framed = frame(people, Transform((8, 1), (0, 0, 8, 1), (8, 1), flip=True))
    assert framed.xy_px.tolist() == [[[6, 0], [4, 0], [5, 0]]]
    assert framed.visibility.tolist() == [[2, 2, 1]]
    assert framed.boxes.tolist() == [[4, 0, 8, 1]]


def test_people_out_of_the_frame_are_dropped():
    xy = [[[1, 1]], [[9, 1]], [[9, 1]], [[4.4, 1]]]
    boxes = [[0, 0, 3, 3], [8, 0, 10, 3], [3, 0, 10, 3], [4, 0, 5, 3]]
    people = Keypoints(xy, [[2]] * 4, ("nose",), boxes=boxes, shape=(4, 10))
    framed = frame(people, Transform((10, 4), (0, 0, 5, 4), (5, 4)))
    assert framed.visibility.tolist() == [[2], [0], [2]]
    assert framed.boxes.tolist() == [[0, 0, 3, 3], [3, 0, 5, 3], [4, 0, 5, 3]]
    bare = Keypoints(xy, [[2]] * 4, ("nose",), shape=(4, 10))
    assert len(frame(bare, Transform((10, 4), (0, 0, 5, 4), (5, 4))).xy_px) == 2


@given(transforms())
def test_predictions_come_back_to_within_a_pixel(transform):
    height, width = transform.shape
    y, x = np.mgrid[:height, :width]
    names = tuple(map(str, range(height * width)))
    back = unframe(SemanticMask(y * width + x, names), transform)
    row, column = np.nonzero(back.labeled)
    found = np.stack([*np.divmod(back.ids[row, column], width)][::-1], axis=-1)
    wanted = transform.points(np.stack([column, row], axis=-1))
    assert np.abs(found - wanted).max() <= 0.5 + 1e-9
    left, top, right, bottom = transform.crop
    assert back.labeled.sum() == (right - left) * (bottom - top)
    assert back.labeled[top:bottom, left:right].all()


@given(transforms(), SEEDS)
def test_joints_come_back_to_where_they_were(transform, seed):
    people = keypoints(seed, *transform.source)
    back = unframe(frame(people, transform), transform)
    seen = {tuple(np.round(xy, 2)) for xy in people.xy_px[people.present]}
    for xy in back.xy_px[back.present]:
        assert min(np.abs(np.array(other) - xy).max() for other in seen) <= 1 / 64


def test_outside_the_crop_predictions_say_nothing():
    transform = Transform((6, 4), (2, 1, 4, 3), (4, 4))
    back = unframe(DepthMap(np.ones((4, 4))), transform)
    assert back.state.tolist() == [
        [2, 2, 2, 2, 2, 2], [2, 2, 0, 0, 2, 2], [2, 2, 0, 0, 2, 2], [2, 2, 2, 2, 2, 2],
    ]  # fmt: skip
    assert unframe(SemanticMask(np.zeros((4, 4), int), ("a",)), transform).void == -1


def test_lateral_targets_are_not_mirrored():
    flip = Transform((2, 1), (0, 0, 2, 1), (2, 1), flip=True)
    masks = InstanceMasks.from_ids(np.array([[1, 2]]), labels={1: "left hand"})
    plain = InstanceMasks.from_ids(np.array([[1, 2]]), labels={1: "lefse"})
    joints = {"xy_px": [[[0, 0]]], "visibility": [[2]], "shape": (1, 2)}
    segment = Segment(1, "right_wing", thing=True)
    for target, word in (
        (masks, "class 'left hand'"),
        (InstanceMasks((1, 2), (), ("right foot",)), "class 'right foot'"),
        (SemanticMask(np.zeros((1, 2), int), ("left-hand", "cat")), "class 'left-hand'"),
        (PanopticMap(np.ones((1, 2), int), (segment,)), "class 'right_wing'"),
        (Expressions(plain, (Expression("the leftmost cat", (1,)),)), "the leftmost cat"),
        (Keypoints(**joints, names=("left_eye",)), "joint 'left_eye'"),
        (Keypoints(**joints, names=("L_Eye",)), "joint 'L_Eye'"),
        (Keypoints(**joints, names=("rightEye",)), "joint 'rightEye'"),
    ):
        assert word in mirrorable(target)
        with pytest.raises(TargetError, match="must not be mirrored"):
            frame(target, flip)
    for target in (
        plain,
        Keypoints(**joints, names=("lip",)),
        Keypoints(**joints, names=("Root",)),
    ):
        assert mirrorable(target) is None
        frame(target, flip)


@every_type
def test_what_may_be_mirrored_is(make):
    assert mirrorable(make(1, 4, 4)) is None


def test_a_target_of_another_size_or_type_is_refused():
    transform = Transform((4, 3), (0, 0, 2, 2), (2, 2))
    with pytest.raises(TargetError, match="must be 4x3, as its image, got 3x4"):
        frame(DepthMap(np.ones((4, 3))), transform)
    with pytest.raises(TargetError, match="must be 4x3, as its image, got int"):
        frame(3, transform)
    with pytest.raises(TargetError, match=r"one of DepthMap, .* method `framed`, got Disparity"):
        frame(Disparity((3, 4)), transform)


def test_a_target_of_ones_own_is_framed_by_its_own_rule():
    transform = Transform((4, 3), (0, 0, 2, 2), (2, 2))

    assert frame(Shift((3, 4)), transform) == Shift((2, 2))
    assert frame(Disparity((3, 4)), Transform.whole(4, 3)) == Disparity((3, 4))
    assert mirrorable(Shift((3, 4))) is None
    assert "Disparity" in str(mirrorable(Disparity((3, 4))))


@dataclass(frozen=True)
class Disparity:
    """A target that framing has no rule for."""

    shape: tuple[int, int]


@dataclass(frozen=True)
class Shift:
    """A target that brings its own rule."""

    shape: tuple[int, int]

    def framed(self, transform):
        return Shift(transform.shape)


def test_five_hundred_instances_of_four_megapixels_take_little_room():
    height, width = 2000, 2000
    disc = np.hypot(*np.mgrid[-300:300, -300:300]) < 300
    rng = np.random.default_rng(0)
    places = rng.integers(0, 1400, (500, 2)).tolist()
    regions = [
        Region.from_mask(disc, id=index + 1, left=left, top=top)
        for index, (left, top) in enumerate(places)
    ]
    masks = InstanceMasks((height, width), regions)
    tracemalloc.start()
    framed = frame(masks, Transform((width, height), (0, 0, width, height), (1024, 1024)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(framed.regions) == 500
    assert peak < 16 * 2**20
