"""Names as datasets write them: doubled, empty of meaning, with commas; and who is whose."""

from __future__ import annotations

import numpy as np
import pytest

import vtencode as vt
from vtencode.errors import SampleFiltered
from vtencode.instructions import load_pool
from vtencode.legends import parse
from vtencode.registry import find
from vtencode.seeds import Chance
from vtencode.spec import from_params
from vtencode.targets import Expression, Expressions, PanopticMap, Segment

CHANCES = [Chance(0, f"pair-{at}", turn=at) for at in range(60)]
QUARTERS = np.repeat(np.repeat(np.array([[0, 1], [2, 3]]), 6, axis=0), 6, axis=1)
#: Two spellings of one class, and two that stand for no class.
DOUBTFUL = ("traffic_light", "traffic light", "Background", "void")


def ask(name, target, chance, **options):
    task = from_params(find("task", name), options)
    return task.ask(target, vt.codec(task.codec), chance, where="here")


def prompt(name, question, chance):
    kind = find("task", name)
    pool = load_pool(kind.pool, known=kind.fields)
    picked = pool.pick(chance, supplied=set(question.fields), convey=question.convey)
    return picked.render(question.fields)


def painted(question):
    return question.codec.decode(question.code).target


def masks_of(labels, vocabulary=()):
    masks = vt.InstanceMasks.from_ids(QUARTERS, labels=labels)
    return vt.InstanceMasks(masks.shape, masks.regions, vocabulary)


# Classes.


@pytest.mark.parametrize("name", ["semantic", "part", "binary"])
def test_names_that_are_said_alike_are_one_class(name):
    target = vt.SemanticMask(QUARTERS, DOUBTFUL)
    for chance in CHANCES:
        question = ask(name, target, chance)

        assert question.asked == ("traffic light",)
        assert not question.negative
        assert np.array_equal(painted(question).ids == 1, QUARTERS < 2)


def test_whole_vocabularies_leave_out_what_is_no_class():
    target = vt.SemanticMask(QUARTERS, DOUBTFUL)

    assert ask("semantic", target, CHANCES[0], legend="whole").asked == ("traffic light",)


def test_a_distractor_that_is_in_the_image_is_none():
    target = vt.SemanticMask(QUARTERS, ("wall", "floor", "traffic_light", "sofa"))
    strange = ["wall", "traffic light", "traffic_light", "zebra", "zebra", "void", "background"]
    for chance in CHANCES:
        question = ask("semantic", target, chance, distractors=strange, negatives=0.5)

        assert len({*question.asked}) == len(question.asked)
        assert not question.negative or question.asked == ("zebra",)


@pytest.mark.parametrize("name", ["semantic", "part", "binary"])
def test_what_nobody_labeled_is_known_to_show_nothing_at_all(name):
    unlabeled = vt.SemanticMask(np.full((4, 4), -1), ("wall", "floor"), void=-1)

    with pytest.raises(SampleFiltered, match="has no class to ask for"):
        ask(name, unlabeled, CHANCES[0], negatives=1.0)


@pytest.mark.parametrize("name", ["semantic", "binary"])
def test_an_image_that_shows_every_class_is_asked_for_one_of_them(name):
    target = vt.SemanticMask(QUARTERS, ("wall", "floor", "chair", "sofa"))

    assert not ask(name, target, CHANCES[0], negatives=1.0).negative


def test_more_classes_than_there_are_colors_are_too_long_a_prompt():
    target = vt.SemanticMask(QUARTERS, tuple(f"class {at}" for at in range(1200)))

    with pytest.raises(SampleFiltered, match="LONG"):
        ask("semantic", target, CHANCES[0], legend="whole")


@pytest.mark.parametrize("side", [1, 2])
def test_an_image_of_a_pixel_is_asked_about_as_any_other(side):
    target = vt.SemanticMask(np.zeros((side, side), dtype=int), ("wall", "floor"))
    for name in ("semantic", "binary"):
        assert ask(name, target, CHANCES[0], negatives=0.0).code.rgb.shape == (side, side, 3)


NAMES = ("painting, picture", '5" pipe', "salt and pepper", "a; b: c")


@pytest.mark.parametrize("name", ["binary", "semantic", "instance"])
def test_names_with_marks_of_their_own_are_quoted(name):
    target = vt.SemanticMask(QUARTERS, NAMES)
    if name == "instance":
        target = masks_of(dict(enumerate(NAMES)))
    for chance in CHANCES:
        question = ask(name, target, chance, negatives=0.0)
        text = prompt(name, question, chance)
        for said in question.asked:
            if said in ("painting, picture", "a; b: c"):
                assert f'"{said}"' in text


# Instances.


def test_spellings_of_one_class_are_instances_of_one_class():
    labels = {1: "traffic_light", 2: "traffic light", 3: "background"}
    target = masks_of(labels, ("traffic light", "void", "dog"))
    for chance in CHANCES:
        question = ask("instance", target, chance, negatives=0.3)

        if question.negative:
            assert question.asked == ("dog",)
        else:
            assert question.asked == ("traffic light",)
            assert len(painted(question).regions) == 2


def test_beside_labeled_objects_those_without_a_label_are_not_asked_for():
    target = masks_of({1: "cat"}, ("cat", "dog"))
    for chance in CHANCES:
        question = ask("instance", target, chance, negatives=0.5)

        assert (question.asked, question.negative) == (("cat",), False)  # one may be a dog


