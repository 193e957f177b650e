"""Instances as flat colors: exact, blind to numbering, and in pages where masks overlap."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import vtencode as vt
from vtencode.codecs.base import codec_from_spec
from vtencode.codecs.id_colors import neighbors
from vtencode.codecs.instances import InstanceCodec
from vtencode.errors import CodeError, SpecError, TargetError
from vtencode.legends import Legend
from vtencode.metrics import panoptic_quality
from vtencode.noise import degraded
from vtencode.palettes import distinct, min_distance
from vtencode.seeds import generator
from vtencode.targets import InstanceMasks, Region
from vtencode.testing import check_codec
from vtencode.testing.shapes import shape_scene

CODEC = InstanceCodec()
SIDES = st.integers(0, 12)
IDS = st.sampled_from([0, 0, 1, 2, 3, 70_000, 2**31 - 1])
id_maps = st.tuples(SIDES, SIDES).flatmap(lambda shape: hnp.arrays(np.int64, shape, elements=IDS))
mask_stacks = st.tuples(st.integers(0, 6), st.integers(1, 8), st.integers(1, 8)).flatmap(
    lambda shape: hnp.arrays(np.bool_, shape)
)


@cache
def scene(count: int) -> tuple[np.ndarray, np.ndarray]:
    return shape_scene(7, count, height=448, width=600)


def same(one: InstanceMasks, other: InstanceMasks) -> bool:
    return one.shape == other.shape and not CODEC.error(one, other).any()


def through_legend(code: vt.Code) -> vt.Code:
    return vt.Code(code.rgb, Legend.from_json(code.legend.to_json()))


def rectangles(count: int, *, height: int = 200, width: int = 300) -> InstanceMasks:
    rng = generator(count, "rectangles")
    masks = []
    for _ in range(count):
        top, left = rng.integers(0, height - 40), rng.integers(0, width - 40)
        mask = np.zeros((height, width), dtype=bool)
        mask[top : top + rng.integers(8, 40), left : left + rng.integers(8, 40)] = True
        masks.append(mask)
    return InstanceMasks.from_masks(masks, labels=[f"box {at % 3}" for at in range(count)])


# ── Targets ──


@given(id_maps)
def test_an_id_map_comes_back_from_its_regions(ids):
    masks = InstanceMasks.from_ids(ids)
    assert np.array_equal(masks.id_map(), ids)
    assert not masks.overlap
    assert [region.id for region in masks.regions] == sorted(set(ids[ids > 0].tolist()))
    assert all(np.count_nonzero(ids == region.id) == region.area for region in masks.regions)


@given(mask_stacks)
def test_masks_come_back_from_their_regions_and_later_ones_lie_on_top(stack):
    kept = [mask for mask in stack if mask.any()]
    masks = InstanceMasks.from_masks(iter(kept), shape=stack.shape[1:])
    surface = np.zeros(stack.shape[1:], dtype=np.int32)
    for region, mask in zip(masks.regions, kept, strict=True):
        left, top, right, bottom = region.box
        whole = np.zeros(mask.shape, dtype=bool)
        whole[top:bottom, left:right] = region.mask
        assert np.array_equal(whole, mask)
        surface[mask] = region.id
    assert np.array_equal(masks.id_map(), surface)
    assert masks.overlap == (np.sum(kept, axis=0) > 1).any()


def test_a_crop_of_a_mask_goes_where_it_says():
    region = Region.from_mask(np.array([[False, True], [True, True]]), id=5, left=10, top=20)
    assert region.box == (10, 20, 12, 22)
    assert InstanceMasks((30, 30), (region,)).id_map()[20:22, 10:12].tolist() == [[0, 5], [5, 5]]


def test_a_thousand_scattered_instances_take_the_room_of_their_pixels():
    ids = generator(0, "scattered").integers(0, 1001, size=(500, 500))
    masks = InstanceMasks.from_ids(ids)
    assert sum(region.spans.nbytes for region in masks.regions) <= 12 * ids.size


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InstanceMasks.from_ids(np.zeros((2, 2))), "an id map must be integer"),
        (lambda: InstanceMasks.from_ids(np.zeros((2, 2, 3), int)), "got int64 (2, 2, 3)"),
        (lambda: InstanceMasks.from_ids(np.array([[-1, 2]])), "ids must be 0 to 2147483647"),
        (lambda: InstanceMasks.from_ids(np.array([[2**31]])), "got 2147483648"),
        (lambda: InstanceMasks.from_masks([np.ones((2, 2))]), "a mask must be bool (H, W)"),
        (lambda: InstanceMasks.from_masks([np.zeros((2, 2), bool)]), "Leave an instance without"),
        (lambda: InstanceMasks.from_masks([]), "must be told the shape"),
        (
            lambda: InstanceMasks.from_masks([np.ones((2, 2), bool), np.ones((2, 3), bool)]),
            "mask 1 must be bool (2, 2), got (2, 3)",
        ),
        (
            lambda: InstanceMasks.from_masks([np.ones((2, 2), bool)], labels=[]),
            "labels and crowds must be 1",
        ),
        (lambda: InstanceMasks((1, 1), (Region(1, [[0, 0, 2]]),)), "must lie within 1 x 1"),
        (lambda: InstanceMasks((1, 1), (Region(1, [[0, 0, 1]]),) * 2), "got 1 twice"),
        (lambda: InstanceMasks((-1, 1)), "must be (H, W) >= 0"),
        (lambda: Region(0, [[0, 0, 1]]), "Region.id must be 1 to 2147483647, got 0"),
        (lambda: Region(1, [[0, 0, 1], [0, 1, 2]]), "never touching"),
        (lambda: Region(1, [[1, 0, 1], [0, 0, 1]]), "in raster order"),
        (lambda: Region(1, [[0, 1, 1]]), "left < right"),
        (lambda: Region(1, [[0, -1, 1]]), "those of id 1 are not"),
        (lambda: InstanceCodec(background=(0, 0, 256)), "background must be 8-bit RGB"),
    ],
)
def test_what_is_not_a_target_says_why(make, message):
    with pytest.raises((TargetError, SpecError)) as caught:
        make()
    assert message in str(caught.value)


# ── The codec ──


def test_all_laws_hold():
    assert check_codec(CODEC, examples=30).ok


@pytest.mark.slow
@pytest.mark.parametrize(
    "codec",
    [CODEC, InstanceCodec(background=(16, 170, 5)), vt.codec("instances", "vision-banana")],
    ids=["default", "green", "vision-banana"],
)
def test_all_laws_hold_on_many_examples(codec):
    assert check_codec(codec, examples=300).ok


@given(id_maps)
def test_any_id_map_is_exact_with_its_legend(ids):
    masks = InstanceMasks.from_ids(ids, labels={2: "cat", 70_000: "—"}, crowds={3})
    assert same(CODEC.decode(through_legend(CODEC.encode(masks))).target, masks)


@given(id_maps, st.randoms(use_true_random=False))
def test_renumbering_and_reordering_instances_change_no_byte(ids, random):
    masks = InstanceMasks.from_ids(ids)
    numbers = random.sample(range(1, 1000), len(masks.regions))
    renumbered = [replace(r, id=n) for r, n in zip(masks.regions, numbers, strict=True)]
    random.shuffle(renumbered)
    again = CODEC.encode(InstanceMasks(masks.shape, tuple(renumbered)))
    assert np.array_equal(again.rgb, CODEC.encode(masks).rgb)


@pytest.mark.parametrize("count", [1, 19, 500])
def test_a_clean_copy_is_exact_painted_or_not(count):
    masks = InstanceMasks.from_ids(scene(count)[0])
    code = CODEC.encode(masks)
    for exact in (True, False):
        assert same(CODEC.decode(vt.Code(code.rgb, code.legend, exact=exact)).target, masks)


def test_without_a_legend_exact_codes_number_instances_in_raster_order():
    masks = InstanceMasks.from_ids(np.array([[0, 9, 9], [4, 4, 9], [0, 0, 7]]))
    read = CODEC.decode(vt.Code(CODEC.encode(masks).rgb)).target
    assert read.id_map().tolist() == [[0, 1, 1], [2, 2, 1], [0, 0, 3]]


def test_a_thousand_one_pixel_instances_are_exact_and_one_more_is_refused():
    ids = np.arange(1, 1002).reshape(1, -1)
    masks = InstanceMasks.from_ids(ids[:, :1000])
    assert same(CODEC.decode(CODEC.encode(masks)).target, masks)
    with pytest.raises(TargetError, match=r"at most 1000 .*got 1001\. Encode each of .*pages"):
        CODEC.encode(InstanceMasks.from_ids(ids))
    assert [len(page.regions) for page in CODEC.pages(InstanceMasks.from_ids(ids))] == [1000, 1]


@pytest.mark.parametrize(("count", "least"), [(5, 2.0), (100, 2.0), (500, 3.0)])
def test_neighbors_are_painted_farther_apart_than_at_random(count, least):
    ids = np.unique(scene(count)[0], return_inverse=True)[1].reshape(448, 600).astype(np.int32)
    total = int(ids.max())
    code = CODEC.encode(InstanceMasks.from_ids(ids))
    colors = np.array([code.legend.colors[str(rank + 1)] for rank in range(total)], dtype=float)
    apart = np.sqrt(((colors[:, None] - colors) ** 2).sum(axis=2))
    meets = neighbors(ids, total)
    anyhow = distinct(total, reserved=((0, 0, 0),))
    assert set(map(tuple, colors.astype(int).tolist())) == set(map(tuple, anyhow.tolist()))
    if count > 5:
        assert apart[meets].min() > least * min_distance(anyhow)


def test_neighbors_are_those_within_seven_pixels_of_background():
    ids = np.zeros((20, 40), dtype=np.int32)
    ids[:, :5], ids[:, 10:15], ids[:, 24:] = 1, 2, 3
    assert neighbors(ids, 3).tolist() == [
        [False, True, False], [True, False, False], [False, False, False],
    ]  # fmt: skip


# ── Pages ──


def test_overlapping_masks_are_refused_and_told_where_to_go():
    with pytest.raises(
        TargetError, match=r"got 10, overlapping\. Encode each of .*pages\(target\)"
    ):
        CODEC.encode(rectangles(10, height=60, width=60))


@pytest.mark.parametrize("count", [1, 10, 50, 200])
def test_every_mask_comes_back_from_exactly_one_page(count):
    masks = rectangles(count)
    pages = CODEC.pages(masks)
    read = [region for page in pages for region in CODEC.decode(CODEC.encode(page)).target.regions]
    together = InstanceMasks(masks.shape, tuple(read))
    assert sorted(region.id for region in read) == list(range(1, count + 1))
    assert same(together, masks)


@given(mask_stacks, st.randoms(use_true_random=False))
def test_pages_depend_on_the_masks_alone(stack, random):
    masks = InstanceMasks.from_masks([m for m in stack if m.any()], shape=stack.shape[1:])
    shuffled = list(masks.regions)
    random.shuffle(shuffled)
    for one, other in zip(
        CODEC.pages(masks), CODEC.pages(InstanceMasks(masks.shape, tuple(shuffled))), strict=True
    ):
        assert same(one, other)
        assert not one.overlap


def test_what_does_not_overlap_is_one_page_and_nothing_is_one_empty_page():
    ids = scene(20)[0]
    (page,) = CODEC.pages(InstanceMasks.from_ids(ids))
    assert np.array_equal(page.id_map(), ids)
    (empty,) = CODEC.pages(InstanceMasks((3, 4)))
    assert empty.regions == ()
    assert not CODEC.encode(empty).rgb.any()


# ── Pictures that others painted ──


def test_painted_noise_is_read_by_cores_not_by_pixels():
    ids = scene(100)[0]
    code = CODEC.encode(InstanceMasks.from_ids(ids))
    for kind, gain in (("jpg75", 0.1), ("vbx2", 0.1)):
        noisy = degraded(code.rgb, kind)
        by_core = CODEC.decode(vt.Code(noisy, code.legend, exact=False)).target.id_map()
        by_pixel = CODEC.decode(vt.Code(noisy, code.legend)).target.id_map()
        assert panoptic_quality(ids, by_core) > 0.95
        assert panoptic_quality(ids, by_core) > panoptic_quality(ids, by_pixel) + gain


def test_a_painted_color_that_no_id_has_is_background():
    rgb = np.zeros((60, 60, 3), dtype=np.uint8)
    rgb[10:30, 10:30], rgb[10:30, 30:50] = (250, 3, 4), (0, 90, 200)
    read = CODEC.decode(vt.Code(rgb, Legend({"3": (255, 0, 0)}), exact=False))
    assert set(np.unique(read.target.id_map()).tolist()) == {0, 3}
    assert (read.target.id_map()[12:28, 12:28] == 3).all()
    assert not read.target.id_map()[12:28, 33:48].any()


def test_the_legend_of_a_painted_picture_says_its_background():
    rgb = np.full((60, 60, 3), (16, 167, 9), dtype=np.uint8)
    rgb[20:40, 20:40] = (200, 30, 200)
    legend = Legend({"background": (16, 170, 5)})
    assert len(CODEC.decode(vt.Code(rgb, legend, exact=False)).target.regions) == 1
    assert len(CODEC.decode(rgb).target.regions) == 2


@pytest.mark.parametrize(
    "facts", [{}, {"labels": 3, "crowds": "x"}, {"labels": "[1]", "crowds": '{"a":1}'}]
)
def test_facts_of_another_form_say_nothing(facts):
    code = vt.Code(np.zeros((2, 2, 3), np.uint8), Legend({"2": (0, 0, 0), "cat": (9, 9, 9)}, facts))
    (region,) = CODEC.decode(code).target.regions
    assert (region.id, region.label, region.crowd) == (2, None, False)


def test_two_ids_of_one_color_are_refused_by_name():
    code = vt.Code(np.zeros((2, 2, 3), np.uint8), Legend({"2": (9, 9, 9), "5": (9, 9, 9)}))
    with pytest.raises(CodeError, match="paint 2 and 5 differently"):
        CODEC.decode(code)


def test_the_spec_names_the_decoder_and_its_parameters():
    codec = vt.codec("instances", decoder={"name": "paper", "connectivity": 8})
    assert codec.spec()["params"]["decoder"]["connectivity"] == 8
    assert codec_from_spec(codec.spec()) == codec
    with pytest.raises(SpecError, match="must be one of 8, 16, got 7"):
        vt.codec("instances", decoder={"name": "paper", "connectivity": 7})


@pytest.mark.slow
def test_listed_colors_survive_jpeg_75_with_500_shapes():
    for seed in (2, 3):
        ids = shape_scene(seed, 500)[0]
        code = CODEC.encode(InstanceMasks.from_ids(ids))
        for kind, least in (("g8", 0.98), ("jpg75", 0.95), ("vblike", 0.98)):
            painted = vt.Code(degraded(code.rgb, kind), code.legend, exact=False)
            assert panoptic_quality(ids, CODEC.decode(painted).target.id_map()) >= least


# Colors that a prompt states.


@st.composite
def stated_colors(draw):
    """A picture's instances, and colors for some of them, all different and none black."""
    target = InstanceMasks.from_ids(draw(id_maps))
    ids = [region.id for region in target.regions]
    some = draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    channel = st.integers(0, 255)
    colors = st.lists(
        st.tuples(channel, channel, channel).filter(any),
        min_size=len(some),
        max_size=len(some),
        unique=True,
    )
    return target, dict(zip(some, draw(colors), strict=True))


