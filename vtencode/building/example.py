"""One pair of a recipe, made from a miniature, to be looked at."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from vtencode.building.setting import Setting, setting
from vtencode.errors import SampleError, SampleFiltered
from vtencode.pairs import Place, make_pair, pair_key
from vtencode.recipe import Mix
from vtencode.sinks.base import Record


def example(mix: Mix) -> Record | None:
    """The first pair that a demo of the mix makes; None where every one is left out."""
    with setting(mix, source=None, demo=1) as ready:
        return next(_records(ready), None)


def _records(ready: Setting) -> Iterator[Record]:
    for part, source in zip(ready.mix.parts, ready.sources, strict=True):
        for row in source.index().to_pylist():
            for task in part.recipe.tasks:
                place = Place(pair_key(row["key"], task.key), 0)
                with contextlib.suppress(SampleError, SampleFiltered):
                    yield make_pair(source.load(row), task, part.recipe, row, place).record
