"""Instruction pools: enough phrasings, drawn evenly, by key alone."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.instructions import Pool, Template, load_pool, pool_names
from vtencode.seeds import draw

SEEDS = st.integers(-(2**63), 2**63)
DEPTH = load_pool("depth")


@pytest.mark.parametrize("name", pool_names())
def test_a_shipped_pool_holds_at_least_20_different_single_lines(name) -> None:
    texts = [template.text for template in load_pool(name).templates]
    assert len(set(texts)) == len(texts) >= 20
    assert all(text == " ".join(text.split()) for text in texts)
    assert len({template.id for template in load_pool(name).templates}) == len(texts)


def test_the_depth_pool_is_shipped() -> None:
    assert "depth" in pool_names()


def test_an_id_depends_on_the_text_alone() -> None:
    assert Template("Paint the depth.").id == Template("Paint the depth.").id == "2a920eeb208a"
    assert Template("Paint the depth!").id != Template("Paint the depth.").id


@given(SEEDS, st.text())
def test_a_pair_gets_the_same_phrasing_every_time(seed, key) -> None:
    assert DEPTH.pick(seed, key) == DEPTH.pick(seed, key)
    assert DEPTH.pick(seed, key) in DEPTH.templates


def test_the_order_of_the_pairs_does_not_matter() -> None:
    keys = [f"nyu-{at:05d}-depth" for at in range(500)]
    forwards = {key: DEPTH.pick(0, key).id for key in keys}
    random.Random(0).shuffle(keys)
    assert {key: DEPTH.pick(0, key).id for key in keys} == forwards


@pytest.mark.parametrize("seed", [0, 1, 2**40])
def test_phrasings_are_drawn_evenly(seed) -> None:
    count, size = 24_000, len(DEPTH.templates)
    drawn = Counter(DEPTH.pick(seed, f"nyu-{at:05d}-depth").id for at in range(count))
    expected = count / size
    chi_square = sum((seen - expected) ** 2 / expected for seen in drawn.values())
    assert len(drawn) == size
    assert chi_square < size - 1 + 5 * (2 * (size - 1)) ** 0.5


def test_another_seed_draws_anew() -> None:
    keys = [f"nyu-{at:05d}" for at in range(2400)]
    same = sum(DEPTH.pick(0, key) == DEPTH.pick(1, key) for key in keys)
    assert 50 < same < 160


def test_seed_and_key_do_not_add_up() -> None:
    assert draw(1, "0") != draw(0, "1")
    assert draw(1, "23") != draw(12, "3")
    assert draw(0, "a", "b") != draw(0, "ab")


def test_phrasings_can_be_given_in_place() -> None:
    assert load_pool(["One.", "Two."]) == Pool((Template("One."), Template("Two.")))
    assert load_pool(["One."]).pick(7, "any key").text == "One."


def test_letters_of_any_script_are_kept() -> None:
    assert load_pool(["深度图を描いて。", "Tiefe 🙂"]).templates[1].text == "Tiefe 🙂"


@pytest.mark.parametrize(
    ("pool", "fault"),
    [
        ([], "must hold at least one instruction"),
        ([""], "must be single lines with single spaces, got ''"),
        (["two\nlines"], "must be single lines"),
        (["two  spaces"], "must be single lines with single spaces"),
        ([" padded"], "must be single lines with single spaces"),
        (["tab\there"], "must be single lines with single spaces"),
        (["no-break\u00a0space"], "must be single lines with single spaces"),
        (["same", "other", "same"], "must be different instructions, got 'same' twice"),
        ([3], "must be single lines with single spaces, got 3"),
        ([None], "got None"),
        ("deth", "must be an instruction pool, got 'deth'. Did you mean 'depth'?"),
        ("", "must be an instruction pool, got ''"),
        ("../recipes/instructions/depth", "must be an instruction pool"),
    ],
)
def test_a_pool_that_would_spoil_training_is_refused(pool, fault) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the sentence is compared below
        load_pool(pool)
    assert fault in str(caught.value)
