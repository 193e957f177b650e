"""What images have beside them, and what is said where most of them lack it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vtencode.errors import SourceError


def check_partners(
    rows: Sequence[Mapping[str, Any]],
    wanted: Mapping[str, Callable[[Mapping[str, Any]], str]],
    *,
    skip: bool,
    where: str,
) -> None:
    """Raise `SourceError` where most images lack something: it must be somewhere else.

    `wanted` are what rows must have a value of, each with what a row that has none would need.
    """
    for name, needed in wanted.items():
        alone = [row for row in rows if not row[name]]
        if len(alone) * 2 > len(rows) and (not skip or len(alone) == len(rows)):
            raise SourceError(
                f"{where}: {len(alone)} of {len(rows)} images have no {name}: "
                f"{needed(alone[0])}. Mend {name} in the recipe's source, or set missing: skip to "
                "leave such images out."
            )
