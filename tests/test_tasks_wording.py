"""Prompts as a person reads them: what they count, call, and leave unsaid."""

from __future__ import annotations

import re

import numpy as np
import pytest

import vtencode as vt
from vtencode.instructions import Template, load_pool
from vtencode.legends import STYLES, parse, render
from vtencode.palettes import parse_color
from vtencode.registry import find
from vtencode.seeds import Chance
from vtencode.spec import from_params
from vtencode.targets import Expression, Expressions

CHANCES = [Chance(0, f"wording-{at}", turn=at) for at in range(60)]


def ask(name, target, chance, codec=None, **options):
    task = from_params(find("task", name), options)
    return task.ask(target, codec or vt.codec(task.codec), chance, where="here")


def prompt(name, question, chance):
    pool = load_pool(find("task", name).pool)
    template = pool.pick(chance, supplied=set(question.fields), convey=question.convey)
    return template.render(question.fields)


@pytest.fixture(scope="module")
def people():
    """The first from the left shows no ankle; those of the others are far to the left."""
    xy = np.array([[[10, 10], [0, 0]], [[50, 10], [5, 60]], [[90, 10], [3, 70]]], dtype=np.float32)
    seen = np.array([[2, 0], [2, 2], [2, 1]])
    return vt.Keypoints(xy, seen, ("nose", "left_ankle"), shape=(96, 128))


@pytest.fixture(scope="module")
def masks():
    ids = np.zeros((32, 32), dtype=int)
    ids[4:12, 4:12], ids[4:12, 20:28] = 1, 2
    return vt.InstanceMasks.from_ids(ids, labels={1: "chair", 2: "chair"})


def test_people_are_counted_from_the_left_with_all_their_joints(people):
    legends = [
        parse(question.fields["legend"])
        for question in (ask("keypoints", people, c, negatives=0.0, stated=1.0) for c in CHANCES)
        if question.asked == ("left ankle",)
    ]

    assert legends
    for legend in legends:
        legend.pop("background", None)
        assert list(legend) == [
            f"{way}left ankle of the {number} person from the left"
            for number in ("second", "third")
            for way in ("", "hidden ")
        ]


def test_legends_of_joints_are_written_in_every_notation(people):
    legends = [
        question.fields["mapping"]
        for question in (ask("keypoints", people, c, negatives=0.0, stated=1.0) for c in CHANCES)
        if "mapping" in question.fields
    ]

    for notation in (r"RGB\(", r"[ (]\(\d", "<", "#"):
        assert any(re.search(notation, legend) for legend in legends), notation
    assert any(not re.search(r"\d", legend) for legend in legends)


@pytest.mark.parametrize(
    "text", ["Paint it in {color}.", "A mask in {color} on {background_color}."]
)
def test_a_mask_is_not_asked_for_without_saying_of_what(masks, text):
    question = ask("binary", masks, CHANCES[0])

    assert not load_pool([text]).eligible(set(question.fields), question.convey)
    assert Template(text).fields <= set(question.fields)


def test_phrases_of_all_are_nouns_in_a_legend(masks):
    said = Expressions(masks, (Expression("all chairs", (1, 2)),))

    question = ask("referring", said, CHANCES[0], negatives=0.0)

    assert "chairs" in parse(question.fields["mapping"])
    assert question.fields["phrase"] == "all chairs"


def test_a_panoptic_prompt_says_nothing_of_a_background_among_its_segments():
    ids = np.repeat([[0, 1]], 8, axis=0).repeat(8, axis=1)
    target = vt.PanopticMap.from_parts(vt.SemanticMask(ids, ("wall", "floor")), 0 * ids, things=[])

    for chance in CHANCES:
        text = prompt("panoptic", ask("panoptic", target, chance, negatives=0.0), chance)
        assert not re.search("background|everything else|all other pixels", text, re.IGNORECASE), (
            text
        )


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize(("path", "told"), [("gray", "blue"), ("viridis", "white"), ("cube", None)])
def test_the_color_of_the_sky_is_told_where_the_colormap_does_not_end_with_it(path, told, far):
    meters = np.array([[1.0, np.inf if far else 2.0]], dtype=np.float32)
    codec = vt.codec("depth", path={"name": path}, unknown=[255, 0, 0] if told else [128] * 3)

    for chance in CHANCES:
        question = ask("depth", vt.DepthMap(meters), chance, codec)
        text = prompt("depth", question, chance)
        sky = re.search(r"The sky, and whatever else is infinitely far, is (\w+)\.", text)
        assert (sky and sky[1]) == (told if far else None), text
        if sky:
            assert tuple(question.code.rgb[0, 1].tolist()) == parse_color(sky[1])


def test_a_sentence_does_not_begin_with_the_name_of_a_color_alone():
    """For "Snow stands for the chair" and "Tan marks the door" say something else."""
    style = next(s for s in STYLES if (s.form, s.color) == ("sentences", "name"))
    legend = {"chair": (255, 250, 250), "door": (210, 180, 140), "two cups": (0, 255, 255)}

    told = [render(legend, style, chance) for chance in CHANCES]

    bare = re.compile(r"(^|[.,;] (and )?)(snow|tan|cyan)", re.IGNORECASE)
    assert not any(map(bare.search, told))
    assert any(re.search("The color snow (marks|stands for|denotes) the chair", t) for t in told)


def test_a_class_that_cannot_be_counted_is_asked_for_as_well():
    """For "each sky" and "every ground" are wrong; the pool does not know what it is asked."""
    for template in load_pool("binary").templates:
        assert not re.search(r"\b(each|every|one) \{name\}", template.text)


def test_a_legend_may_have_one_phrase_alone():
    plural = r"\b(these|regions|expressions|each of|one color per)\b"
    for template in load_pool("referring").templates:
        if not template.fields.isdisjoint(("legend", "mapping")):
            assert not re.search(plural, template.text), template.text
