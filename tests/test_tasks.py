"""Tasks: what is asked, what is painted, and that the prompt says what the picture needs."""

from __future__ import annotations

import re

import numpy as np
import pytest

import vtencode as vt
from vtencode.errors import SampleFiltered, SpecError
from vtencode.instructions import load_pool
from vtencode.legends import parse
from vtencode.palettes import parse_color
from vtencode.palettes.words import css
from vtencode.recipe import load_recipe, recipe_names
from vtencode.registry import find, names
from vtencode.seeds import Chance
from vtencode.spec import from_params
from vtencode.targets import Expression, Expressions

VOCABULARY = ("wall", "floor", "chair", "table", "lamp", "sofa")
CHANCES = [Chance(0, f"pair-{at}", turn=at) for at in range(120)]


def ask(name, target, chance, codec=None, **options):
    task = from_params(find("task", name), options)
    made = vt.codec(codec or task.codec)
    return task, task.ask(target, made, chance, where="here")


def painted(question):
    """What the picture of a question decodes to, by nothing but its codec and legend."""
    return question.codec.decode(question.code).target


def prompt(task, question, chance):
    pool = load_recipe_pool(task)
    template = pool.pick(chance, supplied=set(question.fields), convey=question.convey)
    return template.render(question.fields)


def load_recipe_pool(task):
    return load_pool(task.pool, known=task.fields)


@pytest.fixture(scope="module")
def classes():
    ids = np.repeat(np.repeat(np.array([[0, 1, 2], [2, 3, 255]]), 8, axis=0), 8, axis=1)
    return vt.SemanticMask(ids, VOCABULARY, void=255)


@pytest.fixture(scope="module")
def objects():
    ids = np.zeros((32, 64), dtype=int)
    for at in range(4):
        ids[4:12, 4 + 14 * at : 12 + 14 * at] = at + 1
    ids[20:28, 20:40] = 9
    labels = {1: "chair", 2: "chair", 3: "chair", 4: "chair", 9: "table"}
    masks = vt.InstanceMasks.from_ids(ids, labels=labels)
    return vt.InstanceMasks(masks.shape, masks.regions, VOCABULARY)


@pytest.fixture(scope="module")
def people():
    xy = np.array([[[10, 10], [20, 40], [30, 50]], [[70, 12], [60, 42], [0, 0]]], dtype=np.float32)
    seen = np.array([[2, 1, 2], [2, 2, 0]])
    names_ = ("nose", "left_wrist", "right_wrist")
    return vt.Keypoints(xy, seen, names_, flip_pairs=((1, 2),), shape=(64, 96))


@pytest.fixture(scope="module")
def said(objects):
    return Expressions(
        objects,
        (
            Expression("the chair on the left", (1,)),
            Expression("the two chairs on the right", (3, 4)),
            Expression("the table", (9,)),
            Expression("the lamp", ()),
            Expression("What could one put a plate on?", (9,), reasoning=True),
            Expression("What gives light?", (), reasoning=True),
        ),
    )


# What holds of every task.


def test_every_task_has_a_codec_a_pool_and_a_type(classes):
    for name in names("task"):
        task = find("task", name)
        name_, _, preset = task.codec.partition(":")
        assert issubclass(vt.codec(name_, preset or None).target_type(), task.paints)
        assert load_recipe_pool(task).templates


@pytest.mark.parametrize("name", ["semantic", "binary", "instance", "referring", "reasoning"])
@pytest.mark.parametrize("evaluation", [False, True])
def test_a_prompt_says_every_color_that_its_picture_needs(request, name, evaluation):
    target = request.getfixturevalue(FIXTURES[name])
    for at in range(60):
        chance = Chance(1, f"{name}-{at}", turn=at, evaluation=evaluation)
        task, question = ask(name, target, chance, negatives=0.2)

        text = prompt(task, question, chance)
        legend = question.code.legend

        if question.colors is None and name == "instance":
            continue
        shown = {
            color for label, color in legend.colors.items() if label not in ("background", "void")
        }
        assert shown <= colors_named(text), text
        background = legend.colors.get("background", (0, 0, 0))
        assert background == (0, 0, 0) or background in colors_named(text), text


FIXTURES = {
    "semantic": "classes",
    "binary": "classes",
    "instance": "objects",
    "referring": "said",
    "reasoning": "said",
    "keypoints": "people",
}


