"""The formats of MPI Sintel, and floats packed in PNGs: written and read back, and nothing else."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vtencode.errors import CodeError
from vtencode.formats.cam import read_cam, write_cam
from vtencode.formats.dpt import read_dpt, write_dpt
from vtencode.formats.float_png import read_float_png, write_float_png

PLANES = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.floats(width=32, allow_nan=False),
)
PAIRS = [(write_dpt, read_dpt), (write_float_png, read_float_png)]


def small() -> np.ndarray:
    return np.linspace(0.1, 70000, 35, dtype=np.float32).reshape(5, 7)


@pytest.mark.parametrize(("write", "read"), PAIRS)
@given(plane=PLANES)
def test_planes_come_back_bit_by_bit(write, read, plane):
    back = read(write(plane))

    assert back.dtype == np.float32
    assert back.tobytes() == plane.tobytes()
    assert back.shape == plane.shape


@pytest.mark.parametrize(("write", "read"), PAIRS)
def test_nan_and_infinity_come_back(write, read):
    plane = np.array([[np.nan, np.inf, -np.inf, 0, -0.0]], dtype=np.float32)

    assert read(write(plane)).tobytes() == plane.tobytes()


def test_a_dpt_is_a_tag_width_height_and_rows():
    plane = small()

    by_hand = struct.pack("<fii", 202021.25, 7, 5) + plane.astype("<f4").tobytes()

    assert write_dpt(plane) == by_hand


def test_a_cam_is_a_tag_and_two_matrices():
    numbers = np.arange(1.0, 22.0)
    by_hand = struct.pack("<f21d", 202021.25, *numbers)

    intrinsic, extrinsic = read_cam(by_hand)

    assert np.array_equal(intrinsic, numbers[:9].reshape(3, 3))
    assert np.array_equal(extrinsic, numbers[9:].reshape(3, 4))
    assert write_cam(intrinsic, extrinsic) == by_hand


def test_packed_floats_are_what_opencv_writes_and_reads():
    plane = small()
    raw = plane[..., None].view("<u1")  # as `write_float_depth` of the authors
    theirs = cv2.imencode(".png", raw)[1].tobytes()
    ours = cv2.imdecode(np.frombuffer(write_float_png(plane), np.uint8), cv2.IMREAD_UNCHANGED)

    assert np.array_equal(read_float_png(theirs), plane)
    assert np.array_equal(np.squeeze(ours.view("<f4"), axis=-1), plane)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "must start with"),
        (b"PIEH\x07\x00", "must start with"),
        (b"HEIP" + write_dpt(small())[4:], "must start with"),
        (struct.pack(">fii", 202021.25, 7, 5) + bytes(140), "must start with"),
        (write_dpt(small())[:-1], "must have 152 bytes, got 151"),
        (write_dpt(small()) + b"\0", "must have 152 bytes, got 153"),
        (struct.pack("<4sii", b"PIEH", 0, 5), "must have 1 to"),
        (struct.pack("<4sii", b"PIEH", -7, -5) + bytes(140), "must have 1 to"),
        (struct.pack("<4sii", b"PIEH", 10**5, 10**5), "must have 1 to"),
    ],
)
def test_other_bytes_are_no_dpt(data, message):
    with pytest.raises(CodeError, match=message):
        read_dpt(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "must start with"),
        (b"HEIP" + bytes(168), "must start with"),
        (b"PIEH" + bytes(167), "must have 172 bytes, got 171"),
        (b"PIEH" + bytes(169), "must have 172 bytes, got 173"),
        (struct.pack("<4s21d", b"PIEH", *[np.nan] * 21), "must hold finite numbers"),
    ],
)
def test_other_bytes_are_no_cam(data, message):
    with pytest.raises(CodeError, match=message):
        read_cam(data)


def png(plane: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", plane)[1].tobytes())


def short_stream() -> bytes:
    """A packed PNG of which every chunk is whole, and whose pixels end early."""
    whole = write_float_png(small())
    chunk = b"IDAT" + zlib.compress(bytes(29))
    body = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return whole[:33] + body + whole[-12:]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "must be a PNG file"),
        (write_float_png(small())[:30], "must be a PNG file"),
        (write_float_png(small())[:-20], "damaged or cut chunk"),
        (bytes(b ^ (i == 50) for i, b in enumerate(write_float_png(small()))), "damaged or cut"),
        (short_stream(), "ends early"),
        (png(np.zeros((5, 7, 3), np.uint8)), "8-bit RGBA PNG, got 8-bit RGB 7x5"),
        (png(np.zeros((5, 7), np.uint16)), "8-bit RGBA PNG, got 16-bit gray 7x5"),
        (png(np.zeros((5, 7, 4), np.uint16)), "8-bit RGBA PNG, got 16-bit RGBA 7x5"),
    ],
)
def test_other_pictures_hold_no_packed_floats(data, message):
    with pytest.raises(CodeError, match=message):
        read_float_png(data)


@pytest.mark.parametrize("write", [write_dpt, write_float_png])
@pytest.mark.parametrize(
    "plane",
    [
        np.zeros((5, 7)),
        np.zeros((5, 7), np.float16),
        np.zeros((5, 7, 1), np.float32),
        np.zeros((0, 7), np.float32),
    ],
)
def test_only_float32_planes_are_written(write, plane):
    with pytest.raises(CodeError, match="must be of float32"):
        write(plane)


@pytest.mark.parametrize(
    ("intrinsic", "extrinsic", "name"),
    [
        (np.eye(3, dtype=np.float32), np.eye(3, 4), "intrinsic"),
        (np.eye(3), np.eye(4), "extrinsic"),
    ],
)
def test_only_matrices_of_a_camera_are_written(intrinsic, extrinsic, name):
    with pytest.raises(CodeError, match=f"the {name} matrix of a .cam must be float64"):
        write_cam(intrinsic, extrinsic)
