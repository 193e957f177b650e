"""The depth codec of the paper: pixels, bounds, states, totality."""

from __future__ import annotations

import json

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import vtencode as vt
from vtencode.errors import CodeError, SpecError, TargetError
from vtencode.targets import DepthState

CODEC = vt.codec("depth")

depths = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.one_of(
        st.floats(0, 2.0**127, width=32, exclude_min=True),
        st.floats(0.0625, 400, width=32),
        st.just(np.inf),
        st.just(np.nan),
    ),
)
pictures = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12).map(lambda hw: (*hw, 3))
)


def same(one: vt.DepthMap, other: vt.DepthMap) -> bool:
    return np.array_equal(one.meters, other.meters, equal_nan=True) and np.array_equal(
        one.state, other.state
    )


@given(depths)
def test_a_depth_comes_back_within_the_tolerance_and_every_state_survives(meters):
    target = vt.DepthMap(meters=meters)

    decoded = CODEC.decode(CODEC.encode(target))

    bound = CODEC.tolerance(target)
    assert np.isfinite(bound).all()
    assert (CODEC.error(target, decoded.target) <= bound).all()
    assert np.array_equal(decoded.target.state, target.state)
    assert (decoded.residual == 0).all()
    assert (decoded.confidence == 1).all()


@given(depths)
def test_the_pixels_are_those_of_the_written_formula(meters):
    target = vt.DepthMap(meters=meters)

    assert np.array_equal(CODEC.encode(target).rgb, oracles.encode_depth(target.meters))


@given(pictures)
def test_decoding_is_a_projection(rgb):
    once = CODEC.decode(rgb).target

    assert same(CODEC.decode(CODEC.encode(once)).target, once)
    assert same(CODEC.decode(CODEC.encode(once).rgb).target, once)


@given(pictures)
def test_any_picture_decodes_with_finite_residual_and_confidence_in_the_unit_interval(rgb):
    decoded = CODEC.decode(rgb)

    assert np.isfinite(decoded.residual).all()
    assert ((decoded.confidence >= 0) & (decoded.confidence <= 1)).all()


def test_depths_agree_with_hilbertmap_bit_for_bit():
    import hilbertmap

    meters = np.random.default_rng(0).uniform(0.05, 400, (1000, 1000)).astype(np.float32)

    published = np.floor(255 * hilbertmap.depth_to_rgb(meters.astype(np.float64)) + 0.5)

    assert np.array_equal(CODEC.encode(vt.DepthMap(meters=meters)).rgb, published.astype(np.uint8))


def test_the_star_of_the_papers_figure_decodes_to_13_84_meters():
    decoded = CODEC.decode(np.array([[[196, 0, 253]]], dtype=np.uint8))

    assert decoded.target.meters[0, 0] == pytest.approx(13.8426, abs=5e-5)


@pytest.mark.parametrize(
    ("meters", "rgb"),
    [
        (np.inf, (255, 255, 255)),
        (np.nan, (128, 128, 128)),
        (1e6, (255, 254, 255)),
        (1e-4, (0, 0, 0)),
        (10 * ((6 / 7) ** -0.5 - 1), (255, 0, 0)),
        (10 * ((5 / 7) ** -0.5 - 1), (255, 255, 0)),
    ],
)
def test_landmark_depths_have_their_colors(meters, rgb):
    code = CODEC.encode(vt.DepthMap(meters=np.array([[meters]])))

    assert tuple(code.rgb[0, 0].tolist()) == rgb


def test_zero_meters_said_to_be_valid_is_black_and_comes_back():
    target = vt.DepthMap(meters=np.zeros((1, 1)), state=np.zeros((1, 1), np.uint8))

    code = CODEC.encode(target)

    assert code.rgb.tolist() == [[[0, 0, 0]]]
    assert same(CODEC.decode(code).target, target)


def test_a_generated_sky_a_little_short_of_white_is_far_and_an_exact_code_is_taken_at_its_word():
    almost = CODEC.path.colors()[[1781, 1782, 1784, 1785]].reshape(1, 4, 3)

    painted = CODEC.decode(almost).target.state[0].tolist()
    exact = CODEC.decode(vt.Code(almost)).target.state[0].tolist()

    assert painted == [0, 1, 1, 1]
    assert exact == [0, 0, 0, 1]


def test_finite_depths_past_the_last_level_are_capped_and_the_tolerance_says_by_how_much():
    target = vt.DepthMap(meters=np.array([[5000.0]]))

    decoded = CODEC.decode(CODEC.encode(target)).target.meters[0, 0]

    assert decoded == pytest.approx(412.49, abs=0.01)
    assert CODEC.tolerance(target)[0, 0] == pytest.approx(5000 - 412.49, abs=0.01)


