"""Generated scenes as a source: what it promises, and that all that it says of a scene is true."""

from __future__ import annotations

import pickle
import re
from functools import cache

import numpy as np
import pytest

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.errors import SourceError, SpecError
from vtencode.miniatures import ground_truth, scene_source
from vtencode.miniatures.ground_truth import THINGS, VOCABULARY
from vtencode.miniatures.phrases import PLURALS, expressions
from vtencode.miniatures.questions import QUESTIONS
from vtencode.miniatures.scene_source import Scenes
from vtencode.miniatures.scenes import CLASSES, PAINTS, PARTS, Scene
from vtencode.registry import find
from vtencode.seeds import generator
from vtencode.sources.base import KEY
from vtencode.sources.lazy import LazyTargets
from vtencode.targets import Expression, Expressions

HEIGHT, WIDTH = 150, 200
OPTIONS = {"height": HEIGHT, "width": WIDTH, "streets": 0.3}
SMALL = Scenes(count=14, **OPTIONS)
SCENES = range(14)


@cache
def rendered(at: int) -> Scene:
    return SMALL._render(at)


@cache
def said(at: int) -> Expressions:
    return expressions(rendered(at), generator(0, "phrases", str(at)))


def rows(source: Scenes) -> list[dict]:
    return source.index().to_pylist()


# The source.


def test_it_is_registered_makes_its_samples_itself_and_reads_nothing():
    assert find("source", "scenes") is Scenes
    assert Scenes.generated
    assert SMALL.files() == ()
    assert SMALL.publication.files == ()
    assert SMALL.available() is Scenes.targets


def test_splits_keep_their_scenes_when_the_series_grows():
    few, many = (
        {split: rows(Scenes(count=count, split=split)) for split in Scenes.splits}
        for count in (8, 100)
    )

    for split in ("train", "val"):
        assert few[split] == many[split][: len(few[split])]
        assert {row["split"] for row in many[split]} == {split}
    assert [len(many[split]) for split in Scenes.splits] == [100, 25, 125]
    assert sorted(row["index"] for row in many["all"]) == list(range(125))
    keys = [row["key"] for row in many["all"]]
    assert len(set(keys)) == 125
    assert all(KEY.fullmatch(key) for key in keys)
    assert {row["key"] for row in rows(Scenes(count=8, seed=1))}.isdisjoint(keys)


@pytest.mark.parametrize(
    "option",
    [
        {"count": 0},
        {"height": 8},
        {"height": 20_000, "width": 20_000},
        {"width": 0},
        {"people": (-1, 2)},
        {"people": (3, 2)},
        {"streets": 1.5},
    ],
    ids=str,
)
def test_options_that_make_no_scene_are_refused(option):
    with pytest.raises(SpecError, match=next(iter(option))):
        Scenes(**option)
    with pytest.raises(SourceError, match="has train, val, all"):
        Scenes(split="test").index()


def test_a_scene_is_the_same_from_any_source_and_any_process():
    row = rows(SMALL)[3]
    one = SMALL.load(row)
    other = pickle.loads(pickle.dumps(Scenes(count=500, **OPTIONS)))
    again = other.load(row)

    assert again.picture.data == one.picture.data
    assert again.provenance == one.provenance
    assert one.provenance == {"file": "scene 3 of seed 0", "image_id": "scenes-0/3"}
    assert again.targets["expressions"].expressions == one.targets["expressions"].expressions
    assert len(pickle.dumps(SMALL)) < 500


def test_a_scene_is_rendered_once_for_all_its_tasks(monkeypatch):
    calls: list[int] = []
    source = Scenes(count=2, height=48, width=64)
    render = scene_source.scene

    def spy(seed, index, **options):
        calls.append(index)
        return render(seed, index, **options)

    monkeypatch.setattr(scene_source, "scene", spy)
    first, second = rows(source)
    for row in (first, first, second, second, first):
        source.load(row)
    assert calls == [0, 1, 0]


def test_targets_have_the_types_and_shapes_that_are_promised():
    for row in rows(SMALL)[:3]:
        sample = SMALL.load(row)
        assert isinstance(sample.targets, LazyTargets)
        assert sample.targets.keys() == Scenes.targets.keys()
        for name, kind in Scenes.targets.items():
            assert isinstance(sample.targets[name], kind)
            assert sample.targets[name].shape == (HEIGHT, WIDTH)
        assert (sample.picture.height, sample.picture.width) == (HEIGHT, WIDTH)


def test_lazy_targets_are_made_once_and_pickle_as_what_they_are():
    made: list[str] = []
    targets = LazyTargets({"a": lambda: made.append("a") or 1, "b": lambda: made.append("b") or 2})

    assert "a" in targets
    assert "c" not in targets
    assert len(targets) == 2
    assert made == []
    assert targets["b"] == targets["b"] == 2
    assert made == ["b"]
    assert pickle.loads(pickle.dumps(targets)) == {"a": 1, "b": 2}
    assert made == ["b", "a"]
    with pytest.raises(KeyError):
        targets["c"]


