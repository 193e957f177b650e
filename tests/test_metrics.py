"""Metrics, by values worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vtencode.metrics import abs_rel, mean_iou, panoptic_quality, within_ratio


def test_abs_rel_is_the_mean_error_as_a_part_of_the_depth():
    truth, found = np.array([[1.0, 2.0], [4.0, 10.0]]), np.array([[1.1, 1.8], [4.0, 13.0]])

    assert abs_rel(truth, found) == pytest.approx((0.1 + 0.1 + 0 + 0.3) / 4)


def test_depths_that_one_side_lacks_are_not_compared():
    truth = np.array([np.inf, np.nan, 0.0, 2.0, 2.0, 2.0], dtype=np.float32)
    found = np.array([2.0, 2.0, 2.0, np.inf, np.nan, 3.0], dtype=np.float32)

    assert abs_rel(truth, found) == 0.5
    assert within_ratio(truth, found) == 0
    assert within_ratio(truth, found, 1.6) == 1


def test_within_ratio_looks_both_ways_and_a_ratio_of_1_25_is_without():
    truth = np.array([4.0, 4.0, 4.0, 5.0])
    found = np.array([4.9, 5.0, 3.3, 4.0])

    assert within_ratio(truth, found) == 0.5


def test_mean_iou_is_the_mean_over_the_classes_that_occur():
    truth = np.array([[0, 0, 0, 0], [1, 1, 3, 3]])
    found = np.array([[0, 0, 0, 1], [1, 1, 2, 3]])

    # 0: 3 of 4; 1: 2 of 3; 3: 1 of 2. Class 2 is found, but nowhere true.
    assert mean_iou(truth, found, 4) == pytest.approx((3 / 4 + 2 / 3 + 1 / 2) / 3)


def test_void_does_not_count_where_it_is_true_and_is_a_miss_where_it_is_found():
    truth = np.array([0, 0, 1, 255, -1], dtype=np.int32)
    found = np.array([0, 255, 1, 1, 0], dtype=np.int32)

    assert mean_iou(truth, found, 2) == pytest.approx((1 / 2 + 1) / 2)


def test_panoptic_quality_is_worked_by_hand():
    truth = np.array([1] * 10 + [2] * 10 + [3] * 10 + [0] * 10)
    found = np.array([5] * 8 + [0] * 2 + [6] * 5 + [7] * 5 + [0] * 10 + [9] * 10)

    # 1 and 5 match with IoU 0.8; 2 with 6 or 7 is exactly 1/2, no match. Others: 2, 3; 6, 7, 9.
    assert panoptic_quality(truth, found) == pytest.approx(0.8 / (1 + 2 / 2 + 3 / 2))


def test_panoptic_quality_does_not_depend_on_numbers():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, (9, 7)).repeat(5, axis=0)
    found = np.roll(truth, 1, axis=0)

    quality = panoptic_quality(truth, found)

    assert 0 < quality < 1
    assert panoptic_quality(np.array([0, 70_000, 3, 9])[truth], found) == quality
    assert panoptic_quality(truth, truth) == 1


def test_nothing_to_compare_is_nan_and_nothing_to_find_is_perfect():
    nothing = np.zeros((0, 4))

    assert np.isnan(abs_rel(nothing, nothing))
    assert np.isnan(within_ratio(nothing, nothing))
    assert np.isnan(mean_iou(nothing, nothing, 3))
    assert panoptic_quality(np.zeros((2, 2), int), np.zeros((2, 2), int)) == 1
    assert panoptic_quality(np.zeros((2, 2), int), np.ones((2, 2), int)) == 0
