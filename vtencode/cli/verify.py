"""`vtencode verify`."""

from __future__ import annotations

import click

from vtencode.building.setting import needed
from vtencode.cli.data import named_places
from vtencode.cli.place import place
from vtencode.cli.terminal import errors_text, progress, show_facts, show_json
from vtencode.locations import Location
from vtencode.manifest import read_manifest
from vtencode.recipe import Mix
from vtencode.verification.run import SPELLED_OUT, Verification
from vtencode.verification.run import verify as run_verify


@click.command()
@click.argument("folder", metavar="DIR", callback=place)
@click.option(
    "--source",
    multiple=True,
    metavar="[NAME=]PATH",
    help="Where the dataset is now; NAME=PATH for each, where a mix reads several.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes; default: cores.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    *, folder: Location, source: tuple[str, ...], workers: int | None, as_json: bool
) -> None:
    """Check every file, key and pixel of the dataset in DIR against its source.

    DIR may be on an object store, as s3://bucket/nyu; where the source is, is not told there.
    Exits 5 when anything differs.
    """
    with progress("pairs") as report:
        places = named_places(source, _needed(folder)) if source else None
        found = run_verify(folder, source=places, workers=workers, report=report)
    if as_json:
        show_json(found.to_json())
    else:
        _show(folder, found)
    click.get_current_context().exit(0 if found.ok else 5)


def _needed(folder: Location) -> list[str]:
    return needed(Mix.from_identity(read_manifest(folder)["recipe"]))


def _show(folder: Location, found: Verification) -> None:
    counts = found.counts
    show_facts(
        {
            "dataset": f"{found.dataset} in {folder}",
            "counts": f"{counts['planned']} planned = {counts['written']} written + "
            f"{counts['rejected']} rejected + {counts['filtered']} filtered",
            "round trip": f"{found.pairs} pairs decoded and compared with the source",
            "worst error": f"{errors_text(found.worst_errors)}, "
            f"at most {found.worst_share_of_tolerance:.1%} of a codec's tolerance",
            "verdict": "whole" if found.ok else f"{len(found.problems)} problems",
        }
    )
    for problem in found.problems[:SPELLED_OUT]:
        click.echo(f"  {problem}")
    if len(found.problems) > SPELLED_OUT:
        click.echo(f"  … and {len(found.problems) - SPELLED_OUT} more")
