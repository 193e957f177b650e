"""Pairs: one form for all, prompts that trainers take, and pictures that fit each other."""

from __future__ import annotations

import dataclasses
import io
import json
from itertools import pairwise
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

import vtencode as vt
from vtencode.errors import SampleError, SampleFiltered
from vtencode.framing import frame, unframe
from vtencode.images import Picture
from vtencode.instructions import MAX_TOKENS, estimate_tokens
from vtencode.legends import parse
from vtencode.pairs import Place, make_pair
from vtencode.recipe import Mix, Part, load_mix, load_recipe
from vtencode.sinks.meta import PairMeta, pair_schema
from vtencode.sources.base import KEY

SMALL = ["source.height=120", "source.width=160", "source.split=all", "framing.resize=none"]


def scenes(*overrides):
    return load_recipe("scenes", [*SMALL, *overrides])


def opened(recipe, count):
    source = dataclasses.replace(recipe.source.open(Path()), count=count)
    return source, source.index().to_pylist()


def made(recipe, count):
    """What there is to write of so many samples, each task of each."""
    source, rows = opened(recipe, count)
    for row in rows:
        sample = source.load(row)
        for task in recipe.tasks:
            turn = len(rows) * recipe.tasks.index(task) + rows.index(row)
            try:
                yield make_pair(sample, task, recipe, row, Place(f"{row['key']}-{task.key}", turn))
            except SampleFiltered:
                continue


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A mix of generated scenes of two sizes and of photographs' miniatures."""
    parts = (
        Part(scenes(), repeats=3),
        Part(load_recipe("nyu-depth")),
        Part(load_recipe("nyu-semantic")),
        Part(load_recipe("nyu-instances")),
    )
    mix = Mix("mine", "", "", parts, parts[0].recipe.output, 0.0, 3)
    built = vt.build(mix, demo=4, out=tmp_path_factory.mktemp("mixed") / "o", workers=1)
    return list(vt.open_dataset(built.out))


# One form for all.


def test_all_metadata_is_of_the_published_schema(mixed):
    schema = json.loads(Path("schemas/pair.schema.json").read_text())
    assert json.loads(pair_schema()) == schema
    validator = jsonschema.Draft202012Validator(schema)

    for pair in mixed:
        validator.validate(pair.meta)
        assert PairMeta.model_validate(pair.meta).model_dump() == pair.meta


def test_all_records_of_a_mix_have_the_same_fields_of_the_same_types(mixed):
    forms = {tuple((name, type(value)) for name, value in pair.meta.items()) for pair in mixed}

    assert len(forms) == 1
    assert {kind for form in forms for _, kind in form} <= {str, int, float, bool}


def test_what_varies_is_json_in_one_text(mixed):
    for pair in mixed:
        for name in ("asked", "codec", "legend", "framing", "source"):
            json.loads(pair.meta[name])
        assert pair.meta["camera"] == "" or json.loads(pair.meta["camera"])


def test_keys_are_unique_and_of_the_form_that_every_container_takes(mixed):
    keys = [pair.key for pair in mixed]

    assert len({*keys}) == len(keys)
    assert all(KEY.fullmatch(key) for key in keys)


# Prompts.


def test_prompts_are_one_line_that_no_trainer_changes(mixed):
    for pair in mixed:
        assert pair.instruction == " ".join(pair.instruction.split())
        assert pair.instruction.isprintable()
        assert pair.meta["prompt_tokens"] == estimate_tokens(pair.instruction) <= MAX_TOKENS


def test_a_legend_too_long_to_read_is_filtered():
    names = [f"{word} number {at}" for at in range(50) for word in ("thing", "other")]
    task = {"task": "semantic", "options": {"distractors": names, "absent": 90, "most": 40}}
    recipe = scenes().model_copy(update={"tasks": [scenes().tasks[0].model_validate(task)]})
    source, (row, *_) = opened(recipe, 1)

    outcomes = []
    for turn in range(12):
        try:
            pair = make_pair(source.load(row), recipe.tasks[0], recipe, row, Place(f"{turn}", turn))
            outcomes.append(pair.record.meta["prompt_tokens"])
        except SampleFiltered as filtered:
            outcomes.append(filtered.args[0])

    assert "LONG" in outcomes
    assert all(told == "LONG" or told <= MAX_TOKENS for told in outcomes)


def test_negatives_appear_in_every_task_that_can_find_nothing_and_are_one_color():
    finding = {"semantic", "part", "instance", "binary", "referring", "panoptic"}
    tasks = [
        task.model_copy(update={"options": {**task.options, "negatives": 0.5}})
        for task in scenes().tasks
        if task.task in finding
    ]
    recipe = scenes("source.people=[1, 2]").model_copy(update={"tasks": tasks})

    negative = [pair for pair in made(recipe, 8) if pair.record.meta["negative"]]

    assert {pair.record.meta["task"] for pair in negative} == finding
    for pair in negative:
        assert len(np.unique(pair.record.target.rgb.reshape(-1, 3), axis=0)) == 1


def test_no_two_records_in_a_row_have_the_same_legend(mixed):
    drawn = [frozenset(drawn_colors(pair)) for pair in mixed]

    assert sum(map(bool, drawn)) > len(drawn) / 4
    assert not any(one == other for one, other in pairwise(drawn) if one)


def drawn_colors(pair):
    """The colors that were drawn for a pair, which are all that its prompt states."""
    legend = parse(pair.instruction)
    return {color for name, color in legend.items() if name != "background"}


