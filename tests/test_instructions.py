"""Instructions: what templates render to, how pools are drawn from, and which are refused."""

from __future__ import annotations

import pickle
import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.errors import SpecError
from vtencode.instructions import Pool, Template, load_pool, pool_faults, pool_names
from vtencode.seeds import Chance, draw

SEEDS = st.integers(-(2**63), 2**63)
DEPTH = load_pool("depth")
NAME = load_pool([f"Segment {{name}} number {at}." for at in range(10)])


def rendered(text: str, **values: str) -> str:
    return Template(text).render(values)


def test_an_id_depends_on_the_text_alone() -> None:
    assert Template("Paint the depth.").id == Template("Paint the depth.").id == "2a920eeb208a"
    assert Template("Paint the depth!").id != Template("Paint the depth.").id


def test_a_template_knows_its_fields() -> None:
    assert Template("{name} in {color}, {name} {{again}}.").fields == {"name", "color"}
    assert Template("Paint the depth.").fields == frozenset()


def test_a_template_that_was_used_pickles() -> None:
    template = Template("Segment {name}.")
    assert template.fields
    assert template.id
    assert pickle.loads(pickle.dumps(template)) == template


@pytest.mark.parametrize(
    ("text", "values", "prompt"),
    [
        ("Paint the depth.", {}, "Paint the depth."),
        ("Segment each {name}.", {"name": "traffic light"}, "Segment each traffic light."),
        ("{name}, in {color}.", {"name": "sky", "color": "red"}, "Sky, in red."),
        ("Look. {name}, red.", {"name": "sky"}, "Look. Sky, red."),
        ("Is it? {name}, red.", {"name": "sky"}, "Is it? Sky, red."),
        ('He said "no." {name} too.', {"name": "cat"}, 'He said "no." Cat too.'),
        ("Class: {name}.", {"name": "sky"}, "Class: sky."),
        ("Segment {{{name}}}.", {"name": "sky"}, "Segment {sky}."),
        ("Say {{name}}.", {"name": "sky"}, "Say {name}."),
    ],
)
def test_values_stand_where_their_fields_were(text, values, prompt) -> None:
    assert Template(text).render(values) == prompt


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("Segment this. {legend}", "Segment this."),
        ("{legend} Segment this.", "Segment this."),
        ("Segment this. {legend} Do it.", "Segment this. Do it."),
        ("Segment {legend}.", "Segment."),
        ("Segment {legend}, please.", "Segment, please."),
        ("{legend} {legend}", ""),
    ],
)
def test_an_empty_value_leaves_no_gap(text, prompt) -> None:
    assert rendered(text, legend="") == prompt


@pytest.mark.parametrize(
    ("text", "value", "prompt"),
    [
        ("{q} Paint it.", "what is it?", "What is it? Paint it."),
        ("{q} Paint it.", "the thing to sit on", "The thing to sit on. Paint it."),
        ("{q} Paint it.", "Something to sit on.", "Something to sit on. Paint it."),
        ("Query: {q} Paint it.", "a seat", "Query: a seat. Paint it."),
        ("Paint this: {q}", "a seat", "Paint this: a seat."),
        ("Paint this: {q}", '{"chair": red}', 'Paint this: {"chair": red}'),
        ("Paint this: {q}.", "what is it?", "Paint this: what is it?"),
        ("Paint this: {q}.", "A seat.", "Paint this: A seat."),
        ('Answer "{q}" in red.', "A seat.", 'Answer "A seat" in red.'),
        ('Answer "{q}" in red.', "what is it?", 'Answer "what is it?" in red.'),
        ('Answer "{q}".', "A seat.", 'Answer "A seat".'),
        ("Segment {q} in red.", "man on the left.", "Segment man on the left in red."),
        ("{q} in red.", "man on the left.", "Man on the left in red."),
        ("{q} segmentation", "chair", "Chair segmentation"),
        ("Segment {q}", "chair", "Segment chair"),
        ("{q}", "the sky is red", "The sky is red."),
    ],
)
def test_sentences_end_once_whatever_the_value_ends_with(text, value, prompt) -> None:
    assert rendered(text, q=value) == prompt


def test_text_inside_a_value_stays_as_it_is() -> None:
    legend = 'Color mapping: {"cat ears": <255, 165, 0>, "exit sign": <0, 0, 255>}.'
    assert rendered("Segment. {legend}", legend=legend) == f"Segment. {legend}"
    assert rendered("Segment {mapping}.", mapping=legend[15:-1]) == f"Segment {legend[15:]}"


@pytest.mark.parametrize(
    "value",
    ["{name}", "{color}", "{{", "}", "{0.__class__}", "%s", "{{color}}", "{color!r}", "$color"],
)
def test_a_value_is_never_read_for_fields(value) -> None:
    assert rendered("Paint {name} in {color} or {name}.", name=value, color="red") == (
        f"Paint {value} in red or {value}."
    )


