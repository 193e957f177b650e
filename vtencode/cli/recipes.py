"""`vtencode recipes`."""

from __future__ import annotations

from typing import Any

import click

from vtencode.building.example import example
from vtencode.cli.terminal import lines, show_facts, show_json, show_table
from vtencode.recipe import Mix, load_mix, mix_names, recipe_names
from vtencode.registry import names


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def recipes(*, name: str | None, as_json: bool) -> None:
    """List the recipes and the mixes of them, or tell about the one of that NAME."""
    found = [_described(each) for each in ([name] if name else (*recipe_names(), *mix_names()))]
    if name:
        found[0]["row"] = _row(load_mix(name))
    if as_json:
        show_json(found)
    elif name:
        show_facts({key.replace("_", " "): _text(value) for key, value in found[0].items()})
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
        "place": "\n".join(dict.fromkeys(p.place for p in publications if p.place)),
        "traps": [trap for p in publications for trap in p.traps],
        "contract": _contract(mix),
        "home": "; ".join(dict.fromkeys(p.home for p in publications)),
        "citation": "; ".join(dict.fromkeys(p.citation for p in publications)),
        "try": f"vtencode build {mix.name} --demo --out OUT",
    }


def _row(mix: Mix) -> dict[str, Any]:
    """What one pair of it looks like, made from a miniature on the spot."""
    readers = [part.recipe.source for part in mix.parts]
    if not all(each.reader.generated or each.name in names("miniature") for each in readers):
        return {}
    record = example(mix)
    if record is None:
        return {}
    return {
        "key": record.key,
        "instruction": record.instruction,
        "input": f"{record.input.format} {record.input.width}x{record.input.height}",
        "target": f"png {record.target.width}x{record.target.height}, worst error "
        f"{record.meta['worst_error']:.4g} {record.meta['unit']}",
        "source": record.meta["source_file"],
    }


def _contract(mix: Mix) -> list[str]:
    """What targets of each recipe are held to."""
    sections = [part.recipe.contract.model_dump(exclude_none=True) for part in mix.parts]
    return list(
        dict.fromkeys(
            f"{target}: {name} {_limit(limit)}"
            for section in sections
            for target, limits in section.items()
            for name, limit in limits.items()
        )
    )


def _limit(limit: Any) -> str:
    return f"{limit[0]:g} to {limit[1]:g}" if isinstance(limit, list) else str(limit)


def _text(value: Any) -> str:
    """A fact for people."""
    if isinstance(value, list):
        return "\n".join(f"- {each}" for each in value)
    return lines(value)


def _tasks(mix: Mix) -> dict[str, None]:
    """Every kind of task, each once, in the order in which the recipes name them."""
    return dict.fromkeys(
        task.task
        for part in mix.parts
        for task in part.recipe.tasks
        if not part.shares or task.key in part.shares
    )
