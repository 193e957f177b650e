"""Specs: dataclass to JSON and back, merged, with every fault named."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vtencode as vt
from vtencode.curves import Curve, PowerCurve
from vtencode.errors import SpecError, UnknownNameError
from vtencode.spec import canonical_json, from_params, label, merge, read_params, to_params

finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)
trees = st.dictionaries(st.sampled_from("abc"), json_values, max_size=3)


@dataclass(frozen=True, kw_only=True)
class Widget:
    """One field of each kind that a spec may hold."""

    name: ClassVar[str] = "widget"

    size: int
    scale: float = 1.0
    title: str = ""
    loud: bool = False
    mode: Literal["fast", "exact"] = "exact"
    color: tuple[int, int, int] = (0, 0, 0)
    labels: tuple[str, ...] = ()
    curve: Curve = field(default=PowerCurve(), metadata={"kind": "curve"})


curves = st.builds(PowerCurve, lam=st.floats(-50, -1.01), c=st.floats(0.01, 1e6))
widgets = st.builds(
    Widget,
    size=st.integers(),
    scale=finite,
    title=st.text(),
    loud=st.booleans(),
    mode=st.sampled_from(["fast", "exact"]),
    color=st.tuples(st.integers(), st.integers(), st.integers()),
    labels=st.lists(st.text(), max_size=3).map(tuple),
    curve=curves,
)


@given(widgets)
def test_a_spec_that_went_through_json_gives_an_equal_thing(widget) -> None:
    params = json.loads(canonical_json(to_params(widget)))
    assert from_params(Widget, params) == widget


@given(curves, st.integers(1, 1785), st.sampled_from([(128, 128, 128), (0, 128, 64)]))
def test_a_codec_is_equal_to_the_one_its_spec_describes(curve, far_level, unknown) -> None:
    codec = vt.codec("depth", curve=curve, far_level=far_level, unknown=list(unknown))
    assert vt.codec_from_spec(json.loads(canonical_json(codec.spec()))) == codec


def test_every_parameter_is_written_defaults_too() -> None:
    assert to_params(Widget(size=3)) == {
        "size": 3,
        "scale": 1.0,
        "title": "",
        "loud": False,
        "mode": "exact",
        "color": [0, 0, 0],
        "labels": [],
        "curve": {"name": "power", **to_params(PowerCurve())},
    }


def test_what_is_left_out_takes_its_default() -> None:
    assert from_params(Widget, {"size": 3}) == Widget(size=3)


def test_a_whole_number_is_a_number() -> None:
    scale = from_params(Widget, {"size": 3, "scale": 2}).scale
    assert (scale, type(scale)) == (2.0, float)


@pytest.mark.parametrize("curve", ["power", {"name": "power"}, PowerCurve()])
def test_a_nested_thing_may_be_its_name_a_mapping_or_the_thing(curve) -> None:
    assert from_params(Widget, {"size": 3, "curve": curve}) == Widget(size=3)


def test_all_faults_are_named_at_once() -> None:
    params = {"sclae": 2.0, "title": 7, "loud": 1, "mode": "slow", "color": [1, 2]}
    with pytest.raises(SpecError) as caught:
        from_params(Widget, params)
    assert str(caught.value) == (
        "Widget: sclae is not a parameter of widget. Did you mean 'scale'?; size is missing; "
        "title must be text, got 7; loud must be true or false, got 1; "
        "mode must be one of 'fast', 'exact', got 'slow'; "
        "color must be a list of 3, got [1, 2]"
    )


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({"size": True}, "size must be a whole number, got True"),
        ({"size": 1.0}, "size must be a whole number, got 1.0"),
        ({"size": "1"}, "size must be a whole number, got '1'"),
        ({"size": None}, "size must be a whole number, got None"),
        ({"scale": True}, "scale must be a number, got True"),
        ({"scale": float("nan")}, "scale must be a finite number, got nan"),
        ({"scale": float("-inf")}, "scale must be a finite number, got -inf"),
        ({"scale": 10**400}, "scale must be a finite number, got 1000"),
        ({"color": "red"}, "color must be a list, got 'red'"),
        ({"color": [1, 2, "3"]}, "color must be a whole number, got '3'"),
        ({"labels": ["a", 1]}, "labels must be text, got 1"),
        ({"mode": ["fast"]}, "mode must be one of 'fast', 'exact', got ['fast']"),
        ({"curve": 3}, "curve must be the name of a curve or a mapping with one, got 3"),
        ({"curve": {"lam": -2.0}}, "curve must say its name, got {'lam': -2.0}"),
        ({"curve": {"name": 3}}, "curve must say its name"),
        ({"curve": "pwoer"}, "curve no curve is named 'pwoer'. Did you mean 'power'?"),
        ({"curve": {"name": "power", "lmb": 1}}, "power: lmb is not a parameter of power."),
        ({"curve": {"name": "power", "c": "x"}}, "power: c must be a number, got 'x'"),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_told_with_what_it_must_be(params, fault) -> None:
    with pytest.raises(SpecError) as caught:
        from_params(Widget, {"size": 3, **params}, where="here")
    assert str(caught.value).startswith("here: ")
    assert fault in str(caught.value)


@given(st.sampled_from([f.name for f in Widget.__dataclass_fields__.values()]), json_values)
def test_any_json_value_is_taken_or_a_spec_error(name, value) -> None:
    try:
        widget = from_params(Widget, {"size": 3, name: value})
    except SpecError:
        return
    assert from_params(Widget, to_params(widget)) == widget


def test_fields_can_be_left_to_the_caller() -> None:
    values, faults = read_params(Widget, {"scale": 2.0}, skip=("size",))
    assert (values, faults) == ({"scale": 2.0}, [])
    _, faults = read_params(Widget, {"size": 2}, skip=("size",))
    assert [path for path, _ in faults] == ["size"]


def test_a_class_without_a_name_is_known_by_its_own() -> None:
    assert label(Widget) == "widget"
    assert label(dict) == "dict"


def test_merging_changes_nested_values_and_keeps_their_neighbors() -> None:
    base = {"a": 1, "curve": {"name": "power", "lam": -3.0, "c": 1.0}}
    changes = {"curve": {"lam": -2.0}}
    assert merge(base, changes) == {"a": 1, "curve": {"name": "power", "lam": -2.0, "c": 1.0}}
    assert base["curve"] == {"name": "power", "lam": -3.0, "c": 1.0}


def test_merging_another_name_replaces_the_whole_mapping() -> None:
    base = {"curve": {"name": "power", "lam": -3.0}}
    assert merge(base, {"curve": {"name": "log"}}) == {"curve": {"name": "log"}}
    assert merge(base, {"curve": "log"}) == {"curve": "log"}


def test_merging_the_same_name_keeps_the_parameters() -> None:
    base = {"curve": {"name": "power", "lam": -3.0}}
    changes = {"curve": {"name": "power", "c": 2.0}}
    assert merge(base, changes) == {"curve": {"name": "power", "lam": -3.0, "c": 2.0}}


@given(trees, trees)
def test_merging_has_nothing_as_neutral_and_itself_as_fixed_point(base, changes) -> None:
    before = json.dumps([base, changes])
    merged = merge(base, changes)
    assert merge(base, {}) == base
    assert merge({}, changes) == changes
    assert merge(merged, changes) == merged
    assert set(merged) == set(base) | set(changes)
    assert json.dumps([base, changes]) == before


def test_a_preset_is_a_start_for_changes() -> None:
    codec = vt.codec("depth", "vision-banana", curve={"c": 5.0})
    assert codec.spec()["params"]["curve"] == {"name": "power", "lam": -3.0, "c": 5.0}


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (lambda: vt.codec("depth", "nope"), "depth has no preset 'nope'. Choose from: "),
        (lambda: vt.codec("depth", far=3), "depth: far is not a parameter of depth."),
        (lambda: vt.codec_from_spec({"name": "depth"}), "must have name, version and params"),
        (
            lambda: vt.codec_from_spec({"name": "depth", "version": 99, "params": {}}),
            "version 99 wrote this picture",
        ),
        (
            lambda: vt.codec_from_spec({"name": "os:system", "version": 1, "params": {}}),
            "'os:system' of this picture is not known here",
        ),
    ],
)
def test_a_codec_described_wrongly_says_what_is_wrong(made, fault) -> None:
    with pytest.raises(SpecError) as caught:
        made()
    assert fault in str(caught.value)


def test_an_unknown_codec_is_told_with_a_near_miss() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'depth'"):
        vt.codec("dept")


@given(json_values)
def test_canonical_json_is_one_ascii_line_that_reads_back(value) -> None:
    line = canonical_json(value)
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == value


@given(st.dictionaries(st.text(max_size=4), json_values, max_size=5))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_canonical_json_holds_finite_numbers_only(value) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)
