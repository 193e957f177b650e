"""`vtencode demo`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from vtencode.building.setting import DEMO_COUNT
from vtencode.cli.terminal import show_facts
from vtencode.errors import SourceError
from vtencode.recipe import load_recipe
from vtencode.registry import find


@click.command()
@click.argument("recipe")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option(
    "--count",
    default=DEMO_COUNT,
    show_default=True,
    type=click.IntRange(min=1),
    help="Training frames; a quarter as many more are for testing.",
)
def demo(*, recipe: str, out: Path, count: int) -> None:
    """Write a miniature of RECIPE's dataset, in the exact format its authors publish."""
    made = load_recipe(recipe)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SourceError(f"{out} must be a new or empty folder, and is not. Choose another --out.")
    root = find("miniature", made.source.name)(out, count=count)
    show_facts(
        {
            "dataset": f"{root}: a miniature of {made.source.reader.publication.title}",
            "next": f"vtencode build {recipe} --source {shlex.quote(str(root))} --out OUT",
        }
    )
