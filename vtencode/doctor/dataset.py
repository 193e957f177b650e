"""A dataset that was recognized: its reader's own words on what is there and what is not."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vtencode.doctor.report import Found, RecipeFit
from vtencode.doctor.told import told
from vtencode.errors import SampleError, SampleFiltered, SourceError, VtencodeError
from vtencode.recipe import Recipe, load_recipe, recipe_names
from vtencode.shipped import shipped
from vtencode.sources.base import Source
from vtencode.yaml12 import parse

if TYPE_CHECKING:
    import pyarrow as pa


def described(reader: Any, root: Path, files: int, parts: Mapping[str, str]) -> Found:
    """What the reader finds at `root`; where it finds nothing, what it says."""
    found = Found(reader.name, reader.publication.title, str(root), files, parts)
    try:
        source, table = _opened(reader, root)
        have = source.available()
        return replace(
            found,
            frames=_counted(table, reader.splits),
            targets=_held(table, reader, have),
            missing=tuple(name for name in reader.targets if name not in have),
            first=_first(source, table),
            recipes=_fits(source, table, root),
        )
    except (VtencodeError, OSError) as error:
        return replace(found, problem=str(error))


def _opened(reader: Any, root: Path) -> tuple[Source, pa.Table]:
    """The source and its index: by its own options, or else by those of a recipe of it.

    Where an archive holds the dataset twice, only a recipe says which is meant. Raises the
    `SourceError` of its own options where no recipe's will do.
    """
    split = "all" if "all" in reader.splits else "train"
    source: Source = reader(root=root, split=split)
    try:
        return source, source.index()
    except SourceError:
        for recipe in _recipes(reader.name):
            told_by = replace(source, **{**recipe.source.options()[0], "split": split})
            with contextlib.suppress(SourceError):
                return told_by, told_by.index()
        raise


def _counted(table: pa.Table, splits: Sequence[str]) -> dict[str, int]:
    """Frames of each split, in the order in which the source names them."""
    counts = {each["values"]: each["counts"] for each in table["split"].value_counts().to_pylist()}
    order = [*splits, *sorted(set(counts) - set(splits))]
    return {name: counts[name] for name in order if name in counts}


def _held(table: pa.Table, reader: Any, have: Mapping[str, type]) -> dict[str, int]:
    """How many frames have each target; all of them, where the index does not tell."""
    import pyarrow as pa

    derived = getattr(reader, "derived", {})
    texts = {field.name for field in table.schema if pa.types.is_string(field.type)}
    held = {}
    for name in have:
        parts = [part for part in derived.get(name, (name,)) if part in texts]
        columns = [np.array(table[part].to_pylist(), dtype=object) != "" for part in parts]
        held[name] = int(np.logical_and.reduce(columns).sum()) if columns else len(table)
    return held


def _first(source: Source, table: pa.Table) -> dict[str, str]:
    """One frame, from the middle, as it is read."""
    row = table.slice(len(table) // 2, 1).to_pylist()[0]
    try:
        sample = source.load(row)
        picture = sample.picture
        facts = {row["key"]: f"{picture.format} {picture.width}x{picture.height}"}
    except SampleError as error:
        return {row["key"]: str(error)}
    for name in sample.targets:
        try:
            facts[name] = told(sample.targets[name])
        except (SampleError, SampleFiltered) as error:
            facts[name] = str(error)
    return facts


def _fits(source: Source, table: pa.Table, root: Path) -> tuple[RecipeFit, ...]:
    """Every recipe that reads this source, with its command, or why it cannot be built."""
    counts = _counted(table, source.splits)
    return tuple(_fit(source, recipe, counts, root) for recipe in _recipes(source.name))


def _recipes(source: str) -> list[Recipe]:
    found = []
    for name in recipe_names():
        path = shipped("recipes") / f"{name}.yaml"
        read = parse(path.read_text(encoding="utf-8"), where=str(path)).value
        section = read.get("source") if isinstance(read, dict) else None
        if isinstance(section, dict) and section.get("name") == source:
            found.append(load_recipe(name))
    return found


def _fit(source: Source, recipe: Recipe, counts: Mapping[str, int], root: Path) -> RecipeFit:
    options = {k: v for k, v in recipe.source.options()[0].items() if k != "split"}
    try:
        asked = replace(source, **options) if options else source
        asked.require(task.target_name for task in recipe.tasks)
        if options:
            counts = _counted(asked.index(), source.splits)
    except (SourceError, OSError) as error:
        return RecipeFit(recipe.name, reason=str(error))
    split = recipe.source.split
    command = f"vtencode build {recipe.name} --source {shlex.quote(str(root))}"
    if split == "all" or split in counts:
        return RecipeFit(recipe.name, f"{command} --out OUT")
    here = next(iter(counts))
    reason = f"no frame of the recipe's split {split!r} is here"
    return RecipeFit(recipe.name, f"{command} --set source.split={here} --out OUT", reason)
