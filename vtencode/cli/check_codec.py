"""`vtencode check-codec`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from vtencode.cli.terminal import lines, show_facts, show_json, show_table
from vtencode.codecs.base import Codec
from vtencode.errors import SpecError
from vtencode.registry import find
from vtencode.testing import Proof, noise_table, prove, sample_targets, worst_measured


@click.command("check-codec")
@click.argument("name")
@click.option("--preset", help="A preset of the codec.")
@click.option("--examples", default=100, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_codec(*, name: str, preset: str | None, examples: int, as_json: bool) -> None:
    """Prove the codec NAME, or `package.module:Class` of your own.

    Prints its contract, every law with how it came out, the worst error measured, and how it
    bears noise. Exits 0 only if every law holds. A class of your own is imported: that runs its
    code.
    """
    made: Codec[Any] = _class(name).with_params(preset)
    proof = prove(made, examples=examples)
    targets = sample_targets(made)
    table = noise_table(made, targets) if proof.ok else {}
    worst = worst_measured(made, targets) if proof.ok else None
    if as_json:
        show_json(_facts(made, proof, table, worst))
    else:
        _show(made, proof, table, worst)
    click.get_current_context().exit(0 if proof.ok else 1)


def _class(name: str) -> Any:
    module, colon, attribute = name.partition(":")
    if not colon:
        return find("codec", name)
    sys.path.insert(0, str(Path.cwd()))
    try:
        cls = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SpecError(f"{name} must be an importable package.module:Class: {error}.") from error
    finally:
        sys.path.pop(0)
    if not (isinstance(cls, type) and issubclass(cls, Codec)):
        raise SpecError(f"{name} must be a subclass of vtencode.Codec, got {cls!r}.")
    return cls


def _facts(
    made: Codec[Any], proof: Proof, table: dict[str, dict[str, float]], worst: float | None
) -> dict[str, Any]:
    laws = [{"law": o.law, "ok": o.ok, "fault": o.fault} for o in proof.outcomes]
    contract = {"contract": made.contract(), "worst_error": worst, "unit": made.unit}
    return {"codec": made.spec(), "ok": proof.ok, "laws": laws, **contract, "noise": table}


def _show(
    made: Codec[Any], proof: Proof, table: dict[str, dict[str, float]], worst: float | None
) -> None:
    contract = {name.replace("_", " "): lines(value) for name, value in made.contract().items()}
    show_facts({"codec": f"{made.name}, version {made.version}", **contract})
    click.echo()
    for outcome in proof.outcomes:
        click.echo(f"{'holds ' if outcome.ok else 'BROKEN'}  {outcome.law}")
        if outcome.fault:
            click.echo(f"        {outcome.fault}")
    if not proof.ok:
        return
    click.echo(f"\nworst error measured: {worst:.4g} {made.unit}\n")
    rows = [
        [kind, f"{row['median']:.4g}", f"{row['p99']:.4g}", f"{row['lost']:.2%}"]
        for kind, row in table.items()
    ]
    show_table(["noise", f"median {made.unit}", f"p99 {made.unit}", "state lost"], rows)
