"""`vtencode recipes`."""

from __future__ import annotations

from typing import Any

import click

from vtencode.cli.terminal import show_facts, show_json, show_table
from vtencode.recipe import load_recipe, recipe_names


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def recipes(*, name: str | None, as_json: bool) -> None:
    """List the recipes, or tell about the recipe NAME."""
    found = [_described(each) for each in ([name] if name else recipe_names())]
    if as_json:
        show_json(found)
    elif name:
        show_facts({key.replace("_", " "): value for key, value in found[0].items()})
    else:
        rows = [[r["name"], r["tasks"], r["title"]] for r in found]
        show_table(["recipe", "tasks", "dataset"], rows)


def _described(name: str) -> dict[str, Any]:
    recipe = load_recipe(name)
    publication = recipe.source.reader.publication
    return {
        "name": recipe.name,
        "title": recipe.title,
        "summary": recipe.summary.strip(),
        "tasks": ", ".join(task.task for task in recipe.tasks),
        "source": recipe.source.name,
        "splits": ", ".join(recipe.source.reader.splits),
        "license": publication.license,
        "how_to_get": publication.how_to_get,
        "home": publication.home,
        "citation": publication.citation,
        "try": f"vtencode build {recipe.name} --demo --out OUT",
    }
