"""Readers that misread are caught: by the recipe's contract, or else by golden figures.

The goldens are of miniatures (`python tests/golden_readers.py RECIPE` writes one that is missing,
and never writes over one). That readings equal the scenes is for the tests of each source.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mutants import Misread, ReadOnce, figures, mutants_of

from vtencode.building.plausible import check_plausible
from vtencode.errors import SampleError, SourceError
from vtencode.pairs import check_contract
from vtencode.recipe import load_recipe, recipe_names
from vtencode.registry import find, names
from vtencode.targets import DepthMap, NormalMap

GOLDEN = Path(__file__).parent / "golden" / "readers.json"
#: Figures of a golden are kept to so many digits, and compared within this part.
WITHIN = 1e-4


def geometric() -> list[tuple[str, str]]:
    """Recipes of published datasets, with each dense target that they ask about."""
    found = []
    for name in recipe_names():
        recipe = load_recipe(name)
        if recipe.source.name not in names("miniature"):
            continue
        for task in recipe.tasks:
            kind = recipe.source.reader.targets[task.target_name]
            if issubclass(kind, DepthMap | NormalMap):
                found.append((name, task.target_name))
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def miniature(tmp_path_factory):
    """The miniature of a source, written once: 1 frame to train, 1 to test."""
    roots: dict[str, Path] = {}

    def root(source: str) -> Path:
        if source not in roots:
            folder = tmp_path_factory.mktemp(source)
            roots[source] = find("miniature", source)(folder, count=1)
        return roots[source]

    return root


def opened(name: str, miniature):
    recipe = load_recipe(name, ["source.split=all"])
    source = recipe.source.open(miniature(recipe.source.name))
    return recipe, source, source.index()


def read_figures(source, table, target: str) -> dict[str, list[float]]:
    found = {row["key"]: figures(source.load(row).targets[target]) for row in table.to_pylist()}
    return {key: [float(f"{value:.6g}") for value in values] for key, values in found.items()}


def close(one: dict[str, list[float]], other: dict[str, list[float]]) -> bool:
    return one.keys() == other.keys() and all(
        np.allclose(one[key], other[key], rtol=WITHIN, atol=WITHIN) for key in one
    )


def by_contract(recipe, source, table, target: str) -> bool:
    """Whether the contract alone tells that something is wrong."""
    try:
        check_plausible(table, recipe, source)
        for row in table.to_pylist():
            check_contract(source.load(row).targets[target], recipe.contract, where="x")
    except (SampleError, SourceError):
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), geometric())
def test_a_reading_has_the_figures_of_its_golden_and_keeps_its_contract(name, target, miniature):
    recipe, source, table = opened(name, miniature)
    golden = json.loads(GOLDEN.read_text())[f"{name} {target}"]

    assert close(read_figures(source, table, target), golden)
    assert not by_contract(recipe, source, table, target)


@pytest.mark.slow
def test_at_least_95_percent_of_misreadings_are_caught(miniature, capsys):
    goldens = json.loads(GOLDEN.read_text())
    contract, golden, survivors, total = 0, 0, [], 0
    for name, target in geometric():
        recipe, source, table = opened(name, miniature)
        first = source.load(table.slice(0, 1).to_pylist()[0]).targets[target]
        read_once = ReadOnce(source)
        for mutant, change in mutants_of(first):
            total += 1
            misread = Misread(read_once, target, change)
            told = by_contract(recipe, misread, table, target)
            contract += told
            if told:
                continue
            if not close(read_figures(misread, table, target), goldens[f"{name} {target}"]):
                golden += 1
            else:
                survivors.append(f"{name} {target}: {mutant}")
    with capsys.disabled():
        print(  # noqa: T201  # who survives is told, not only counted
            f"\n{total} misreadings: {contract} caught by contracts, {golden} more by goldens, "
            f"{len(survivors)} not: {survivors}"
        )

    assert total > 100
    assert contract + golden >= 0.95 * total
