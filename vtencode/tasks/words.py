"""Names as sentences use them."""

from __future__ import annotations

from collections.abc import Sequence


def spoken(name: str) -> str:
    """A name of a file as people say it.

    >>> spoken("left_wrist")
    'left wrist'
    """
    return " ".join(name.replace("_", " ").split())


def listed(names: Sequence[str]) -> str:
    """Several names in a row.

    >>> listed(["chair", "table", "sofa"])
    'chair, table and sofa'
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
