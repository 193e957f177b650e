"""`vtencode verify`."""

from __future__ import annotations

from pathlib import Path

import click

from vtencode.cli.terminal import progress, show_facts, show_json
from vtencode.verification.run import SPELLED_OUT, Verification
from vtencode.verification.run import verify as run_verify


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--source", type=click.Path(path_type=Path), help="Where the dataset is now.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; default: cores.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, folder: Path, source: Path | None, workers: int | None, as_json: bool) -> None:
    """Check every file, key and pixel of the dataset in DIR against its source.

    Exits 5 when anything differs.
    """
    with progress("pairs") as report:
        found = run_verify(folder, source=source, workers=workers, report=report)
    if as_json:
        show_json(found.to_json())
    else:
        _show(folder, found)
    click.get_current_context().exit(0 if found.ok else 5)


def _show(folder: Path, found: Verification) -> None:
    counts = found.counts
    show_facts(
        {
            "dataset": f"{found.dataset} in {folder}",
            "counts": f"{counts['planned']} planned = {counts['written']} written + "
            f"{counts['rejected']} rejected + {counts['filtered']} filtered",
            "round trip": f"{found.pairs} pairs decoded and compared with the source",
            "worst error": f"{found.worst_error:.4g} {found.unit}, "
            f"{found.worst_share_of_tolerance:.1%} of the codec's tolerance there",
            "verdict": "whole" if found.ok else f"{len(found.problems)} problems",
        }
    )
    for problem in found.problems[:SPELLED_OUT]:
        click.echo(f"  {problem}")
    if len(found.problems) > SPELLED_OUT:
        click.echo(f"  … and {len(found.problems) - SPELLED_OUT} more")
