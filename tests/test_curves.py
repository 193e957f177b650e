"""Curves are strictly increasing bijections whose inverse is stable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.curves import PowerCurve

PAPER = PowerCurve()


def test_the_papers_curve_is_the_formula_of_the_paper():
    meters = np.geomspace(1e-3, 1e3, 1000)

    assert np.allclose(PAPER.forward(meters), 1 - (1 + meters / 10) ** -2, rtol=1e-12)


def test_the_ends_are_exact():
    assert PAPER.forward(np.array([0.0, np.inf])).tolist() == [0.0, 1.0]
    assert PAPER.inverse(np.array([0.0, 1.0])).tolist() == [0.0, np.inf]


def test_the_inverse_is_stable_from_a_tenth_of_a_millimeter_to_a_thousand_kilometers():
    near, far = np.geomspace(1e-4, 1e3, 200_000), np.geomspace(1e3, 1e6, 200_000)

    assert np.abs(PAPER.inverse(PAPER.forward(near)) / near - 1).max() <= 1e-12
    assert np.abs(PAPER.inverse(PAPER.forward(far)) / far - 1).max() <= 1e-6


@given(st.floats(-8, -1.01), st.floats(0.05, 100))
def test_every_power_curve_increases(lam, c):
    meters = np.geomspace(1e-3, 1e3, 500)

    unit = PowerCurve(lam=lam, c=c).forward(meters)

    assert (np.diff(unit) >= 0).all()
    assert (unit >= 0).all()
    assert (unit <= 1).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64])
def test_the_result_is_float64_for_any_input(dtype):
    assert PAPER.forward(np.ones(3, dtype)).dtype == np.float64
