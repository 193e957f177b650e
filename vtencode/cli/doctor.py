"""`vtencode doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from vtencode.cli.terminal import show_facts, show_json
from vtencode.doctor import Found, RecipeFit, Report, examine


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(*, path: Path, as_json: bool) -> None:
    """Say which dataset is at PATH, what is missing, and how to build it.

    PATH is a folder, an archive or a file. Of a file: what it holds, and which depth its numbers
    could be. Nothing is written. Exits 2 when nothing is recognized.
    """
    found = examine(path)
    if as_json:
        show_json(found.to_json())
    else:
        _show(found)
    click.get_current_context().exit(0 if found.recognized else 2)


def _show(report: Report) -> None:
    looked = f"{report.files} files" + (" looked at, and there are more" if report.cut else "")
    show_facts({"path": f"{report.path} ({looked})" if report.files > 1 else report.path})
    for each in report.found:
        click.echo()
        show_facts(_dataset(each))
    if report.facts:
        show_facts(report.facts)
    if not report.recognized:
        click.echo("no dataset that vtencode knows by its names; data of your own need a recipe")
    told = {fit.command for each in report.found for fit in each.recipes}
    steps = [step for step in report.advice if step not in told]
    if steps:
        show_facts({"next": "\n".join(steps)})


def _dataset(found: Found) -> dict[str, str]:
    facts = {"dataset": f"{found.title} ({found.source}), {found.files} files in {found.root}"}
    if found.parts:
        facts["parts"] = "; ".join(f"{name} {values}" for name, values in found.parts.items())
    if found.problem:
        return {**facts, "problem": found.problem}
    total = sum(found.frames.values())
    facts["frames"] = ", ".join(f"{split} {count}" for split, count in found.frames.items())
    held = [
        name if count == total else f"{name} of {count} frames only"
        for name, count in found.targets.items()
    ]
    facts["targets"] = ", ".join(held) or "none"
    if found.missing:
        facts["missing"] = ", ".join(found.missing)
    facts["one frame"] = "\n".join(f"{name}: {text}" for name, text in found.first.items())
    facts["recipes"] = "\n".join(_fits(found.recipes)) or "none"
    return facts


def _fits(fits: Sequence[RecipeFit]) -> Iterator[str]:
    """The commands, and below them the recipes that cannot be built, by the reason."""
    without: dict[str, list[str]] = {}
    for fit in fits:
        if fit.command:
            yield f"{fit.command}  ({fit.reason})" if fit.reason else fit.command
        else:
            without.setdefault(fit.reason, []).append(fit.name)
    for reason, names in without.items():
        yield f"{', '.join(names)} cannot be built: {reason}"
