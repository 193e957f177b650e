"""OpenEXR files: floats come back bit for bit, and what is no such picture is refused."""

from __future__ import annotations

import struct
import sys
import zlib

import numpy as np
import pytest

from vtencode.errors import CodeError, MissingExtraError
from vtencode.formats.exr import read_exr, write_exr


@pytest.fixture(scope="module")
def openexr():
    return pytest.importorskip("OpenEXR", reason="OpenEXR (the extra exr) is not installed")


def noise(*shape: int, dtype: type = np.float32) -> np.ndarray:
    values = np.random.default_rng(0).normal(size=shape).astype(dtype)
    values[0, 0] = np.nan, np.inf, -0.0
    return values


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("shape", [(1, 1, 3), (17, 5, 3), (40, 33, 3)])
def test_floats_come_back_bit_for_bit(openexr, dtype, shape):
    values = noise(*shape, dtype=dtype)

    found = read_exr(write_exr(values))

    assert found.dtype == dtype
    assert found.tobytes() == values.tobytes()
    assert write_exr(values) == write_exr(values.copy())


def scanlines(data: bytes) -> np.ndarray:
    """R, G, B of a file by the format's own description (OpenEXR File Layout), ZIP and float only.

    Rows come in blocks of 16: y and size, then zlib of bytes that were split into the even and
    the odd ones and then subtracted from each other; within a row, channels by their names.
    """
    at, header = 8, {}
    while data[at]:
        name, kind, rest = data[at:].split(b"\0", 2)
        size = struct.unpack("<I", rest[:4])[0]
        header[name], at = rest[4 : 4 + size], at + len(name) + len(kind) + 6 + size
    assert header[b"compression"] == b"\3"
    left, top, right, bottom = struct.unpack("<4i", header[b"dataWindow"])
    width, height = right - left + 1, bottom - top + 1
    planes = np.empty((height, 3, width), np.float32)
    for (offset,) in struct.iter_unpack("<Q", data[at + 1 : at + 1 + 8 * -(-height // 16)]):
        y, size = struct.unpack_from("<iI", data, offset)
        body, rows = data[offset + 8 : offset + 8 + size], planes[y - top : y - top + 16]
        if size < rows.nbytes:
            steps = np.frombuffer(zlib.decompress(body), np.uint8).astype(np.int64)
            halves = (np.cumsum(steps) - 128 * np.arange(len(steps))).astype(np.uint8)
            plain = np.empty_like(halves)
            plain[::2], plain[1::2] = np.split(halves, [(len(halves) + 1) // 2])
            body = plain.tobytes()
        rows[:] = np.frombuffer(body, "<f4").reshape(rows.shape)
    return planes[:, ::-1].transpose(0, 2, 1)  # B, G, R in the file


def test_the_file_is_what_the_format_s_own_description_says(openexr):
    smooth = np.linspace(-1, 1, 37 * 20 * 3, dtype=np.float32).reshape(37, 20, 3)

    assert np.array_equal(scanlines(write_exr(smooth)), smooth)


def other(openexr, channels: dict[str, np.ndarray], **header: object) -> bytes:
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(suffix=".exr") as file:
        given = {"compression": openexr.ZIP_COMPRESSION, "type": openexr.scanlineimage, **header}
        openexr.File(given, channels).write(file.name)
        return file.read()


def test_channels_beside_the_three_are_not_looked_at(openexr):
    values = noise(6, 4, 3)
    planes = dict(zip("RGB", np.moveaxis(values, 2, 0).copy(), strict=True))

    data = other(openexr, {**planes, "A": np.ones((6, 4), np.float32)})

    assert np.array_equal(read_exr(data), values, equal_nan=True)


def test_other_channels_and_whole_numbers_are_refused(openexr):
    plane, whole = np.ones((6, 4), np.float32), np.ones((6, 4), np.uint32)

    for channels in (
        {"Z": plane},
        {"R": plane, "G": plane},
        {"R": whole, "G": whole, "B": whole},
        {"R": plane, "G": plane, "B": plane.astype(np.float16)},
    ):
        with pytest.raises(CodeError, match=r"float channels R, G and B of \(6, 4\), got"):
            read_exr(other(openexr, channels))


def test_two_parts_are_refused(openexr, tmp_path):
    parts = [openexr.Part({}, {"RGB": noise(6, 4, 3)}, f"part{i}") for i in range(2)]
    openexr.File(parts).write(str(tmp_path / "two.exr"))

    with pytest.raises(CodeError, match="must have one part, got 2"):
        read_exr((tmp_path / "two.exr").read_bytes())


@pytest.mark.parametrize("kept", [0, 3, 8, 60, 200, 0.5, -1])
def test_a_file_cut_short_is_refused_and_nothing_is_said_to_stdout(openexr, capsys, kept):
    data = write_exr(noise(64, 48, 3))

    with pytest.raises(CodeError, match="OpenEXR file"):
        read_exr(data[: int(kept * len(data)) if kept == 0.5 else kept])
    assert capsys.readouterr().out == ""


def test_a_block_that_does_not_decompress_is_refused(openexr):
    data = bytearray(
        write_exr(np.tile(np.linspace(-1, 1, 64, dtype=np.float32)[:, None, None], (1, 48, 3)))
    )
    data[-200:-100] = bytes(100)

    with pytest.raises(CodeError, match="must be whole"):
        read_exr(bytes(data))


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"\x76\x2f\x31\x01"])
def test_what_is_no_such_file_is_refused(openexr, data):
    with pytest.raises(CodeError, match="OpenEXR file"):
        read_exr(data)


@pytest.mark.parametrize(
    "values",
    [np.zeros((4, 4, 3)), np.zeros((4, 4), np.float32), np.zeros((0, 4, 3), np.float32),
     np.zeros((4, 4, 4), np.float32)],
    ids=lambda values: f"{values.dtype} {values.shape}",
)  # fmt: skip
def test_only_three_planes_of_floats_are_written(openexr, values):
    with pytest.raises(CodeError, match=r"float32 or float16 \(H, W, 3\), got"):
        write_exr(values)


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenEXR", None)

    for call in (lambda: read_exr(b"\x76\x2f\x31\x01"), lambda: write_exr(noise(2, 2, 3))):
        with pytest.raises(MissingExtraError, match=r"pip install 'vtencode\[exr\]'"):
            call()
