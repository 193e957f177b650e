"""PFM: what is written is read, either way up and in either byte order; damage is told."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vtencode.errors import CodeError
from vtencode.formats.pfm import read_pfm, write_pfm

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 5)) | st.tuples(
    st.integers(1, 5), st.integers(1, 5), st.just(3)
)


@given(arrays.arrays(np.float32, SHAPES, elements=st.floats(width=32)))
def test_what_is_written_is_read_bit_for_bit(values):
    found = read_pfm(write_pfm(values))

    assert found.dtype == np.float32
    assert found.tobytes() == values.tobytes()
    assert found.shape == values.shape


def test_rows_go_from_the_bottom_up():
    data = b"Pf\n2 3\n-1.0\n" + struct.pack("<6f", 5, 6, 3, 4, 1, 2)

    assert read_pfm(data).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert write_pfm(np.array([[1, 2], [3, 4], [5, 6]], np.float32)) == data


def test_a_positive_scale_means_big_endian():
    assert read_pfm(b"Pf\n2 1\n1.0\n" + struct.pack(">2f", 1.5, -2)).tolist() == [[1.5, -2]]


def test_three_channels_stay_together():
    data = b"PF\n1 2\n-1\n" + struct.pack("<6f", 4, 5, 6, 1, 2, 3)

    assert read_pfm(data).tolist() == [[[1, 2, 3]], [[4, 5, 6]]]


@pytest.mark.parametrize("header", [b"Pf 1 1 -1\n", b"Pf\r\n1 1\r\n-1.0\r\n", b"Pf\n1 1\n-1e0\n"])
def test_headers_are_read_however_they_are_spaced(header):
    assert read_pfm(header + struct.pack("<f", 7)).tolist() == [[7]]


def test_a_first_float_that_looks_like_a_space_is_no_part_of_the_header():
    first = struct.unpack("<f", b"\n\n\n\n")[0]

    assert read_pfm(b"Pf\n1 1\n-1\n\n\n\n\n").tolist() == [[first]]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "must be a PFM file"),
        (b"P6\n1 1\n255\n...", "must be a PFM file"),
        (b"Pf\n1 1\n-1.0\n\0\0\0", "must hold 4 bytes of floats, got 3"),
        (b"Pf\n1 1\n-1.0\n\0\0\0\0\0", "must hold 4 bytes of floats, got 5"),
        (b"Pf\n0 1\n-1.0\n", "must hold 0 bytes"),
        (b"Pf\n9999999 9999999\n-1.0\n", "must hold 399"),
        (b"Pf\n1 1\n-2.5\n\0\0\0\0", "must be 1 or -1 here, got -2.5"),
        (b"Pf\n1 1\n0\n\0\0\0\0", "must be 1 or -1 here, got 0"),
        (b"Pf\n1 1\n1.2.3\n\0\0\0\0", "must be a number"),
    ],
)
def test_bytes_that_are_no_whole_pfm_are_told(data, told):
    with pytest.raises(CodeError, match=told):
        read_pfm(data)


@pytest.mark.parametrize(
    "values", [np.zeros((2, 2)), np.zeros((2, 2, 4), np.float32), np.zeros((0, 2), np.float32)]
)
def test_only_floats_of_one_or_three_channels_are_written(values):
    with pytest.raises(CodeError, match="must be of float32"):
        write_pfm(values)


def test_a_file_of_others_reads_as_a_plain_reading_of_its_bytes(samples):
    data = (samples / "pfm/mmflow/0000000-occ_weights_10.pfm").read_bytes()
    plain = np.frombuffer(data[-4 * 50 * 50 :], "<f4").reshape(50, 50)[::-1]

    assert np.array_equal(read_pfm(data), plain)