def test_the_tolerance_below_80_meters_is_that_of_the_papers_half_step():
    meters = np.linspace(0.1, 80, 4001)
    half_step = 2.5 * (1 + meters / 10) ** 3 / 1785

    bound = CODEC.tolerance(vt.DepthMap(meters=meters[None]))[0]

    assert (bound <= 1.06 * half_step).all()
    assert (bound >= 0.94 * half_step).all()


def test_every_float_near_a_level_boundary_is_within_its_tolerance():
    levels = CODEC._levels
    edges = levels.thresholds
    meters = np.concatenate([edges, np.nextafter(edges, np.float32(0)), levels.meters[1:1785]])
    target = vt.DepthMap(meters=meters[None])

    error = CODEC.error(target, CODEC.decode(CODEC.encode(target)).target)

    assert (error <= CODEC.tolerance(target)).all()


def test_colors_nearer_to_gray_than_to_the_path_are_unknown():
    rgb = np.random.default_rng(0).integers(0, 256, (200, 1000, 3), dtype=np.uint8)
    level, off = oracles.nearest_level(rgb)
    gray = ((rgb.astype(int) - 128) ** 2).sum(-1)

    decoded = CODEC.decode(rgb)

    assert np.array_equal(decoded.target.state == DepthState.UNKNOWN, gray < off)
    valid = decoded.target.valid
    assert np.array_equal(decoded.target.meters[valid], CODEC._levels.meters[level[valid]])
    assert np.allclose(decoded.residual, np.sqrt(np.minimum(gray, off)))


@pytest.mark.slow
def test_all_colors_decode_to_the_nearest_point_of_the_path():
    plane = np.stack(np.meshgrid(np.arange(256), np.arange(256), indexing="ij"), -1)
    for red in range(256):
        rgb = np.concatenate([np.full((256, 256, 1), red), plane], -1).astype(np.uint8)
        level, off = oracles.nearest_level(rgb)
        gray = ((rgb.astype(int) - 128) ** 2).sum(-1)
        decoded = CODEC.decode(vt.Code(rgb)).target
        expected = np.where(gray < off, 1786, level)

        assert np.array_equal(decoded.meters, CODEC._levels.meters[expected], equal_nan=True), (
            f"red {red}"
        )


def test_colors_off_by_less_than_the_correction_radius_keep_their_state():
    rng = np.random.default_rng(0)
    push = rng.normal(size=(4000, 3))
    push *= (CODEC.correction_radius - 1) / np.linalg.norm(push, axis=1, keepdims=True)
    gray = np.clip(128 + push, 0, 255).astype(np.uint8)[None]

    assert (CODEC.decode(gray).target.state == DepthState.UNKNOWN).all()


@given(st.floats(-8, -1.01), st.floats(0.05, 100))
def test_the_spec_survives_json_whatever_the_parameters(lam, c):
    codec = vt.codec("depth", curve={"lam": lam, "c": c})

    assert vt.codec_from_spec(json.loads(json.dumps(codec.spec()))) == codec


def test_the_spec_carries_name_version_and_every_parameter():
    assert CODEC.spec() == {
        "name": "depth",
        "version": 1,
        "params": {
            "curve": {"name": "power", "lam": -3.0, "c": 10 / 3},
            "path": {"name": "cube", "k": 2},
            "unknown": [128, 128, 128],
            "far_level": 1782,
        },
    }


def test_a_spec_of_another_version_is_refused_by_name():
    with pytest.raises(SpecError, match=r"depth version 99 wrote this picture, and version 1"):
        vt.codec_from_spec({**CODEC.spec(), "version": 99})


def test_ray_depth_says_so_in_its_legend_and_comes_back_as_ray():
    target = vt.DepthMap(meters=np.ones((2, 2)), measure="ray")

    assert CODEC.decode(CODEC.encode(target)).target.measure == "ray"


def test_a_legend_that_measures_something_else_is_refused():
    code = CODEC.encode(vt.DepthMap(meters=np.ones((2, 2))))

    with pytest.raises(CodeError, match="measure must be 'z' or 'ray', got 'banana'"):
        CODEC.decode(vt.Code(code.rgb, vt.Legend({}, {"measure": "banana"})))


def test_encoding_writes_into_the_array_it_is_given():
    target = vt.DepthMap(meters=np.linspace(0.5, 9, 12).reshape(3, 4))
    out = np.empty((3, 4, 3), dtype=np.uint8)

    assert CODEC.encode(target, out=out).rgb is out
    assert np.array_equal(out, CODEC.encode(target).rgb)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 400_000), (513, 257)])
