"""`vtencode audit`."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap

import click

from vtencode.cli.terminal import progress, show_facts, show_json, show_table
from vtencode.leaks.audit import Audit, Finding
from vtencode.leaks.audit import audit as run_audit
from vtencode.leaks.fingerprints import DISTANCE
from vtencode.leaks.id_lists import list_names, shipped_list

#: Leaks that are spelled out for people; the rest are counted.
SPELLED_OUT = 20
#: Characters of a line of what a list says of itself.
_WIDE = 76


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--against",
    multiple=True,
    metavar="DIR_OR_LIST",
    help="An evaluation set: a built dataset, a list of --list, a file of ids. Repeatable.",
)
@click.option("--list", "as_list", is_flag=True, help="List the lists of ids that are built in.")
@click.option(
    "--distance",
    default=DISTANCE,
    show_default=True,
    type=click.IntRange(0, 64),
    help="Bits of 64 by which images that look alike may differ.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes; default: cores.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: every leak, with every pair.")
def audit(
    *,
    folder: Path | None,
    against: tuple[str, ...],
    as_list: bool,
    distance: int,
    workers: int | None,
    as_json: bool,
) -> None:
    """Find images of evaluation sets among the inputs of the dataset in DIR.

    By image id, by pixels, and by looks: re-encoded, resized, slightly cropped or mirrored copies
    are found too. Exits 5 when there is one.
    """
    if as_list:
        _show_lists(as_json=as_json)
        return
    if folder is None or not against:
        raise click.UsageError("audit needs DIR and --against DIR_OR_LIST, or --list.")
    with progress("pairs") as report:
        found = run_audit(folder, against, distance=distance, workers=workers, report=report)
    if as_json:
        show_json(found.to_json())
    else:
        _show(found)
    click.get_current_context().exit(0 if found.ok else 5)


def _show_lists(*, as_json: bool) -> None:
    lists = [shipped_list(name) for name in list_names()]
    if as_json:
        show_json([{"name": one.name, "ids": len(one.ids), "about": one.about} for one in lists])
    else:
        show_facts({one.name: f"{len(one.ids)} ids\n{_wrapped(one.about)}" for one in lists})


def _show(found: Audit) -> None:
    leaks = ", ".join(f"{count} {kind}" for kind, count in found.counts.items() if count)
    show_facts(
        {
            "dataset": f"{found.dataset}: {found.images} images in {found.pairs} pairs",
            "against": "\n".join(f"{name}: {size} images" for name, size in found.known.items()),
            "compared": f"{found.with_id} images by id; {found.images - found.plain} by looks, "
            f"{found.plain} too plain for it",
            "leaks": leaks or "none",
        }
    )
    if found.findings:
        show_table(["pairs", "is", "of", "known by"], list(map(_row, found.findings[:SPELLED_OUT])))
    if len(found.findings) > SPELLED_OUT:
        click.echo(f"… and {len(found.findings) - SPELLED_OUT} more")


def _wrapped(text: str) -> str:
    return "\n".join(wrap(text, _WIDE, break_long_words=False, break_on_hyphens=False))


def _row(finding: Finding) -> list[str]:
    leak, more = finding.leak, len(finding.keys) - 1
    keys = f"{finding.keys[0]} and {more} more" if more else finding.keys[0]
    bits = f", {leak.distance} of 64 bits differ" if leak.kind in ("perceptual", "mirrored") else ""
    return [keys, leak.key, leak.set, f"{leak.kind}{bits}"]
