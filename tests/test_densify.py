"""Filled depth keeps what was measured, and is what the paper's steps give."""

from __future__ import annotations

import numpy as np
import pytest

from vtencode.densify import ip_basic
from vtencode.targets import Camera, DepthMap, DepthState

NAN, INF = np.nan, np.inf


def sparse(seed: int, *, shape=(40, 60), share=0.2) -> np.ndarray:
    """KITTI's steps of 1/256 m of a slanted ground, 0 where nothing is known."""
    rng = np.random.default_rng(seed)
    rows = np.linspace(80, 5, shape[0])[:, None] + rng.normal(0, 0.3, shape)
    return np.where(rng.random(shape) < share, np.round(rows * 256), 0).astype(np.int64)


def depth_of(steps: np.ndarray) -> DepthMap:
    return DepthMap(np.where(steps > 0, steps / 256, NAN).astype(np.float32))


def window(values: np.ndarray, kernel: np.ndarray, outside: int, reduce) -> np.ndarray:
    """What `reduce` makes of each pixel's neighbors, one by one."""
    reach = len(kernel) // 2
    padded = np.pad(values, reach, constant_values=outside)
    found = np.empty_like(values)
    for y, x in np.ndindex(values.shape):
        found[y, x] = reduce(padded[y : y + len(kernel), x : x + len(kernel)][kernel])
    return found


def steps_of_the_paper(steps: np.ndarray) -> np.ndarray:
    """Sections III.1 to 4 and the median of 7: depths inverted, so that empty pixels are 0."""
    most = 100 * 256 + 1
    inverted = np.where(steps > 0, most - steps, 0)
    away = np.abs(np.arange(-2, 3))
    diamond = away[:, None] + away <= 2
    full = {side: np.ones((side, side), dtype=bool) for side in (5, 7)}
    grown = window(inverted, diamond, 0, np.max)
    closed = window(window(grown, full[5], 0, np.max), full[5], most, np.min)
    filled = np.where(closed > 0, closed, window(closed, full[7], 0, np.max))
    edges = np.pad(filled, 2, mode="edge")
    median = window(edges, full[5], 0, np.median)[2:-2, 2:-2]
    smooth = np.where(filled > 0, median, 0)
    return np.where(steps > 0, steps, np.where(smooth > 0, most - smooth, 0))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", [0.02, 0.2, 0.9])
def test_the_steps_are_those_of_the_paper(seed, share):
    steps = sparse(seed, share=share)

    filled = ip_basic(depth_of(steps))

    expected = steps_of_the_paper(steps)
    assert np.array_equal(filled.valid, expected > 0)
    assert np.array_equal(filled.meters[filled.valid] * 256, expected[expected > 0])


@pytest.mark.parametrize("seed", range(5))
def test_what_was_measured_is_kept_and_bounds_what_is_filled(seed):
    depth = depth_of(sparse(seed))

    filled = ip_basic(depth)

    assert np.array_equal(filled.meters[depth.valid], depth.meters[depth.valid])
    assert depth.valid.mean() < 0.3
    assert filled.valid.mean() > 0.95
    measured = set(depth.meters[depth.valid].tolist())
    assert set(filled.meters[filled.valid].tolist()) <= measured


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (5, 40)])
def test_where_nothing_is_known_nothing_becomes_known(shape):
    filled = ip_basic(DepthMap(np.full(shape, NAN, dtype=np.float32)))

    assert (filled.state == DepthState.UNKNOWN).all()


def test_the_far_stays_far_and_does_not_grow():
    meters = np.full((20, 20), NAN, dtype=np.float32)
    meters[:10, ::3], meters[12::3, ::2] = INF, 7.0

    filled = ip_basic(DepthMap(meters))

    assert np.array_equal(filled.state == DepthState.FAR, np.isposinf(meters))
    assert (filled.meters[filled.valid] == 7).all()
    assert filled.valid.sum() > (meters == 7).sum()


def test_a_large_hole_stays_a_hole():
    steps = np.full((61, 61), 2560)
    steps[10:51, 10:51] = 0

    filled = ip_basic(depth_of(steps))

    assert not filled.valid[16:45, 16:45].any()


def test_a_near_object_grows_over_a_far_one_by_five_pixels_at_most():
    steps = sparse(0, shape=(41, 41), share=1.0)
    steps[:] = 40 * 256
    steps[:, ::2] = 0
    steps[20, 20] = 5 * 256

    filled = ip_basic(depth_of(steps))

    rows, columns = np.nonzero(filled.meters == 5)
    assert 0 <= max(np.abs(rows - 20).max(), np.abs(columns - 20).max()) <= 5


def test_measure_and_camera_stay():
    camera = Camera(fx=9, fy=9, cx=1, cy=1)

    filled = ip_basic(DepthMap(np.ones((4, 4), np.float32), measure="ray", camera=camera))

    assert (filled.measure, filled.camera) == ("ray", camera)