def test_images_of_any_size_round_trip(shape):
    meters = np.random.default_rng(0).uniform(0.5, 10, shape).astype(np.float32)
    target = vt.DepthMap(meters=meters)

    decoded = CODEC.decode(CODEC.encode(target))

    assert decoded.target.shape == shape
    assert (CODEC.error(target, decoded.target) <= CODEC.tolerance(target)).all()


def test_non_contiguous_pictures_decode_like_their_copies():
    rgb = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)

    assert same(CODEC.decode(rgb[::2, ::-3]).target, CODEC.decode(rgb[::2, ::-3].copy()).target)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((2, 4, 4, 3), np.uint8),
    ],
)
def test_a_picture_that_is_not_8_bit_rgb_is_refused_with_what_it_is(picture):
    with pytest.raises(CodeError, match=r"must be uint8 \(H, W, 3\), got"):
        CODEC.decode(picture)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"curv": {}}, "Did you mean 'curve'"),
        ({"curve": {"lam": -1.0}}, "lam must be < -1"),
        ({"curve": {"c": 0.0}}, "c must be > 0"),
        ({"far_level": 0}, "far_level must be 1 to 1785"),
        ({"unknown": [0, 0, 0]}, "must be off the path"),
        ({"unknown": [0, 0, 256]}, "must be 8-bit RGB"),
        ({"preset": "banana"}, "has no preset 'banana'"),
    ],
)
def test_parameters_that_make_no_codec_are_refused(params, told):
    with pytest.raises(SpecError, match=told):
        vt.codec("depth", **params)


def test_the_real_output_of_a_generator_decodes_with_a_small_residual(samples):
    from PIL import Image

    path = samples / "vision-banana" / "depth" / "depth_kinkaku_1.png"
    rgb = np.asarray(Image.open(path))

    decoded = CODEC.decode(rgb)
    white = CODEC.decode(vt.Code(rgb)).target.state == DepthState.FAR

    assert np.median(decoded.residual) <= 2
    assert white.mean() == pytest.approx(0.28, abs=0.01)
    assert (decoded.target.state == DepthState.FAR).mean() == pytest.approx(0.40, abs=0.01)
    around_the_star = decoded.target.meters[1120:1127, 580:587]
    assert np.median(around_the_star) == pytest.approx(13.84, abs=0.05)


def test_the_arrays_of_a_target_cannot_be_written_to():
    target = vt.DepthMap(meters=np.ones((2, 2)))

    with pytest.raises(ValueError, match="read-only"):
        target.meters[0, 0] = 3


@pytest.mark.parametrize(
    ("meters", "state", "told"),
    [
        (np.ones((2, 2), np.uint16), None, "must be float32 .* Convert to meters first"),
        (np.ones((2, 2, 1)), None, r"must be float32 \(H, W\), got float64 \(2, 2, 1\)"),
        (-np.ones((2, 2)), None, "must be >= 0, got -1"),
        (np.full((2, 2), -np.inf), None, "must be >= 0"),
        (np.full((2, 2), 1e300), None, "must fit float32"),
        (np.ones((2, 2)), np.zeros((2, 3), int), r"must be uint8 \(2, 2\), got int64 \(2, 3\)"),
        (np.ones((2, 2)), np.full((2, 2), 3), "must hold 0 valid, 1 far, 2 unknown, got 3"),
        (np.full((2, 2), np.nan), np.zeros((2, 2), int), "finite and >= 0 where the state is"),
    ],
)
def test_targets_that_mean_nothing_are_refused(meters, state, told):
    with pytest.raises(TargetError, match=told):
        vt.DepthMap(meters=meters, state=state)


def test_states_follow_from_the_values():
    target = vt.DepthMap(meters=np.array([[2.0, np.inf, np.nan, 0.0]]))

    assert target.state.tolist() == [[0, 1, 2, 2]]


def test_z_and_ray_depth_convert_through_the_camera_and_back():
    camera = vt.Camera(fx=500.0, fy=510.0, cx=31.5, cy=23.5)
    flat = vt.DepthMap(meters=np.full((48, 64), 3.0), camera=camera)

    ray = flat.as_measure("ray")

    assert ray.meters.min() >= 3
    assert ray.meters[0, 0] == pytest.approx(
        3 * np.sqrt(1 + (31.5 / 500) ** 2 + (23.5 / 510) ** 2), rel=1e-6
    )
    assert np.allclose(ray.as_measure("z").meters, 3)
    with pytest.raises(TargetError, match="camera must be known"):
        vt.DepthMap(meters=np.ones((1, 1))).as_measure("ray")
