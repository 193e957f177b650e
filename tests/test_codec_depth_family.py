"""The depth codec's other paths and curves: exact where they say so, bounded elsewhere, total."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import vtencode as vt
from vtencode.curves import GridCurve, LogCurve, PercentileCurve
from vtencode.errors import SpecError
from vtencode.levels import Levels
from vtencode.noise import degraded
from vtencode.paths import CubeCorePath, CubePath, GrayPath, HuePath, TurboPath, ViridisPath
from vtencode.paths.colormaps import table
from vtencode.paths.projection import Projection

KS = (2, 4, 6, 16)
LOG = {"name": "log", "near": 0.1, "far": 400.0}
CODECS = {
    **{preset: vt.codec("depth", preset) for preset in vt.codec("depth").presets},
    **{f"k={k}": vt.codec("depth", path={"k": k}) for k in KS[1:]},
    "log": vt.codec("depth", "fine", curve=LOG),
    "disparity": vt.codec("depth", "realsense", curve={"name": "disparity"}),
    "linear 300": vt.codec("depth", "realsense", curve={"name": "linear"}, path={"degrees": 300}),
    "grid from 0.5 m": vt.codec("depth", curve={"name": "grid", "unit": 0.004, "offset": -125}),
    "grid from level 100": vt.codec("depth", curve={"name": "grid", "unit": 0.01, "offset": 100}),
    "percentile k=4": vt.codec("depth", curve="percentile", path={"k": 4}),
    **{name: vt.codec("depth", path=name) for name in ("viridis", "plasma", "inferno", "turbo")},
    "viridis linear": vt.codec("depth", path="viridis", curve="linear"),
}
every_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
ROOM = np.random.default_rng(7).uniform(0.4, 9.9, (60, 80)).astype(np.float32)

depths = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9),
    elements=st.one_of(
        st.floats(0, 2.0**127, width=32, exclude_min=True),
        st.floats(0.0625, 400, width=32),
        st.sampled_from([np.inf, np.nan, 0.0, 1.0, 3.4028235e38]),
    ),
)
pictures = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9).map(lambda s: (*s, 3)),
)


def same(one: vt.DepthMap, other: vt.DepthMap) -> bool:
    return np.array_equal(one.meters, other.meters, equal_nan=True) and np.array_equal(
        one.state, other.state
    )


def there_and_back(codec, meters) -> np.ndarray:
    target = vt.DepthMap(meters=np.asarray(meters).reshape(1, -1))
    return codec.decode(codec.encode(target)).target.meters[0]


def by_brute_force(colors: np.ndarray, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first nearest color, squared distance) of each of rgb (N, 3), comparing all with all."""
    codes = colors.astype(np.float64)
    level, off = [], []
    for some in np.array_split(rgb.astype(np.float64), max(1, len(rgb) // 200)):
        squared = (some**2).sum(1)[:, None] - 2 * some @ codes.T + (codes**2).sum(1)
        level.append(squared.argmin(axis=1))
        off.append(squared.min(axis=1))
    return np.concatenate(level), np.concatenate(off).astype(np.int64)


# Paths


@pytest.mark.parametrize(("k", "levels"), [(2, 1786), (4, 5356), (6, 10966), (16, 69616)])
def test_a_lattice_path_leads_from_black_to_white_one_channel_by_one_a_level(k, levels):
    colors = CubePath(k=k).colors().astype(int)

    assert len(colors) == CubePath(k=k).levels == levels
    assert colors[0].tolist() == [0, 0, 0]
    assert colors[-1].tolist() == [255, 255, 255]
    assert (np.abs(np.diff(colors, axis=0)).sum(axis=1) == 1).all()
    assert len(np.unique(colors, axis=0)) == levels


@pytest.mark.parametrize("k", KS)
def test_a_lattice_path_visits_every_vertex_octant_by_octant_in_the_papers_order(k):
    spacing = 255 // (k - 1)
    vertices = CubePath(k=k).colors()[::spacing] // spacing
    octants = vertices // (k // 2)

    assert len(np.unique(vertices, axis=0)) == k**3
    order = octants[:: k**3 // 8].tolist()
    assert order == (CubePath().colors()[::255] // 255).tolist()
    assert (octants == np.repeat(order, k**3 // 8, axis=0)).all()


def test_the_path_of_16_refines_the_path_of_4():
    coarse = CubePath(k=4).colors()[::85] // 85
    fine = CubePath(k=16).colors()[::17] // 17

    assert (fine // 4 == np.repeat(coarse, 64, axis=0)).all()


@pytest.mark.parametrize(("degrees", "levels"), [(300, 1276), (360, 1530)])
def test_hue_turns_from_red_with_one_channel_full_and_one_empty(degrees, levels):
    colors = HuePath(degrees=degrees).colors().astype(int)

    assert len(np.unique(colors, axis=0)) == HuePath(degrees=degrees).levels == levels
    assert colors[0].tolist() == [255, 0, 0]
    assert colors[-1].tolist() == ([255, 0, 255] if degrees == 300 else [255, 0, 1])
    assert (colors.max(axis=1) == 255).all()
    assert (colors.min(axis=1) == 0).all()
    assert (np.abs(np.diff(colors, axis=0)).sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    ("name", "levels", "first", "last"),
    [
        ("gray", 256, (0, 0, 0), (255, 255, 255)),
        ("viridis", 486, (68, 1, 84), (253, 231, 37)),
        ("plasma", 460, (13, 8, 135), (240, 249, 33)),
        ("inferno", 678, (0, 0, 4), (252, 255, 164)),
        ("turbo", 1044, (48, 18, 59), (122, 4, 3)),
    ],
)
def test_a_colormap_has_as_many_levels_as_8_bit_colors(name, levels, first, last):
    path = vt.codec("depth", path=name, unknown=[255, 0, 0]).path
    colors, entries = path.colors(), table(path.data)

    assert len(np.unique(colors, axis=0)) == path.levels == levels
    assert (tuple(entries[0].tolist()), tuple(entries[-1].tolist())) == (first, last)
    at = np.searchsorted(path.starts(), np.arange(256) / 255, side="right")
    assert np.abs(colors[at].astype(int) - entries).max() == 0
    assert np.abs(np.diff(colors.astype(int), axis=0)).max() == 1


def test_the_colormaps_are_those_that_matplotlib_publishes():
    import matplotlib as mpl

    for path in (ViridisPath, TurboPath):
        published = np.array(mpl.colormaps[path.name].colors)[:, :3]
        assert np.array_equal(table(path.data), np.floor(255 * published + 0.5))


# Decoding


@every_codec
def test_every_code_color_is_read_as_itself(codec):
    book = codec._book
    entries = book.nearest.entries(book.packed)

    assert np.array_equal(entries, np.arange(book.top + 2))


@every_codec
def test_a_color_is_read_as_the_first_of_the_nearest_code_colors(codec):
    book = codec._book
    rng = np.random.default_rng(0)
    near = book.colors[rng.integers(0, book.top + 2, 300)] + rng.normal(0, 6, (300, 3))
    rgb = np.concatenate([np.clip(near, 0, 255), rng.integers(0, 256, (300, 3))]).astype(np.uint8)
    level, off = by_brute_force(book.colors, rgb)

    packed = rgb.astype(np.uint32) @ np.array([1, 256, 65536], dtype=np.uint32)
    entries = book.nearest.entries(packed)

    assert np.array_equal(entries & book.nearest.mask, level)
    assert np.array_equal(entries >> book.nearest.bits, off)


@pytest.mark.slow
@every_codec
def test_many_colors_are_read_as_the_first_of_the_nearest(codec):
    book = codec._book
    rgb = np.random.default_rng(1).integers(0, 256, (200_000, 3), dtype=np.uint8)
    rgb = rgb[: 20_000_000_000 // (book.top * 6)]
    level, off = by_brute_force(book.colors, rgb)

    packed = rgb.astype(np.uint32) @ np.array([1, 256, 65536], dtype=np.uint32)
    entries = book.nearest.entries(packed)

    assert np.array_equal(entries & book.nearest.mask, level)
    assert np.array_equal(entries >> book.nearest.bits, off)


@pytest.mark.slow
def test_all_colors_are_read_from_the_closed_form_of_k_2():
    nearest = Projection(CubePath().colors())
    value = np.arange(256)
    green, blue = (axis.ravel() for axis in np.meshgrid(value, value, indexing="ij"))
    for red in range(256):
        up, down = (
            [c**2 for c in (red, green, blue)],
            [(255 - c) ** 2 for c in (red, green, blue)],
        )
        off = np.stack(
            [up[1] + up[2], down[0] + up[2], down[1] + up[2], down[1] + up[0],
             up[0] + down[2], up[1] + down[2], down[0] + down[2]]
        )  # fmt: skip
        along = np.stack(np.broadcast_arrays(red, green, 255 - red, blue, 255 - green, red, green))
        edge = off.argmin(axis=0)
        level = 255 * edge + np.take_along_axis(along, edge[None], axis=0)[0]

        entries = nearest.entries((red + 256 * green + 65536 * blue).astype(np.uint32))

        assert np.array_equal(entries & nearest.mask, level)
        assert np.array_equal(entries >> nearest.bits, off.min(axis=0))


def pushes(radius: float) -> np.ndarray:
    """Every whole-number vector shorter than the radius."""
    reach = np.arange(-int(radius), int(radius) + 1)
    grid = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), axis=-1).reshape(-1, 3)
    return grid[(grid**2).sum(axis=1) < radius**2]


def worst_ratio(k: int, radius: float, every: int) -> float:
    """The largest |level error| / (sqrt(5) |push|) of colors pushed off every so many levels."""
    colors = CubePath(k=k).colors().astype(int)
    nearest = Projection(colors.astype(np.uint8))
    levels, worst = np.arange(0, len(colors), every), 0.0
    for push in pushes(radius):
        pushed = colors[levels] + push
        inside = ((pushed >= 0) & (pushed <= 255)).all(axis=1)
        packed = (pushed[inside] @ np.array([1, 256, 65536])).astype(np.uint32)
        read = (nearest.entries(packed) & nearest.mask).astype(int)
        if push.any():
            off = np.abs(read - levels[inside]).max(initial=0)
            worst = max(worst, off / np.sqrt(5 * (push**2).sum()))
    return worst


@pytest.mark.parametrize(("k", "radius", "every"), [(2, 6, 7), (4, 6, 23), (6, 5, 29), (16, 5, 97)])
def test_a_color_off_by_less_than_the_strand_radius_is_read_near_its_level(k, radius, every):
    assert worst_ratio(k, radius, every) <= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("k", "radius", "every"), [(2, 20, 1), (4, 20, 1), (4, 42.5, 31), (6, 25.5, 13), (16, 8.5, 1)]
)
def test_every_color_within_the_strand_radius_is_read_near_its_level(k, radius, every):
    assert radius <= CubePath(k=k).strand_radius
    assert worst_ratio(k, radius, every) <= 1


@pytest.mark.parametrize(
    ("preset", "unknown", "far"),
    [
        ("vision-banana", 89.8, None),
        ("fine", 85, 85),
        ("lossless-u16", 34, 34),
        ("lossless-mm", 20.2, 25.5),
        ("realsense", 127.5, 127.5),
        ("marigold", 104.1, 104.1),
    ],
)
def test_reserved_colors_keep_their_state_within_the_correction_radius(preset, unknown, far):
    codec = vt.codec("depth", preset)
    rng = np.random.default_rng(0)
    for color, radius, state in ((codec.unknown, unknown, 2), (codec.path.far, far, 1)):
        if radius is None:
            continue
        push = rng.normal(size=(4000, 3))
        push *= (radius - 0.9) / np.linalg.norm(push, axis=1, keepdims=True)
        rgb = np.clip(np.trunc(push) + color, 0, 255).astype(np.uint8)[None]
        assert (codec.decode(rgb).target.state == state).all()
    stated = min(radius for radius in (unknown, far) if radius is not None)
    assert codec.correction_radius == pytest.approx(stated, abs=0.07)


# Laws


@every_codec
@settings(max_examples=30)
@given(meters=depths)
@example(meters=np.full((3, 3), 2.0, np.float32))
@example(meters=np.full((2, 2), np.nan, np.float32))
@example(meters=np.full((2, 2), 3.4028235e38, np.float32))
def test_a_depth_comes_back_within_the_tolerance_and_every_state_survives(codec, meters):
    target = vt.DepthMap(meters=meters)
    code = codec.encode(target)

    decoded = codec.decode(code)

    bound = codec.tolerance(target)
    assert np.isfinite(bound).all()
    assert (codec.error(target, decoded.target) <= bound).all()
    assert np.array_equal(decoded.target.state, target.state)
    assert same(codec.decode(codec.encode(decoded.target)).target, decoded.target)
    assert np.array_equal(codec.encode(decoded.target).rgb, code.rgb)


@every_codec
@settings(max_examples=30)
@given(rgb=pictures)
def test_decoding_any_picture_is_a_projection(codec, rgb):
    once = codec.decode(rgb)

    code = codec.encode(once.target)
    assert same(codec.decode(code).target, once.target)
    assert same(codec.decode(vt.Code(code.rgb, code.legend, exact=False)).target, once.target)
    assert np.isfinite(once.residual).all()
    assert ((once.confidence >= 0) & (once.confidence <= 1)).all()


@every_codec
def test_every_float_at_a_level_boundary_is_within_its_tolerance(codec):
    levels = codec._levels
    edges, own = levels.thresholds, levels.meters[levels.lowest : levels.top]
    meters = np.concatenate([edges, np.nextafter(edges, np.float32(0)), own])

    level = levels.of(meters, out=np.empty(len(meters), np.int64))

    assert (np.abs(levels.meters[level].astype(float) - meters) <= levels.bound(meters)).all()
    count = len(edges)
    assert np.array_equal(level[:count], np.arange(levels.lowest + 1, levels.top))
    assert np.array_equal(level[count : 2 * count], np.arange(levels.lowest, levels.top - 1))
    assert np.array_equal(level[2 * count :], np.arange(levels.lowest, levels.top))
    assert (levels.bound(own) == 0).all()
    assert (np.diff(own) > 0).all()


@every_codec
def test_only_far_is_painted_far_and_only_unknown_unknown(codec):
    finite = np.geomspace(1e-6, 1e30, 4000).astype(np.float32)[None]
    rgb = codec.encode(vt.DepthMap(meters=finite)).rgb.reshape(-1, 3)
    special = codec.encode(vt.DepthMap(meters=np.array([[np.inf, np.nan]]))).rgb[0]

    assert special.tolist() == [list(codec.path.far), list(codec.unknown)]
    for color in special:
        assert not (rgb == color).all(axis=1).any()


@every_codec
def test_the_codec_survives_json_and_its_contract_is_json(codec):
    assert vt.codec_from_spec(json.loads(json.dumps(codec.spec()))) == codec
    contract = json.loads(json.dumps(codec.contract(), allow_nan=False))
    assert contract["levels"] == codec.path.levels
    assert contract["source"]
    assert contract["tolerance_m"]


@every_codec
@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1), (513, 257)])
def test_images_of_any_size_and_layout_round_trip_unchanged(codec, shape):
    meters = np.random.default_rng(0).uniform(0.5, 10, (2 * shape[0], shape[1])).astype(np.float32)
    kept = meters.copy()
    target = vt.DepthMap(meters=meters[::2])

    code = codec.encode(target)
    decoded = codec.decode(vt.Code(np.asfortranarray(code.rgb), code.legend))

    assert decoded.target.shape == shape
    assert (codec.error(target, decoded.target) <= codec.tolerance(target)).all()
    assert np.array_equal(meters, kept)


# What is exact


def test_every_uint16_survives_lossless_u16_as_level_1088_and_on():
    codec = vt.codec("depth", "lossless-u16")
    stored = np.arange(65536)
    target = vt.DepthMap(meters=(stored / 1000)[None])

    code = codec.encode(target)
    back = codec.decode(code.rgb).target

    assert np.array_equal(code.rgb[0, 1:], CubePath(k=16).colors()[1088 + stored[1:]])
    assert code.rgb[0, 0].tolist() == [0, 0, 0]
    assert np.array_equal(back.meters[0, 1:], target.meters[0, 1:])
    assert np.isnan(back.meters[0, 0])
    assert (codec.tolerance(target) == 0).all()


@pytest.mark.parametrize("unit", [0.001, 1 / 256, 0.01, 1 / 5000])
def test_every_uint16_survives_in_the_unit_of_its_format(unit):
    codec = vt.codec("depth", "lossless-u16", curve={"unit": unit})
    stored = np.arange(1, 65536, dtype=np.float32)

    for meters in (stored.astype(np.float64) * unit, stored * np.float32(unit)):
        assert np.array_equal(np.rint(there_and_back(codec, meters) / unit), stored)


def test_every_millimeter_up_to_10_9_m_survives_lossless_mm_and_the_range_is_stated():
    codec = vt.codec("depth", "lossless-mm")
    stored = np.arange(10_915)
    target = vt.DepthMap(meters=(stored / 1000)[None], state=np.zeros((1, 10_915), np.uint8))

    assert same(codec.decode(codec.encode(target).rgb).target, target)
    assert (codec.tolerance(target) == 0).all()
    contract = codec.contract()
    assert (contract["nearest_m"], contract["farthest_m"]) == (0, 10.914)
    assert contract["exact_for"] == "multiples of 0.001 m"
    assert contract["strand_radius"] == 25.5


def test_every_millimeter_survives_lossless_mm_under_noise_shorter_than_its_radius_to_a_few():
    codec = vt.codec("depth", "lossless-mm")
    meters = (np.random.default_rng(0).integers(400, 10_000, (300, 400)) / 1000).astype(np.float32)
    code = codec.encode(vt.DepthMap(meters=meters))

    decoded = codec.decode(degraded(code.rgb, "g4")).target

    assert np.median(np.abs(decoded.meters - meters)) <= 0.005


@pytest.mark.parametrize(
    ("unit", "far"), [(0.001, 14.06), (1 / 256, 27.89), (0.01, 41.83)], ids=["mm", "1/256 m", "cm"]
)
def test_quantized_sources_survive_the_papers_curve_with_k_16(unit, far):
    stored = np.arange(1, int(far / unit) + 1)

    back = there_and_back(CODECS["k=16"], stored * unit)

    assert np.array_equal(np.rint(back / unit), stored)


def test_more_levels_cost_less_depth_than_the_table_of_the_design():
    meters = np.array([[0.5, 1.0, 5.0, 20.0, 80.0]]) * 1.0003
    stated = {
        "k=4": (0.108, 0.062, 0.032, 0.063, 0.43),
        "k=16": (0.0083, 0.0048, 0.0024, 0.0048, 0.033),
    }

    for name, percent in stated.items():
        relative = 100 * CODECS[name].tolerance(vt.DepthMap(meters=meters)) / meters
        assert (relative[0] <= 1.05 * np.array(percent)).all()


def test_the_contract_states_what_a_depth_may_lose_not_what_a_lucky_one_does():
    at_2_m = {name: CODECS[name].contract()["tolerance_m"]["2"] for name in ("fine", "lossless-mm")}

    assert at_2_m == {"fine": pytest.approx(0.00108, rel=0.01), "lossless-mm": 0.0005}
    assert CODECS["marigold"].contract()["tolerance_m"] == {"of the picture's range": 0.00196}


# Ranges


@pytest.mark.parametrize("name", ["linear", "log", "disparity"])
def test_depths_outside_near_and_far_are_taken_for_the_ends_and_the_tolerance_says_so(name):
    codec = vt.codec("depth", "fine", curve={"name": name, "near": 0.5, "far": 20.0})
    target = vt.DepthMap(meters=np.array([[0.125, 0.5, 20.0, 100.0]]))

    back = codec.decode(codec.encode(target)).target.meters[0]

    assert back.tolist() == [0.5, 0.5, 20.0, 20.0]
    assert codec.tolerance(target)[0].tolist() == [0.375, 0, 0, 80]


def test_a_log_curve_errs_by_the_same_share_everywhere():
    bound = CODECS["log"].tolerance(vt.DepthMap(meters=np.geomspace(0.11, 399, 500)[None]))

    relative = bound[0] / np.geomspace(0.11, 399, 500)
    assert relative.max() <= 1.02 * np.log(4000) / 3995 / 2
    assert np.median(relative) >= 0.9 * np.log(4000) / 3995 / 2


def test_a_grid_may_start_at_any_level_or_depth():
    first, later = CODECS["grid from 0.5 m"], CODECS["grid from level 100"]

    assert there_and_back(first, [0.1, 0.5, 0.504, 3.0]).tolist() == pytest.approx(
        [0.5, 0.5, 0.504, 3.0]
    )
    rgb = later.encode(vt.DepthMap(meters=np.array([[0.01, 1.0]]))).rgb
    assert rgb[0].tolist() == CubePath().colors()[[101, 200]].tolist()


def test_realsense_paints_near_red_and_nothing_black():
    codec = vt.codec("depth", "realsense")

    rgb = codec.encode(vt.DepthMap(meters=np.array([[0.29, np.nan, 10.0]]))).rgb

    assert rgb[0].tolist() == [[255, 0, 0], [0, 0, 0], [255, 0, 1]]
    assert codec.contract()["near_meets_far"] is True


# One curve a picture


def test_marigold_paints_a_picture_from_its_2nd_to_its_98th_percentile():
    codec = vt.codec("depth", "marigold")
    target = vt.DepthMap(meters=np.linspace(1, 5, 101)[None])

    code = codec.encode(target)

    assert code.rgb[0, [0, 2, 50, 98, 100], 0].tolist() == [0, 0, 127, 255, 255]
    assert (code.rgb.min(axis=2) == code.rgb.max(axis=2)).all()
    near, far = code.legend.facts["near_m"], code.legend.facts["far_m"]
    assert (near, far) == (pytest.approx(1.08), pytest.approx(4.92))
    assert codec.tolerance(target)[0, [0, 100]] == pytest.approx([0.08, 0.08])
    inside = codec.tolerance(target)[0, 3:98]
    assert inside.max() == pytest.approx((far - near) / 255 / 2, rel=1e-3)


def test_a_picture_without_its_two_numbers_is_relative_depth_from_0_to_1():
    rgb = np.repeat(np.linspace(0, 255, 256).astype(np.uint8)[None, :, None], 3, axis=2)
    codec = vt.codec("depth", curve={"name": "percentile", "low": 0.0, "high": 100.0},
                     path="gray", unknown=[255, 0, 0])  # fmt: skip

    assert np.allclose(codec.decode(rgb).target.meters, np.arange(256)[None] / 255)


@pytest.mark.parametrize("facts", [{"near_m": "x", "far_m": None}, {"near_m": 3, "far_m": 1}, {}])
def test_facts_that_mean_nothing_are_as_good_as_none_in_a_painted_picture(facts):
    codec = vt.codec("depth", "marigold")
    rgb = np.full((2, 2, 3), 255, np.uint8)

    decoded = codec.decode(vt.Code(rgb, vt.Legend(facts=facts), exact=False))

    assert (decoded.target.meters == 1).all()


# Parameters


def test_far_level_follows_the_path_unless_it_is_given():
    assert vt.codec("depth").far_level == 1782
    assert vt.codec("depth", path={"k": 4}).far_level == 5352
    assert vt.codec("depth", "fine").far_level == 3996
    assert vt.codec("depth", "fine", far_level=3900).far_level == 3900


def test_the_levels_of_a_preset_are_those_that_are_left():
    levels = {name: codec.path.levels for name, codec in CODECS.items()}

    assert (levels["fine"], levels["lossless-u16"], levels["lossless-mm"]) == (3996, 65536, 10915)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"path": {"name": "cube", "k": 3}}, "must be one of 2, 4, 6, 16, got 3"),
        ({"path": "cubes"}, "Did you mean 'cube'"),
        ({"path": {"name": "cube-core", "skip": [680, 0]}}, "white is far"),
        ({"path": {"name": "cube-core", "skip": [5000, 400]}}, "leave 2 of the 5356 levels"),
        ({"path": {"name": "hue", "degrees": 180}}, "must be one of 300, 360"),
        ({"path": "gray"}, "must be off the path"),
        ({"path": "hue", "unknown": [255, 255, 255]}, "must be off the path"),
        ({"curve": {"name": "log", "near": 0.0}}, "0 < near < far"),
        ({"curve": {"name": "linear", "near": 5.0, "far": 2.0}}, "0 <= near < far"),
        ({"curve": {"name": "disparity", "far": 1e39}}, "near < far < 3.4e38"),
        ({"curve": {"name": "grid", "unit": 0.0}}, "unit must be > 0"),
        ({"curve": {"name": "percentile", "low": 98.0, "high": 2.0}}, "low < high"),
    ],
)
def test_parameters_that_make_no_codec_are_refused(params, told):
    with pytest.raises(SpecError, match=told):
        vt.codec("depth", **params)


