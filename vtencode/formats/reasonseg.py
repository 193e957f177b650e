"""ReasonSeg's annotation of an image: what is asked, and outlines of the answer.

After `utils/data_processing.py` and README of dvlab-research/LISA: JSON in UTF-8, or else in
Windows-1252, with `text` (a list of ways to ask the same), `is_sentence`, and `shapes` as LabelMe
has them, each with a `label` and `points`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vtencode.errors import CodeError


@dataclass(frozen=True)
class Outline:
    """A polygon, and what it is: a target, something to ignore, or a deprecated flag."""

    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Asked:
    """Ways to ask the same, whether as whole sentences, and the outlines in their order."""

    texts: tuple[str, ...]
    is_sentence: bool
    outlines: tuple[Outline, ...]


def read_reasonseg(data: bytes) -> Asked:
    """Read an annotation. Raises `CodeError` for anything else, telling what is wrong."""
    found = _parsed(data)
    if not isinstance(found, dict):
        raise CodeError(f"an annotation must be an object, got {_kind(found)}.")
    said, sentence, shapes = (found.get(key) for key in ("text", "is_sentence", "shapes"))
    texts = [said] if isinstance(said, str) else said
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise CodeError(f"text must be one or more texts, got {_kind(said)}.")
    if sentence not in (True, False):
        raise CodeError(f"is_sentence must be true or false, got {_kind(sentence)}.")
    if not isinstance(shapes, list):
        raise CodeError(f"shapes must be a list, got {_kind(shapes)}.")
    return Asked(tuple(texts), bool(sentence), tuple(map(_outline, shapes)))


def write_reasonseg(asked: Asked, *, encoding: str = "utf-8") -> bytes:
    """Write an annotation: what `read_reasonseg` reads.

    >>> read_reasonseg(write_reasonseg(Asked(("which one?",), True, ())))
    Asked(texts=('which one?',), is_sentence=True, outlines=())
    """
    shapes = [
        {"label": each.label, "shape_type": "polygon", "points": [list(p) for p in each.points]}
        for each in asked.outlines
    ]
    value = {"text": list(asked.texts), "is_sentence": asked.is_sentence, "shapes": shapes}
    return json.dumps(value, ensure_ascii=False).encode(encoding)


def _parsed(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError as error:
            raise CodeError(f"must be UTF-8 or Windows-1252: {error}.") from error
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise CodeError(f"must be plain JSON: {error}.") from error


def _outline(found: Any) -> Outline:
    label, points = (found.get(k) for k in ("label", "points")) if isinstance(found, dict) else "??"
    if not isinstance(label, str) or not isinstance(points, list) or not points:
        raise CodeError(f"a shape must have a label and points, got {_kind(found)}.")
    return Outline(label, tuple(map(_point, points)))


def _point(found: Any) -> tuple[float, float]:
    if not isinstance(found, list) or len(found) != 2:
        raise CodeError(f"a point must be x and y, got {_kind(found)}.")
    if not all(type(value) in (int, float) and abs(value) < 2**31 for value in found):
        raise CodeError("a point must be two numbers of an image's size.")
    return float(found[0]), float(found[1])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