def test_values_with_line_breaks_and_wide_spaces_come_out_on_one_line() -> None:
    value = "\n the\tcat \r\n on\u2028the\u00a0 mat\x0b\x85"
    assert rendered("Find {phrase} here.", phrase=value) == "Find the cat on the mat here."


@given(
    st.lists(st.sampled_from(["{a}", "{b}", "{{", "}}", " ", ".", "?", '"', "X", "x", ": "])),
    st.text(),
    st.text(),
)
def test_a_prompt_is_one_line_of_single_spaces(parts, a, b) -> None:
    prompt = Template("".join(parts)).render({"a": a, "b": b})
    assert prompt == " ".join(prompt.split())
    assert len(prompt.splitlines()) <= 1


@given(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1))
def test_a_value_inside_a_sentence_is_what_it_was(value) -> None:
    assert rendered("Find {phrase}, if any.", phrase=value) == (
        f"Find {value.removesuffix('.')}, if any."
    )


@pytest.mark.parametrize(
    "text",
    [
        "{0.__class__}",
        "{name.__class__}",
        "{name!r}",
        "{name:>1000000000}",
        "{name[0]}",
        "{}",
        "{ name }",
        "{Name}",
        "{name",
        "name}",
        "{{name}",
        "{name}}",
        "{a{b}}",
        "{{{}}}",
        "{% for x in y %}",
        "{",
        "}",
    ],
)
def test_any_other_brace_is_refused(text) -> None:
    with pytest.raises(SpecError, match=r"must write a field as \{name\} and a brace as \{\{"):
        Template(text)
    assert [path for path, _ in pool_faults(["One.", text])] == [(1,)]


@pytest.mark.parametrize("text", ["%s", "%(name)s", "$name", "${{name}}", "<%= name %>", "\\{{"])
def test_other_template_languages_are_plain_text(text) -> None:
    prompt = Template(text).render({"name": "chair"})
    assert prompt == text.replace("{{", "{").replace("}}", "}")


@given(st.text(st.sampled_from("{}ab_. 0!")))
def test_a_text_is_a_template_or_a_fault(text) -> None:
    try:
        template = Template(text)
    except SpecError:
        assert re.search(r"[{}]", text)
        return
    assert template.render(dict.fromkeys(template.fields, "x")) is not None


def test_a_field_without_a_value_is_an_error_that_names_it() -> None:
    with pytest.raises(SpecError) as caught:
        rendered("Paint {name} in {color}.", name="chair")
    assert str(caught.value) == "{color} must have a value, for 'Paint {name} in {color}.'."


@given(SEEDS, st.text())
def test_a_pair_gets_the_same_phrasing_every_time(seed, key) -> None:
    chance = Chance(seed, key)
    assert DEPTH.pick(chance, supplied=()) == DEPTH.pick(chance, supplied=())
    assert DEPTH.pick(chance, supplied=()) in DEPTH.templates


def test_the_order_of_the_pairs_does_not_matter() -> None:
    keys = [f"nyu-{at:05d}-depth" for at in range(500)]
    forwards = {key: NAME.pick(Chance(0, key), supplied=["name"]).id for key in keys}
    random.Random(0).shuffle(keys)
    assert {key: NAME.pick(Chance(0, key), supplied=["name"]).id for key in keys} == forwards


@pytest.mark.parametrize("seed", [0, 1, 2**40])
@pytest.mark.parametrize("evaluation", [False, True])
def test_eligible_phrasings_are_drawn_evenly(seed, evaluation) -> None:
    supplied = ("colormap", "colors")
    count, eligible = 12_000, DEPTH.eligible(supplied, evaluation=evaluation)
    chances = [Chance(seed, f"nyu-{at:05d}", evaluation=evaluation) for at in range(count)]
    drawn = Counter(DEPTH.pick(chance, supplied=supplied) for chance in chances)
    size, expected = len(eligible), count / len(eligible)
    chi_square = sum((seen - expected) ** 2 / expected for seen in drawn.values())
    assert set(drawn) == set(eligible)
    assert chi_square < size - 1 + 5 * (2 * (size - 1)) ** 0.5


def test_another_seed_draws_anew() -> None:
    pool = load_pool({"add": [f"Phrasing {at}." for at in range(24)], "heldout": 0})
    keys = [f"nyu-{at:05d}" for at in range(2400)]
    same = sum(
        pool.pick(Chance(0, key), supplied=()) == pool.pick(Chance(1, key), supplied=())
        for key in keys
    )
    assert 50 < same < 160


