"""Panoptic segments as flat colors: exact, with ids, classes, things, crowds and void."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import vtencode as vt
from vtencode.codecs.panoptic import PanopticCodec
from vtencode.errors import CodeError, SpecError, TargetError
from vtencode.legends import Legend
from vtencode.noise import degraded
from vtencode.targets import PanopticMap, Segment, SemanticMask
from vtencode.testing import check_codec

CODEC = PanopticCodec()
SEGMENTS = (
    Segment(1, "sky", thing=False),
    Segment(2, "car", thing=True),
    Segment(3, "car", thing=True, crowd=True),
    Segment(9, "car 1", thing=False),
    Segment(70_000, "—", thing=True),
)
panoptic_maps = (
    st.tuples(st.integers(0, 9), st.integers(0, 9))
    .flatmap(
        lambda shape: hnp.arrays(
            np.int64, shape, elements=st.sampled_from([0, *(s.id for s in SEGMENTS)])
        )
    )
    .map(lambda ids: PanopticMap(ids, SEGMENTS))
)


def read_coco(folder, record: dict, categories: dict) -> PanopticMap:
    """A COCO panoptic annotation: id = R + 256 G + 65536 B, 0 for void."""
    png = np.asarray(Image.open(folder / record["file_name"])).astype(np.int64)
    segments = [
        Segment(
            info["id"],
            categories[info["category_id"]]["name"],
            thing=bool(categories[info["category_id"]]["isthing"]),
            crowd=bool(info["iscrowd"]),
        )
        for info in record["segments_info"]
    ]
    return PanopticMap(png @ np.array([1, 256, 65536]), tuple(segments))


def coco(samples) -> list[PanopticMap]:
    root = samples / "coco_panoptic"
    listed = json.loads((root / "panoptic_coco_categories.json").read_text())
    categories = {category["id"]: category for category in listed}
    records = json.loads((root / "panoptic_examples.json").read_text())["annotations"]
    return [read_coco(root / "panoptic_examples", record, categories) for record in records]


def through_legend(code: vt.Code) -> vt.Code:
    return vt.Code(code.rgb, Legend.from_json(code.legend.to_json()))


def test_all_laws_hold():
    assert check_codec(CODEC, panoptic_maps, examples=25).ok


@pytest.mark.slow
@pytest.mark.parametrize("codec", [CODEC, PanopticCodec(void=(128, 128, 128))])
def test_all_laws_hold_on_many_examples(codec):
    assert check_codec(codec, panoptic_maps, examples=300).ok


def test_coco_panoptic_maps_come_back_exactly(samples):
    found = coco(samples)
    assert len(found) == 2
    for panoptic in found:
        code = CODEC.encode(panoptic)
        read = CODEC.decode(through_legend(code)).target
        assert np.array_equal(read.ids, panoptic.ids)
        assert read.segments == panoptic.segments
        assert not code.rgb[panoptic.ids == 0].any()
        things = [segment for segment in panoptic.segments if segment.thing]
        assert len(things) > 1
        assert len(set(code.legend.colors.values())) == len(panoptic.segments) + 1


def test_painted_coco_panoptic_maps_are_read_through_jpeg(samples):
    for panoptic in coco(samples):
        code = CODEC.encode(panoptic)
        painted = vt.Code(degraded(code.rgb, "jpg75"), code.legend, exact=False)
        assert (CODEC.decode(painted).target.ids == panoptic.ids).mean() > 0.98


@given(panoptic_maps)
def test_any_map_is_exact_with_its_legend(panoptic):
    read = CODEC.decode(through_legend(CODEC.encode(panoptic))).target
    assert np.array_equal(read.ids, panoptic.ids)
    assert read.segments == panoptic.segments


@given(panoptic_maps)
def test_classes_and_instances_together_are_the_map(panoptic):
    semantic, instances = panoptic.semantic(), panoptic.instances()
    assert set(instances.id_map().flat) <= {0, *(s.id for s in panoptic.segments if s.thing)}
    again = PanopticMap.from_parts(
        semantic, instances.id_map(), things={s.label for s in panoptic.segments if s.thing}
    )
    pairs = set(zip(panoptic.ids.flat, again.ids.flat, strict=True))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    assert np.array_equal(again.ids == 0, panoptic.ids == 0)
    label = {s.id: (s.label, s.thing) for s in panoptic.segments}
    crossed = {s.id: (s.label, s.thing) for s in again.segments}
    assert all(one == 0 or label[one] == crossed[other] for one, other in pairs)


def test_what_has_no_instance_of_a_thing_class_is_a_crowd():
    semantic = SemanticMask(np.array([[0, 0, 1, 1, 255]]), ("car", "road"), void=255)
    panoptic = PanopticMap.from_parts(semantic, np.array([[0, 4, 0, 0, 3]]))
    assert [(s.label, s.thing, s.crowd) for s in panoptic.segments] == [
        ("car", True, True), ("car", True, False), ("road", False, False),
    ]  # fmt: skip
    assert panoptic.ids.tolist() == [[1, 2, 3, 3, 0]]


def test_instances_of_stuff_are_one_segment():
    semantic = SemanticMask(np.zeros((1, 3), int), ("grass",))
    panoptic = PanopticMap.from_parts(semantic, np.array([[0, 1, 2]]), things=())
    assert panoptic.ids.tolist() == [[1, 1, 1]]
    assert panoptic.segments == (Segment(1, "grass", thing=False),)


def test_legends_name_stuff_by_class_and_things_by_number():
    ids = np.array([[2, 1, 9, 3, 0]])
    assert [*CODEC.encode(PanopticMap(ids, SEGMENTS)).legend.colors] == [
        "void", "car 2", "sky", "car 1", "car 3",
    ]  # fmt: skip


def test_colors_do_not_depend_on_ids():
    ids = np.array([[1, 1, 2], [3, 0, 2]])
    renamed = {1: 3, 2: 9, 3: 2, 0: 0}
    other = np.vectorize(renamed.get)(ids)
    one, two = (CODEC.encode(PanopticMap(plane, SEGMENTS)).rgb for plane in (ids, other))
    assert np.array_equal(one, two)


def test_a_legend_without_facts_is_read_by_its_names():
    legend = Legend({"person 1": (255, 0, 0), "person 2": (0, 255, 0), "sky": (0, 0, 255)})
    rgb = np.array([[(255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)]], dtype=np.uint8)
    read = CODEC.decode(vt.Code(rgb, legend)).target
    assert [(s.id, s.label, s.thing) for s in read.segments] == [
        (1, "person", True), (2, "person", True), (3, "sky", False),
    ]  # fmt: skip
    assert read.ids.tolist() == [[1, 2, 3, 0]]


@pytest.mark.parametrize(
    "facts",
    [
        {"segments": 3},
        {"segments": "[]"},
        {"segments": '[[0,"a",true,false]]'},
        {"segments": '[[1,"",true,false]]'},
        {"segments": '[[1,"a",1,false]]'},
        {"segments": '[[true,"a",true,false]]'},
    ],
)
def test_facts_of_another_form_say_nothing(facts):
    code = vt.Code(np.full((1, 1, 3), 255, np.uint8), Legend({"a": (255, 255, 255)}, facts))
    assert CODEC.decode(code).target.segments == (Segment(1, "a", thing=False),)


def test_free_colors_are_things_that_nothing_more_is_said_of():
    rgb = np.zeros((40, 60, 3), dtype=np.uint8)
    rgb[5:35, 5:25], rgb[5:35, 30:55] = (250, 0, 0), (0, 250, 90)
    read = CODEC.decode(rgb).target
    assert [(s.label, s.thing) for s in read.segments] == [("thing", True)] * 2
    assert not CODEC.error(read, CODEC.decode(CODEC.encode(read)).target).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PanopticMap(np.zeros((2, 2)), ()), "PanopticMap.ids must be integer (H, W)"),
        (lambda: PanopticMap(np.array([[5]]), ()), "describe each id once, got none for 5"),
        (lambda: PanopticMap(np.array([[-1]]), ()), "got none for -1"),
        (lambda: PanopticMap(np.array([[1]]), SEGMENTS[:1] * 2), "got two of one id"),
        (
            lambda: PanopticMap(np.array([[1, 2]]), (SEGMENTS[0], Segment(2, "sky", thing=False))),
            "one segment a stuff class, got two of 'sky'",
        ),
        (lambda: Segment(0, "sky", thing=False), "id of 1 to 2147483647"),
        (lambda: Segment(1, "", thing=False), "and a label"),
        (
            lambda: CODEC.encode(PanopticMap([[1]], (Segment(1, "void", thing=False),))),
            "must not be labeled 'void'",
        ),
        (
            lambda: PanopticMap.from_parts(SemanticMask([[0]], ("a",)), np.zeros((2, 2), int)),
            "instances must be integer (1, 1)",
        ),
        (lambda: PanopticCodec(void=(0, 0, -1)), "void must be 8-bit RGB"),
        (
            lambda: CODEC.encode(
                PanopticMap(
                    np.arange(1, 1002)[None],
                    tuple(Segment(id_, "a", thing=True) for id_ in range(1, 1002)),
                )
            ),
            "at most 1000 segments",
        ),
        (
            lambda: CODEC.decode(
                vt.Code(np.zeros((1, 1, 3), np.uint8), Legend({"a": (1, 1, 1), "b": (1, 1, 1)}))
            ),
            "paint 1 and 2 differently",
        ),
    ],
)
def test_what_cannot_be_held_says_why(make, message):
    with pytest.raises((TargetError, SpecError, CodeError)) as caught:
        make()
    assert message in str(caught.value)


# Colors that a prompt states.


@given(panoptic_maps, st.permutations([(9, 200, 30), (255, 255, 255), (1, 0, 0), (77, 77, 77)]))
def test_stated_colors_are_painted_and_every_segment_comes_back(panoptic, palette):
    colors = dict(zip([1, 3, 70_000], palette, strict=False))

    code = CODEC.encode(panoptic, colors=colors)

    for id_, color in colors.items():
        assert (code.rgb[panoptic.ids == id_] == color).all()
    assert not code.rgb[panoptic.ids == 0].any()
    found = CODEC.decode(through_legend(code)).target
    assert np.array_equal(found.ids, panoptic.ids)
    assert found.segments == panoptic.segments


def test_other_segments_get_colors_far_from_the_stated_ones():
    ids = np.repeat([[0, 1, 2, 3, 9]], 4, axis=0)
    stated = {1: (250, 250, 4), 9: (4, 250, 250)}  # what the codec would choose itself, nearly

    code = CODEC.encode(PanopticMap(ids, SEGMENTS), colors=stated)

    free = [code.rgb[0, 2], code.rgb[0, 3], np.zeros(3)]
    for color in stated.values():
        assert min(np.hypot.reduce(np.subtract(color, other)) for other in free) > 100


@pytest.mark.parametrize(
    ("colors", "message"),
    [
        ({1: (9, 9, 9), 2: (9, 9, 9)}, r"must all differ.*got \(9, 9, 9\) twice"),
        ({2: (0, 0, 0)}, r"from the background's too, got \(0, 0, 0\) twice"),
        ({2: (0, 300, 0)}, "must be 8-bit, got 0 to 300"),
    ],
)
def test_stated_colors_that_cannot_be_told_apart_are_refused(colors, message):
    panoptic = PanopticMap(np.array([[0, 1, 2]]), SEGMENTS)
    with pytest.raises((TargetError, SpecError), match=message):
        CODEC.encode(panoptic, colors=colors)


def test_a_void_of_another_color_may_not_be_stated_either():
    white = vt.codec("panoptic", void=[255, 255, 255])
    panoptic = PanopticMap(np.array([[0, 1, 2]]), SEGMENTS)

    with pytest.raises(TargetError, match=r"got \(255, 255, 255\) twice"):
        white.encode(panoptic, colors={1: (255, 255, 255)})
    code = white.encode(panoptic, colors={1: (0, 0, 0)})
    assert code.rgb[0].tolist()[:2] == [[255, 255, 255], [0, 0, 0]]
    assert white.decode(code).target.segments == panoptic.segments
