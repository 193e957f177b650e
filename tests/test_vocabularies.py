"""Classes of every dataset: names to ids to colors and back, and as many pixels of each."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import vtencode as vt
from vtencode.palettes import CAPACITY
from vtencode.recipe import load_recipe, recipe_names
from vtencode.registry import find, names
from vtencode.targets import InstanceMasks, PanopticMap, SemanticMask

CLASSES = (SemanticMask, InstanceMasks, PanopticMap)
#: Of each source, the options of every recipe that asks for classes or objects.
ASKED = sorted(
    name
    for name in recipe_names()
    if load_recipe(name).source.name in names("miniature")
    and any(
        issubclass(load_recipe(name).source.reader.targets[task.target_name], CLASSES)
        for task in load_recipe(name).tasks
    )
)


@pytest.fixture(scope="module")
def miniature(tmp_path_factory):
    """The miniature of a source, written once."""
    roots = {}

    def root(source):
        if source not in roots:
            folder = tmp_path_factory.mktemp(source)
            roots[source] = find("miniature", source)(folder, count=1)
        return roots[source]

    return root


def counts(target) -> Counter[str]:
    """Pixels by name of class; of objects, each alone."""
    if isinstance(target, SemanticMask):
        ids, found = np.unique(target.ids[target.labeled], return_counts=True)
        return Counter({target.vocabulary[i]: n for i, n in zip(ids, found, strict=True)})
    if isinstance(target, PanopticMap):
        target = target.semantic()
        return counts(target)
    return Counter((str(region.label), region.area) for region in target.regions)


def back(target):
    """What the target's codec paints, read again."""
    if isinstance(target, SemanticMask):
        codec = vt.codec("semantic", vocabulary=target.vocabulary)
    else:
        codec = vt.codec("instances" if isinstance(target, InstanceMasks) else "panoptic")
    return codec.decode(codec.encode(target)).target


def without_what_is_hidden(masks: InstanceMasks) -> InstanceMasks:
    """What a picture shows of objects that overlap."""
    seen = masks.id_map()
    labels = {r.id: r.label for r in masks.regions if r.label is not None}
    return InstanceMasks.from_ids(seen, labels=labels)


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKED)
def test_every_class_comes_back_with_as_many_pixels(name, miniature):
    recipe = load_recipe(name, ["source.split=all"])
    source = recipe.source.open(miniature(recipe.source.name))
    asked = {task.target_name for task in recipe.tasks}
    checked = 0
    for row in source.index().to_pylist():
        for target_name in sorted(asked):
            target = source.load(row).targets[target_name]
            if not isinstance(target, CLASSES):
                continue
            if isinstance(target, InstanceMasks):
                target = without_what_is_hidden(target)
            assert counts(back(target)) == counts(target)
            checked += 1
    assert checked


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKED)
def test_every_name_of_a_vocabulary_goes_to_a_color_and_back(name, miniature):
    recipe = load_recipe(name, ["source.split=all"])
    source = recipe.source.open(miniature(recipe.source.name))
    row = source.index().to_pylist()[0]
    for task in recipe.tasks:
        target = source.load(row).targets[task.target_name]
        vocabulary = tuple(getattr(target, "vocabulary", ()))[: CAPACITY - 1]
        if not isinstance(target, CLASSES) or not vocabulary:
            continue
        ids = np.arange(len(vocabulary))[None]
        again = back(SemanticMask(ids, vocabulary))
        read = [again.vocabulary[at] for at in again.ids[0]]
        assert read == list(vocabulary)
        assert len(set(vocabulary)) == len(vocabulary)