def test_both_kinds_of_place_and_every_number_of_people_occur():
    scenes = [rendered(at) for at in SCENES]
    streets = sum(bool((found.semantic == CLASSES.index("ground")).any()) for found in scenes)
    assert 2 <= streets <= 12
    assert {len(found.people) for found in scenes} == {0, 1, 2, 3}


# The targets.


@pytest.mark.parametrize("at", SCENES[:6])
def test_semantic_instances_panoptic_and_parts_agree(at):
    found = rendered(at)
    semantic, instances, panoptic, parts = (
        getattr(ground_truth, name)(found)
        for name in ("semantic", "instances", "panoptic", "parts")
    )
    names = np.array(VOCABULARY)[semantic.ids]
    expected = np.where(found.semantic == 0, "sky", np.array(CLASSES)[found.semantic])
    ids = instances.id_map()

    assert (names == expected).all()
    assert np.array_equal(ids, found.instance)
    assert np.array_equal(ids > 0, np.isin(names, THINGS))
    for region in instances.regions:
        assert set(names[ids == region.id]) == {region.label}
    assert instances.vocabulary == THINGS
    assert (np.array(panoptic.semantic().vocabulary)[panoptic.semantic().ids] == names).all()
    things = panoptic.instances()
    assert {(r.label, r.area) for r in things.regions} == {
        (r.label, r.area) for r in instances.regions
    }
    assert np.array_equal(things.id_map() > 0, ids > 0)
    assert parts.vocabulary == PARTS[1:]
    assert not (parts.labeled & (ids == 0)).any()


@pytest.mark.parametrize("at", SCENES[:6])
def test_keypoints_are_of_the_people_whose_boxes_hold_what_is_seen_of_them(at):
    found = rendered(at)
    target = ground_truth.keypoints(found)
    people = found.instance * (found.semantic == CLASSES.index("person"))

    assert target.names == COCO_JOINTS
    assert len(target.xy_px) == len(np.unique(people[people > 0]))
    for person in range(len(target.xy_px)):
        x0, y0, x1, y1 = target.boxes[person]
        seen = target.xy_px[person][target.visibility[person] == 2]
        assert (seen >= [x0 - 2, y0 - 2]).all()
        assert (seen <= [x1 + 2, y1 + 2]).all()
    for left, right in target.flip_pairs:
        assert target.names[left].replace("left", "right") == target.names[right]
    assert len(target.flip_pairs) == 8
    assert len(target.skeleton) == 19


# What is said.


def of_kind(found: Scene, kind: str) -> list[int]:
    mask = found.semantic == CLASSES.index(kind)
    return sorted(np.unique(found.instance[mask]).tolist())


def columns(found: Scene, one: int) -> np.ndarray:
    return np.flatnonzero((found.instance == one).any(axis=0))


def distances(found: Scene, one: int) -> np.ndarray:
    away = found.depth_z * found.camera.ray_lengths(*found.depth_z.shape)
    return away[found.instance == one]


def share_painted(found: Scene, one: int, color: str) -> float:
    mask = found.instance == one
    if (found.semantic[mask] == CLASSES.index("person")).all():
        mask &= found.parts == PARTS.index("person torso")
    return float((found.paint[mask] == PAINTS.index(color)).mean()) if mask.any() else 0.0


def middles(found: Scene, ids: list[int]) -> dict[int, float]:
    return {one: float(np.nonzero(found.instance == one)[1].mean()) for one in ids}


def together(found: Scene, one: str, other: str) -> list[int]:
    return [*of_kind(found, one), *of_kind(found, other)]


def beside(found: Scene, kind: str, side: str, of: str) -> list[int]:
    (one,), (other,) = of_kind(found, kind), of_kind(found, of)
    left, right = (one, other) if side == "left" else (other, one)
    assert columns(found, left).max() < columns(found, right).min()
    return [one]


def every(found: Scene, count: str | None, plural: str) -> list[int]:
    singular = {plural: kind for kind, plural in PLURALS.items()}
    ids = of_kind(found, singular.get(plural, plural.removesuffix("s")))
    assert len(ids) == COUNTS.get(count, len(ids)) > 1
    return ids


