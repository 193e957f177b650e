"""MAT files of structs: what is written comes back, scipy agrees, and damage is told."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from vtencode.errors import CodeError
from vtencode.formats.mat_tree import read_mat_tree, write_mat_tree

NUMBERS = st.floats(allow_nan=False, width=64) | st.integers(-(2**50), 2**50).map(float)
#: scipy reads no letter of two codes, and numpy loses a NUL at an end.
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=6)
LEAVES = NUMBERS | TEXTS | st.lists(NUMBERS, min_size=2, max_size=4).map(np.array)
FIELDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3, unique=True)


@st.composite
def struct_arrays(draw, values):
    fields = draw(FIELDS)
    count = draw(st.integers(1, 3))
    return [{name: draw(values) for name in fields} for _ in range(count)]


VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | struct_arrays(inner),
    max_leaves=9,
)


def same(a, b) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(np.atleast_2d(a), b)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    return bool(a == b)


@given(VALUES)
def test_what_is_written_comes_back(value):
    assert same(value, read_mat_tree(write_mat_tree("it", value), "it"))


@given(VALUES, st.booleans())
def test_what_scipy_reads_of_a_file_and_writes_again_comes_back(value, compressed):
    found = scipy.io.loadmat(io.BytesIO(write_mat_tree("it", value)))["it"]
    again = io.BytesIO()
    scipy.io.savemat(again, {"it": found}, do_compression=compressed)

    mine = read_mat_tree(again.getvalue(), "it")
    theirs = read_mat_tree(write_mat_tree("it", value), "it")
    assert same(without_empties(theirs), without_empties(mine))


def without_empties(value):
    """What is left of a value where scipy makes all that is empty one thing."""
    if isinstance(value, list | tuple):
        return type(value)(map(without_empties, value)) if len(value) else None
    if isinstance(value, dict):
        return {name: without_empties(each) for name, each in value.items()}
    if isinstance(value, str):
        return value or None
    return None if isinstance(value, np.ndarray) and not value.size else value


def test_one_struct_is_an_array_of_one_and_nothing_is_an_empty_matrix():
    found = read_mat_tree(write_mat_tree("it", {"a": np.empty((0, 0)), "b": ""}), "it")

    assert len(found) == 1
    assert found[0]["a"].shape == (0, 0)
    assert found[0]["b"] == ""


def test_both_byte_orders_and_narrow_numbers_are_read():
    def element(kind: int, payload: bytes) -> bytes:
        padded = payload + bytes(-len(payload) % 8)
        return struct.pack(">2I", kind, len(payload)) + padded

    body = b"".join(
        [
            element(6, struct.pack(">2I", 6, 0)),  # doubles
            element(5, struct.pack(">2i", 2, 2)),
            element(1, b"it"),
            element(3, struct.pack(">4h", 1, -2, 300, 4)),  # which fit 16 bits
        ]
    )
    head = bytes(124) + struct.pack(">H", 0x0100) + b"MI"

    found = read_mat_tree(head + element(14, body), "it")

    assert found.tolist() == [[1, 300], [-2, 4]]


def test_what_is_neither_number_nor_text_nor_struct_is_nothing():
    buffer = io.BytesIO()
    scipy.io.savemat(
        buffer,
        {
            "other": np.array([[1.0]]),
            "it": {"complex": np.array([[1j]]), "lines": np.array(["ab", "cd"]), "x": 3},
        },
    )

    assert read_mat_tree(buffer.getvalue(), "it") == [{"complex": None, "lines": None, "x": 3}]


TREE = write_mat_tree("it", [{"a": 1.0, "b": ("x", {"c": np.arange(3.0)})}, {"a": 2.0, "b": ()}])


def test_a_cut_file_is_told_wherever_it_is_cut():
    for end in range(len(TREE)):
        with pytest.raises(CodeError, match="level 5 MAT file with"):
            read_mat_tree(TREE[:end], "it")


def test_a_damaged_file_is_told_or_read_as_something_and_never_more_than_that():
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(3000):
        data = bytearray(TREE)
        for at in rng.integers(128, len(data), rng.integers(1, 4)):
            data[at] = rng.integers(256)
        try:
            read_mat_tree(bytes(data), "it")
        except CodeError:
            told += 1
    assert told > 1000


def test_other_versions_are_told_apart():
    newer = bytearray(TREE)
    newer[124:126] = struct.pack("<H", 0x0200)

    with pytest.raises(CodeError, match="its version must be 0x0100, got 0x0200"):
        read_mat_tree(bytes(newer), "it")
    with pytest.raises(CodeError, match="with the variable 'that', and has none"):
        read_mat_tree(TREE, "that")


def packed(plain: bytes) -> bytes:
    body = zlib.compress(plain)
    return TREE[:128] + struct.pack("<2I", 15, len(body)) + body


def cells(count: int, said: int | None = None) -> bytes:
    """A cell array of empty matrices."""
    head = struct.pack("<4I", 6, 8, 1, 0) + struct.pack("<2I2i", 5, 8, 1, said or count)
    body = head + struct.pack("<2H4s", 1, 2, b"it\0\0") + struct.pack("<2I", 14, 0) * count
    return struct.pack("<2I", 14, len(body)) + body


def test_what_inflates_too_far_is_refused(monkeypatch):
    assert len(read_mat_tree(packed(cells(100)), "it")) == 100
    monkeypatch.setattr("vtencode.formats.mat_tree.elements.MAX_INFLATED_BYTES", 500)
    with pytest.raises(CodeError, match="must inflate to at most 500 bytes"):
        read_mat_tree(packed(cells(100)), "it")


def test_more_values_than_there_may_be_or_than_there_are_bytes_for_are_refused(monkeypatch):
    with pytest.raises(CodeError, match="2147483647 values must take 8 bytes each, got 800"):
        read_mat_tree(packed(cells(100, said=2**31 - 1)), "it")
    monkeypatch.setattr("vtencode.formats.mat_tree.reading.MAX_VALUES", 99)
    with pytest.raises(CodeError, match="must hold at most 99 values"):
        read_mat_tree(packed(cells(100)), "it")


def test_what_lies_too_deep_is_refused():
    value: object = 1.0
    for _ in range(40):
        value = (value, 2.0)
    with pytest.raises(CodeError, match="more than 32 deep"):
        read_mat_tree(write_mat_tree("it", value), "it")


def test_structs_of_an_array_must_have_the_same_fields():
    with pytest.raises(ValueError, match="must have the same fields"):
        write_mat_tree("it", [{"a": 1}, {"b": 1}])
