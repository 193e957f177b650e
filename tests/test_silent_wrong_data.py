"""Files that common readers misread without a word: the exact array or a clear error, never else.

The cases, and what Pillow and OpenCV make of each, are those that users of other tools report.
"""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

import vtencode as vt
from vtencode.errors import CodeError, RecipeError, SampleError, SourceError, TargetError
from vtencode.frames import from_frame
from vtencode.framing import Framing, frame
from vtencode.images import Picture
from vtencode.miniatures.series import jpeg
from vtencode.png import read_png_gray16, read_png_numbers, write_png_gray
from vtencode.scaled import ScaledDepth
from vtencode.seeds import Chance
from vtencode.sources.nyu_depth_v2 import NyuDepthV2
from vtencode.targets import DepthMap, InstanceMasks, SemanticMask

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, color: int, rows: bytes, *extra: bytes) -> bytes:
    """A PNG made by hand, for what no library writes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    parts = [chunk(b"IHDR", head), *extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def resized(target, width: int, height: int):
    """A target through a framing to another size."""
    framing = Framing(resize="exact", size=(width, height))
    source = target.shape[1], target.shape[0]
    return frame(target, framing.transform(*source, Chance(0, "x"), mirror=False))


def test_16_bit_gray_is_read_whole_and_is_no_picture():
    values = np.array([[1234, 40000], [0, 65535]], dtype=np.uint16)
    data = write_png_gray(values)

    assert np.array_equal(read_png_gray16(data), values)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), values)
    with pytest.raises(CodeError, match=r"8-bit RGB.*16-bit gray"):
        Picture.from_bytes(data)


def test_16_bit_rgb_is_never_cut_to_8_bits():
    _, data = cv2.imencode(".png", RNG.integers(0, 65536, (4, 4, 3)).astype(np.uint16))

    with pytest.raises(CodeError, match="16-bit RGB"):
        Picture.from_bytes(data.tobytes())
    with pytest.raises(CodeError, match="16-bit gray"):
        read_png_gray16(data.tobytes())


def test_a_palette_png_gives_its_indices_and_not_its_colors():
    image = Image.fromarray(np.array([[0, 3], [255, 1]], dtype=np.uint8), "P")
    image.putpalette(list(range(256)) * 3)
    data = saved(image)

    assert read_png_numbers(data).tolist() == [[0, 3], [255, 1]]
    with pytest.raises(CodeError, match="palette"):
        Picture.from_bytes(data)


@pytest.mark.parametrize("depth", [2, 4])
def test_labels_of_2_and_4_bits_are_refused_for_decoders_scale_them(depth):
    packed = bytes([0, 0b11100100]) if depth == 2 else bytes([0, 0x3F])
    data = png(8 // depth, 1, depth, 0, packed)

    assert np.asarray(Image.open(io.BytesIO(data))).max() == 255
    with pytest.raises(CodeError, match=f"{depth}-bit gray"):
        read_png_numbers(data)


@pytest.mark.parametrize("gamma", [45455, 1000])
def test_a_gamma_chunk_changes_no_number(gamma):
    body = struct.pack(">I", gamma)
    chunk = struct.pack(">I", 4) + b"gAMA" + body + struct.pack(">I", zlib.crc32(b"gAMA" + body))
    gray = png(3, 1, 8, 0, bytes([0, 10, 100, 200]), chunk)
    color = png(1, 1, 8, 2, bytes([0, 10, 100, 200]), chunk)

    assert read_png_numbers(gray).tolist() == [[10, 100, 200]]
    assert Picture.from_bytes(color).rgb.tolist() == [[[10, 100, 200]]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_orientation_that_some_loaders_apply_is_refused(kind):
    exif = Image.Exif()
    exif[0x0112] = 6

    with pytest.raises(CodeError, match="orientation 6"):
        Picture.from_bytes(saved(Image.fromarray(RGB), kind, exif=exif))


def test_an_orientation_of_1_is_none():
    exif = Image.Exif()
    exif[0x0112] = 1

    assert np.array_equal(Picture.from_bytes(saved(Image.fromarray(RGB), exif=exif)).rgb, RGB)


def test_alpha_is_refused_for_the_color_under_it_would_appear():
    rgba = np.dstack([RGB, np.zeros((6, 8), np.uint8)])

    with pytest.raises(CodeError, match="RGBA"):
        Picture.from_bytes(saved(Image.fromarray(rgba)))


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_a_jpeg_of_other_channels_is_refused(mode):
    with pytest.raises(CodeError, match=f"mode {mode}"):
        Picture.from_bytes(saved(Image.fromarray(RGB).convert(mode), "JPEG"))


def test_the_bytes_and_not_the_name_say_what_a_file_is(tmp_path):
    place = tmp_path / "sync" / "room_0001"
    place.mkdir(parents=True)
    (place / "rgb_00000.jpg").write_bytes(saved(Image.fromarray(RGB)))
    (place / "sync_depth_00000.png").write_bytes(write_png_gray(np.full((6, 8), 2000, np.uint16)))
    source = NyuDepthV2(root=tmp_path)
    (row,) = source.index().to_pylist()

    assert row["image"] == "jpg"
    assert source.load(row).picture.format == "png"
    with pytest.raises((SampleError, SourceError, vt.VtencodeError), match=r"MODE|png"):
        vt.build("nyu-depth", source=tmp_path, out=tmp_path / "out", workers=1)


def test_resized_ids_are_ids_that_were_there():
    ids = np.repeat(np.repeat(RNG.choice([0, 19], (64, 64)), 8, 0), 8, 1)
    mask = SemanticMask(ids, tuple(f"class {i}" for i in range(20)))

    assert set(np.unique(resized(mask, 304, 208).ids)) <= {0, 19}


def test_nearest_is_the_pixel_at_the_middle_in_whole_numbers():
    ids = np.arange(96 * 128).reshape(96, 128)
    mask = SemanticMask(ids, tuple(f"c{i}" for i in range(96 * 128)))
    rows = (2 * np.arange(60) + 1) * 96 // (2 * 60)
    columns = (2 * np.arange(80) + 1) * 128 // (2 * 80)

    assert np.array_equal(resized(mask, 80, 60).ids, ids[np.ix_(rows, columns)])


def test_no_recipe_can_ask_for_targets_as_jpeg(tmp_path):
    recipe = tmp_path / "r.yaml"
    text = "name: r\nsource: {name: scenes}\ntasks: [{task: depth}]\noutput: {target: jpg}\n"
    recipe.write_text(text)

    with pytest.raises(RecipeError, match=r"output\.target +is not a field here"):
        vt.load_recipe(recipe)


def test_a_code_that_went_through_jpeg_is_no_exact_code():
    code = vt.codec("depth").encode(DepthMap(np.full((16, 16), 3.0, np.float32)))

    assert Picture.from_bytes(jpeg(code.rgb)).format == "jpg"
    with pytest.raises(CodeError, match="must be a PNG"):
        read_png_gray16(jpeg(code.rgb))


@pytest.mark.parametrize("size", [(64, 64), (16, 16), (48, 16)])
@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_one_pixel_without_a_depth_invents_none(hole, size):
    meters = np.full((32, 32), 2.0, np.float32)
    meters[7, 9] = hole
    out = resized(DepthMap(meters), *size)

    assert set(np.unique(out.meters[out.valid]).tolist()) == {2.0}
    assert (~out.valid).sum() <= max(1, size[0] * size[1] // 32**2)


@pytest.mark.parametrize("per_meter", [5000, 6000, 25.5, 100, 1])
def test_depth_in_another_unit_than_the_dataset_s_stops_the_build(tmp_path, per_meter):
    place = tmp_path / "sync" / "room_0001"
    place.mkdir(parents=True)
    meters = np.linspace(0.8, 6.0, 48).reshape(6, 8)
    steps = ScaledDepth(per_meter=per_meter).write(DepthMap(meters))
    (place / "rgb_00000.png").write_bytes(saved(Image.fromarray(RGB)))
    (place / "sync_depth_00000.png").write_bytes(write_png_gray(steps))

    with pytest.raises(SourceError, match="unit"):
        vt.build("nyu-depth", source=tmp_path, out=tmp_path / "out", workers=1)


def test_distance_is_not_depth_until_a_camera_says_how():
    ray = DepthMap(np.full((4, 4), 3.0, np.float32), measure="ray")

    with pytest.raises(TargetError, match="camera must be known to turn 'ray' into 'z'"):
        ray.as_measure("z")


def test_integers_are_no_meters():
    with pytest.raises(TargetError, match="Convert to meters first"):
        DepthMap(np.full((4, 4), 3000, np.uint16))


def test_normals_are_read_in_the_frame_that_is_told_and_in_no_other():
    wall = np.zeros((2, 2, 3), np.float32)
    wall[..., 2] = 1

    assert (from_frame(wall, "dsine").xyz[..., 2] == 1).all()
    assert (from_frame(-wall, "omnidata").xyz[..., 2] == 1).all()


@pytest.mark.parametrize("strange", [-1, 40, 255, 256, 65536, 2**31 - 1])
def test_an_id_that_no_class_has_is_told_and_not_wrapped(strange):
    with pytest.raises(TargetError, match=str(strange)):
        SemanticMask(np.array([[0, strange]]), tuple(f"c{i}" for i in range(40)))


@pytest.mark.parametrize("count", [256, 300, 1000])
def test_more_instances_than_a_byte_counts_keep_their_ids(count):
    ids = np.arange(count + 1).reshape(1, -1)
    codec = vt.codec("instances")
    back = codec.decode(codec.encode(InstanceMasks.from_ids(ids))).target

    assert len(back.regions) == count
    assert np.array_equal(back.id_map() > 0, ids > 0)
