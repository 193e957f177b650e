"""`vtencode codecs`."""

from __future__ import annotations

from typing import Any

import click

from vtencode.cli.terminal import lines, show_facts, show_json, show_table
from vtencode.codecs.base import codec
from vtencode.registry import find, names


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def codecs(*, name: str | None, as_json: bool) -> None:
    """List the codecs, or print the contract of the codec NAME."""
    found = [_described(each) for each in ([name] if name else names("codec"))]
    if as_json:
        show_json(found)
    elif name:
        _show(found[0])
    else:
        rows = [
            [c["name"], str(c["version"]), ", ".join(c["presets"]), c["summary"]] for c in found
        ]
        show_table(["codec", "version", "presets", "what it paints"], rows)


def _described(name: str) -> dict[str, Any]:
    cls = find("codec", name)
    made = codec(name)
    return {
        **made.spec(),
        "summary": cls.summary,
        "presets": sorted(cls.presets),
        "unit": cls.unit,
        "contract": made.contract(),
    }


def _show(found: dict[str, Any]) -> None:
    show_facts(
        {
            "codec": f"{found['name']}, version {found['version']}",
            "paints": found["summary"],
            "presets": ", ".join(found["presets"]),
            "parameters": lines(found["params"]),
            **{name.replace("_", " "): lines(value) for name, value in found["contract"].items()},
        }
    )