def test_seed_and_key_do_not_add_up() -> None:
    assert draw(1, "0") != draw(0, "1")
    assert draw(1, "23") != draw(12, "3")
    assert draw(0, "a", "b") != draw(0, "ab")


def test_a_phrasing_is_eligible_where_all_its_fields_have_values() -> None:
    pool = load_pool({"add": ["Plain.", "{name}.", "{name} in {color}."], "heldout": 0})
    texts = [t.text for t in pool.eligible(["name"])]
    assert texts == ["Plain.", "{name}."]
    assert len(pool.eligible(["name", "color", "unused"])) == 3
    assert [t.text for t in pool.eligible([])] == ["Plain."]


def test_a_phrasing_names_a_field_of_every_group_that_must_be_conveyed() -> None:
    pool = load_pool({"add": ["Plain.", "{a}.", "{b}.", "{a} {c}.", "{b} {c}."], "heldout": 0})
    texts = [t.text for t in pool.eligible(["a", "b", "c"], [("a", "b"), ["c"]])]
    assert texts == ["{a} {c}.", "{b} {c}."]
    assert [t.text for t in pool.eligible(["a", "b"], [("a", "b")])] == ["{a}.", "{b}."]
    assert not pool.eligible(["a"], [()])


def test_where_no_phrasing_is_eligible_the_error_names_what_is_needed() -> None:
    with pytest.raises(SpecError) as caught:
        NAME.pick(Chance(0, "k"), supplied=["name", "color"], convey=[["mapping", "legend"]])
    assert "for training must have one that names {legend} or {mapping} of {color}, {name}" in str(
        caught.value
    )
    with pytest.raises(SpecError, match="for evaluation must have one that names at most no field"):
        NAME.pick(Chance(0, "k", evaluation=True), supplied=())


TEXTS = st.sets(st.text("abc", min_size=1, max_size=6), min_size=2, max_size=60)
SHARES = st.floats(0, 0.6)


@given(TEXTS, SHARES)
def test_exactly_the_share_is_held_out_and_never_trained_with(texts, heldout) -> None:
    pool = Pool(tuple(map(Template, sorted(texts))), heldout=heldout)
    held = round(heldout * len(texts))
    evaluation = set(pool.eligible((), evaluation=True))
    training = set(pool.eligible(()))
    assert len(pool.evaluation_ids) == held
    if held:
        assert len(evaluation) == held
        assert evaluation | training == set(pool.templates)
        assert not evaluation & training
        assert max(t.id for t in evaluation) < min(t.id for t in training)
    else:
        assert evaluation == training == set(pool.templates)


@given(TEXTS, SHARES, st.text("d", min_size=1), st.randoms(use_true_random=False))
def test_an_edit_of_the_pool_moves_at_most_one_other_phrasing(
    texts, heldout, new, shuffler
) -> None:
    before = Pool(tuple(map(Template, sorted(texts))), heldout=heldout)
    more = [*map(Template, sorted(texts)), Template(new)]
    shuffler.shuffle(more)
    after = Pool(tuple(more), heldout=heldout)
    moved = (before.evaluation_ids ^ after.evaluation_ids) - {Template(new).id}
    assert len(moved) <= 1


@given(st.text())
def test_a_pair_is_drawn_from_its_side(key) -> None:
    for evaluation in (False, True):
        picked = NAME.pick(Chance(0, key, evaluation=evaluation), supplied=["name"])
        assert (picked.id in NAME.evaluation_ids) is evaluation


def test_a_sentence_against_confusion_is_drawn_evenly() -> None:
    drawn = Counter(DEPTH.pick_confusion(Chance(0, str(at))) for at in range(3000))
    assert set(drawn) == set(DEPTH.confusion)
    assert min(drawn.values()) > 3000 / len(drawn) * 0.8
    assert NAME.pick_confusion(Chance(0, "k")) == ""


def test_phrasings_can_be_given_in_place() -> None:
    assert load_pool(["One.", "Two."]) == Pool((Template("One."), Template("Two.")))
    for evaluation in (False, True):
        chance = Chance(7, "any key", evaluation=evaluation)
        assert load_pool(["One."]).pick(chance, supplied=()).text == "One."


def test_phrasings_can_be_added_to_a_shipped_pool() -> None:
    pool = load_pool({"pool": "depth", "add": ["Mine."], "confusion": ["No."], "heldout": 0.3})
    assert pool.templates == (*DEPTH.templates, Template("Mine."))
    assert pool.confusion == (*DEPTH.confusion, "No.")
    assert len(pool.evaluation_ids) == round(0.3 * len(pool.templates))


