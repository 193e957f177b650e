"""`vtencode download`."""

from __future__ import annotations

import shlex
from dataclasses import replace
from fnmatch import fnmatchcase
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
@click.option("--only", metavar="PATTERN", help="Only files of such names, as `ai_001_*`.")
@click.option("--list", "listed", is_flag=True, help="List the files, and fetch nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def download(*, recipe: str, to: Path | None, only: str | None, listed: bool, yes: bool) -> None:
    """Fetch the dataset of RECIPE from its official address.

    Run the same command again to resume.
    """
    made = load_recipe(recipe)
    publication = _kept(made.source.reader.publication, only)
    folder = to or dataset_folder(made.source.name)
    if not publication.files:
        raise SourceError(
            f"{publication.title} has no open address: {publication.how_to_get}.\n"
            f"Ask at {publication.home}, and put it so that --source PATH holds:\n"
            f"{publication.place or publication.title}"
        )
    if listed:
        for file in publication.files:
            click.echo(f"{file.name}\t{file.url}")
        return
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


def _kept(publication: Publication, only: str | None) -> Publication:
    """The publication with the files whose names the pattern matches."""
    if only is None or not publication.files:
        return publication
    files = tuple(file for file in publication.files if fnmatchcase(file.name, only))
    if not files:
        raise SourceError(f"{publication.title} has no file like {only!r}. --list tells them all.")
    return replace(publication, files=files)
