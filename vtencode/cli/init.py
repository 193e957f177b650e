"""`vtencode init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from vtencode.cli.out_file import OutFile
from vtencode.cli.terminal import show_facts
from vtencode.durable import write_whole
from vtencode.generic.drafts.containers import look
from vtencode.generic.drafts.draft import draft, draft_of_built
from vtencode.generic.drafts.known import Known, known_dataset
from vtencode.manifest import MANIFEST


@click.command()
@click.option(
    "--from",
    "folder",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="A folder, or archive, of data of your own.",
)
@click.option("--out", type=OutFile(".yaml", ".yml"), help="The recipe to write; else printed.")
@click.option("--anyway", is_flag=True, help="Write a recipe of files for a known dataset too.")
def init(*, folder: Path, out: Path | None, anyway: bool) -> None:
    """Look at the data in a folder, and write a recipe for them.

    The recipe says what was seen, what is proposed and on which evidence. Where only you know,
    it says `choose`, and does not load until you did.
    """
    if out is not None and out.exists():
        raise click.UsageError(f"--out {out} is there already. Choose another.")
    known = None if anyway or (folder / MANIFEST).is_file() else known_dataset(folder)
    if known is not None:
        _show_known(known, folder)
        return
    undecided: tuple[str, ...] = ()
    if (folder / MANIFEST).is_file():
        text = draft_of_built(folder)
    else:
        text, decided = draft(look(folder))
        undecided = decided.open
    if out is None:
        click.echo(text, nl=False)
    else:
        write_whole(out, text.encode())
    _tell(folder, out, undecided)


def _show_known(known: Known, folder: Path) -> None:
    recipes = known.recipes or (f"a recipe with source: {{name: {known.source}}}",)
    show_facts(
        {
            "known": f"{known.title} ({known.files} of {known.of} files)",
            "recipes": ", ".join(recipes),
            "next": f"vtencode build {recipes[0]} --source {shlex.quote(str(folder))} --out OUT",
        }
    )


def _tell(folder: Path, out: Path | None, undecided: tuple[str, ...]) -> None:
    """Say what to do next, beside the recipe and not in it."""
    if undecided:
        click.echo(f"to choose, with the reasons above each: {', '.join(undecided)}", err=True)
    recipe = shlex.quote(str(out)) if out else "RECIPE.yaml"
    source = shlex.quote(str(folder))
    click.echo(f"next: vtencode build {recipe} --source {source} --out OUT", err=True)
