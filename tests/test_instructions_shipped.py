"""The shipped pools: enough phrasings of every kind, that read well with every legend style."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

import pytest

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.instructions import (
    MAX_TOKENS,
    Template,
    estimate_tokens,
    load_pool,
    pool_faults,
    pool_names,
)

FIELDS = {
    "binary": ("name", "color", "background_color"),
    "depth": ("colormap", "colors", "far"),
    "instance": ("name", "background", "legend", "mapping"),
    "keypoints": ("joints", "legend", "mapping"),
    "normals": ("axes",),
    "panoptic": ("classes", "background", "legend", "mapping"),
    "part": ("classes", "legend", "mapping"),
    "reasoning": ("question", "color", "background_color"),
    "referring": ("phrase", "color", "background_color", "legend", "mapping"),
    "relative-depth": ("colormap", "colors", "far"),
    "semantic": ("classes", "legend", "mapping"),
}
POOLS = {name: load_pool(name) for name in FIELDS}
EVERY = [
    pytest.param(template, id=f"{name}-{template.id}")
    for name, pool in POOLS.items()
    for template in pool.templates
]

COLORS = ["(255, 192, 128)", "<255, 165, 0>", "#80c000", "RGB(88, 50, 82)", "light purple"]
LEGENDS = [
    "The chair is shown in {0}.",
    "The chair is shown in {0}. The traffic light is represented by {0}. The background is {0}.",
    'Color mapping: {{"chair": {0}, "traffic light": {0}, "background": {0}}}.',
    "Colors: chair {0}, traffic light {0}. Everything else is {0}.",
    "{0} is used for the chair, {0} for the traffic light.",
    " ".join(f"The {name} is {{0}}." for name in (*COCO_JOINTS, "sky", "rider")),
]
MAPPINGS = [
    '{{"chair": {0}}}',
    '{{"chair": {0}, "traffic light": {0}, "background": {0}}}',
    "chair in {0}, traffic light in {0}, background in {0}",
    "chair = {0}; traffic light = {0}",
]
VALUES = {
    "legend": [legend.format(color) for legend, color in product(LEGENDS, COLORS)],
    "mapping": [mapping.format(color) for mapping, color in product(MAPPINGS, COLORS)],
    "color": COLORS,
    "background_color": COLORS,
    "background": ["", *(f"The background is {color}." for color in COLORS)],
    "colormap": ["rainbow", "viridis", "grayscale", "inferno"],
    "colors": ["black-red-yellow-green-cyan-blue-magenta-white", "purple-teal-green-yellow"],
    "far": ["", "The sky, and whatever else is infinitely far, is blue."],
    "axes": ["Red grows to the right, green upward and blue toward the viewer."],
    "name": ["chair", "traffic light", "orange"],
    "classes": ["chair", "chair, table and sofa"],
    "phrase": ["the red chair left of the table", "man on the left.", "the two 'twins' (front)"],
    "question": ["what would one sit on?", "the thing to sit on", "Something to sit on."],
    "joints": ["nose", "left wrist and nose", "nose, left eye, right eye and left ear"],
}


def prompts(template: Template) -> Iterable[str]:
    """The template with each value of each of its fields, the others first in their lists."""
    plain = {name: VALUES[name][0] for name in template.fields}
    yield template.render(plain)
    for name in sorted(template.fields):
        for value in VALUES[name]:
            yield template.render({**plain, name: value})


def naming(pool: str, *, some: str = "", none: str = "") -> list[Template]:
    """The templates that name one of the fields of each group in `some`, and none of `none`."""
    groups = [group.split("|") for group in some.split()]
    return [
        template
        for template in POOLS[pool].templates
        if not any(template.fields.isdisjoint(group) for group in groups)
        and template.fields.isdisjoint(none.split())
    ]


def test_every_task_has_its_pool() -> None:
    assert pool_names() == tuple(sorted(FIELDS))


@pytest.mark.parametrize("name", FIELDS)
def test_a_shipped_pool_holds_at_least_30_different_single_lines(name) -> None:
    texts = [template.text for template in POOLS[name].templates]
    assert len(set(texts)) == len(texts) >= 30
    assert len({re.sub(r"\W+", " ", text).casefold() for text in texts}) == len(texts)
    assert len({template.id for template in POOLS[name].templates}) == len(texts)
    assert not pool_faults(name, known=FIELDS[name])


@pytest.mark.parametrize("name", FIELDS)
def test_a_shipped_pool_has_many_styles(name) -> None:
    texts = [template.text for template in POOLS[name].templates]
    lengths = [len(text.split()) for text in texts]
    assert min(lengths) <= 7
    assert max(lengths) >= 14
    assert sum("?" in text for text in texts) >= 2
    assert sum(text.startswith(("This ", "A ", "Here, ", "The ")) for text in texts) >= 4
    assert sum(text.startswith("Task: ") for text in texts) >= 1
    firsts = [text.split()[0] for text in texts if not text.startswith("{")]
    assert len(set(firsts)) >= 15


@pytest.mark.parametrize(
    ("pool", "some", "none", "least"),
    [
        ("depth", "", "colormap colors", 12),
        ("depth", "colormap|colors", "", 18),
        ("depth", "colormap|colors far", "", 10),
        ("normals", "", "axes", 24),
        ("normals", "axes", "", 6),
        ("semantic", "legend", "", 18),
        ("semantic", "mapping", "", 8),
        ("semantic", "classes", "", 3),
        ("part", "legend", "", 18),
        ("part", "mapping", "", 8),
        ("part", "classes", "", 3),
        ("instance", "name", "legend mapping", 20),
        ("instance", "name background", "legend mapping", 8),
        ("instance", "name legend|mapping", "", 10),
        ("binary", "name color", "", 30),
        ("binary", "name color background_color", "", 10),
        ("referring", "phrase color", "legend mapping", 18),
        ("referring", "phrase color background_color", "legend mapping", 6),
        ("referring", "legend|mapping", "phrase color background_color", 12),
        ("reasoning", "question color", "", 30),
        ("reasoning", "question color background_color", "", 10),
        ("keypoints", "joints", "legend mapping", 15),
        ("keypoints", "joints legend|mapping", "", 15),
        ("panoptic", "", "legend mapping", 12),
        ("panoptic", "classes", "legend mapping", 8),
        ("panoptic", "legend|mapping", "classes", 18),
    ],
)
def test_every_kind_of_pair_has_phrasings_to_choose_from(pool, some, none, least) -> None:
    kind = naming(pool, some=some, none=none)
    held = [template for template in kind if template.id in POOLS[pool].evaluation_ids]
    assert len(kind) >= least
    assert len(held) >= (2 if least >= 6 else 0)
    assert len(kind) - len(held) >= 2


@pytest.mark.parametrize(
    ("pool", "groups"),
    [
        ("semantic", "legend|mapping"),
        ("part", "legend|mapping"),
        ("instance", "name"),
        ("binary", "name color"),
        ("reasoning", "question color"),
        ("keypoints", "joints"),
        ("referring", "phrase|legend|mapping color|legend|mapping"),
    ],
)
def test_no_phrasing_leaves_open_what_its_task_asks_for(pool, groups) -> None:
    assert naming(pool, some=groups) == list(POOLS[pool].templates)


@pytest.mark.parametrize("template", EVERY)
def test_a_phrasing_reads_well_with_every_value(template) -> None:
    for prompt in prompts(template):
        assert prompt == " ".join(prompt.split())
        assert not re.search(r"\{[a-z_]+\}|\{\{|\}\}", prompt)
        assert prompt[0].isupper() or prompt.startswith(tuple("(<#"))
        assert prompt.endswith((".", "?"))
        assert not re.search(r"[.?!:,;]{2}| [.,;:?!)]|\( ", prompt)
        assert not re.search(r"[a-z\"')>}] [A-Z][a-z]+ [a-z]", prompt.replace(" Red ", " red "))
        assert estimate_tokens(prompt) <= MAX_TOKENS


@pytest.mark.parametrize("template", EVERY)
def test_no_phrasing_puts_an_article_before_a_value(template) -> None:
    """For "a orange" and "an chair" are wrong, and "the the man" too."""
    assert not re.search(r"\b(a|an) \{", template.text, re.IGNORECASE)
    assert not re.search(r"\bthe \{phrase\}", template.text, re.IGNORECASE)


@pytest.mark.parametrize("template", EVERY)
def test_no_legend_begins_where_a_capital_would_change_it(template) -> None:
    assert not re.search(r"(^|[.?!] )\{mapping\}", template.text)


def test_no_phrasing_for_depth_says_what_is_true_for_one_colormap_alone() -> None:
    words = r"\b(rainbow|black|white|red|gray|viridis|meters?)\b|\d"
    for template in POOLS["depth"].templates:
        assert not re.search(words, template.text)
        assert "near" not in template.text or "colors" in template.fields


@pytest.mark.parametrize("name", FIELDS)
def test_sentences_against_confusion_can_follow_any_prompt(name) -> None:
    sentences = POOLS[name].confusion
    assert 4 <= len(sentences) <= 8
    for sentence in sentences:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert not re.search(r"[{}]", sentence)
    others = {s for other, pool in POOLS.items() if other != name for s in pool.confusion}
    assert set(sentences) - others
