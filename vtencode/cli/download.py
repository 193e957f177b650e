"""`vtencode download`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from vtencode.cli.data import agreed, describe, fetch
from vtencode.cli.terminal import show_facts
from vtencode.downloads.places import dataset_folder, missing
from vtencode.errors import SourceError
from vtencode.recipe import load_recipe
from vtencode.sources.base import Publication


@click.command()
@click.argument("recipe")
@click.option("--to", type=click.Path(path_type=Path), help="The folder; default: the data folder.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def download(*, recipe: str, to: Path | None, yes: bool) -> None:
    """Fetch the dataset of RECIPE from its official address.

    Run the same command again to resume.
    """
    made = load_recipe(recipe)
    publication: Publication = made.source.reader.publication
    folder = to or dataset_folder(made.source.name)
    if not publication.files:
        raise SourceError(f"{publication.title} has no open address: {publication.how_to_get}.")
    if missing(publication, folder):
        describe(publication, folder)
        if not (yes or agreed()):
            raise click.UsageError("nothing was downloaded: --yes agrees without asking.")
        fetch(publication, folder)
    show_facts(
        {
            "dataset": folder,
            "next": f"vtencode build {recipe} --source {shlex.quote(str(folder))} --out OUT",
        }
    )
