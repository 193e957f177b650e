"""What a legend notes of instances: colors by id, and labels and crowds in its facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from vtencode.codecs.class_colors import BACKGROUND
from vtencode.colors import RGB
from vtencode.legends import Legend
from vtencode.spec import canonical_json
from vtencode.targets import Array, Region
from vtencode.targets.instances import MAX_ID


def legend_of(regions: Sequence[Region], colors: Array) -> Legend:
    """List the background's color and each region's, and note labels and crowds as JSON."""
    names = [BACKGROUND, *(str(region.id) for region in regions)]
    listed: Iterable[RGB] = map(tuple, colors.tolist())
    labels = {str(region.id): region.label for region in regions if region.label is not None}
    crowds = sorted(region.id for region in regions if region.crowd)
    facts = {"labels": labels, "crowds": crowds}
    noted = {name: canonical_json(value) for name, value in facts.items() if value}
    return Legend(dict(zip(names, listed, strict=True)), noted)


def listed_ids(legend: Legend) -> dict[int, RGB]:
    """Colors by id: of the names that are whole numbers; others are not ids."""
    return {int(name): color for name, color in legend.colors.items() if _is_id(name)}


def noted_labels(legend: Legend) -> dict[int, str]:
    """Labels by id; facts that `legend_of` did not write note nothing."""
    labels = read_json(legend.facts.get("labels"))
    pairs = labels.items() if isinstance(labels, dict) else ()
    return {int(id_): label for id_, label in pairs if _is_id(id_) and isinstance(label, str)}


def noted_crowds(legend: Legend) -> set[int]:
    """Ids of crowds; facts that `legend_of` did not write note nothing."""
    crowds = read_json(legend.facts.get("crowds"))
    return {id_ for id_ in crowds if isinstance(id_, int)} if isinstance(crowds, list) else set()


def read_json(text: Any) -> Any:
    """The value of a JSON text, or None for anything else."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def _is_id(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 11 and 1 <= int(name) <= MAX_ID
