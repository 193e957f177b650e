"""Pairs judged by another reader: a prompt, a picture and the source's ground truth, no codec.

What the prompt asks for is read out of its words, what that looks like is computed from the
arrays of the source, and the picture must be that, pixel by pixel.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import vtencode as vt
from vtencode.instructions import load_pool
from vtencode.legends import parse
from vtencode.palettes import parse_color
from vtencode.recipe import load_recipe
from vtencode.registry import find

pytestmark = pytest.mark.slow

BLACK = (0, 0, 0)
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
COLOR = r"(?:RGB)?\([^)]*\)|<[^>]*>|#\w{6}|[a-z ]+"


class Case:
    """One record, its sample, and what its prompt says."""

    def __init__(self, pair, sample):
        self.key, self.prompt, self.task = pair.key, pair.instruction, pair.meta["task"]
        self.rgb = pair.code
        self.sample, self.flip = sample, pair.transform.flip
        self.values = read_fields(pair)
        self.legend = parse(self.prompt)
        ground = self.legend.pop("background", BLACK)
        said = self.values.get("background_color")
        self.ground = parse_color(said) if said else ground

    def truth(self, name):
        return self.sample.targets[name]

    def plane(self, values):
        return values[:, ::-1] if self.flip else values

    def flat(self, masks):
        """The ground with masks painted on it, in their order: (color, mask) pairs."""
        wanted = np.empty_like(self.rgb)
        wanted[:] = self.ground
        for color, mask in masks:
            wanted[mask] = color
        return wanted

    def color_of_all(self, mask):
        """The one color that a mask is painted in."""
        colors = np.unique(self.rgb[mask], axis=0)
        assert len(colors) == 1, self.told
        return tuple(colors[0].tolist())

    @property
    def told(self):
        return f"{self.key}: {self.prompt}"


def read_fields(pair):
    """What stands in the prompt where its template has fields."""
    pool = load_pool(find("task", pair.meta["task"]).pool)
    (template,) = (t for t in pool.templates if t.id == pair.meta["instruction_id"])
    pattern, seen = "", set()
    for part in re.findall(r"\{[a-z_]+\}|[^{}]+", template.text):
        name = part[1:-1] if part.startswith("{") else ""
        if name in ("background", "far"):  # sentences that may be left out
            pattern = f"{pattern.removesuffix(' ')}(?: (?P<{name}>The .+?))?"
        elif name in seen and name:
            pattern += f"(?P={name})"
        elif name:
            pattern += f"(?P<{name}>{COLOR if name.endswith('color') else '.+?'})"
        else:
            pattern += re.escape(part).replace("\\ ", " ")
        seen.add(name)
    pattern += "" if pattern.endswith(".") else "[.]?"  # what a sentence at the end may lack
    found = re.fullmatch(pattern, pair.instruction, re.IGNORECASE)
    assert found, (template.text, pair.instruction)
    return {name: text for name, text in found.groupdict().items() if text}


def cases_of(recipe, folder, *, overrides=(), **where):
    built = vt.build(recipe, out=folder / recipe, workers=1, overrides=overrides, **where)
    read = load_recipe(recipe, overrides)
    root = where.get("source", folder)
    count = {"count": where["demo"]} if "demo" in where else {}
    source = read.source.open(Path(root))
    source = type(source)(**{**source.__getstate__(), **count})
    samples = {row["key"]: source.load(row) for row in source.index().to_pylist()}
    found = []
    for pair in vt.open_dataset(built.out):
        key = max((key for key in samples if pair.key.startswith(f"{key}-")), key=len)
        found.append(Case(pair, samples[key]))
    return found


@pytest.fixture(scope="module")
def cases(tmp_path_factory, nyu):
    folder = tmp_path_factory.mktemp("oracle")
    small = [
        "source.height=160",
        "source.width=224",
        "source.people=[0, 3]",
        "source.split=all",
        "framing.resize=none",
        "framing.flip=0.5",
    ]
    return [
        *cases_of("scenes", folder, overrides=small, demo=12),
        *cases_of("nyu-semantic", folder, source=nyu),
        *cases_of("nyu-instances", folder, source=nyu),
    ]


def of(cases, *tasks):
    chosen = [case for case in cases if case.task in tasks]
    assert chosen
    return chosen


def class_mask(target, name):
    names = [spaced(label) for label in target.vocabulary]
    return target.ids == names.index(name) if name in names else np.zeros(target.shape, bool)


def spaced(name):
    return name.replace("_", " ")


# What every picture is.


def test_every_task_is_asked_and_some_pictures_are_mirrored(cases):
    asked = Counter(case.task for case in cases)

    assert set(asked) == {task.task for task in load_recipe("scenes").tasks}
    assert any(case.flip for case in cases)


@pytest.mark.slow
def test_flat_pictures_have_the_stated_colors_and_no_others_where_all_are_stated(cases):
    for case in of(cases, "semantic", "part", "binary", "referring", "reasoning"):
        found = {tuple(c) for c in np.unique(case.rgb.reshape(-1, 3), axis=0).tolist()}
        stated = {case.ground, *case.legend.values()}
        if "color" in case.values:
            stated.add(parse_color(case.values["color"]))
        assert found <= stated, case.told


# Task by task.


def test_a_legend_is_painted_as_the_source_labeled(cases):
    for case in of(cases, "semantic", "part"):
        target = case.truth("parts" if case.task == "part" else "semantic")
        assert case.legend, case.told
        masks = [
            (color, case.plane(class_mask(target, name))) for name, color in case.legend.items()
        ]
        assert np.array_equal(case.rgb, case.flat(masks)), case.told


def test_a_class_is_painted_alone(cases):
    for case in of(cases, "binary"):
        name, color = case.values["name"], parse_color(case.values["color"])
        mask = case.plane(class_mask(case.truth("semantic"), name.lower()))
        assert np.array_equal(case.rgb, case.flat([(color, mask)])), case.told


def test_a_phrase_is_painted_where_it_is_true(cases):
    for case in of(cases, "referring"):
        legend = case.legend
        if "phrase" in case.values:
            legend = {case.values["phrase"]: parse_color(case.values["color"])}
        assert legend, case.told
        masks = [(color, expression_mask(case, name)) for name, color in legend.items()]
        assert sum(mask.astype(int) for _, mask in masks).max() <= 1, case.told
        assert np.array_equal(case.rgb, case.flat(masks)), case.told


def test_a_question_is_answered_with_what_answers_it(cases):
    for case in of(cases, "reasoning"):
        color = parse_color(case.values["color"])
        mask = expression_mask(case, case.values["question"])
        assert np.array_equal(case.rgb, case.flat([(color, mask)])), case.told


def expression_mask(case, text):
    target = case.truth("expressions")
    said = text.lower().removeprefix("the ")
    meant = {e.ids for e in target.expressions if e.text.lower().removeprefix("the ") == said}
    assert len(meant) == 1, f"{case.told}: {text!r} means {meant}"
    return case.plane(np.isin(target.masks.id_map(), meant.pop()))


def test_every_instance_has_one_color_that_is_stated_from_the_left_or_its_own(cases):
    for case in of(cases, "instance"):
        target, name = case.truth("instances"), case.values["name"].lower()
        ids = case.plane(target.id_map())
        masks = [ids == r.id for r in target.regions if spaced(r.label) == name]
        masks.sort(key=lambda mask: np.ptp(np.nonzero(mask)[1]) / 2 + np.nonzero(mask)[1].min())
        colors = [case.color_of_all(mask) for mask in masks]
        assert len({*colors, case.ground}) == len(colors) + 1, case.told
        painted = list(zip(colors, masks, strict=True))
        assert np.array_equal(case.rgb, case.flat(painted)), case.told
        if case.legend:
            names = [f"{word} {name} from the left" for word in ORDINALS[: len(masks)]]
            names = [name] if len(masks) == 1 else names
            assert case.legend == dict(zip(names, colors, strict=True)), case.told


def test_segments_have_one_color_each_and_stuff_the_stated_one(cases):
    for case in of(cases, "panoptic"):
        target = case.truth("panoptic")
        ids = case.plane(target.ids)
        here = {spaced(segment.label) for segment in target.segments}
        classes = re.split(", | and ", case.values.get("classes", ""))
        if classes != [""] and here.isdisjoint(name.lower() for name in classes):
            assert not case.rgb.any(), case.told
            continue
        assert classes == [""] or {name.lower() for name in classes} == here, case.told
        colors = [case.color_of_all(ids == segment.id) for segment in target.segments]
        assert len({*colors, BLACK}) == len(colors) + 1, case.told
        assert not case.rgb[ids == 0].any(), case.told
        stuff = {
            spaced(s.label): color
            for s, color in zip(target.segments, colors, strict=True)
            if not s.thing
        }
        assert not case.legend or case.legend == stuff, case.told


def test_joints_are_discs_where_they_are_in_the_stated_colors(cases):
    stated = 0
    for case in of(cases, "keypoints"):
        joints = [name.lower() for name in re.split(", | and ", case.values["joints"])]
        marks = marks_of(case, joints)
        covered = np.zeros(case.rgb.shape[:2], dtype=bool)
        rows, columns = np.indices(covered.shape)
        for _, (x, y) in marks:
            covered |= np.hypot(columns - x, rows - y) <= 6
        assert not case.rgb[~covered].any(), case.told
        apart = [mark for mark in marks if alone(mark, marks)]
        colors = [tuple(case.rgb[round(y), round(x)].tolist()) for _, (x, y) in apart]
        assert len({*colors, BLACK}) == len(colors) + 1, case.told
        if case.legend:
            stated += len(apart)
            names = [mark[0] for mark in apart]
            assert [case.legend.get(name) for name in names] == colors, case.told
    assert stated


def marks_of(case, joints):
    """What each asked joint is called, and where it is; people are counted from the left."""
    target = case.truth("keypoints")
    height, width = target.shape
    swap = dict(target.flip_pairs) | {b: a for a, b in target.flip_pairs}
    people = []
    for xy, seen in zip(target.xy_px, target.visibility, strict=True):
        order = [swap.get(at, at) if case.flip else at for at in range(len(seen))]
        places = np.where(case.flip, [width - 1, 0], 0) + np.where(case.flip, [-1, 1], 1) * xy
        off = (places < -0.5) | (places >= (width - 0.5, height - 0.5))
        people.append((places[order], np.where(off.any(axis=1), 0, seen)[order]))
    people = [person for person in people if person[1].any()]
    people.sort(key=lambda person: person[0][person[1] > 0, 0].mean())
    marks = []
    for rank, (places, seen) in enumerate(people):
        owner = f" of the {ORDINALS[rank]} person from the left" if len(people) > 1 else ""
        for at, name in enumerate(target.names):
            if spaced(name) in joints and seen[at]:
                way = "hidden " if seen[at] == 1 else ""
                marks.append((f"{way}{spaced(name)}{owner}", tuple(places[at])))
    return marks


def alone(mark, marks):
    return all(other is mark or np.hypot(*np.subtract(mark[1], other[1])) > 2 for other in marks)


def test_depth_is_where_the_papers_formula_puts_it(cases):
    for case in of(cases, "depth"):
        target = case.truth("depth")
        colormap = case.values.get("colormap", "") + case.values.get("colors", "")
        depth = case.plane(target.meters).astype(np.float64)
        valid = case.plane(target.valid)
        u = 1 - (1 + np.where(valid, depth, 0) / 10) ** -2  # arXiv:2604.20329, lambda -3, c 10/3
        if "viridis" in colormap:
            continue
        if "gray" in colormap:
            wanted = np.repeat((255 * u)[..., None], 3, axis=2)
        else:
            corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1],
                                [1, 0, 1], [1, 1, 1]])  # fmt: skip
            steps = 255 * 7 * u
            wanted = np.stack(
                [np.interp(steps, 255 * np.arange(8), 255 * corners[:, c]) for c in range(3)], -1
            )
        off = np.abs(case.rgb - wanted).max(axis=2)
        assert off[valid].max() <= 2, case.told


def test_normals_are_red_left_green_up_blue_near(cases):
    for case in of(cases, "normals"):
        target = case.truth("normals")
        x, y, z = np.moveaxis(case.plane(target.xyz).astype(np.float64), 2, 0)
        valid = case.plane(target.valid)
        wanted = (np.stack([x if case.flip else -x, y, z], axis=2) + 1) * 127.5
        assert np.abs(case.rgb - wanted)[valid].max() <= 1, case.told