def test_objects_of_which_none_has_a_label_are_asked_for_all_together():
    question = ask("instance", masks_of({}), CHANCES[0])

    assert question.asked == ("object",)
    assert len(painted(question).regions) == 3


def test_colors_are_stated_only_where_the_order_from_the_left_can_be_seen():
    ids = np.zeros((40, 100), dtype=int)
    ids[2:10, 20:30], ids[20:30, 21:29] = 1, 2  # one above the other
    stacked = vt.InstanceMasks.from_ids(ids, labels={1: "cat", 2: "cat"})
    beside = vt.InstanceMasks.from_ids(np.roll(ids, 40, axis=1) * (ids == 0) + (ids == 1),
                                       labels={1: "cat", 2: "cat"})  # fmt: skip

    stated = [ask("instance", stacked, chance, stated=1.0).colors for chance in CHANCES]
    seen = [ask("instance", beside, chance, stated=1.0).colors for chance in CHANCES]

    assert not any(stated)
    assert all(seen)


# Phrases.


def said(*expressions):
    return Expressions(masks_of({1: "man", 2: "man", 3: "sky"}), expressions)


def test_words_that_mean_now_this_and_now_that_are_not_asked_for():
    target = said(
        Expression("man", (1,)),
        Expression("The man", (2,)),
        Expression("the man.", (3,)),
        Expression("background", (3,)),
        Expression("the void", (3,)),
        Expression("sky", (3,)),
        Expression("the sky", (3,)),
    )
    # "The" is no article that is taken away, and so another phrase; the rest is not clear
    asked = {ask("referring", target, chance, negatives=0.0).asked for chance in CHANCES}

    assert asked <= {("sky",), ("The man",), ("sky", "The man"), ("The man", "sky")}


def test_without_words_for_nothing_no_pair_is_lost():
    question = ask("referring", said(Expression("the man", (1, 2))), CHANCES[0], negatives=1.0)

    assert (question.asked, question.negative) == (("man",), False)


# Panoptic.


def test_stuff_that_is_said_alike_is_one_segment_and_background_is_none():
    labels = ("dirt_road", "dirt road", "background")
    segments = [Segment(at, label, thing=False) for at, label in enumerate(labels, start=1)]
    target = PanopticMap(QUARTERS, segments, (*labels, "void", "sky"))
    for chance in CHANCES:
        question = ask("panoptic", target, chance, stated=0.7, negatives=0.2)

        assert question.asked == (("sky",) if question.negative else ("dirt road",))
        rgb = question.code.rgb
        assert not rgb[(QUARTERS == 3) | (QUARTERS == 0)].any()
        if "mapping" in question.fields:
            (color,) = parse(question.fields["mapping"]).values()
            assert (rgb[(QUARTERS == 1) | (QUARTERS == 2)] == color).all()


# Joints.


def crowd(count, *, names=("nose", "left_wrist"), spread=30.0):
    x = 10 + spread * np.arange(count)
    xy = np.stack([np.stack([x, x + 3], axis=1), np.full((count, 2), 20.0)], axis=2)
    seen = np.full((count, len(names)), 2)
    return vt.Keypoints(xy, seen, names, shape=(60, int(spread * count) + 20))


def test_joints_off_the_picture_are_absent():
    people = crowd(2)
    cut = vt.Keypoints(people.xy_px - [[[30, 0]]], people.visibility, people.names, shape=(60, 80))
    for chance in CHANCES:
        question = ask("keypoints", cut, chance, negatives=0.0)

        assert len(question.target.visibility) == 1
        assert painted(question).present.sum() == question.target.present.sum()


def test_as_many_people_as_there_are_colors_for_are_painted():
    question = ask("keypoints", crowd(14), CHANCES[0], negatives=0.0)

    assert painted(question).present.all()
    assert len(question.target.visibility) == 14


def test_people_are_counted_with_those_who_hide_the_joint_that_is_asked_for():
    people = crowd(3)
    seen = people.visibility.copy()
    seen[0, 1] = 0  # the first from the left shows no wrist
    some = vt.Keypoints(people.xy_px, seen, people.names, shape=people.shape)
    asked = [ask("keypoints", some, c, negatives=0.0, stated=1.0, most=1) for c in CHANCES]
    wrists = [q for q in asked if q.asked == ("left wrist",) and "mapping" in q.fields]

    assert wrists
    for question in wrists:
        assert [*parse(question.fields["mapping"])][:2] == [
            "left wrist of the second person from the left",
            "left wrist of the third person from the left",
        ]


def test_colors_of_people_who_stand_one_above_the_other_are_not_stated():
    asked = [ask("keypoints", crowd(2, spread=0.1), c, stated=1.0) for c in CHANCES]

    assert not any("legend" in question.fields for question in asked)


def test_a_codec_with_colors_of_its_own_keeps_them_for_its_own_joints():
    codec = vt.codec("keypoints", joints=["nose", "left_wrist"], people=1,
                     colors=["red", "blue", "lime", "cyan"])  # fmt: skip
    task = from_params(find("task", "keypoints"), {"whole": 1.0, "stated": 0.0, "negatives": 0.0})

    for chance in CHANCES:
        question = task.ask(crowd(1), codec, chance, where="here")
        assert question.codec.colors == codec.colors
    assert task.ask(crowd(2), codec, CHANCES[0], where="here").codec.colors == ()
