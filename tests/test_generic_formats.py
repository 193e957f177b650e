"""Files that readers are known to read wrongly: through a folder, the exact array, or a reason.

The cases are those that image libraries convert, scale, clip or turn without a word.
"""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zlib

import cv2
import numpy as np
import pytest
from generic_data import coco, write
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from readers import rows

from vtencode.errors import CodeError, SampleError, SourceError, TargetError
from vtencode.formats.npy import write_npy
from vtencode.formats.pfm import write_pfm
from vtencode.formats.tiff import read_tiff, write_tiff
from vtencode.generic.cameras import read_camera
from vtencode.generic.classes import read_classes
from vtencode.generic.coco import Document, instances_in, people_in
from vtencode.generic.drafts.peeking import peek
from vtencode.generic.folder import Folder
from vtencode.generic.stored import Stored
from vtencode.png import write_png, write_png_gray

SHAPE = (2, 3)
BLACK = np.zeros((*SHAPE, 3), dtype=np.uint8)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.int32, np.uint16, np.uint8]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    )
)
def test_a_tiff_gives_its_numbers_back(values):
    read = read_tiff(write_tiff(values))

    assert read.dtype == values.dtype
    assert np.array_equal(read, values, equal_nan=values.dtype.kind == "f")


def test_a_tiff_that_is_cut_or_damaged_anywhere_is_told_or_read_as_some_tiff():
    whole = write_tiff(np.arange(35, dtype=np.float32).reshape(5, 7))
    for at in range(len(whole)):
        with pytest.raises(CodeError):
            read_tiff(whole[:at])
        spoilt = bytearray(whole)
        spoilt[at] ^= 0xFF
        try:
            read_tiff(bytes(spoilt))
        except CodeError:
            continue


@pytest.mark.parametrize(
    "values", [np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2)), np.zeros((0, 2), np.uint8)]
)
def test_arrays_that_no_tiff_holds_are_not_written(values):
    with pytest.raises(CodeError, match="a TIFF must be of"):
        write_tiff(values)


def test_a_tiff_in_the_byte_order_of_others_and_one_compressed_read_alike():
    values = np.array([[1234, 40000, 0], [65535, 1, 2]], dtype=np.uint16)
    other = io.BytesIO()
    Image.fromarray(values).save(other, "TIFF", compression="tiff_lzw", big_endian=True)

    assert np.array_equal(read_tiff(other.getvalue()), values)


def test_a_tiff_of_color_or_of_several_pages_is_told():
    color, pages = io.BytesIO(), io.BytesIO()
    Image.fromarray(BLACK).save(color, "TIFF")
    one = Image.fromarray(np.ones((2, 2), np.uint8))
    one.save(pages, "TIFF", save_all=True, append_images=[one])

    with pytest.raises(CodeError, match="mode RGB"):
        read_tiff(color.getvalue())
    with pytest.raises(CodeError, match="got 2 of 2x2"):
        read_tiff(pages.getvalue())


