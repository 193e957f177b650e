"""A recipe with a source to read: the published data, or a miniature made for the occasion."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtencode.errors import SourceError, SpecError
from vtencode.recipe import Recipe, load_recipe
from vtencode.registry import find
from vtencode.sources.base import Source

#: Training frames of a demo, unless asked otherwise.
DEMO_COUNT = 8


@dataclass(frozen=True)
class Setting:
    """What a build starts from. `origin` is where the data are, as JSON, for `verify`."""

    recipe: Recipe
    source: Source
    origin: Mapping[str, Any]


@contextlib.contextmanager
def setting(
    recipe: str | Path | Recipe,
    *,
    source: Path | str | None,
    demo: int | bool = False,
    overrides: Sequence[str] = (),
) -> Iterator[Setting]:
    """Open a recipe's source at `source`, or on a miniature of `demo` training frames.

    The miniature lives as long as the block.
    """
    if source is not None and demo:
        raise SpecError("source and demo exclude each other: a demo makes its own source.")
    if isinstance(recipe, Recipe) and overrides:
        raise SpecError(
            "overrides change a recipe as it is loaded, and this one is loaded already."
        )
    made = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, overrides)
    if demo:
        count = DEMO_COUNT if demo is True else demo
        with tempfile.TemporaryDirectory(prefix="vtencode-demo-") as folder:
            root = find("miniature", made.source.name)(Path(folder), count=count)
            yield Setting(made, made.source.open(root), {"demo": count})
        return
    if source is None:
        raise SourceError(f"{made.name} needs a source: --source PATH, or --demo.")
    root = Path(source).absolute()
    yield Setting(made, made.source.open(root), {"path": str(root)})


@contextlib.contextmanager
def setting_from_origin(recipe: Recipe, origin: Mapping[str, Any]) -> Iterator[Setting]:
    """The setting that a finished build was made in."""
    demo, path = int(origin.get("demo", 0)), origin.get("path")
    with setting(recipe, source=path, demo=demo) as found:
        yield found