def colors_named(text):
    """Every color that a text names, in whatever notation."""
    numbers = re.findall(r"#[0-9a-fA-F]{6}|(?:RGB)?\([0-9, ]+\)|<[0-9, ]+>", text)
    words = css().keys() & set(re.findall(r"[a-z]+", text))
    return {parse_color(each) for each in (*numbers, *words)}


@pytest.mark.parametrize("name", FIXTURES)
def test_negatives_come_at_their_share_and_paint_nothing(request, name):
    target = request.getfixturevalue(FIXTURES[name])
    questions = [ask(name, target, Chance(2, f"{at}"), negatives=0.3)[1] for at in range(250)]
    if name == "keypoints":  # everybody's joints are shown by somebody: there is none to miss
        assert not any(question.negative for question in questions)
        return

    share = np.mean([question.negative for question in questions])

    assert 0.2 < share < 0.4  # 3.5 standard deviations of 250 draws
    for question in questions:
        if question.negative:
            assert len(np.unique(question.code.rgb.reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("name", [*FIXTURES, "panoptic"])
def test_a_question_is_a_function_of_its_chance(request, name, objects, classes):
    target = (
        vt.PanopticMap.from_parts(classes, np.zeros(classes.shape, dtype=int))
        if name == "panoptic"
        else request.getfixturevalue(FIXTURES[name])
    )
    for chance in CHANCES[:10]:
        one, other = ask(name, target, chance)[1], ask(name, target, chance)[1]
        assert one.fields == other.fields
        assert one.codec == other.codec
        assert np.array_equal(one.code.rgb, other.code.rgb)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("semantic", {"negatives": 1.5}, "negatives must be 0 to 1, got 1.5"),
        ("semantic", {"most": 0}, "most must be >= 1"),
        ("instance", {"stated": -1}, "stated must be 0 to 1"),
        ("instance", {"most_stated": 99}, "most_stated must be 1 to 8"),
        ("binary", {"white": 2}, "white must be 0 to 1"),
        ("referring", {"most": 0}, "most must be >= 1"),
        ("keypoints", {"most": 0}, "most must be >= 1"),
        ("panoptic", {"absent": 0}, "absent must be >= 1"),
        ("depth", {"near": 1}, "near is not a parameter of depth"),
    ],
)
def test_an_option_that_cannot_be_is_refused(name, options, message):
    with pytest.raises(SpecError, match=message):
        from_params(find("task", name), options)


# Classes.


def test_classes_of_the_legend_are_painted_and_the_rest_is_background(classes):
    for chance in CHANCES:
        _, question = ask("semantic", classes, chance, negatives=0.0)
        answer = painted(question)

        asked = set(question.asked)
        for name in asked & {"wall", "floor", "chair", "table"}:
            mask = answer.ids == answer.vocabulary.index(name)
            assert np.array_equal(mask, classes.ids == VOCABULARY.index(name))
        elsewhere = ~np.isin(classes.ids, [VOCABULARY.index(name) for name in asked])
        assert (answer.ids[elsewhere] == answer.vocabulary.index("background")).all()


def test_prompts_ask_for_absent_classes_and_distractors_too(classes):
    asked = [
        set(ask("semantic", classes, chance, distractors=["giraffe"])[1].asked)
        for chance in CHANCES
    ]

    assert any("giraffe" in names_ for names_ in asked)
    assert any(names_ & {"lamp", "sofa"} for names_ in asked)
    assert any(len(names_ & {"wall", "floor", "chair", "table"}) < 4 for names_ in asked)


def test_the_whole_vocabulary_is_asked_for_present_or_not(classes):
    _, question = ask("semantic", classes, CHANCES[0], legend="whole", negatives=0.0)

    assert set(question.asked) == set(VOCABULARY)


def test_the_order_of_a_legend_varies(classes):
    orders = {ask("semantic", classes, c, legend="whole", negatives=0.0)[1].asked for c in CHANCES}

    assert len(orders) > 60


def test_fixed_colors_are_those_of_the_codec_in_every_pair(classes):
    codec = vt.codec("semantic", vocabulary=VOCABULARY, palette="css")
    task = from_params(find("task", "semantic"), {"fixed": True})
    own = codec.encode(classes).legend.colors
    for chance in CHANCES[:20]:
        question = task.ask(classes, codec, chance, where="here")
        stated = {
            name: color for name, color in parse(prompt(task, question, chance)).items()
            if name != "background"
        }  # fmt: skip
        assert stated.items() <= own.items()