@pytest.mark.parametrize(
    "curve",
    [
        LogCurve(near=1.0, far=1.0001),
        GridCurve(unit=1e-9, offset=-(10**9)),
        GridCurve(offset=10**6),
    ],
)
def test_levels_that_float32_cannot_tell_apart_are_refused(curve):
    with pytest.raises(SpecError, match="must tell 1786 levels apart"):
        _ = Levels(curve, 1785).thresholds


def test_painted_far_is_read_from_the_far_color_alone_where_it_is_off_the_path():
    codec = vt.codec("depth", "fine")
    painted = np.concatenate([CubeCorePath().colors()[-1:], [[250, 246, 255]]]).astype(np.uint8)

    assert codec.decode(painted[None]).target.state[0].tolist() == [0, 1]
    assert GrayPath().far not in [tuple(color) for color in GrayPath().colors().tolist()]
    assert isinstance(vt.codec("depth", "marigold").curve, PercentileCurve)


# Noise


@pytest.mark.slow
def test_noise_costs_no_more_than_the_table_of_the_design():
    """Mean relative error of six scenes; those of a log curve do not depend on the scenes."""
    from vtencode.miniatures.scenes import scene

    stated = {
        "k=2": {"g2": 0.0089, "g4": 0.0177, "g8": 0.0361, "vblike": 0.0131, "vbx2": 0.0258},
        "k=4": {"g2": 0.0030, "g4": 0.0062, "g8": 0.0129, "vblike": 0.0051, "vbx2": 0.0112},
        "k=6": {"g2": 0.0015, "g4": 0.0031, "g8": 0.0084, "vblike": 0.0042, "vbx2": 0.0106},
        "k=16": {"g2": 0.0003, "g4": 0.0230, "g8": 0.2133, "vblike": 0.0043, "vbx2": 0.0497},
        "k=2 log": {"g2": 0.0076, "g4": 0.0152, "g8": 0.0308, "vblike": 0.0117, "vbx2": 0.0232},
        "k=4 log": {"g2": 0.0026, "g4": 0.0052, "g8": 0.0109, "vblike": 0.0044, "vbx2": 0.0107},
    }
    camera = vt.Camera(560.0, 560.0, 320.0, 240.0)
    scenes = [
        scene(1, index, height=480, width=640, camera=camera, sky=index >= 3).depth_z
        for index in range(6)
    ]
    for name, by_noise in stated.items():
        k, *log = name.split()
        codec = vt.codec("depth", path={"k": int(k[2:])}, **({"curve": LOG} if log else {}))
        for kind, figure in by_noise.items():
            relative = []
            for index, meters in enumerate(scenes):
                code = codec.encode(vt.DepthMap(meters=meters))
                decoded = codec.decode(degraded(code.rgb, kind, seed=index)).target
                compared = decoded.valid & (meters < 80)
                off = np.abs(decoded.meters[compared] - meters[compared])
                relative.append(off / meters[compared])
            assert np.concatenate(relative).mean() <= 1.02 * figure, (name, kind)
