"""A mix with sources to read: the published data, or miniatures made for the occasion."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vtencode.errors import SourceError, SpecError
from vtencode.recipe import Mix, Recipe, load_mix
from vtencode.registry import find, names
from vtencode.sources.base import Source

#: Training frames of a demo, unless asked otherwise.
DEMO_COUNT = 8

#: Where the data are: one place, or one for each source by its name.
Places = Path | str | Mapping[str, Path | str] | None


@dataclass(frozen=True)
class Setting:
    """What a build starts from: each part has a source.

    `origin` is where the data are, as JSON, for `verify`.
    """

    mix: Mix
    sources: tuple[Source, ...]
    origin: Mapping[str, Any]


@contextlib.contextmanager
def setting(
    recipe: str | Path | Recipe | Mix,
    *,
    source: Places,
    demo: int | bool = False,
    overrides: Sequence[str] = (),
) -> Iterator[Setting]:
    """Open the sources of a recipe or mix, or miniatures of `demo` training frames.

    The miniatures live as long as the block.
    """
    if source is not None and demo:
        raise SpecError("source and demo exclude each other: a demo makes its own source.")
    if isinstance(recipe, Recipe | Mix) and overrides:
        raise SpecError(
            "overrides change a recipe as it is loaded, and this one is loaded already."
        )
    mix = _as_mix(recipe, overrides)
    if demo:
        count = DEMO_COUNT if demo is True else demo
        with tempfile.TemporaryDirectory(prefix="vtencode-demo-") as folder:
            yield Setting(mix, _miniatures(mix, Path(folder), count), {"demo": count})
        return
    places = _places(mix, source)
    sources = tuple(
        part.recipe.source.open(Path(places.get(part.recipe.source.name, "/dev/null")))
        for part in mix.parts
    )
    yield Setting(mix, sources, {"paths": {name: str(path) for name, path in places.items()}})


@contextlib.contextmanager
def setting_from_origin(mix: Mix, origin: Mapping[str, Any]) -> Iterator[Setting]:
    """The setting that a finished build was made in."""
    demo = int(origin.get("demo", 0))
    paths = None if demo else dict(origin.get("paths", {}))
    with setting(mix, source=paths, demo=demo) as found:
        yield found


def needed(mix: Mix) -> list[str]:
    """Names of the sources that have to be somewhere, each once, in the order of the parts."""
    readers = [part.recipe.source for part in mix.parts]
    return list(dict.fromkeys(s.name for s in readers if not s.reader.generated))


def _as_mix(recipe: str | Path | Recipe | Mix, overrides: Sequence[str]) -> Mix:
    if isinstance(recipe, Recipe):
        return Mix.of(recipe)
    return recipe if isinstance(recipe, Mix) else load_mix(recipe, overrides)


def _places(mix: Mix, source: Places) -> dict[str, Path]:
    """Where each source of the mix is; raises `SourceError` where it is not said."""
    names = needed(mix)
    if isinstance(source, Mapping):
        given = dict(source)
    else:
        if source is not None and len(names) > 1:
            raise SourceError(
                f"{mix.name} reads {', '.join(names)}: say where each is, as "
                f"--source {names[0]}=PATH."
            )
        if source is not None and not names:
            raise SourceError(f"{mix.name} reads no source, got {source}. Leave it out.")
        given = {} if source is None else {names[0]: source}
    lacking = [name for name in names if name not in given]
    if lacking:
        raise SourceError(f"{mix.name} needs {', '.join(lacking)}: --source PATH, or --demo.")
    strange = [name for name in given if name not in names]
    if strange:
        raise SourceError(f"{mix.name} does not read {strange[0]!r}, but {', '.join(names)}.")
    return {name: Path(path).absolute() for name, path in given.items()}


def _miniatures(mix: Mix, folder: Path, count: int) -> tuple[Source, ...]:
    """The parts' sources on miniatures; parts of one source share one."""
    sources, roots = [], {}
    for part in mix.parts:
        section = part.recipe.source
        if section.reader.generated:
            made: Any = section.open(folder)
            sources.append(replace(made, count=count) if hasattr(made, "count") else made)
            continue
        if section.name not in names("miniature"):
            raise SpecError(
                f"{part.recipe.name} reads data of your own ({section.name}), of which there is "
                "no miniature: give --source PATH."
            )
        if section.name not in roots:
            root = folder / section.name
            root.mkdir()
            roots[section.name] = find("miniature", section.name)(root, count=count)
        sources.append(section.open(roots[section.name]))
    return tuple(sources)
