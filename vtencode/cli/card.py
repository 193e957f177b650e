"""`vtencode card`."""

from __future__ import annotations

from pathlib import Path

import click

from vtencode.cards import card as text_of
from vtencode.cards import edited, write
from vtencode.cli.place import here
from vtencode.errors import SpecError
from vtencode.manifest import read_manifest


@click.command()
@click.argument("folder", metavar="DIR", callback=here)
@click.option("--overwrite", is_flag=True, help="Replace files that somebody changed, too.")
@click.option("--print", "printed", is_flag=True, help="Print README.md, and write nothing.")
def card(*, folder: Path, overwrite: bool, printed: bool) -> None:
    """Write the card of the dataset in DIR: README.md for people and the Hub, croissant.json.

    A build has written both already. They are written anew if they are as vtencode wrote them;
    if somebody changed one, nothing is written.
    """
    manifest = read_manifest(folder)
    if printed:
        click.echo(text_of(manifest), nl=False)
        return
    changed = [] if overwrite else edited(folder)
    if changed:
        names = " and ".join(path.name for path in changed)
        raise SpecError(
            f"{names} in {folder} must be as vtencode wrote it, and was changed: --overwrite "
            "replaces it, --print shows what would be written."
        )
    for path in write(folder, manifest, overwrite=overwrite):
        click.echo(path)