@pytest.mark.slow
def test_training_and_evaluation_share_no_phrasing_and_no_legend():
    recipe = scenes("source.people=[1, 2]")
    source, rows = opened(recipe, 6)
    sides = {"train": (set(), set()), "val": (set(), set())}
    for turn, row in enumerate(rows):
        sample = source.load(row)
        for task in recipe.tasks:
            for again in range(4):
                place = Place(f"{row['key']}-{task.key}-{again}", 5 * turn + again)
                try:
                    pair = make_pair(sample, task, recipe, row, place)
                except SampleFiltered:
                    continue
                phrasings, legends = sides[pair.record.meta["split"]]
                phrasings.add((task.task, pair.record.meta["instruction_id"]))
                colors = drawn_colors(vt.dataset.Pair(pair.record))
                if pair.record.meta["task"] in ("semantic", "part") and colors:
                    legends.add(frozenset(colors))

    for trained, evaluated in zip(sides["train"], sides["val"], strict=True):
        assert len(trained) > 20
        assert len(evaluated) > 3
        assert trained.isdisjoint(evaluated)


# Pictures.


def test_a_picture_that_needs_no_change_keeps_its_bytes(nyu):
    recipe = load_recipe("nyu-depth")
    source = recipe.source.open(nyu)
    row = source.index().to_pylist()[0]
    sample = source.load(row)
    file = io.BytesIO()
    Image.fromarray(sample.picture.rgb).save(file, "JPEG", quality=71, progressive=True)
    photo = dataclasses.replace(sample, picture=Picture.from_bytes(file.getvalue()))

    pair = make_pair(photo, recipe.tasks[0], recipe, {**row, "image": "jpg"}, Place("a", 0))

    assert pair.record.input.data == file.getvalue()
    assert vt.dataset.Pair(pair.record).transform.identity


@pytest.mark.parametrize(
    "framing",
    [
        ("framing.resize=exact", "framing.size=[96, 64]", "framing.flip=0.5"),
        *(
            pytest.param(sets, marks=pytest.mark.slow)
            for sets in (
                ("framing.resize=auto", "framing.flip=1"),
                ("framing.resize=none", "framing.window=[100, 90]", "framing.at=random"),
                ("framing.resize=long", "framing.size=99", "framing.pad=[112, 112]"),
            )
        ),
    ],
)
def test_framed_pictures_have_one_size_and_the_target_maps_back(framing):
    recipe = scenes(*framing, "source.people=[1, 2]")
    source, rows = opened(recipe, 1)
    samples = {row["key"]: source.load(row) for row in rows}
    for pair in made(recipe, 1):
        record = vt.dataset.Pair(pair.record)
        meta = record.meta
        assert record.input.shape == record.code.shape == (meta["height"], meta["width"], 3)
        sample = next(s for key, s in samples.items() if record.key.startswith(f"{key}-"))
        whole = sample.targets[meta["target"]]
        framed = frame(whole, record.transform)
        assert framed.shape == record.code.shape[:2]
        back = unframe(record.decode().target, record.transform)
        assert back.shape == whole.shape == sample.picture.rgb.shape[:2]


def test_a_class_map_of_a_framed_pair_is_put_back_on_its_own_pixels():
    recipe = scenes("framing.window=[140, 100]", "framing.at=random", "framing.flip=0.5")
    tasks = [task for task in recipe.tasks if task.task == "semantic"]
    recipe = recipe.model_copy(update={"tasks": tasks})
    source, rows = opened(recipe, 4)
    samples = {row["key"]: source.load(row) for row in rows}
    for pair in made(recipe, 4):
        record = vt.dataset.Pair(pair.record)
        whole = samples[record.key.removesuffix("-semantic")].targets["semantic"]
        back = unframe(record.decode().target, record.transform)
        left, top, right, bottom = record.transform.crop
        inside = np.zeros(whole.shape, dtype=bool)
        inside[top:bottom, left:right] = True
        assert not back.labeled[~inside].any()
        for name in json.loads(record.meta["asked"]):
            if name in whole.vocabulary:
                there = (whole.ids == whole.vocabulary.index(name)) & inside
                assert np.array_equal(back.ids == back.vocabulary.index(name), there)


def test_the_share_of_known_pixels_is_that_of_the_source_not_of_the_picture(nyu):
    recipe = load_recipe("nyu-semantic")
    source = recipe.source.open(nyu)
    row = source.index().to_pylist()[0]
    sample = source.load(row)
    ids = sample.targets["semantic"].ids.copy()
    ids[:120] = -1
    some = vt.SemanticMask(ids, sample.targets["semantic"].vocabulary, void=-1)
    sample = dataclasses.replace(sample, targets={"semantic": some})

    pair = make_pair(sample, recipe.tasks[0], recipe, row, Place("a", 0))

    assert pair.record.meta["valid_share"] == round(some.labeled.mean(), 6) <= 0.75


def test_a_pair_is_a_function_of_its_place(nyu):
    recipe = load_recipe("nyu-semantic")
    source = recipe.source.open(nyu)
    row = source.index().to_pylist()[0]
    contents = [
        make_pair(source.load(row), recipe.tasks[0], recipe, row, Place(key, 4)).record.content()
        for key in ("a", "a", "b")
    ]

    assert contents[0] == contents[1] != contents[2]


def test_a_target_of_another_size_than_its_image_is_a_reject():
    recipe = scenes()
    source, (row, *_) = opened(recipe, 1)
    sample = source.load(row)
    small = dataclasses.replace(sample, picture=Picture.from_rgb(sample.picture.rgb[:-1].copy()))

    with pytest.raises(SampleError, match="must be as large as its image"):
        make_pair(small, recipe.tasks[0], recipe, row, Place("a", 0))


def test_the_shipped_mixes_name_tasks_that_can_be_asked():
    for name in ("small", "vision-banana"):
        assert load_mix(name).parts
