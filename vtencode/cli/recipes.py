"""`vtencode recipes`."""

from __future__ import annotations

from typing import Any

import click

from vtencode.cli.terminal import show_facts, show_json, show_table
from vtencode.recipe import Mix, load_mix, mix_names, recipe_names


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def recipes(*, name: str | None, as_json: bool) -> None:
    """List the recipes and the mixes of them, or tell about the one of that NAME."""
    found = [_described(each) for each in ([name] if name else (*recipe_names(), *mix_names()))]
    if as_json:
        show_json(found)
    elif name:
        show_facts({key.replace("_", " "): value for key, value in found[0].items()})
    else:
        rows = [[r["name"], r["kind"], r["tasks"], r["title"]] for r in found]
        show_table(["recipe", "kind", "tasks", "dataset"], rows)


def _described(name: str) -> dict[str, Any]:
    mix = load_mix(name)
    sources = {part.recipe.source.name: part.recipe.source.reader for part in mix.parts}
    publications = [reader.publication for reader in sources.values()]
    return {
        "name": mix.name,
        "kind": "recipe" if mix.alone else "mix",
        "title": mix.title,
        "summary": mix.summary.strip(),
        "tasks": ", ".join(_tasks(mix)),
        "source": ", ".join(sources),
        "splits": "; ".join(dict.fromkeys(", ".join(r.splits) for r in sources.values())),
        "license": "; ".join(dict.fromkeys(p.license for p in publications)),
        "how_to_get": "; ".join(dict.fromkeys(p.how_to_get for p in publications)),
        "home": "; ".join(dict.fromkeys(p.home for p in publications)),
        "citation": "; ".join(dict.fromkeys(p.citation for p in publications)),
        "try": f"vtencode build {mix.name} --demo --out OUT",
    }


def _tasks(mix: Mix) -> dict[str, None]:
    """Every kind of task, each once, in the order in which the recipes name them."""
    return dict.fromkeys(
        task.task
        for part in mix.parts
        for task in part.recipe.tasks
        if not part.shares or task.key in part.shares
    )