def sample(tmp_path, *, image=None, name="a.png", **fields):
    """The one sample of a folder with these files; options are those that such files need."""
    write(tmp_path / "rgb" / name, write_png(BLACK) if image is None else image)
    options = {"image": f"rgb/{{id}}.{name[2:]}"}
    meaning = {
        "depth": {"depth_unit": "mm"},
        "normals": {"normals_frame": "opengl"},
        "semantic": {"semantic_names": tuple(map(str, range(256))), "semantic_void": "none"},
        "instances": {},
    }
    for field, data in fields.items():
        write(tmp_path / field / "a.bin", data)
        options |= {field: f"{field}/{{id}}.bin", **meaning[field]}
    source = Folder(root=tmp_path, **options)
    (row,) = rows(source)
    return source.load(row)


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunked(png: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    chunk = struct.pack(">I", len(body)) + kind + body
    return png[:33] + chunk + struct.pack(">I", zlib.crc32(kind + body)) + png[33:]


GRAY16 = np.array([[1234, 40000, 0], [65535, 256, 255]], dtype=np.uint16)
GRAY8 = np.array([[10, 100, 200], [0, 3, 255]], dtype=np.uint8)


def test_gray_of_16_bits_keeps_every_number(tmp_path):
    depth = sample(tmp_path, depth=write_png_gray(GRAY16)).targets["depth"]

    expected = (GRAY16 / 1000).astype(np.float32)
    assert np.array_equal(depth.meters[depth.valid], expected[GRAY16 > 0])
    masks = sample(tmp_path, instances=write_png_gray(GRAY16)).targets["instances"]
    assert np.array_equal(masks.id_map(), GRAY16)


def test_rgb_of_16_bits_keeps_every_number(tmp_path):
    stored = np.array([[[32768, 32768, 65535]] * 3, [[65535, 32768, 32768]] * 3], dtype=np.uint16)
    png = cv2.imencode(".png", stored[..., ::-1])[1].tobytes()
    found = sample(tmp_path, normals=png).targets["normals"]

    expected = stored / 65535 * 2 - 1
    expected /= np.linalg.norm(expected, axis=2, keepdims=True)
    assert np.abs(found.xyz - expected).max() < 1e-6


def test_a_palette_gives_its_indices_whatever_its_colors(tmp_path):
    image = Image.frombytes("P", (3, 2), GRAY8.tobytes())
    image.putpalette([*range(255, -1, -1)] * 3)
    mask = sample(tmp_path, semantic=saved(image)).targets["semantic"]

    assert np.array_equal(mask.ids, GRAY8)


def test_a_gamma_chunk_changes_no_id(tmp_path):
    png = chunked(write_png_gray(GRAY8), b"gAMA", struct.pack(">I", 1000))

    assert np.array_equal(sample(tmp_path, semantic=png).targets["semantic"].ids, GRAY8)


def test_an_orientation_of_a_target_turns_nothing(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    png = chunked(write_png_gray(GRAY8), b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))

    assert np.array_equal(sample(tmp_path, semantic=png).targets["semantic"].ids, GRAY8)


def test_one_bit_a_pixel_is_0_and_1(tmp_path):
    png = saved(Image.fromarray(GRAY8 > 99))

    assert np.array_equal(sample(tmp_path, semantic=png).targets["semantic"].ids, GRAY8 > 99)


def gray_of_2_bits() -> bytes:
    """Labels 0 to 3, which every reader scales to 0, 85, 170, 255."""
    head = b"\x89PNG\r\n\x1a\n"
    ihdr = struct.pack(">IIBBBBB", 3, 2, 2, 0, 0, 0, 0)
    rows_ = b"\0" + bytes([0b00011000]) + b"\0" + bytes([0b11000000])
    chunks = [(b"IHDR", ihdr), (b"IDAT", zlib.compress(rows_)), (b"IEND", b"")]
    return head + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


JPEG = saved(Image.fromarray(GRAY8), "JPEG")
RGBA = Image.fromarray(np.zeros((*SHAPE, 4), dtype=np.uint8))


@pytest.mark.parametrize(
    ("field", "data", "code", "message"),
    [
        ("depth", write_png_gray(GRAY8), "MODE", "got 8-bit gray 3x2: 256 steps are no depth"),
        ("depth", write_png(BLACK), "MODE", "must be a 16-bit gray PNG, got 8-bit RGB"),
        ("depth", JPEG, "MODE", "got a JPEG, whose compression changes numbers"),
        ("depth", saved(RGBA), "MODE", "got 8-bit RGBA"),
        ("semantic", gray_of_2_bits(), "MODE", "got 2-bit gray"),
        ("semantic", JPEG, "MODE", "got a JPEG"),
        ("semantic", saved(RGBA), "MODE", "got 8-bit RGBA"),
        ("semantic", saved(RGBA.convert("LA")), "MODE", r"got 8-bit gray\+alpha"),
        ("semantic", write_png(BLACK), "MODE", "If colors stand for classes"),
        ("semantic", write_png_gray(GRAY8)[:-20], "DECODE", "whole"),
        ("semantic", write_png_gray(GRAY8[:1]), "SHAPE", "as large as its image"),
        ("instances", write_tiff(GRAY8.astype(np.float32)), "MODE", "must be integers"),
        ("normals", saved(Image.fromarray(BLACK), "JPEG"), "MODE", "compression turns normals"),
        ("normals", write_png_gray(GRAY8), "MODE", "must be an RGB PNG of 8 or 16 bits, got 8-bit"),
        ("normals", write_tiff(GRAY16), "MODE", "must be an RGB PNG or a .npy, got b'II"),
        ("normals", saved(RGBA), "MODE", "got 8-bit RGBA"),
        ("normals", write_png(BLACK)[:-9], "DECODE", "whole"),
    ],
)
def test_targets_of_another_kind_are_rejects_that_say_what_was_found(
    tmp_path, field, data, code, message
):
    found = sample(tmp_path, **{field: data})

    with pytest.raises(SampleError, match=message) as error:
        _ = found.targets[field]
    assert error.value.args[:3] == (code, field, f"{field}/a.bin")


def oriented(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(Image.fromarray(BLACK), kind, exif=exif)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (oriented("JPEG"), "orientation 6"),
        (oriented("PNG"), "orientation 6"),
        (saved(RGBA), "RGBA"),
        (saved(Image.fromarray(GRAY8)), "8-bit gray"),
        (JPEG, "mode L"),
        (saved(Image.fromarray(BLACK).convert("CMYK"), "JPEG"), "mode CMYK"),
        (cv2.imencode(".png", np.zeros((2, 3, 3), np.uint16))[1].tobytes(), "16-bit RGB"),
        (saved(Image.fromarray(BLACK), "GIF"), "must be a JPEG or PNG file"),
        (b"", "must be a JPEG or PNG file"),
    ],
)
def test_images_that_would_have_to_be_converted_are_rejects(tmp_path, data, message):
    with pytest.raises(SampleError, match=message) as error:
        sample(tmp_path, image=data)
    assert error.value.args[:3] == ("DECODE", "image", "rgb/a.png")


