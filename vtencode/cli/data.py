"""Finding a recipe's data on this machine, and offering to fetch them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from vtencode.building.setting import needed
from vtencode.cli.terminal import progress, watched
from vtencode.downloads.fetch import fetch_all
from vtencode.downloads.places import begun, dataset_folder, missing
from vtencode.errors import DownloadError, SourceError
from vtencode.recipe import Mix, Recipe
from vtencode.sources.base import Publication

#: Files that are named before somebody agrees to fetch them; the rest are counted.
_TOLD = 8


def find_sources(mix: Mix, given: Sequence[str], *, yes: bool) -> dict[str, Path]:
    """Where each source of a mix is: as `[NAME=]PATH` says, or else where `find_data` finds it."""
    places = named_places(given, needed(mix))
    recipes = {part.recipe.source.name: part.recipe for part in mix.parts}
    return {
        name: places[name] if name in places else find_data(recipes[name], yes=yes)
        for name in needed(mix)
    }


def named_places(given: Sequence[str], names: Sequence[str]) -> dict[str, Path]:
    """What `--source [NAME=]PATH` says of the sources of these names."""
    places: dict[str, Path] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if equals and name in names:
            places[name] = Path(path)
        elif len(names) == 1 and names[0] not in places:
            places[names[0]] = Path(text)
        else:
            known = ", ".join(names) or "nothing: all of it is rendered on the spot"
            raise click.UsageError(f"--source must be NAME=PATH for {known}, got {text}.")
    return places


def find_data(recipe: Recipe, *, yes: bool) -> Path:
    """Where the dataset of a recipe is; fetched first if it is not here and the user agrees.

    Raises `SourceError` with the ways on when it is neither here nor fetched.
    """
    folder = dataset_folder(recipe.source.name)
    publication: Publication = recipe.source.reader.publication
    if folder.is_dir() and (not missing(publication, folder) or not begun(publication, folder)):
        return folder
    describe(publication, folder)
    if not publication.files or not (yes or agreed()):
        raise SourceError(ways_on(recipe, folder))
    try:
        fetch(publication, folder)
    except DownloadError as error:
        raise SourceError(f"{error}\n{ways_on(recipe, folder)}") from error
    return folder


def describe(publication: Publication, folder: Path) -> None:
    """Say what would be fetched, under which terms, and where to."""
    click.echo(f"{publication.title}: {publication.how_to_get}", err=True)
    click.echo(f"  license   {publication.license}", err=True)
    click.echo(f"  home      {publication.home}", err=True)
    lacking = missing(publication, folder)
    for file in lacking[:_TOLD]:
        click.echo(f"  file      {file.url}", err=True)
    if len(lacking) > _TOLD:
        click.echo(f"  and       {len(lacking) - _TOLD} more files", err=True)
    click.echo(f"  into      {folder}", err=True)


def fetch(publication: Publication, folder: Path) -> None:
    """Fetch what is missing, with progress."""
    with progress("bytes", size=True) as report:
        fetch_all(publication, folder, report=report)


def ways_on(recipe: Recipe, folder: Path) -> str:
    """The three things a user without the data can do, and what the data look like."""
    publication: Publication = recipe.source.reader.publication
    how = publication.how_to_get
    return (
        f"{folder} must hold the dataset of {recipe.name}, and does not. Three ways on:\n"
        f"  --source PATH                      if you have it elsewhere\n"
        f"  --demo                             to build from a miniature\n"
        + (
            f"  vtencode download {recipe.name} --yes   to fetch it ({how})"
            if publication.files
            else f"  {publication.home}   to ask for it ({how})"
        )
        + (f"\nA --source PATH holds:\n{publication.place}" if publication.place else "")
    )


def agreed() -> bool:
    """Ask whether to download; nobody there is a no."""
    return watched(sys.stdin) and click.confirm("Download it?", err=True)
