"""Level 5 MAT files: the pair, the damage it refuses, and what scipy makes of the same bytes."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.mat5 import MAX_INFLATED_BYTES, read_mat5, write_mat5

DTYPES = ("?", "i1", "u1", "<i2", ">u2", "<i4", "<u4", "<i8", "<u8", "<f4", ">f8")

names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,62}", fullmatch=True)
shapes = npst.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=6)
matrices = st.sampled_from(DTYPES).flatmap(lambda dtype: npst.arrays(dtype, shapes))
files = st.dictionaries(names, matrices, max_size=4)


def small_file() -> bytes:
    return write_mat5({"a": np.arange(6, dtype=np.uint16).reshape(2, 3)})


def compressed(data: bytes) -> bytes:
    body = zlib.compress(data[128:])
    return data[:128] + struct.pack("<2I", 15, len(body)) + body


def assert_same(read: dict[str, np.ndarray], written: dict[str, np.ndarray]) -> None:
    assert list(read) == list(written)
    for name, values in written.items():
        assert read[name].dtype == values.dtype.newbyteorder("=")
        np.testing.assert_array_equal(read[name], values)


@given(files)
def test_matrices_come_back_exactly(variables: dict[str, np.ndarray]) -> None:
    assert_same(read_mat5(write_mat5(variables)), variables)


@given(files)
def test_the_same_matrices_give_the_same_bytes(variables: dict[str, np.ndarray]) -> None:
    copies = {name: values.copy(order="F") for name, values in variables.items()}
    assert write_mat5(copies) == write_mat5(variables)


@given(variables=files, compress=st.booleans())
def test_scipy_writes_what_we_read(variables: dict[str, np.ndarray], *, compress: bool) -> None:
    import scipy.io as scipy_io

    short = {name[:31]: values for name, values in variables.items()}
    file = io.BytesIO()
    scipy_io.savemat(file, short, do_compression=compress)
    assert_same(read_mat5(file.getvalue()), short)


@given(files)
def test_scipy_reads_what_we_write(variables: dict[str, np.ndarray]) -> None:
    import scipy.io as scipy_io

    public = {f"v{name[:30]}": values for name, values in variables.items()}
    found = scipy_io.loadmat(io.BytesIO(write_mat5(public)))
    for name, values in public.items():
        assert found[name].dtype.newbyteorder("=") in (values.dtype.newbyteorder("="), np.uint8)
        np.testing.assert_array_equal(found[name], values)


def test_other_classes_are_skipped() -> None:
    import scipy.io as scipy_io
    from scipy import sparse

    file = io.BytesIO()
    cell = np.empty((1, 2), dtype=object)
    cell[0] = [np.ones((2, 2)), "x"]
    others = {
        "text": "abc",
        "cell": cell,
        "struct": {"field": np.ones((2, 2))},
        "sparse": sparse.csc_matrix(np.eye(3)),
        "complex": np.ones((2, 2), dtype=complex),
        "cube": np.ones((2, 2, 2)),
    }
    scipy_io.savemat(file, {**others, "kept": np.ones((1, 1))})
    assert list(read_mat5(file.getvalue())) == ["kept"]


def test_the_official_nyu_splits_are_read(samples: Path) -> None:
    path = samples / "nyu" / "nyuv2-meta-data" / "splits.mat"
    splits = read_mat5(path.read_bytes())
    assert splits["trainNdxs"].shape == (795, 1)
    assert splits["testNdxs"].shape == (654, 1)
    both = np.concatenate([splits["trainNdxs"], splits["testNdxs"]])
    assert np.array_equal(np.sort(both, axis=None), np.arange(1, 1450))


@pytest.mark.parametrize("file", [small_file(), compressed(small_file())])
def test_a_file_cut_anywhere_raises_value_error(file: bytes) -> None:
    for size in set(range(len(file))) - {128}:
        with pytest.raises(ValueError, match="must"):
            read_mat5(file[:size])


def test_a_header_alone_is_an_empty_file() -> None:
    assert read_mat5(small_file()[:128]) == {}


@given(
    at=st.integers(124, len(small_file()) - 1),
    flip=st.integers(1, 255),
    deflate=st.booleans(),
)
def test_a_changed_byte_raises_nothing_but_value_error(
    at: int, flip: int, *, deflate: bool
) -> None:
    damaged = bytearray(small_file())
    damaged[at] ^= flip
    with suppress(ValueError):
        read_mat5(compressed(bytes(damaged)) if deflate else bytes(damaged))


def big_endian_file() -> bytes:
    flags = struct.pack(">2I2I", 6, 8, 6, 0)
    shape = struct.pack(">2I2i", 5, 8, 2, 1)
    name = struct.pack(">2H4s", 1, 1, b"x")  # small element: bytes, then type, in this order
    data = struct.pack(">2H2h", 4, 3, -2, 7)
    body = flags + shape + name + data
    return b"big".ljust(124) + struct.pack(">H2s2I", 0x0100, b"MI", 14, len(body)) + body


def test_big_endian_doubles_stored_as_small_integers_are_read() -> None:
    values = read_mat5(big_endian_file())["x"]
    assert values.dtype == np.float64
    assert values.tolist() == [[-2.0], [7.0]]


def test_a_bomb_is_refused_before_it_grows() -> None:
    zeros = np.zeros((MAX_INFLATED_BYTES + 1, 1), dtype=np.uint8)
    with pytest.raises(ValueError, match="inflate"):
        read_mat5(compressed(write_mat5({"a": zeros})))


def test_a_7_3_file_is_named_as_hdf5() -> None:
    header = b"MATLAB 7.3 MAT-file".ljust(124) + struct.pack("<H2s", 0x0200, b"IM")
    with pytest.raises(ValueError, match="h5py"):
        read_mat5(header)


def test_a_repeated_name_is_refused() -> None:
    twice = small_file() + small_file()[128:]
    with pytest.raises(ValueError, match="'a' twice"):
        read_mat5(twice)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("1a", np.ones((1, 1))),
        ("a" * 64, np.ones((1, 1))),
        ("é", np.ones((1, 1))),
        ("a", np.ones(3)),
        ("a", np.ones((1, 1), dtype=complex)),
        ("a", np.array([["text"]])),
    ],
)
def test_what_the_format_cannot_hold_is_not_written(name: str, values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be"):
        write_mat5({name: values})
