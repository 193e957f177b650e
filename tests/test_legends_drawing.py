"""Drawn legends: their distances, their lots, and what position tells of color."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtencode.errors import SpecError
from vtencode.legends import draw_background, draw_colors, min_apart
from vtencode.palettes import distinct, min_distance, palette
from vtencode.seeds import Chance

BLACK = (0, 0, 0)
CSS = {tuple(color) for color in palette("css").colors.tolist()}
rgb = st.tuples(*[st.integers(0, 255)] * 3)
chances = st.builds(
    Chance,
    st.integers(0, 2**32),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.integers(0, 10**6),
    st.booleans(),
)


def pair(at, *, seed=0, evaluation=False):
    return Chance(seed, f"pair-{at:06d}", at, evaluation)


def assert_apart(count, chance, background, *, named=False):
    drawn = draw_colors(count, chance, background=background, named=named)

    assert len(drawn) == count
    assert min_distance([background, *drawn]) >= min_apart(count, named=named)
    assert not named or set(drawn) <= CSS


@settings(max_examples=60)
@given(st.integers(1, 150), chances, rgb)
def test_drawn_colors_are_as_far_apart_as_promised(count, chance, background):
    assert_apart(count, chance, background)


@settings(max_examples=40)
@given(st.integers(1, 49), chances, rgb)
def test_drawn_colors_with_names_are_as_far_apart_as_promised(count, chance, background):
    assert_apart(count, chance, background, named=True)


@pytest.mark.slow
def test_ten_thousand_legends_of_1_to_150_colors_are_as_far_apart_as_promised():
    for seed in range(10_000):
        chance = pair(seed, seed=seed, evaluation=seed % 10 == 0)
        assert_apart(1 + seed % 150, chance, draw_background(chance))
        assert_apart(1 + seed % 49, chance, draw_background(chance), named=True)


def test_the_promised_distance_is_half_the_best_and_never_grows_with_the_count():
    for count in (19, 50, 150, 999):
        assert min_apart(count) == min_distance(distinct(count + 1)) / 2
    for named, most in ((False, 150), (True, 49)):
        apart = [min_apart(count, named=named) for count in range(1, most + 1)]
        assert apart == sorted(apart, reverse=True)
        assert apart[0] == 100
        assert apart[-1] > 29.6
    assert min_apart(19) > 69
    assert min_apart(19, named=True) > 63


@pytest.mark.parametrize(("count", "named", "most"), [(1000, False, 999), (50, True, 49)])
def test_more_colors_than_fit_are_refused_with_how_many_do(count, named, most):
    with pytest.raises(SpecError, match=f"must have 1 to {most} colors.*, got {count}"):
        draw_colors(count, pair(0), background=BLACK, named=named)


def test_a_legend_of_no_names_has_no_colors():
    assert draw_colors(0, pair(0), background=BLACK) == ()


@settings(max_examples=20)
@given(chances, st.integers(1, 30), st.booleans())
def test_the_same_chance_draws_the_same_legend(chance, count, named):
    again = Chance(chance.seed, chance.key, chance.turn, chance.evaluation)

    drawn = [draw_colors(count, c, background=BLACK, named=named) for c in (chance, again)]

    assert drawn[0] == drawn[1]
    assert draw_background(chance) == draw_background(again)
    assert all(type(part) is int for color in drawn[0] for part in color)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "named"), [(1, False), (1, True), (2, True), (5, False)])
@pytest.mark.parametrize("evaluation", [False, True])
def test_no_two_pairs_in_a_row_share_a_legend(count, named, evaluation):
    legends = [
        frozenset(
            draw_colors(count, pair(at, evaluation=evaluation), background=BLACK, named=named)
        )
        for at in range(2000 if not evaluation else 200)
    ]

    assert all(left != right for left, right in pairwise(legends))


@pytest.mark.parametrize(("count", "named"), [(1, True), (2, True), (4, False)])
def test_training_and_evaluation_never_share_a_legend(count, named):
    drawn = [
        {
            frozenset(draw_colors(count, pair(at, evaluation=kept), background=None, named=named))
            for at in range(400)
        }
        for kept in (False, True)
    ]

    assert drawn[0]
    assert drawn[1]
    assert drawn[0].isdisjoint(drawn[1])


@pytest.mark.parametrize("heldout", [0.1, 0.2, 0.5])
def test_the_share_of_legends_that_is_held_out_is_the_one_asked_for(heldout):
    # Of 139 single named colors 400 pairs meet every one that is held out; three standard
    # deviations of the share of 139 are 0.076 to 0.127.
    kept = {
        draw_colors(1, pair(at, evaluation=True), background=None, named=True, heldout=heldout)
        for at in range(400)
    }

    assert len(kept) / 139 == pytest.approx(heldout, abs=0.1)


def test_with_nothing_held_out_evaluation_draws_as_training_does():
    for at in range(20):
        drawn = [
            draw_colors(3, pair(at, evaluation=e), background=BLACK, heldout=0.0)
            for e in (False, True)
        ]
        assert drawn[0] == drawn[1]


def test_shares_that_cannot_be_held_out_are_refused():
    for heldout in (-0.1, 1.0, float("nan")):
        with pytest.raises(SpecError, match="must be 0 to below 1"):
            draw_colors(1, pair(0), background=BLACK, heldout=heldout)
    with pytest.raises(SpecError, match=r"1 named colors was found in the lot for evaluation"):
        draw_colors(1, pair(0, evaluation=True), background=BLACK, named=True, heldout=1e-6)


def test_the_background_is_black_in_its_share_and_any_color_else():
    grounds = [draw_background(pair(at), share_black=0.5) for at in range(2000)]

    # Three standard deviations of a share over 2 000 pairs are 0.034.
    assert grounds.count(BLACK) / 2000 == pytest.approx(0.5, abs=0.034)
    assert len(set(grounds)) > 900
    assert {draw_background(pair(at), share_black=1.0) for at in range(20)} == {BLACK}
    assert {draw_background(pair(at), share_black=0, named=True) for at in range(300)} <= CSS


def _information(table):
    """Plug-in mutual information of a table of counts: nats."""
    joint = table / table.sum()
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / independent[seen])).sum())


def _meetings(draw, *, pairs=2000, classes=19, listed=5):
    """How often each class met each octant of the cube, over legends of a few classes each."""
    table = np.zeros((classes, 8))
    for at in range(pairs):
        chosen = Chance(1, f"{at}").generator("classes").permutation(classes)[:listed]
        for name, color in zip(chosen, draw(at, chosen), strict=True):
            table[name, int(np.dot(np.array(color) // 128, (4, 2, 1)))] += 1
    return table


@pytest.mark.parametrize("named", [False, True])
def test_class_and_color_are_independent_over_2000_pairs(named):
    # K = 19 classes, R = 8 octants, N = 10 000 colors (2 000 pairs of 5). Of independent draws the
    # plug-in estimate is (K - 1)(R - 1) / 2N = 0.0063 nats on average (2NI is chi-squared with 126
    # degrees of freedom); 0.0100 nats, 2NI = 200, is exceeded once in 30 000 times.
    table = _meetings(
        lambda at, chosen: draw_colors(
            len(chosen), pair(at), background=draw_background(pair(at)), named=named
        )
    )

    assert _information(table) < 0.0100
    assert (table > 0).all()


def test_a_fixed_legend_would_not_pass_for_independent():
    fixed = distinct(19, reserved=[BLACK])

    assert _information(_meetings(lambda _, chosen: fixed[chosen], pairs=500)) > 1


def test_the_place_in_a_legend_tells_nothing_of_the_color():
    # As above, with places for classes: (5 - 1)(8 - 1) / 2N = 0.0014 nats, 2NI = 70 at the bound.
    table = np.zeros((5, 8))
    for at in range(2000):
        for place, color in enumerate(draw_colors(5, pair(at), background=BLACK)):
            table[place, int(np.dot(np.array(color) // 128, (4, 2, 1)))] += 1

    assert _information(table) < 0.0035
