"""Normals: the sphere's cells, the laws of the codec, frames, and real pictures."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import vtencode as vt
from vtencode.codecs.base import codec_from_spec
from vtencode.codecs.normals import _CODES, SKY_RADIUS, NormalCodec
from vtencode.errors import CodeError, SpecError, TargetError, UnknownNameError
from vtencode.frames import FRAMES, frame, from_frame, names_of, to_frame
from vtencode.geometry import angles_deg
from vtencode.miniatures.scenes import scene
from vtencode.sphere import CELL_DEG, Cells

PRESETS = sorted(NormalCodec.presets)
ROUNDINGS = ("round", "trunc", "scale128")
presets = pytest.mark.parametrize("preset", PRESETS)
roundings = pytest.mark.parametrize("rounding", ROUNDINGS)


def random_map(seed, shape=(40, 50), unknown=0.1):
    rng = np.random.default_rng(seed)
    xyz = rng.normal(size=(*shape, 3))
    xyz /= np.linalg.norm(xyz, axis=2, keepdims=True)
    return vt.NormalMap(xyz, rng.random(shape) >= unknown)


def compass():
    """All 26 directions along axes, edges and corners of the cube."""
    steps = np.array([step for step in product((-1, 0, 1), repeat=3) if any(step)], dtype=float)
    return vt.NormalMap((steps / np.linalg.norm(steps, axis=1, keepdims=True))[None])


def painted(seed, shape=(64, 64)):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def all_colors(red):
    green, blue = np.meshgrid(*2 * [np.arange(256, dtype=np.uint8)], indexing="ij")
    return np.stack([np.full(65536, red, dtype=np.uint8), green.ravel(), blue.ravel()])


def assert_within_tolerance(codec, normals):
    bound = codec.tolerance(normals)
    error = codec.error(normals, codec.decode(codec.encode(normals)).target)
    assert np.isfinite(bound).all()
    assert (error <= bound).all()
    return error, bound


# --- the target


def test_a_normal_map_keeps_unit_vectors_and_zeros():
    xyz = np.array([[[0, 0, 1.01], [0, 0.6, 0.8], [np.nan, 0, 1], [0, 0, 0]]])
    normals = vt.NormalMap(xyz=xyz)
    assert normals.valid.tolist() == [[True, True, False, False]]
    assert np.array_equal(normals.xyz[0, 0], np.float32([0, 0, 1]))
    assert not normals.xyz[0, 2:].any()
    assert not normals.xyz.flags.writeable
    assert not normals.valid.flags.writeable


def test_a_normal_map_of_a_normal_map_is_the_same_bits():
    normals = random_map(1)
    again = vt.NormalMap(normals.xyz, normals.valid)
    assert normals.xyz.tobytes() == again.xyz.tobytes()


def test_a_normal_map_copies_what_it_is_given():
    xyz = np.zeros((2, 2, 3), dtype=np.float32)
    xyz[..., 2] = 1
    valid = np.ones((2, 2), dtype=bool)
    normals = vt.NormalMap(xyz, valid)
    xyz[:], valid[:] = 5, False
    assert normals.valid.all()
    assert (normals.xyz[..., 2] == 1).all()


@pytest.mark.parametrize(
    ("xyz", "valid", "message"),
    [
        (np.zeros((4, 4, 3), dtype=np.uint8), None, r"must be float32 \(H, W, 3\), got uint8"),
        (np.zeros((4, 4)), None, r"got float64 \(4, 4\)"),
        (np.zeros((4, 4, 4)), None, r"got float64 \(4, 4, 4\)"),
        (np.full((1, 2, 3), 1.0), None, r"within 0.02 of 1 .* got 1.73 in row 0, column 0 and 2"),
        (np.full((1, 1, 3), 1e300), None, "got inf"),
        (np.full((1, 1, 3), np.nan), np.ones((1, 1), dtype=bool), "got nan"),
        (np.zeros((1, 1, 3)), np.ones((1, 1), dtype=bool), "got 0 in row 0"),
        (np.zeros((1, 1, 3)), np.ones((1, 2), dtype=bool), r"valid must be bool \(1, 1\)"),
        (np.zeros((1, 1, 3)), np.ones((1, 1)), "got float64"),
    ],
)
def test_a_normal_map_refuses(xyz, valid, message):
    with pytest.raises(TargetError, match=message):
        vt.NormalMap(xyz, valid)


# --- frames


def test_every_frame_is_a_signed_permutation_with_a_source():
    for name, known in FRAMES.items():
        assert np.array_equal(known.matrix @ known.matrix.T, np.eye(3)), name
        assert abs(round(np.linalg.det(known.matrix))) == 1
        assert known.source


def test_every_frame_but_the_permuted_one_is_its_own_inverse():
    own = {n for n, f in FRAMES.items() if np.array_equal(f.matrix @ f.matrix, np.eye(3))}
    assert set(FRAMES) - own == {"nyu-eigen"}


@pytest.mark.parametrize(
    ("name", "wall", "floor", "left_wall"),
    [
        # a wall seen head on; the floor; a wall on the left, whose normal points right
        ("vision-banana", (0, 0, 1), (0, 1, 0), (-1, 0, 0)),
        ("dsine", (0, 0, 1), (0, 1, 0), (-1, 0, 0)),
        ("opengl", (0, 0, 1), (0, 1, 0), (1, 0, 0)),
        ("opencv", (0, 0, -1), (0, -1, 0), (1, 0, 0)),
        ("omnidata", (0, 0, -1), (0, -1, 0), (1, 0, 0)),
        ("directx", (0, 0, 1), (0, -1, 0), (1, 0, 0)),
        ("nyu-eigen", (0, -1, 0), (0, 0, 1), (1, 0, 0)),
    ],
)
def test_frames_write_walls_and_floors_as_their_conventions_do(name, wall, floor, left_wall):
    ours = vt.NormalMap(np.array([[[0, 0, 1], [0, 1, 0], [1, 0, 0]]], dtype=np.float32))
    assert to_frame(ours, name).tolist() == [[list(wall), list(floor), list(left_wall)]]


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_frames_come_back_exactly(name):
    normals = random_map(2)
    stored = to_frame(normals, name)
    assert np.allclose(stored, normals.xyz @ frame(name).matrix.T)
    again = from_frame(stored, name)
    assert np.array_equal(again.xyz, normals.xyz)
    assert np.array_equal(again.valid, normals.valid)
    assert np.array_equal(from_frame(stored, name, valid=normals.valid).xyz, normals.xyz)


def test_unknown_frames_are_named():
    with pytest.raises(UnknownNameError, match=r"no frame is named 'opngl'.*'opengl'"):
        frame("opngl")
    with pytest.raises(UnknownNameError):
        NormalCodec(frame="opngl")


def test_frames_refuse_what_a_normal_map_refuses():
    with pytest.raises(TargetError, match="uint8"):
        from_frame(np.zeros((2, 2, 3), dtype=np.uint8), "opengl")


def test_the_paper_and_dsine_share_one_frame():
    assert set(names_of(frame("vision-banana").axes)) >= {"vision-banana", "dsine", "lotus"}


# --- the formula


def test_default_colors_are_the_papers_formula():
    normals = random_map(3, unknown=0)
    x, y, z = np.moveaxis(normals.xyz.astype(np.float64), 2, 0)
    paper = np.stack([(1 - x) / 2, (1 + y) / 2, (1 + z) / 2], axis=2) * 255
    rgb = vt.codec("normals").encode(normals).rgb
    rounded = np.floor(paper + 0.5).astype(int)
    assert np.abs(rgb - rounded).max() <= 1
    assert (rgb == rounded).all(axis=2).mean() > 0.97
    trunc = vt.codec("normals", "vision-banana-trunc").encode(normals).rgb
    assert np.array_equal(trunc, np.floor(paper.astype(np.float32)))


def test_a_wall_seen_head_on_has_the_color_of_its_convention():
    wall = vt.NormalMap(np.array([[[0.0, 0.0, 1.0]]]))
    colors = {name: vt.codec("normals", name).encode(wall).rgb[0, 0].tolist() for name in PRESETS}
    assert colors["vision-banana"] == [128, 128, 255]
    assert colors["opengl"] == colors["moge"] == colors["marigold"] == [128, 128, 255]
    assert colors["opencv"] == colors["omnidata"] == [128, 128, 0]
    assert colors["directx"] == colors["dsine"] == [128, 128, 255]
    assert colors["nyu-eigen"] == [127, 0, 127]


@pytest.mark.parametrize("rounding", ["round", "scale128"])
def test_a_mirrored_map_has_mirrored_colors(rounding):
    codec, normals = vt.codec("normals", rounding=rounding), random_map(4, unknown=0)
    mirrored = vt.NormalMap(normals.xyz[:, ::-1] * np.float32([-1, 1, 1]))
    rgb = codec.encode(normals).rgb
    flipped = rgb[:, ::-1].copy()
    flipped[..., 0] = 255 - flipped[..., 0]
    assert np.array_equal(codec.encode(mirrored).rgb, flipped)


@pytest.mark.slow
@roundings
def test_all_colors_settle_in_two_steps_and_written_ones_in_one(rounding):
    cells, codes, margin = Cells(rounding), 0, 1.0
    for red in range(256):
        colors = all_colors(red)
        unit, length = cells.directions(colors)
        once = cells.colors(unit)
        twice = cells.settle(once, times=1)
        assert np.array_equal(cells.settle(twice, times=1), twice)
        written = np.abs(length - 1) <= np.sqrt(3) / 255 + 1e-6
        assert np.array_equal(once[:, written], twice[:, written])
        kept = (colors == once).all(axis=0) & (length >= 0.5) & (length <= 1.35)
        codes += kept.sum()
        level = unit[:, kept].astype(np.float64) * 127.5
        margin = min(margin, np.abs(level - np.rint(level)).min(initial=1))
    assert codes == _CODES[rounding]
    if rounding == "round":  # a float32's last bit, 8e-6 levels, cannot change a settled color
        assert margin > 3e-4


@pytest.mark.slow
@presets
def test_decoding_is_total_and_a_projection_on_all_colors(preset):
    codec = vt.codec("normals", preset)
    for red in range(0, 256, 1 if preset == "vision-banana" else 5):
        picture = all_colors(red).T.reshape(256, 256, 3)
        first = codec.decode(picture).target
        again = codec.decode(codec.encode(first)).target
        assert np.array_equal(first.xyz, again.xyz)
        assert np.array_equal(first.valid, again.valid)


# --- the laws


@presets
def test_errors_stay_within_tolerance(preset):
    codec = vt.codec("normals", preset)
    for normals in (random_map(5, (300, 300)), compass()):
        assert_within_tolerance(codec, normals)


@given(
    st.lists(st.tuples(*3 * [st.floats(-1, 1, width=32)]), max_size=20), st.sampled_from(PRESETS)
)
def test_errors_stay_within_tolerance_for_any_vectors(vectors, preset):
    xyz = np.array(vectors, dtype=np.float64).reshape(1, -1, 3)
    length = np.linalg.norm(xyz, axis=2, keepdims=True)
    xyz = np.divide(xyz, length, where=length > 1e-6, out=np.zeros_like(xyz))
    assert_within_tolerance(vt.codec("normals", preset), vt.NormalMap(xyz))


@given(st.binary(min_size=0, max_size=240), st.sampled_from(PRESETS), st.booleans())
def test_decoding_any_picture_is_a_projection(pixels, preset, sky):
    codec = vt.codec("normals", preset, sky="magenta" if sky else "none")
    count = len(pixels) // 3
    picture = np.frombuffer(pixels[: 3 * count], dtype=np.uint8).reshape(1, count, 3)
    first = codec.decode(picture)
    again = codec.decode(codec.encode(first.target))
    assert np.array_equal(first.target.xyz, again.target.xyz)
    assert np.array_equal(first.target.valid, again.target.valid)
    assert ((first.confidence >= 0) & (first.confidence <= 1)).all()


@presets
def test_codes_come_back_byte_for_byte_and_sure(preset):
    codec = vt.codec("normals", preset)
    settled = codec.encode(codec.decode(codec.encode(random_map(6))).target)
    decoded = codec.decode(settled)
    assert np.array_equal(codec.encode(decoded.target).rgb, settled.rgb)
    assert np.array_equal(codec.decode(settled.rgb).target.xyz, decoded.target.xyz)
    assert not decoded.residual.any()
    assert (decoded.confidence == 1).all()


@presets
def test_unknown_pixels_survive(preset):
    codec, normals = vt.codec("normals", preset), random_map(7, unknown=0.5)
    code = codec.encode(normals)
    assert (code.rgb[~normals.valid] == codec.unknown).all()
    assert code.legend.colors["unknown"] == codec.unknown
    for picture in (code, code.rgb):
        assert np.array_equal(codec.decode(picture).target.valid, normals.valid)
    moved = vt.NormalMap(normals.xyz, normals.valid & (np.arange(50) > 0))
    assert np.isinf(codec.error(normals, moved)[normals.valid & ~moved.valid]).all()


@presets
def test_the_spec_survives_json(preset):
    codec = vt.codec("normals", preset)
    assert codec_from_spec(json.loads(json.dumps(codec.spec()))) == codec
    assert json.loads(json.dumps(codec.contract())) == codec.contract()


@pytest.mark.parametrize("shape", [(0, 0), (0, 7), (7, 0), (1, 1), (1, 2)])
def test_tiny_maps_work(shape):
    codec = vt.codec("normals")
    normals = vt.NormalMap(np.broadcast_to(np.float32([0, 0, 1]), (*shape, 3)))
    error, _ = assert_within_tolerance(codec, normals)
    assert error.shape == codec.sky_mask(codec.encode(normals)).shape == shape


def test_maps_larger_than_a_block_are_the_same_as_their_parts():
    codec, normals = vt.codec("normals"), random_map(8, (300, 200))
    parts = [
        codec.encode(vt.NormalMap(normals.xyz[rows], normals.valid[rows])).rgb
        for rows in (slice(0, 77), slice(77, 300))
    ]
    assert np.array_equal(codec.encode(normals).rgb, np.concatenate(parts))


def test_strided_pictures_read_as_their_copies_and_are_left_alone():
    codec, picture = vt.codec("normals"), painted(9, (64, 65))
    before = picture.copy()
    strided = codec.decode(picture[::-2, ::3]).target
    assert np.array_equal(strided.xyz, codec.decode(picture[::-2, ::3].copy()).target.xyz)
    assert np.array_equal(picture, before)
    turned = np.asfortranarray(random_map(10).xyz)
    assert np.array_equal(vt.NormalMap(turned).xyz, turned)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3), np.uint16)],
)
def test_other_pictures_are_refused(picture):
    for read in (vt.codec("normals").decode, vt.codec("normals", sky="magenta").sky_mask):
        with pytest.raises(CodeError, match="must be uint8"):
            read(picture)


@pytest.mark.parametrize("color", [(0, 128, 128), (128, 128, 255), (300, 0, 0)])
def test_the_color_of_unknown_must_be_no_direction(color):
    with pytest.raises(SpecError, match="unknown must be"):
        vt.codec("normals", unknown=color)


# --- figures


@roundings
def test_the_mean_error_is_a_sixth_of_a_degree(rounding):
    codec, normals = vt.codec("normals", rounding=rounding), random_map(11, (500, 500), 0)
    error, bound = assert_within_tolerance(codec, normals)
    assert error.mean() < 0.174
    assert np.percentile(error, 99) < 0.335
    assert error.max() < 0.45
    assert bound.max() <= 2 * CELL_DEG + 1e-4
    assert (bound < CELL_DEG + 1e-4).mean() > 0.975
    assert (error[bound < CELL_DEG + 1e-4] < CELL_DEG).all()


def test_decoding_truncated_bytes_at_their_middles_halves_the_error_and_stops_the_drift():
    codec, normals = vt.codec("normals", "vision-banana-trunc"), random_map(12, (500, 500), 0)
    rgb = codec.encode(normals).rgb

    def plain(picture):
        vectors = (2 * (picture / 255) - 1) * [-1, 1, 1]
        return vectors / np.linalg.norm(vectors, axis=2, keepdims=True)

    middle = codec.error(normals, codec.decode(rgb).target)
    edge = angles_deg(normals.xyz, plain(rgb))
    assert edge.mean() > 1.9 * middle.mean()
    assert edge.max() > 0.75
    drifted = rgb
    for _ in range(5):
        drifted = codec.encode(vt.NormalMap(plain(drifted))).rgb
        rgb = codec.encode(codec.decode(rgb).target).rgb
    assert angles_deg(normals.xyz, plain(drifted)).mean() > 1.5
    assert np.array_equal(codec.error(normals, codec.decode(rgb).target), middle)


@pytest.mark.parametrize(("sigma", "mean"), [(1, 0.63), (2, 1.165), (4, 2.28), (8, 4.54)])
def test_noise_turns_normals_by_little(sigma, mean):
    rng, codec, normals = (
        np.random.default_rng(13),
        vt.codec("normals"),
        random_map(14, (400, 400), 0),
    )
    noise = rng.normal(0, sigma, (400, 400, 3))
    noisy = np.clip(np.rint(codec.encode(normals).rgb + noise), 0, 255).astype(np.uint8)
    error = codec.error(normals, codec.decode(noisy).target)
    assert np.isfinite(error).all()
    assert error.mean() < mean


def test_confidence_falls_with_the_distance_from_the_sphere():
    codec = vt.codec("normals")
    steps = np.array([255, 240, 225, 210, 195])
    ray = np.stack([np.full(5, 128), np.full(5, 128), steps], axis=1).astype(np.uint8)
    decoded = codec.decode(ray[None])
    assert (np.diff(decoded.confidence[0]) <= 0).all()
    assert decoded.confidence[0, 0] == 1
    assert decoded.confidence[0, -1] == 0
    assert np.allclose(decoded.residual[0], 255 - steps, atol=0.5)


def test_colors_within_the_correction_radius_keep_their_state():
    codec, rng = vt.codec("normals"), np.random.default_rng(15)
    radius = {True: codec.correction_radius, False: codec.unknown_radius}
    normals = random_map(16, (100, 100), 0.5)
    offset = rng.normal(size=(100, 100, 3))
    offset /= np.linalg.norm(offset, axis=2, keepdims=True)
    offset *= np.where(normals.valid, radius[True] - 1, radius[False] - 1)[..., None]
    picture = np.trunc(codec.encode(normals).rgb + offset)  # of a color or nearer to it
    inside = ((picture >= 0) & (picture <= 255)).all(axis=2)
    read = codec.decode(picture.clip(0, 255).astype(np.uint8)).target
    assert np.array_equal(read.valid[inside], normals.valid[inside])


def test_corners_of_the_cube_are_no_directions():
    corners = np.array(list(product((0, 255), repeat=3)), dtype=np.uint8)[None]
    for codec in (vt.codec("normals"), vt.codec("normals", "dsine")):
        assert not codec.decode(corners).target.valid.any()


# --- the sky


def test_magenta_is_sky_only_where_asked_and_is_never_a_surface():
    picture = painted(17, (200, 200))
    picture[:50] = (253, 3, 252)
    plain, sky = vt.codec("normals"), vt.codec("normals", sky="magenta")
    assert not plain.sky_mask(picture).any()
    mask, read = sky.sky_mask(picture), sky.decode(picture)
    assert mask[:50].all()
    assert not (mask & read.target.valid).any()
    off = np.linalg.norm(picture - np.float64([255, 0, 255]), axis=2)
    assert np.array_equal(mask, off < SKY_RADIUS)
    assert (read.confidence[:50] > 0.85).all()
    assert not plain.decode(picture).confidence[:50].any()
    assert np.array_equal(plain.decode(picture).target.xyz, read.target.xyz)


# --- real pictures


def real(samples, name):
    return np.array(Image.open(samples / name).convert("RGB"))


def test_the_magenta_sky_that_vision_banana_painted_is_flagged(samples):
    picture = real(samples, "vision-banana/normal/sn_4_out.png")
    codec = vt.codec("normals", sky="magenta")
    sky, valid = codec.sky_mask(picture), codec.decode(picture).target.valid
    assert sky.mean() == pytest.approx(0.184, abs=0.001)
    assert not valid[sky].any()
    assert np.allclose(picture[sky].mean(axis=0), (253, 3, 252), atol=0.5)
    assert (~valid & ~sky).mean() < 0.01
    indoors = real(samples, "vision-banana/normal/normal_jazz_1.png")
    assert codec.sky_mask(indoors).mean() < 1e-4
    assert codec.decode(indoors).target.valid.mean() > 0.99


@pytest.mark.parametrize(
    ("name", "preset", "kept"),
    [
        ("normals/DSINE_example/000000_normal.png", "dsine", 0.968),
        ("omnidata/taskonomy/point_202_view_5_domain_normal.png", "omnidata", 0.984),
        ("omnidata/hypersim/point_85_view_0_domain_normal.png", "omnidata", 0.996),
        ("nyu/multi-task-refinenet/ExpNYUD_three/norm_gt_000433.png", "nyu-eigen", 0.98),
    ],
)
def test_ground_truth_pictures_come_back_but_for_single_levels(samples, name, preset, kept):
    picture, codec = real(samples, name), vt.codec("normals", preset)
    read = codec.decode(picture).target
    again = codec.encode(read).rgb
    settled = Cells(codec.rounding).settle(picture.reshape(-1, 3).T).T.reshape(picture.shape)
    assert np.array_equal(again[read.valid], settled[read.valid])
    assert np.array_equal(again[~read.valid], picture[~read.valid])
    assert np.abs(again.astype(int) - picture).max() <= 1
    assert (again == picture).all(axis=2)[read.valid].mean() > kept


def test_rendered_normals_keep_their_angles():
    view = vt.Camera(160, 160, 79.5, 59.5)
    rendered = scene(3, 1, height=120, width=160, camera=view, sky=True)
    normals = vt.NormalMap(rendered.normals)
    assert np.array_equal(normals.valid, rendered.semantic != 0)
    for preset in PRESETS:
        error, _ = assert_within_tolerance(vt.codec("normals", preset), normals)
        assert error.max() < 0.45