def test_an_image_without_classes_is_filtered_with_the_reason():
    nothing = vt.SemanticMask(np.full((4, 4), 255), VOCABULARY, void=255)

    with pytest.raises(SampleFiltered, match="here: semantic: has no class to ask for"):
        ask("semantic", nothing, CHANCES[0], negatives=0.0)


def test_a_binary_mask_may_be_of_instances(objects):
    _, question = ask("binary", objects, CHANCES[0], negatives=0.0)
    answer = painted(question)
    (name,) = question.asked

    ids = {region.id for region in objects.regions if region.label == name}
    assert np.array_equal(answer.ids == 1, np.isin(objects.id_map(), list(ids)))


# Instances.


def test_instances_of_one_class_come_back_one_by_one(objects):
    for chance in CHANCES:
        _, question = ask("instance", objects, chance, negatives=0.0)
        answer = painted(question)
        wanted = [r for r in objects.regions if r.label == question.asked[0]]
        assert sorted(r.area for r in answer.regions) == sorted(r.area for r in wanted)


def test_stated_colors_are_those_of_the_instances_from_left_to_right(objects):
    for chance in CHANCES[:40]:
        task, question = ask("instance", objects, chance, negatives=0.0, stated=1.0)
        rgb = question.code.rgb
        colors = parse(question.fields["mapping"])
        colors.pop("background", None)
        wanted = sorted(
            (r for r in objects.regions if r.label == question.asked[0]), key=lambda r: r.box
        )
        places = [(r.box[1] + 2, r.box[0] + 2) for r in wanted]
        assert [tuple(rgb[place].tolist()) for place in places] == list(colors.values())
        assert parse(prompt(task, question, chance))


def test_a_class_with_a_crowd_is_not_asked_for(objects):
    regions = tuple(
        vt.Region(r.id, r.spans, r.label, crowd=r.label == "chair") for r in objects.regions
    )
    crowded = vt.InstanceMasks(objects.shape, regions, VOCABULARY)

    asked = {ask("instance", crowded, c, negatives=0.0)[1].asked for c in CHANCES[:20]}

    assert asked == {("table",)}


def test_what_overlaps_is_painted_topmost():
    low = np.zeros((16, 16), dtype=bool)
    low[2:12, 2:12] = True
    high = np.zeros((16, 16), dtype=bool)
    high[6:14, 6:14] = True
    masks = vt.InstanceMasks.from_masks([low, high], labels=["cat", "cat"])

    _, question = ask("instance", masks, CHANCES[0], negatives=0.0)

    assert sorted(r.area for r in painted(question).regions) == [100 - 36, 64]


# Phrases.


def test_a_phrase_is_painted_where_its_regions_are(said, objects):
    for chance in CHANCES:
        _, question = ask("referring", said, chance, negatives=0.0)
        answer = painted(question)
        texts = {e.text.removeprefix("the "): e.ids for e in said.expressions}
        for at, text in enumerate(question.asked, start=1):
            mask = np.isin(objects.id_map(), texts[text])
            assert np.array_equal(answer.ids == at, mask)


def test_several_phrases_at_once_never_mean_the_same_pixels(said):
    counts = {len(ask("referring", said, c, negatives=0.0)[1].asked) for c in CHANCES}

    assert counts == {1, 2, 3}


def test_a_question_is_answered(said, objects):
    _, question = ask("reasoning", said, CHANCES[0], negatives=0.0)

    assert question.fields["question"] == "What could one put a plate on?"
    assert np.array_equal(painted(question).ids == 1, objects.id_map() == 9)


# Joints.


def test_joints_come_back_where_they_are(people):
    for chance in CHANCES[:40]:
        _, question = ask("keypoints", people, chance, negatives=0.0)
        answer = painted(question)
        assert np.array_equal(answer.visibility, question.target.visibility)
        gone = ~question.target.present[..., None]
        off = np.where(gone, 0, answer.xy_px - question.target.xy_px)
        assert np.abs(off).max() <= 1 / 64


def test_stated_colors_are_those_of_the_joints(people):
    seen = 0
    for chance in CHANCES:
        task, question = ask("keypoints", people, chance, negatives=0.0, stated=1.0)
        if "legend" not in question.fields:
            continue
        seen += 1
        said_colors = parse(prompt(task, question, chance))
        rgb = question.code.rgb
        chosen = question.target
        for person, joint in np.argwhere(chosen.visibility == 2):
            x, y = np.round(chosen.xy_px[person, joint]).astype(int)
            assert tuple(rgb[y, x].tolist()) in said_colors.values()
    assert seen > 60


