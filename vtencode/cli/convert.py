"""`vtencode convert`."""

from __future__ import annotations

from pathlib import Path

import click

from vtencode.cli.out_file import OutFile, keep_apart
from vtencode.cli.terminal import show_facts, show_json
from vtencode.conversion import Named
from vtencode.conversion import convert as run_convert
from vtencode.encodings import ENCODINGS
from vtencode.recipe import override_tree

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", required=False, type=_FILE)
@click.option("--from", "source", metavar="SPEC", help="Needed if the file has no spec.")
@click.option("--to", metavar="SPEC", help="What to write.")
@click.option("--from-set", "source_sets", multiple=True, metavar="KEY=VALUE", help="A parameter.")
@click.option("--to-set", "to_sets", multiple=True, metavar="KEY=VALUE", help="A parameter.")
@click.option("--out", type=OutFile(), help="The file to write.")
@click.option("--list", "listed", is_flag=True, help="List the foreign encodings.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def convert(
    *,
    file: Path | None,
    source: str | None,
    to: str | None,
    source_sets: tuple[str, ...],
    to_sets: tuple[str, ...],
    out: Path | None,
    listed: bool,
    as_json: bool,
) -> None:
    """Convert FILE from one encoding to another of the same kind.

    SPEC is a codec, NAME[:PRESET], or a foreign encoding: `--list` prints them. What was written
    is read back, and what it lost is told.
    """
    if listed:
        _list(as_json=as_json)
        return
    if file is None or to is None or out is None:
        raise click.UsageError("FILE, --to SPEC and --out FILE are needed (or --list).")
    if source_sets and source is None:
        raise click.UsageError("--from-set changes a parameter of --from SPEC; there is none.")
    keep_apart(out, (file,))
    known = None if source is None else Named(source, override_tree(source_sets), "--from")
    done = run_convert(file, known, Named(to, override_tree(to_sets), "--to"), out)
    if as_json:
        show_json({"out": str(out), "worst": done.worst, "lost": done.lost, "unit": done.unit})
        return
    show_facts(
        {
            "written": out,
            "worst error": f"{done.worst:.4g} {done.unit}",
            "states lost": done.lost,
        }
    )


def _list(*, as_json: bool) -> None:
    if as_json:
        show_json(
            [
                {
                    "name": name,
                    "kind": each.kind,
                    "summary": each.summary,
                    "source": each.source,
                    "writes": each.write is not None,
                }
                for name, each in ENCODINGS.items()
            ]
        )
        return
    shown = {}
    for name, each in ENCODINGS.items():
        ways = "read" if each.write is None else "read and written"
        shown[name] = f"{each.kind}, {ways}: {each.summary}\n{each.source}"
    show_facts(shown)