@pytest.mark.parametrize("name", pool_names())
def test_a_pool_is_read_back_from_its_spec(name) -> None:
    pool = load_pool({"pool": name, "heldout": 0.25})
    assert load_pool(pool.spec()) == pool
    assert pickle.loads(pickle.dumps(pool)) == pool


def test_letters_of_any_script_are_kept() -> None:
    assert load_pool(["深度图を描いて。", "Tiefe 🙂"]).templates[1].text == "Tiefe 🙂"
    assert rendered("深度图 {name} 🙂", name="été") == "深度图 été 🙂"


@pytest.mark.parametrize(
    ("pool", "fault"),
    [
        ([], "must hold at least one instruction"),
        ({"add": []}, "must hold at least one instruction"),
        ({}, "must hold at least one instruction"),
        ([""], "must be single lines with single spaces, got ''"),
        (["two\nlines"], "must be single lines"),
        (["two  spaces"], "must be single lines with single spaces"),
        ([" padded"], "must be single lines with single spaces"),
        (["tab\there"], "must be single lines with single spaces"),
        (["no-break\u00a0space"], "must be single lines with single spaces"),
        (["same", "other", "same"], "must be different instructions, got 'same' twice"),
        ([3], "must be single lines with single spaces, got 3"),
        ([None], "got None"),
        (3, "must be an instruction pool or a list of instructions, got 3"),
        ("deth", "must be an instruction pool, got 'deth'. Did you mean 'depth'?"),
        ("", "must be an instruction pool, got ''"),
        ("../recipes/instructions/depth", "must be an instruction pool"),
        ({"pool": ["depth"]}, "must be an instruction pool, got ['depth']"),
        ({"pool": "depth", "ad": []}, "is not a field here. Did you mean 'add'?"),
        ({"pool": "depth", "add": "One."}, "must be a list, got 'One.'"),
        ({"pool": "depth", "heldout": 1}, "must be a share of at least 0 and below 1, got 1"),
        ({"pool": "depth", "heldout": -0.1}, "must be a share of at least 0 and below 1"),
        ({"pool": "depth", "heldout": True}, "must be a share of at least 0 and below 1, got True"),
        ({"pool": "depth", "heldout": "0.2"}, "must be a share of at least 0 and below 1"),
        ({"pool": "depth", "heldout": float("nan")}, "must be a share of at least 0 and below 1"),
        ({"add": ["One."], "heldout": 0.9}, "must leave one of 1 instructions to train with"),
        ({"add": ["One."], "confusion": ["a  b"]}, "must be single lines with single spaces"),
        ({"add": ["One."], "confusion": ["a", "a"]}, "must be different sentences, got 'a' twice"),
        (["Paint {0}."], "must write a field as {name} and a brace as {{ or }}, got 'Paint {0}.'"),
    ],
)
def test_a_pool_that_would_spoil_training_is_refused(pool, fault) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the sentence is compared below
        load_pool(pool)
    assert fault in str(caught.value)


def test_a_field_that_the_task_does_not_have_is_refused_with_a_guess() -> None:
    faults = pool_faults(["In {colour}.", "Of {x}.", "In {color}."], known=["color", "name"])
    assert faults == [
        (
            (0,),
            "must name fields of this task ({color}, {name}), got {colour}. Did you mean {color}?",
        ),
        ((1,), "must name fields of this task ({color}, {name}), got {x}."),
    ]
    assert not pool_faults(["In {colour}."])
    assert pool_faults(["{x}"], known=()) == [
        ((0,), "must name fields of this task (none), got {x}.")
    ]


def test_a_shipped_pool_of_another_task_is_one_fault_a_field() -> None:
    faults = pool_faults("keypoints", known=["name", "legend", "mapping"])
    assert faults == [
        (
            (),
            "must name fields of this task ({legend}, {mapping}, {name}), got {joints}.",
        )
    ]


def test_all_faults_are_told_at_once_with_their_places() -> None:
    pool = {
        "pool": "deth",
        "add": ["a  b", "{", "In {colour}.", 3],
        "confusion": ["x\ny"],
        "heldout": 2,
        "more": 1,
    }
    faults = pool_faults(pool, known=["color"])
    assert {path for path, _ in faults} == {
        ("pool",),
        ("add", 0),
        ("add", 1),
        ("add", 2),
        ("add", 3),
        ("confusion", 0),
        ("heldout",),
        ("more",),
    }
    with pytest.raises(ValueError, match="; ") as caught:
        load_pool(pool, known=["color"])
    assert all(message in str(caught.value) for _, message in faults)


def test_a_shipped_phrasing_given_again_is_a_fault_of_the_one_given() -> None:
    text = DEPTH.templates[0].text
    assert pool_faults({"pool": "depth", "add": ["New.", text]}) == [
        (("add", 1), f"must be different instructions, got {text!r} twice")
    ]