def test_a_joint_has_its_own_free_color_whatever_else_is_asked_for(people):
    seen: dict[tuple[int, str], set] = {}
    for chance in CHANCES:
        _, question = ask("keypoints", people, chance, negatives=0.0, stated=0.0)
        rgb, shown = question.code.rgb, question.target
        for person, joint in np.argwhere(shown.visibility == 2):
            x, y = np.round(shown.xy_px[person, joint]).astype(int)
            seen.setdefault((person, shown.names[joint]), set()).add(tuple(rgb[y, x].tolist()))

    assert len(seen) == 4
    assert all(len(colors) == 1 for colors in seen.values())


def test_joints_that_lie_on_one_another_are_asked_for_a_few_at_a_time():
    spot = np.full((1, 6, 2), 30, dtype=np.float32)
    names_ = tuple(f"joint {at}" for at in range(6))
    heap = vt.Keypoints(spot, np.full((1, 6), 2), names_, shape=(64, 64))

    for chance in CHANCES[:20]:
        _, question = ask("keypoints", heap, chance, negatives=0.0, whole=1.0)
        assert 1 <= len(question.asked) <= 3
        assert np.array_equal(painted(question).visibility, question.target.visibility)


def test_a_joint_that_nobody_shows_is_a_negative(people):
    headless = vt.Keypoints(
        people.xy_px,
        np.where(np.arange(3) == 0, 0, people.visibility),
        people.names,
        shape=people.shape,
    )
    asked = [ask("keypoints", headless, c, negatives=1.0)[1] for c in CHANCES[:20]]

    assert all(q.negative and q.asked == ("nose",) for q in asked)
    assert not any(q.code.rgb.any() for q in asked)


# Panoptic, depth, normals.


def test_stuff_has_the_stated_colors_and_things_their_own(classes):
    instances = np.zeros(classes.shape, dtype=int)
    instances[classes.ids == 2] = 1
    instances[8:, :8][classes.ids[8:, :8] == 2] = 2
    target = vt.PanopticMap.from_parts(classes, instances, things=["chair"])

    _, question = ask("panoptic", target, CHANCES[0], stated=1.0, negatives=0.0)

    colors = parse(question.fields["mapping"])
    rgb = question.code.rgb
    assert tuple(rgb[0, 0].tolist()) == colors["wall"]
    assert tuple(rgb[0, 8].tolist()) == colors["floor"]
    assert painted(question).segments == target.segments


def test_a_crowd_is_void_in_a_panoptic_picture(classes):
    instances = np.zeros(classes.shape, dtype=int)
    instances[8:, :8] = 1
    target = vt.PanopticMap.from_parts(classes, instances, things=["chair"])
    (crowd,) = [s.id for s in target.segments if s.crowd]

    _, question = ask("panoptic", target, CHANCES[1], negatives=0.0)

    assert not question.code.rgb[target.ids == crowd].any()
    assert question.code.rgb[8:, :8].any(axis=2).all()


def test_another_colormap_is_named_in_the_prompt():
    depth = vt.DepthMap(np.ones((4, 4), dtype=np.float32))
    task = find("task", "depth")()
    gray = vt.codec("depth", path={"name": "gray"}, unknown=[255, 0, 0])

    question = task.ask(depth, gray, CHANCES[0], where="here")
    texts = {prompt(task, question, chance) for chance in CHANCES}

    assert all("grayscale" in text or "black-gray-white" in text for text in texts)
    assert not any("rainbow" in text for text in texts)


def test_another_frame_of_normals_is_told_in_the_prompt():
    normals = vt.NormalMap(np.full((2, 2, 3), [0, 0, 1], dtype=np.float32))
    task = find("task", "normals")()

    question = task.ask(normals, vt.codec("normals", preset="opencv"), CHANCES[0], where="here")
    text = prompt(task, question, CHANCES[0])

    assert "Red grows to the right, green downward and blue away from the viewer." in text


def test_the_shipped_recipes_name_every_task():
    asked = {task.task for name in recipe_names() for task in load_recipe(name).tasks}

    assert asked == set(names("task"))
