"""`vtencode tasks`."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import click

from vtencode.cli.terminal import lines, show_facts, show_json, show_table
from vtencode.instructions import load_pool
from vtencode.registry import find, names
from vtencode.spec import to_params

#: Characters of a line of what a task says of itself.
_WIDE = 84


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def tasks(*, name: str | None, as_json: bool) -> None:
    """List what may be asked of an image, or tell about the task NAME."""
    found = [_described(each) for each in ([name] if name else names("task"))]
    if as_json:
        show_json(found)
    elif name:
        _show(found[0])
    else:
        rows = [[t["name"], t["target"], t["codec"], t["summary"]] for t in found]
        show_table(["task", "asks about", "codec", "what is painted"], rows)


def _described(name: str) -> dict[str, Any]:
    cls = find("task", name)
    return {
        "name": name,
        "summary": cls.summary,
        "about": cls.__doc__,
        "target": cls.target,
        "takes": [kind.__name__ for kind in cls.takes],
        "paints": cls.paints.__name__,
        "codec": cls.codec,
        "pool": cls.pool,
        "phrasings": len(load_pool(cls.pool).templates),
        "fields": list(cls.fields),
        "options": to_params(cls()),
    }


def _show(found: dict[str, Any]) -> None:
    about = [" ".join(each.split()) for each in found["about"].split("\n\n")]
    show_facts(
        {
            "task": found["name"],
            "about": "\n".join(fill(each, _WIDE) for each in about),
            "asks about": f"{found['target']} ({' or '.join(found['takes'])})",
            "paints": f"{found['paints']}, by the codec {found['codec']}",
            "phrasings": f"{found['phrasings']} in the pool {found['pool']}",
            "fields": ", ".join(f"{{{field}}}" for field in found["fields"]) or "none",
            "options": lines(found["options"]) or "none",
        }
    )
