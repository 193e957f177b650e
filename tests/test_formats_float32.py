"""Headless planes and matrices as text: each comes back."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from vtencode.errors import CodeError
from vtencode.formats.float32 import read_float32, write_float32
from vtencode.formats.text_matrix import read_text_matrix, write_text_matrix

planes = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=5))


@given(planes)
def test_a_plane_comes_back_bit_by_bit(plane):
    back = read_float32(write_float32(plane), plane.shape)
    assert back.dtype == np.float32
    assert back.tobytes() == plane.tobytes()


def test_a_plane_is_little_endian_row_by_row_whatever_order_it_was_in():
    plane = np.asfortranarray(np.array([[1, 2], [3, np.inf]], dtype=">f4"))
    assert write_float32(plane) == struct.pack("<4f", 1, 2, 3, np.inf)


def test_reading_a_plane_copies_nothing():
    data = struct.pack("<2f", 1, 2)
    plane = read_float32(data, (1, 2))
    assert np.shares_memory(plane, np.frombuffer(data, np.uint8))
    assert not plane.flags.writeable


@pytest.mark.parametrize("size", [0, 15, 17, 12])
def test_a_plane_must_have_four_bytes_a_pixel(size):
    with pytest.raises(CodeError, match=f"4 bytes for each of 2x2 pixels, 16 in all, got {size}"):
        read_float32(bytes(size), (2, 2))


@pytest.mark.parametrize(
    "plane", [np.zeros((2, 2)), np.zeros((2, 2), np.int32), np.zeros(4, np.float32)]
)
def test_only_float32_planes_are_written(plane):
    with pytest.raises(CodeError, match="must be float32"):
        write_float32(plane)


def test_a_matrix_comes_back_within_its_six_decimals_however_it_is_broken_into_lines():
    matrix = np.array([[577.590698, 0, -np.inf], [0, 1e-7, 3]])
    data = write_text_matrix(matrix)

    assert data.splitlines()[0] == b"577.590698 0.000000 -inf"
    for text in (data, data.replace(b"\n", b" "), data.replace(b"\n", b"\r\n")):
        back = read_text_matrix(text, (2, 3))
        finite = np.isfinite(matrix)
        assert np.array_equal(back[~finite], matrix[~finite])
        assert np.abs(back[finite] - matrix[finite]).max() <= 5e-7


@pytest.mark.parametrize("text", [b"", b"1 2 3", b"1 2 3 4 5", b"1 2 3 x", b"1 2 3 \xe9"])
def test_other_text_is_no_matrix(text):
    with pytest.raises(CodeError, match="must be 2x2 numbers as text"):
        read_text_matrix(text, (2, 2))
