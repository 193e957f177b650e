"""`vtencode export`."""

from __future__ import annotations

import shlex

import click

from vtencode.cli.terminal import progress, show_facts, show_json
from vtencode.exports.reshard import reshard
from vtencode.exports.run import Exported
from vtencode.exports.run import export as run_export
from vtencode.locations import is_url
from vtencode.registry import names


@click.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--to",
    required=True,
    metavar="NAME[,NAME…]",
    help=f"Trainers: {', '.join(names('trainer'))}; or one format: {', '.join(names('sink'))}.",
)
@click.option("--out", required=True, help="A new folder; of a format, also a URL.")
@click.option("--at", metavar="PATH", help="Where trainers will find --out; default: where it is.")
@click.option("--limit", type=click.IntRange(min=1), help="Export the first so many pairs.")
@click.option(
    "--allow-changes",
    is_flag=True,
    help="Export pairs, too, whose pixels or prompt a trainer would change.",
)
@click.option(
    "--samples-per-shard", type=click.IntRange(min=1), help="Of a format: pairs in each shard."
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes; default: cores.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def export(
    *,
    folder: str,
    to: str,
    out: str,
    at: str | None,
    limit: int | None,
    allow_changes: bool,
    samples_per_shard: int | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Write the dataset in DIR as trainers read it, or in another format, into --out.

    Nothing is encoded again. Of trainers, pictures are written once, or linked, for all of them,
    with settings for each. Run the same command again to resume an export that was stopped.
    """
    asked = [name.strip() for name in to.split(",")]
    formats = [name for name in asked if name in names("sink")]
    if formats:
        if len(asked) > 1 or at or limit or allow_changes:
            raise click.UsageError(
                f"--to {formats[0]} writes the whole dataset again, alone: without other names, "
                "--at, --limit and --allow-changes."
            )
        _convert(folder, formats[0], out, samples_per_shard, workers, as_json=as_json)
        return
    if samples_per_shard:
        raise click.UsageError(f"--samples-per-shard is for {', '.join(names('sink'))}.")
    if is_url(out):
        raise click.UsageError(f"--out {out} must be a folder, as trainers read no other place.")
    with progress("pairs") as report:
        exported = run_export(
            folder,
            to=asked,
            out=out,
            at=at,
            limit=limit,
            allow_changes=allow_changes,
            workers=workers,
            report=report,
        )
    _show(exported, as_json=as_json)


def _convert(
    folder: str,
    name: str,
    out: str,
    samples_per_shard: int | None,
    workers: int | None,
    *,
    as_json: bool,
) -> None:
    with progress("pairs") as report:
        built = reshard(
            folder,
            to=name,
            out=out,
            samples_per_shard=samples_per_shard,
            workers=workers,
            report=report,
        )
    manifest = built.manifest
    shards = manifest["shards"]
    if as_json:
        names_ = [shard["name"] for shard in shards]
        show_json({"out": str(built.out), "counts": manifest["counts"], "shards": names_})
        return
    size = sum(shard["bytes"] for shard in shards)
    show_facts(
        {
            "dataset": f"{manifest['dataset']}, {manifest['counts']['written']} pairs",
            "format": name,
            "output": f"{built.out} ({len(shards)} shards, {size / 1e6:.1f} MB)",
            "next": f"vtencode verify {shlex.quote(str(built.out))}",
        }
    )


def _show(exported: Exported, *, as_json: bool) -> None:
    for line in exported.changes:
        click.echo(f"warning: {line}", err=True)
    facts = exported.facts
    if as_json:
        show_json({**facts, "out": str(exported.out)})
        return
    show_facts(
        {
            "dataset": f"{facts['dataset']}, {facts['pairs']} pairs",
            "for": ", ".join(facts["trainers"]),
            "output": exported.out,
            "next": f"read {exported.out / 'README.md'}",
        }
    )
