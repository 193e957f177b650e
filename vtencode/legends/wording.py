"""How legends put a name, and what agrees with it."""

from __future__ import annotations

import json
import re

from vtencode.legends.naming import BACKGROUND
from vtencode.legends.phrases import ARTICLES

#: Names that start with one of these take no article.
_DETERMINERS = frozenset(
    {*ARTICLES, "all", "any", "both", "each", "every", "no", "some", "this", "that", "these"}
    | {"those", "my", "your", "his", "her", "its", "our", "their"}
)
_LETTERS = re.compile(r"[^\W_]+(?:[ '\u2019\-][^\W_]+)*")
#: What a name's main noun stands before: "chest of drawers", "man who sits".
_AFTER_NOUN = re.compile(
    r" (?:of|in|on|at|with|without|by|near|next|behind|under|above|below|left|right|from|to|for|"
    r"between|beside|that|which|who|whose|not|wearing|holding|closest|furthest) "
)
_PLURALS = frozenset(
    {"people", "men", "women", "children", "feet", "teeth", "geese", "mice", "skis", "taxis"}
)
_SINGULARS = frozenset({"gas", "lens", "canvas", "atlas", "news", "christmas", "pancreas"})
#: The same for one and for many.
_EITHER = frozenset({"sheep", "fish", "deer", "series", "species", "aircraft", "others"})
_AS_ONE = ("ss", "us", "is")


def is_wordy(name: str) -> bool:
    """Whether a name is words that can follow "the"."""
    words = _LETTERS.fullmatch(name)
    return bool(words) and name.split(maxsplit=1)[0].lower() not in _DETERMINERS


def quoted(name: str) -> str:
    r"""The name as a JSON string on one line, without two spaces in a row.

    >>> quoted("screen, 24"), quoted('5" pipe')
    ('"screen, 24"', '"5\\" pipe"')
    """
    text = json.dumps(name, ensure_ascii=not name.isprintable())
    return re.sub("(?<= ) ", r"\\u0020", text)


def verb(name: str) -> str | None:
    """Is or are, as it goes with the name; None where the name does not tell.

    >>> verb("chest of drawers"), verb("macaron cakes"), verb("bus"), verb("sheep")
    ('is', 'are', 'is', None)
    """
    if name == BACKGROUND:
        return "is"
    noun = _AFTER_NOUN.split(f"{name.lower()} ")[0].split()[-1:]
    word = noun[0] if noun else ""
    if word in _EITHER or " and " in name or "," in name:
        return None
    if word in _PLURALS:
        return "are"
    many = word.endswith("s") and not word.endswith(_AS_ONE) and word not in _SINGULARS
    return "are" if many else "is"
