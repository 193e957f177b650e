"""Lines of sight, directions and which way they face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vtencode.geometry import facing, lines_of_sight, unit
from vtencode.miniatures.scenes import scene
from vtencode.targets import Camera

CAMERA = Camera(fx=50, fy=70, cx=15.5, cy=9.0)
vectors = hnp.arrays(
    np.float32, (3, 4, 3), elements=st.floats(-2, 2, width=32) | st.just(np.float32(np.nan))
)


def test_a_line_of_sight_is_where_the_camera_sees_the_pixel():
    lines = lines_of_sight(CAMERA, 20, 32)

    assert lines.shape == (20, 32, 3)
    assert (lines[..., 2] == -1).all()
    assert lines[9, 0].tolist() == [-15.5 / 50, 0, -1]
    assert lines[0, 31].tolist() == pytest.approx([15.5 / 50, 9 / 70, -1])
    assert np.linalg.norm(lines, axis=2) == pytest.approx(CAMERA.ray_lengths(20, 32))


@pytest.mark.parametrize("index", range(2))
def test_what_a_scene_shows_faces_its_camera_already(index):
    found = scene(0, index, height=96, width=128, camera=Camera(104, 104, 63.5, 47.5))
    lines = lines_of_sight(found.camera, 96, 128)

    assert np.array_equal(facing(found.normals, lines), found.normals)
    assert np.array_equal(facing(-found.normals, lines), found.normals)


@given(vectors)
def test_directions_are_of_length_1_or_none(given_vectors):
    found = unit(given_vectors)
    length = np.linalg.norm(given_vectors.astype(np.float64), axis=2)
    direction = (length >= 0.5) & (length <= 1.5)

    assert np.array_equal(found.any(axis=2), direction)
    assert np.abs(np.linalg.norm(found[direction], axis=-1) - 1).max(initial=0) < 1e-6
    assert not np.isnan(found).any()


@given(vectors)
def test_turning_keeps_the_line_and_turns_at_most_once(given_vectors):
    clean = np.nan_to_num(given_vectors)
    lines = lines_of_sight(CAMERA, 3, 4)
    once = facing(clean, lines)

    assert np.array_equal(np.abs(once), np.abs(clean))
    assert np.array_equal(facing(once, lines), once)
    assert (np.einsum("hwc,hwc->hw", once, lines) <= 1e-6).all()
