"""Legends: the pair to_json/from_json, order, and what is turned away."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vtencode as vt
from vtencode.errors import SpecError

text = st.text(st.characters(codec="utf-8"), max_size=8)
byte = st.integers(0, 255)
facts = st.dictionaries(
    text,
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    max_size=4,
)  # fmt: skip
legends = st.builds(
    vt.Legend,
    colors=st.dictionaries(text, st.tuples(byte, byte, byte), max_size=5),
    facts=facts,
)


@given(legends)
def test_a_legend_comes_back_from_its_json_with_its_order(legend) -> None:
    copy = vt.Legend.from_json(legend.to_json())
    assert copy == legend
    assert list(copy.colors) == list(legend.colors)
    assert copy.to_json() == legend.to_json()


@given(legends)
def test_the_json_of_a_legend_is_one_ascii_line(legend) -> None:
    assert legend.to_json().isascii()
    assert "\n" not in legend.to_json()


@given(legends)
def test_a_legend_crosses_processes(legend) -> None:
    assert pickle.loads(pickle.dumps(legend)) == legend


def test_an_empty_legend_is_a_legend() -> None:
    assert vt.Legend().to_json() == '{"colors":[],"facts":{}}'
    assert vt.Legend.from_json(vt.Legend().to_json()) == vt.Legend()


def test_a_legend_cannot_be_changed() -> None:
    colors = {"far": (255, 255, 255)}
    legend = vt.Legend(colors)
    colors["near"] = (0, 0, 0)
    assert dict(legend.colors) == {"far": (255, 255, 255)}
    with pytest.raises(TypeError):
        legend.colors["near"] = (0, 0, 0)


@pytest.mark.parametrize(
    "given_text",
    [
        "",
        "null",
        "[]",
        "3",
        "{}",
        '{"colors":[]}',
        '{"facts":{}}',
        '{"colors":{},"facts":[1]}',
        '{"colors":[["a"]],"facts":{}}',
        '{"colors":[["a",[0,0]]],"facts":{}}',
        '{"colors":[["a",[0,0,0,0]]],"facts":{}}',
        '{"colors":[["a",[0,0,256]]],"facts":{}}',
        '{"colors":[["a",[0,0,-1]]],"facts":{}}',
        '{"colors":[["a",[0,0,0.5]]],"facts":{}}',
        '{"colors":[["a",[true,false,true]]],"facts":{}}',
        '{"colors":[["a","red"]],"facts":{}}',
        '{"colors":[["a",null]],"facts":{}}',
        '{"colors":[],"facts":{"scale":NaN}}',
        '{"colors":[],"facts":{"scale":1e999}}',
        '{"colors":[],"facts":{"scale":' + "9" * 5000 + "}}",
        '{"colors":[],"facts":' + "[" * 100_000,
    ],
)
def test_what_no_legend_writes_is_refused(given_text) -> None:
    with pytest.raises(SpecError, match=r"a legend must be what Legend\.to_json writes, got "):
        vt.Legend.from_json(given_text)


@given(st.text() | st.dictionaries(st.sampled_from(["colors", "facts"]), st.lists(text)).map(
    json.dumps
))  # fmt: skip
def test_any_text_is_a_legend_or_a_spec_error(given_text) -> None:
    try:
        legend = vt.Legend.from_json(given_text)
    except SpecError:
        return
    assert vt.Legend.from_json(legend.to_json()) == legend
