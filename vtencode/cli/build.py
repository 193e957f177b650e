"""`vtencode build` and `vtencode plan`."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from vtencode.building.ledger import FILTERED, REJECTS
from vtencode.building.order import counted
from vtencode.building.plan import Plan, make_plan
from vtencode.building.run import Built
from vtencode.building.run import build as run_build
from vtencode.building.setting import setting
from vtencode.cli.data import find_sources
from vtencode.cli.place import place
from vtencode.cli.terminal import errors_text, progress, show_facts, show_json
from vtencode.locations import Location, on_store
from vtencode.recipe import Mix, load_mix
from vtencode.registry import names


@dataclass(frozen=True)
class Asked:
    """What `build` and `plan` are both asked for; `source` is found before they begin."""

    mix: Mix
    sources: dict[str, Path] | None
    demo: bool
    limit: int | None
    as_json: bool


def _asked(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a build, as one `Asked`."""

    @functools.wraps(command)
    def called(
        *,
        recipe: str,
        source: tuple[str, ...],
        demo: bool,
        split: str | None,
        seed: int | None,
        format_: str | None,
        sets: tuple[str, ...],
        limit: int | None,
        yes: bool,
        as_json: bool,
        **rest: Any,
    ) -> None:
        if source and demo:
            raise click.UsageError("--source and --demo exclude each other.")
        keys = {"source.split": split, "seed": seed, "output.format": format_}
        named = [f"{key}={value}" for key, value in keys.items() if value is not None]
        mix = load_mix(recipe, [*sets, *named])
        found = None if demo else find_sources(mix, source, yes=yes)
        command(Asked(mix, found, demo, limit, as_json), **rest)

    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--yes", is_flag=True, help="Download without asking."),
        click.option("--engine", default="local", type=click.Choice(names("engine"))),
        click.option("--workers", type=click.IntRange(min=1), help="Processes; default: cores."),
        click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A recipe key."),
        click.option("--format", "format_", help=f"One of: {', '.join(names('sink'))}."),
        click.option("--seed", type=int, help="Decides order and phrasings."),
        click.option(
            "--limit", type=click.IntRange(min=1), help="Build so many samples of each recipe."
        ),
        click.option("--split", help="A published split, or `all`."),
        click.option("--demo", is_flag=True, help="Build from a miniature made on the spot."),
        click.option(
            "--source",
            multiple=True,
            metavar="[NAME=]PATH",
            help="Where the published dataset is; NAME=PATH for each, where a mix reads several.",
        ),
        click.argument("recipe"),
    ):
        called = option(called)
    return called


@click.command()
@_asked
@click.option(
    "--out",
    required=True,
    metavar="PATH",
    callback=place,
    help="The dataset's folder; s3://bucket/nyu, too.",
)
def build(asked: Asked, *, out: Location, workers: int | None, engine: str) -> None:
    """Build the dataset of RECIPE (a shipped name or a file) into --out.

    Run the same command again to resume a build that was stopped.
    """
    with progress("pairs") as report:
        built = run_build(
            asked.mix,
            out=out,
            source=asked.sources,
            demo=asked.demo,
            limit=asked.limit,
            workers=workers,
            engine=engine,
            report=report,
        )
    if asked.as_json:
        show_json(_summary(built))
    else:
        _show_built(built, asked.sources if on_store(out) else None)
    click.get_current_context().exit(0 if built.whole else 3)


@click.command()
@_asked
@click.option("--out", type=click.Path(path_type=Path), help="Accepted, and not written to.")
def plan(asked: Asked, *, out: Path | None, workers: int | None, engine: str) -> None:  # noqa: ARG001  # options of `build`, so that one command line serves both
    """Show what `build` with the same options would make."""
    with setting(asked.mix, source=asked.sources, demo=asked.demo) as ready:
        made, tables = make_plan(ready.mix, ready.sources, limit=asked.limit)
    places = ", ".join(str(path) for path in (asked.sources or {}).values())
    origin = "miniatures made on the spot" if asked.demo else places or "rendered on the spot"
    if asked.as_json:
        shards = [made.shard_name(shard) for shard in range(made.shards)]
        show_json({**made.to_json(), "digest": made.digest, "shards": shards, "origin": origin})
    else:
        _show_plan(asked.mix, made, counted(tables.pairs, asked.mix), origin)


def _summary(built: Built) -> dict[str, Any]:
    kept = ("dataset", "split", "counts", "worst_errors", "worst_share_of_tolerance")
    summary = {key: built.manifest[key] for key in kept}
    shards = [shard["name"] for shard in built.manifest["shards"]]
    return {**summary, "out": str(built.out), "shards": shards}


def _show_built(built: Built, sources: Mapping[str, Path] | None) -> None:
    """Print what was built; `sources` are places that the dataset does not know."""
    manifest, counts = built.manifest, built.manifest["counts"]
    shards = manifest["shards"]
    size = sum(shard["bytes"] for shard in shards)
    show_facts(
        {
            "dataset": f"{manifest['dataset']}, split {manifest['split']}",
            "pairs": f"{counts['written']} written of {counts['planned']} planned, "
            f"{counts['rejected']} rejected, {counts['filtered']} filtered",
            "worst error": f"{errors_text(manifest['worst_errors'])}, "
            f"at most {manifest['worst_share_of_tolerance']:.1%} of a codec's tolerance",
            "prompts": f"at most {manifest['longest_prompt_tokens']} T5 tokens, by estimate",
            "output": f"{built.out} ({_counted(len(shards), 'shard')}, {size / 1e6:.1f} MB)",
            "license": manifest["license"],
            "next": shlex.join(["vtencode", "verify", str(built.out), *_given(sources or {})]),
        }
    )
    for name in ("rejected", "filtered"):
        if counts[name]:
            listed = built.out / {"rejected": REJECTS, "filtered": FILTERED}[name]
            click.echo(f"{name} pairs are listed in {listed}", err=True)


def _given(sources: Mapping[str, Path]) -> Iterator[str]:
    for name, path in sources.items():
        yield from ("--source", f"{name}={path}" if len(sources) > 1 else str(path))


def _show_plan(mix: Mix, made: Plan, counts: Mapping[tuple[int, str], int], origin: str) -> None:
    first, last = made.shard_name(0), made.shard_name(made.shards - 1)
    sources = {source["fingerprint"]: source for source in made.sources}.values()
    files = sum(source["files"] for source in sources)
    size = sum(source["bytes"] for source in sources)
    tasks = [
        ", ".join(f"{task} {count}" for (part, task), count in counts.items() if part == at)
        for at in range(len(mix.parts))
    ]
    if not mix.alone:
        tasks = [f"{part.recipe.name}: {told}" for part, told in zip(mix.parts, tasks, strict=True)]
    show_facts(
        {
            "recipe": f"{mix.name}: {mix.title}",
            "source": f"{origin} ({files} files, {size / 1e6:.1f} MB)",
            "tasks": "\n".join(tasks),
            "pairs": f"{made.pairs} from {made.samples} samples of the split {made.split!r}",
            "shards": f"{_counted(made.shards, 'file')} of at most {made.per_shard} pairs, "
            + (first if made.shards == 1 else f"{first} to {last}"),
            "plan": made.digest,
        }
    )


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