@given(stated_colors())
def test_stated_colors_are_painted_and_every_id_comes_back(drawn):
    target, colors = drawn

    code = CODEC.encode(target, colors=colors)

    ids = target.id_map()
    for id_, color in colors.items():
        assert (code.rgb[ids == id_] == color).all()
        assert code.legend.colors[str(id_)] == color
    assert same(target, CODEC.decode(through_legend(code)).target)


@pytest.mark.parametrize("count", [2, 5, 20])
def test_other_instances_get_colors_far_from_the_stated_ones(count):
    target = InstanceMasks.from_ids(scene(count)[0])
    some = [region.id for region in target.regions][: count // 2]
    colors = dict(zip(some, [(250, 4, 4), (4, 250, 4), (4, 4, 250), (250, 250, 4)], strict=False))

    listed = CODEC.encode(target, colors=colors).legend.colors
    free = [color for name, color in listed.items() if name not in map(str, colors)]
    apart = [np.hypot.reduce(np.subtract(one, other)) for one in free for other in colors.values()]

    alone = min_distance(distinct(count + 1))
    assert min(apart) >= alone / 2


def test_no_stated_color_is_as_none_at_all():
    target = rectangles(3)
    page = CODEC.pages(target)[0]

    alone = CODEC.encode(page)
    for colors in ({}, {999: (1, 2, 3)}):
        code = CODEC.encode(page, colors=colors)
        assert np.array_equal(code.rgb, alone.rgb)
        assert code.legend == alone.legend


@pytest.mark.parametrize(
    ("colors", "message"),
    [
        ({1: (9, 9, 9), 2: (9, 9, 9)}, r"must all differ.*got \(9, 9, 9\) twice"),
        ({1: (0, 0, 0)}, r"from the background's too, got \(0, 0, 0\) twice"),
        ({1: (256, 0, 0)}, "must be 8-bit, got 0 to 256"),
        ({1: (-1, 0, 0)}, "must be 8-bit, got -1 to 0"),
    ],
)
def test_stated_colors_that_cannot_be_told_apart_are_refused(colors, message):
    target = InstanceMasks.from_ids(np.array([[0, 1, 2]]))
    with pytest.raises((TargetError, SpecError), match=message):
        CODEC.encode(target, colors=colors)


def test_stated_colors_are_painted_into_the_buffer_that_is_given():
    target = InstanceMasks.from_ids(np.array([[0, 7, 2]]))
    out = np.zeros((1, 3, 3), dtype=np.uint8)

    code = CODEC.encode(target, colors={7: (1, 2, 200)}, out=out)

    assert code.rgb is out or np.shares_memory(code.rgb, out)
    assert out[0, 1].tolist() == [1, 2, 200]