def in_half(found: Scene, kind: str, side: str) -> list[int]:
    half = slice(None, WIDTH // 2) if side == "left" else slice(WIDTH // 2, None)
    inside = found.semantic[:, half] == CLASSES.index(kind)
    ids = np.unique(found.instance[:, half][inside]).tolist()
    whole = {one: (found.instance == one).sum() for one in ids}
    assert [inside.sum()] == [*whole.values()]  # the only one, and nothing of it elsewhere
    return ids


def at_side(found: Scene, *words: str | None) -> list[int]:
    kind, side = words[0] or words[3], words[1] or words[2]
    ids = of_kind(found, str(kind))
    assert (len(ids) == 2) == (words[0] is not None)
    mean = middles(found, ids)
    order = sorted(ids, key=mean.__getitem__, reverse=side == "right")
    assert abs(mean[order[0]] - mean[order[1]]) >= 0.05 * WIDTH
    return order[:1]


def at_distance(found: Scene, kind: str, where: str) -> list[int]:
    ids = of_kind(found, kind)
    assert len(ids) > 1
    order = sorted(ids, key=lambda one: np.median(distances(found, one)))
    return [order[0] if where.startswith("near") else order[-1]]


def largest(found: Scene, kind: str) -> list[int]:
    *_, (second, _), (first, one) = sorted(
        ((found.instance == one).sum(), one) for one in of_kind(found, kind)
    )
    assert first >= 1.5 * second
    return [one]


def colored(found: Scene, color: str | None, kind: str | None, shirt: str | None) -> list[int]:
    name = str(color or shirt)
    shares = {one: share_painted(found, one, name) for one in of_kind(found, kind or "person")}
    assert shares  # the kind is there, whatever its color
    assert all(share > 0.5 or share < 0.46 for share in shares.values())
    return [one for one, share in shares.items() if share > 0.5]


#: What phrases mean, found out in another way than they were made.
MEANT = {
    r"the (\w+) and the (\w+)": together,
    r"the (\w+) to the (left|right) of the (\w+)": beside,
    r"(?:all|the (two|three|four|five|six)) (\w+)": every,
    r"the (\w+) in the (left|right) half of the image": in_half,
    r"the (\w+) on the (left|right)|the (left|right)most (\w+)": at_side,
    r"the (\w+) (nearest to the camera|farthest away)": at_distance,
    r"the (\w+) that looks largest": largest,
    r"the (?:(red|blue|green|purple) (\w+)|person in the (\w+) shirt)": colored,
    r"the (\w+)": of_kind,
}
COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def meant(found: Scene, text: str) -> list[int]:
    (ids,) = (
        meaning(found, *match.groups())
        for pattern, meaning in MEANT.items()
        if (match := re.fullmatch(pattern, text))
    )
    return ids


@pytest.mark.parametrize("at", SCENES)
def test_every_phrase_is_true_and_means_nothing_else(at):
    found = rendered(at)
    for expression in said(at).expressions:
        if not expression.reasoning:
            assert sorted(expression.ids) == sorted(meant(found, expression.text)), expression


@pytest.mark.parametrize("at", SCENES)
def test_a_phrase_for_one_object_is_said_once_and_the_objects_can_be_seen(at):
    found, phrases = rendered(at), said(at).expressions
    texts = [expression.text for expression in phrases]
    assert len(set(texts)) == len(texts)
    for expression in phrases:
        for one in expression.ids:
            assert (found.instance == one).mean() >= 0.001
    plain = [e for e in phrases if re.fullmatch(r"the \w+", e.text)]
    assert all(len(e.ids) <= 1 for e in plain)


@pytest.mark.parametrize("at", SCENES)
def test_every_question_is_answered_by_all_of_the_kinds_that_answer_it(at):
    found = rendered(at)
    table = {question: (answers, doubtful) for question, answers, doubtful in QUESTIONS}
    for expression in said(at).expressions:
        if expression.reasoning:
            answers, doubtful = table[expression.text]
            expected = [one for kind in answers for one in of_kind(found, kind)]
            assert sorted(expression.ids) == sorted(expected)
            assert not any(of_kind(found, kind) for kind in doubtful)


def test_every_form_of_phrase_occurs_and_a_few_mean_nothing():
    everything = [e for at in SCENES for e in said(at).expressions]
    forms = (
        r"the \w+", "all ", "the two ", " half of the image", " on the left", "rightmost ",
        "nearest to the camera", "farthest away", "looks largest", "the (red|blue|green|purple) ",
        " shirt", " to the left of the ", " and the ",
    )  # fmt: skip
    for form in forms:
        assert any(re.search(form, e.text) for e in everything if e.ids), form
    empty = [e for e in everything if not e.ids]
    assert 0.08 < len(empty) / len(everything) < 0.3
    assert any(e.reasoning for e in empty)
    assert len(everything) > 20 * len(SCENES)
    kinds = {kind for question in QUESTIONS for kind in (*question[1], *question[2])}
    assert kinds <= {*CLASSES}


def test_what_speaks_of_left_or_right_is_known_to():
    for at in SCENES:
        for expression in said(at).expressions:
            assert expression.lateral == bool(re.search("left|right", expression.text))


def test_the_same_scene_is_spoken_of_in_the_same_words():
    found = rendered(1)
    one, other = (expressions(found, generator(0, "x")).expressions for _ in range(2))
    assert one == other
    assert all(isinstance(expression, Expression) for expression in one)
