"""What a legend notes of panoptic segments: readable names, and what they stand for in facts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vtencode.codecs.class_colors import VOID
from vtencode.codecs.instance_notes import read_json
from vtencode.colors import RGB
from vtencode.errors import TargetError
from vtencode.legends import Legend
from vtencode.spec import canonical_json
from vtencode.targets import Array, Segment
from vtencode.targets.instances import MAX_ID

_NUMBERED = re.compile(r"(.+) ([1-9][0-9]{0,8})", re.DOTALL)


def legend_of(segments: Sequence[Segment], colors: Array) -> Legend:
    """Name void, stuff by class and things "car 1", "car 2", …; note ids, things and crowds."""
    names = [VOID, *_names(segments)]
    rows = [[s.id, s.label, s.thing, s.crowd] for s in segments]
    listed = dict(zip(names, map(tuple, colors.tolist()), strict=True))
    return Legend(listed, {"segments": canonical_json(rows)} if rows else {})


def listed_segments(legend: Legend) -> dict[Segment, RGB]:
    """Segments and their colors, in the legend's order.

    Where the facts are silent, "car 2" is a thing, other names are stuff, and ids count up.
    """
    named = [(name, color) for name, color in legend.colors.items() if name != VOID]
    rows = read_json(legend.facts.get("segments"))
    if not _fits(rows, len(named)):
        rows = [_guess(place, name) for place, (name, _) in enumerate(named, start=1)]
    return {Segment(*row): color for row, (_, color) in zip(rows, named, strict=True)}


def _names(segments: Sequence[Segment]) -> list[str]:
    taken = {segment.label for segment in segments if not segment.thing} | {VOID}
    if any(segment.label == VOID for segment in segments):
        raise TargetError("a Segment must not be labeled 'void': give its pixels the id 0.")
    count: dict[str, int] = {}
    names = []
    for segment in segments:
        name = segment.label
        while segment.thing and (name == segment.label or name in taken):
            count[segment.label] = count.get(segment.label, 0) + 1
            name = f"{segment.label} {count[segment.label]}"
        names.append(name)
    return names


def _guess(place: int, name: str) -> list[object]:
    numbered = _NUMBERED.fullmatch(name)
    return [place, numbered[1], True, False] if numbered else [place, name or "?", False, False]


def _fits(rows: object, count: int) -> bool:
    """Tell whether these are rows that `legend_of` wrote, for so many colors."""
    return (
        isinstance(rows, list)
        and len(rows) == count
        and all(isinstance(row, list) and [type(value) for value in row] == _ROW for row in rows)
        and all(1 <= row[0] <= MAX_ID and row[1] for row in rows)
        and len({row[0] for row in rows}) == count
        and _one_each([row[1] for row in rows if not row[2]])
    )


_ROW = [int, str, bool, bool]


def _one_each(labels: list[str]) -> bool:
    return len(set(labels)) == len(labels)