def test_formats_are_told_by_their_bytes_not_by_their_names(tmp_path):
    found = sample(tmp_path, name="a.jpg", depth=write_tiff(GRAY16))

    assert found.picture.format == "png"
    assert np.array_equal(found.picture.rgb, BLACK)
    assert found.targets["depth"].meters[0, 0] == np.float32(1.234)


COCO = json.dumps(coco()).encode()
SEEDS = (
    write_npy(np.arange(6.0).reshape(SHAPE)),
    write_pfm(np.ones(SHAPE, np.float32)),
    write_tiff(GRAY16),
    write_png_gray(GRAY16),
    write_png(BLACK),
    b'{"fx": 1, "fy": 2, "cx": 3, "cy": 4}',
    b'{"a": [1, 2, 3]}',
    COCO,
)


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(max_size=4)), max_size=5),
)
def test_damaged_files_raise_what_they_are_known_to_raise_and_nothing_else(data, damage):
    spoilt = bytearray(data)
    for place, put in damage:
        at = place % (len(spoilt) + 1)
        spoilt[at : at + len(put)] = put
    stored = Stored(bytes(spoilt), "file")
    reads = (stored.plane, stored.ids, stored.document, lambda _: read_camera(bytes(spoilt)))
    for read in (*reads, lambda _: read_classes(bytes(spoilt), "none", where="file")):
        with contextlib.suppress(SampleError, CodeError, TargetError, SourceError):
            read("depth")
    peek(stored)


ODD = st.sampled_from([None, 1, -1, 0.5, "x", [], {}, [1, 2], {"a": 1}, True, 1e308, 2**70])


@given(st.data())
def test_documents_with_odd_values_raise_what_they_are_known_to_raise(data):
    def changed(value):
        if data.draw(st.integers(0, 24)) == 0:
            return data.draw(ODD)
        if isinstance(value, dict):
            return {key: changed(inner) for key, inner in value.items()}
        return [changed(inner) for inner in value] if isinstance(value, list) else value

    text = json.dumps(changed(coco((20, 30)))).encode()
    with contextlib.suppress(SampleError, SourceError):
        read = Document(text, where="file").of("hall/0000.jpg", (20, 30), option="instances")
        for parse in (instances_in, people_in):
            with contextlib.suppress(TargetError):
                parse(read)
