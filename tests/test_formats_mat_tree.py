"""MAT files of structs: what is written comes back, scipy agrees, and damage is told."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vtencode.errors import CodeError
from vtencode.formats.mat_tree import read_mat_arrays, read_mat_tree, write_mat_tree

NUMBERS = st.floats(allow_nan=False, width=64) | st.integers(-(2**50), 2**50).map(float)
#: scipy reads no letter of two codes, and numpy loses a NUL at an end.
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=6)
#: Those that MATLAB has a class for.
DTYPES = st.sampled_from("?bBhHiIqQfd").map(np.dtype)
ARRAYS = hnp.arrays(
    DTYPES, hnp.array_shapes(max_dims=4, max_side=4), elements={"allow_nan": False}
).filter(lambda array: array.size > 1)
LEAVES = NUMBERS | TEXTS | ARRAYS
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
        a, b = np.atleast_2d(a), np.asarray(b)
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    return bool(a == b)


@given(st.dictionaries(st.sampled_from(["it", "that", "x1"]), VALUES), st.booleans())
def test_what_is_written_comes_back(variables, compress):
    data = write_mat_tree(variables, compress=compress)

    assert data == write_mat_tree(variables, compress=compress)
    assert data.startswith(b"MATLAB 5.0 MAT-file")
    assert all(same(value, read_mat_tree(data, name)) for name, value in variables.items())


@given(VALUES, st.booleans())
def test_what_scipy_reads_of_a_file_and_writes_again_comes_back(value, compressed):
    found = scipy.io.loadmat(io.BytesIO(write_mat_tree({"it": value})), mat_dtype=True)["it"]
    again = io.BytesIO()
    scipy.io.savemat(again, {"it": found}, do_compression=compressed)

    mine = read_mat_tree(again.getvalue(), "it")
    theirs = read_mat_tree(write_mat_tree({"it": value}), "it")
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
    found = read_mat_tree(write_mat_tree({"it": {"a": np.empty((0, 0)), "b": ""}}), "it")

    assert len(found) == 1
    assert found[0]["a"].shape == (0, 0)
    assert found[0]["b"] == ""


def element(kind: int, payload: bytes) -> bytes:
    padded = payload + bytes(-len(payload) % 8)
    return struct.pack(">2I", kind, len(payload)) + padded


def matrix(flags: int, kind: int, numbers: bytes, shape=(2, 2)) -> bytes:
    """A file of the matrix `it`, in the byte order that others do not write."""
    body = b"".join(
        [
            element(6, struct.pack(">2I", flags, 0)),
            element(5, struct.pack(f">{len(shape)}i", *shape)),
            element(1, b"it"),
            element(kind, numbers),
        ]
    )
    return bytes(124) + struct.pack(">H", 0x0100) + b"MI" + element(14, body)


@pytest.mark.parametrize(("array_class", "dtype"), [(6, "f8"), (7, "f4"), (12, "i4")])
def test_both_byte_orders_and_narrow_numbers_are_read(array_class, dtype):
    found = read_mat_tree(matrix(array_class, 3, struct.pack(">4h", 1, -2, 300, 4)), "it")

    assert found.dtype == dtype
    assert found.tolist() == [[1, 300], [-2, 4]]


@pytest.mark.parametrize("array_class", [6, 9])
def test_logical_is_bool_whatever_it_is_kept_in(array_class):
    found = read_mat_tree(matrix(array_class | 0x0200, 2, bytes([0, 1, 2, 0])), "it")

    assert found.dtype == np.bool_
    assert found.tolist() == [[False, True], [True, False]]


def test_numbers_that_are_not_of_their_class_are_refused():
    whole = matrix(9, 3, struct.pack(">4h", 1, 2, 255, 4))
    assert read_mat_tree(whole, "it").dtype == np.uint8
    for kind, numbers in (
        (3, struct.pack(">4h", 1, 2, 256, 4)),
        (7, struct.pack(">4f", 1, 2, 3.5, 4)),
    ):
        with pytest.raises(CodeError, match="numbers must be uint8, got others as"):
            read_mat_tree(matrix(9, kind, numbers), "it")


def test_arrays_are_as_scipy_has_them_of_files_of_either():
    fields = {
        "double": np.array([[1.0, 2.0]]),
        "single": np.array([[0.5], [0.25]], dtype=np.float32),
        "color": np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
        "flags": np.array([[True, False]]),
        "steps": np.array([[1, 65535]], dtype=np.uint16),
        "one": np.array([[7]], dtype=np.uint8),
        "empty": np.zeros((0, 0)),
    }
    theirs = io.BytesIO()
    scipy.io.savemat(theirs, {"data": fields}, do_compression=True)
    mine = write_mat_tree({"other": 1, "data": fields}, compress=True)
    read = scipy.io.loadmat(io.BytesIO(mine), mat_dtype=True)["data"][0, 0]

    assert list(read_mat_arrays(mine, "data")) == list(read.dtype.names) == list(fields)
    for found in (read_mat_arrays(theirs.getvalue(), "data"), read_mat_arrays(mine, "data"), read):
        for name, value in fields.items():
            assert found[name].dtype == value.dtype
            assert np.array_equal(found[name], value)


def saved(**variables) -> bytes:
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, variables)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a MAT file" * 20,
        saved(other=np.eye(3)),
        saved(data=np.eye(3)),
        saved(data=np.array([{"a": 1}, {"a": 2}])),
        write_mat_tree({"data": {"a": np.eye(9)}}, compress=True)[:200],
    ],
)
def test_other_files_are_no_struct_of_arrays(data):
    with pytest.raises(CodeError, match="'data'"):
        read_mat_arrays(data, "data")


def test_what_is_no_array_is_no_field():
    outlines = np.array([[scipy.sparse.eye(2, format="csc")]], dtype=object)
    data = saved(data={"depth": np.eye(2), "note": "by hand", "outlines": outlines, "z": 1j})

    assert list(read_mat_arrays(data, "data")) == ["depth"]


@pytest.mark.parametrize("value", [None, 1j, np.array([None]), np.float16(1), np.array(["a"])])
def test_what_matlab_has_no_class_for_is_not_written(value):
    with pytest.raises(ValueError, match="must be a text or real numbers"):
        write_mat_tree({"it": value})


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


TREE = write_mat_tree({"it": [{"a": 1.0, "b": ("x", {"c": np.arange(3.0)})}, {"a": 2.0, "b": ()}]})


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


def test_numbers_that_widen_too_far_are_refused(monkeypatch):
    data = matrix(6, 2, bytes(100), (10, 10))
    monkeypatch.setattr("vtencode.formats.mat_tree.elements.MAX_INFLATED_BYTES", 800)
    assert not read_mat_tree(data, "it").any()
    monkeypatch.setattr("vtencode.formats.mat_tree.elements.MAX_INFLATED_BYTES", 799)
    with pytest.raises(CodeError, match="its numbers must take at most 799 bytes"):
        read_mat_tree(data, "it")


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
        read_mat_tree(write_mat_tree({"it": value}), "it")


def test_structs_of_an_array_must_have_the_same_fields():
    with pytest.raises(ValueError, match="must have the same fields"):
        write_mat_tree({"it": [{"a": 1}, {"b": 1}]})


def test_lists_of_text_are_what_scipy_reads():
    lists = {"alltrain": ("/n/fs/NYU0001", "x"), "alltest": ()}

    found = scipy.io.loadmat(io.BytesIO(write_mat_tree(lists)))

    assert [cell.item() for cell in found["alltrain"][0]] == ["/n/fs/NYU0001", "x"]
    assert found["alltest"].shape == (1, 0)


@pytest.mark.parametrize("packed", [False, True])
def test_lists_of_text_that_scipy_wrote_are_read_among_other_variables(packed):
    cells = np.array([["/n/fs/NYU0001", "x", ""]], dtype=object)
    before = {"numbers": np.eye(3), "struct": {"inner": cells}}
    after = {"mixed": np.array([[1, "a"]], object)}
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {**before, "alltrain": cells, **after}, do_compression=packed)

    assert read_mat_tree(buffer.getvalue(), "alltrain") == ("/n/fs/NYU0001", "x", "")
    assert read_mat_tree(buffer.getvalue(), "mixed") == (1, "a")


@given(st.data())
def test_damaged_lists_are_told_and_nothing_else_is_raised(data):
    whole = bytearray(write_mat_tree({"alltrain": ("/n/fs/NYU0001", "x")}))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with contextlib.suppress(CodeError):
        read_mat_tree(cut, "alltrain")
