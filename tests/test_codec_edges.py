"""Codecs in careless hands: copies, other codecs' codes, odd parameters, buffers to paint into."""

from __future__ import annotations

import copy
import json
import pickle

import golden
import numpy as np
import pytest

import vtencode as vt
from vtencode.errors import CodeError, SpecError, UnknownNameError


@pytest.mark.parametrize("name", ["depth", "semantic", "instances", "panoptic"])
def test_a_buffer_that_cannot_be_painted_in_place_is_refused(name):
    target, codec = golden.TARGETS[name](), vt.codec(name)
    height, width = target.shape
    whole = np.zeros((height, width, 3), np.uint8)
    frozen = whole.copy()
    frozen.setflags(write=False)

    assert np.array_equal(codec.encode(target, out=whole).rgb, codec.encode(target).rgb)
    for out in (np.zeros((height, 2 * width, 3), np.uint8)[:, ::2], whole[:1], frozen):
        with pytest.raises(CodeError, match="out must be writable contiguous uint8"):
            codec.encode(target, out=out)


def test_an_exact_code_of_another_preset_is_refused_not_read_wrong():
    code = vt.codec("depth", "fine").encode(vt.DepthMap(meters=np.array([[2.0, np.nan]])))

    with pytest.raises(
        CodeError, match=r"unknown is \(0, 0, 0\), and this codec \(128, 128, 128\)"
    ):
        vt.codec("depth").decode(code)


@pytest.mark.parametrize(
    "facts", [{}, {"near_m": "x", "far_m": 2.0}, {"near_m": 3.0, "far_m": 1.0}]
)
def test_an_exact_code_whose_scale_is_lost_is_refused(facts):
    codec = vt.codec("depth", "marigold")
    code = codec.encode(golden.depth())

    with pytest.raises(CodeError, match="this code says"):
        codec.decode(vt.Code(code.rgb, vt.Legend(code.legend.colors, facts)))


@pytest.mark.parametrize("name", golden.TARGETS)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_copies_of_a_target_cannot_be_written_to_either(name, again):
    target = again(golden.TARGETS[name]())
    holder = target.regions[0] if name == "instances" else target

    arrays = [value for value in vars(holder).values() if isinstance(value, np.ndarray)]

    assert arrays
    assert not any(array.flags.writeable for array in arrays)


def test_a_depth_too_small_for_float32_is_near_not_unknown():
    assert vt.DepthMap(meters=np.array([[1e-300]])).state.tolist() == [[0]]


def test_numbers_of_numpy_are_numbers():
    curve = {"c": np.float32(3), "lam": np.int64(-3)}
    codec = vt.codec("depth", curve=curve, unknown=np.array([120, 128, 128]))

    assert json.loads(json.dumps(codec.spec()))["params"]["curve"]["c"] == 3
    assert codec == vt.codec("depth", curve={"c": 3, "lam": -3}, unknown=(120, 128, 128))


@pytest.mark.parametrize("name", [None, 3, ["depth"], "depht"])
def test_a_name_that_is_none_is_told_in_one_sentence(name):
    with pytest.raises(UnknownNameError, match="no codec is named"):
        vt.codec(name)


def test_a_codec_without_presets_says_so():
    with pytest.raises(SpecError, match="It has none"):
        vt.codec("panoptic", "fine")


@pytest.mark.parametrize(
    "change",
    [
        {"params": {}},
        {"params": None},
        {"params": []},
        {"version": True},
        {"version": "1"},
        {"version": 1.0},
    ],
)
def test_a_stored_spec_is_taken_whole_or_not_at_all(change):
    with pytest.raises(SpecError):
        vt.codec_from_spec({**vt.codec("depth").spec(), **change})
    with pytest.raises(SpecError, match="must have name, version and params"):
        vt.codec_from_spec(None)


def test_legends_check_their_colors_and_take_those_of_numpy():
    made = vt.Legend({"cat": tuple(np.array([1, 2, 3]))})

    assert vt.Legend.from_json(made.to_json()) == made
    assert hash(made) == hash(vt.Legend({"cat": (1, 2, 3)}))
    for color in (None, "red", (1, 2), (300, 0, 0), (1.0, 2, 3)):
        with pytest.raises(SpecError, match="8-bit RGB"):
            vt.Legend({"cat": color})
    with pytest.raises(SpecError, match=r"Legend\.to_json writes"):
        vt.Legend.from_json('{"colors": [["a", [1, 2, 3]], ["a", [4, 5, 6]]], "facts": {}}')
