"""The estimated length of prompts, against counts of T5's own tokenizer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.instructions import estimate_tokens

#: Counted with the vocabulary of t5-v1_1 (32 000 pieces), the end of the text included.
COUNTED = [
    ("", 1),
    ("Segment each chair in its own color.", 10),
    ("Generate a metric depth map of the input image.", 14),
    ("The chair is shown in (255, 192, 128). The sofa is in #80c000. The background is black.", 29),
    ("Segment every swivel in <69, 62, 133>.", 21),
    ("Binary mask of the class guacamole, RGB(88, 50, 82) on #0c221a.", 30),
    ("Keypoint detection: left shoulder, right shoulder, left elbow and right elbow.", 17),
    ("深度图", 3),
    ("Où est la chaise à côté de la fenêtre ?", 14),
    ("It is shown in the viridis palette, which runs purple-teal-green-yellow.", 25),
    ('Color mapping: {"cat ears": <255, 165, 0>, "background": <125, 0, 125>}.', 37),
]


@pytest.mark.parametrize(("prompt", "count"), COUNTED)
def test_no_prompt_is_estimated_shorter_than_it_is(prompt, count) -> None:
    assert count <= estimate_tokens(prompt) <= 2.5 * count + 5


def test_what_is_not_ascii_counts_by_its_bytes() -> None:
    assert estimate_tokens("深度图") == 1 + 9
    assert estimate_tokens("\ud83d") == 1 + 3


@given(st.text(), st.text())
def test_a_longer_prompt_is_never_estimated_shorter(first, second) -> None:
    assert estimate_tokens(f"{first} {second}") >= estimate_tokens(first)


@given(st.integers(1, 60))
def test_the_estimate_grows_with_the_legend(classes) -> None:
    legend = ", ".join(f'"class {at}": <255, {at}, 0>' for at in range(classes))
    assert 12 * classes < estimate_tokens(f"Colors: {{{legend}}}.") < 21 * classes + 5
