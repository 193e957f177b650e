"""Markdown of cards: other people's words keep their meaning in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\`*\[\]<>|#~&]|(?<!\w)_|_(?!\w)")
_URL = re.compile(r"https?://[^\s<>|]+")


def plain(text: str) -> str:
    r"""Words of which nothing is taken for markup, in one line.

    >>> print(plain("depth_m of *all* | <b>"))
    depth_m of \*all\* \| \<b\>
    """
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def code(text: str) -> str:
    """Words as they are typed; a `|` as tables want it."""
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", r"\|")


def counted(count: int, noun: str) -> str:
    """So many of something.

    >>> counted(1, "pair"), counted(2000, "pair")
    ('1 pair', '2,000 pairs')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def link(text: str) -> str:
    """The address that the text is; other words as they are."""
    return f"<{text}>" if _URL.fullmatch(text) else plain(text)


def is_url(text: str) -> bool:
    """Whether the text is one address of the web."""
    return _URL.fullmatch(text) is not None


def fenced(text: str, language: str) -> str:
    """A block of text in some language, whatever is in it."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; columns whose titles end in `:` hold numbers."""
    titles = [name.removesuffix(":") for name in columns]
    rule = ["---:" if name.endswith(":") else "---" for name in columns]
    return "\n".join(f"| {' | '.join(row)} |" for row in (titles, rule, *rows))


def sections(*parts: str) -> str:
    """Parts with an empty line between them; those that are empty are left out."""
    return "\n\n".join(part for part in parts if part)


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
