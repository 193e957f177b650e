"""Names as sentences use them."""

from __future__ import annotations

from collections.abc import Sequence

from vtencode.codecs.class_colors import BACKGROUND, VOID
from vtencode.legends.wording import quoted

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
#: What a name holds that would read as more than one name.
_MARKS = frozenset(',;:"()[]{}')


def spoken(name: str) -> str:
    """A name of a file as people say it.

    >>> spoken("left_wrist")
    'left wrist'
    """
    return " ".join(name.replace("_", " ").split())


def askable(name: str) -> bool:
    """Whether a name stands for something, and not for the background or what has no class."""
    return spoken(name).lower() not in ("", BACKGROUND, VOID)


def written(name: str) -> str:
    """A name within a sentence, quoted where its own marks would break that up.

    >>> written("chair"), written("painting, picture")
    ('chair', '"painting, picture"')
    """
    return name if _MARKS.isdisjoint(name) else quoted(name)


def listed(names: Sequence[str]) -> str:
    """Several names in a row; those that hold an "and" or a comma are quoted.

    >>> listed(["chair", "table", "sofa"]), listed(["salt and pepper", "bowl"])
    ('chair, table and sofa', '"salt and pepper" and bowl')
    """
    *most, last = (quoted(name) if " and " in name else written(name) for name in names)
    return f"{', '.join(most)} and {last}" if most else last
