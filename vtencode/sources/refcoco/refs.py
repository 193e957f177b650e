"""Refs: what was said of some objects of an image, as REFER's and gRefCOCO's documents list them.

After `refer.py` of lichengunc/refer and `grefer.py` of henghuiding/ReLA: a document is a list of
{ref_id, ann_id, category_id, image_id, split, file_name, sent_ids, sentences: [{tokens, raw, sent,
sent_id}]}. REFER's are pickles of Python 2, with one `ann_id` each; gRefCOCO's is JSON, with a list
of them, which is [-1] where the words mean nothing in the image; then `no_target` is true
(henghuiding/gRefCOCO#12). One record of REFER's was read as published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vtencode.errors import CodeError, SourceError
from vtencode.formats.plain_pickle import read_plain_pickle

#: What is read of a document; the rest is dropped while it is parsed, for it is most of it.
_READ = frozenset(
    {"ref_id", "ann_id", "image_id", "split", "sentences", "sent", "sent_id", "no_target"}
)


@dataclass(frozen=True)
class Sentence:
    """One phrase, under its number."""

    number: int
    text: str


@dataclass(frozen=True)
class Ref:
    """Phrases that mean the same: annotations by their ids, or nothing, which is ().

    `no_target` is what the document itself says of that, where it does.
    """

    number: int
    image: int
    split: str
    annotations: tuple[int, ...]
    sentences: tuple[Sentence, ...]
    no_target: bool | None = None


def read_refs(data: bytes, name: str) -> list[Ref]:
    """The refs of a document, a pickle or JSON by its name, in its order.

    Raises `SourceError` for what is no list of them, telling which one breaks.
    """
    try:
        found = _json(data) if name.endswith(".json") else read_plain_pickle(data)
    except CodeError as error:
        twin = f", or put its values beside it as {name[:-2]}.json" if name.endswith(".p") else ""
        raise SourceError(f"{name}: {error} Fetch it again{twin}.") from error
    if not isinstance(found, list) or not found:
        raise SourceError(f"{name} must be a list of refs, got {_kind(found)}.")
    return list(_refs(found, name))


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_kept)
    except (ValueError, RecursionError) as error:
        raise CodeError(f"refs must be JSON: {error}.") from error


def _kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return {key: value for key, value in found.items() if key in _READ}


def _refs(found: list[Any], name: str) -> Iterator[Ref]:
    """Each ref once: in a pickle, a short file could list one object a million times."""
    seen: set[int] = set()
    for at, each in enumerate(found):
        try:
            yield _ref(each, seen)
        except CodeError as error:
            raise SourceError(f"{name}: ref {at} of {len(found)}: {error}") from error


def _ref(found: Any, seen: set[int]) -> Ref:
    entry = _once(found, dict, "a ref", seen)
    flag, split = entry.get("no_target"), _field(entry, "split", str)
    if not (split.isascii() and split.isalpha()):
        raise CodeError(f"split must be a word, got {_kind(split)}.")
    return Ref(
        number=_field(entry, "ref_id", int),
        image=_field(entry, "image_id", int),
        split=split,
        annotations=tuple(_annotations(entry.get("ann_id"), seen)),
        sentences=tuple(_sentences(entry.get("sentences"), seen)),
        no_target=flag if isinstance(flag, bool) else None,
    )


def _annotations(found: Any, seen: set[int]) -> list[int]:
    """The ids, each once; none where the only one is -1."""
    told = [found] if type(found) is int else _once(found, list, "ann_id", seen)
    if not all(type(each) is int for each in told):
        raise CodeError("ann_id must be a whole number, or a list of them.")
    return [] if told == [-1] else list(dict.fromkeys(told))


def _sentences(found: Any, seen: set[int]) -> Iterator[Sentence]:
    for each in _once(found, list, "sentences", seen):
        entry = _once(each, dict, "a sentence", seen)
        yield Sentence(_field(entry, "sent_id", int), _field(entry, "sent", str))


def _once(found: Any, kind: type, what: str, seen: set[int]) -> Any:
    """A container of that type which was not met before."""
    if not isinstance(found, kind):
        raise CodeError(f"{what} must be a {kind.__name__}, got {_kind(found)}.")
    if id(found) in seen:
        raise CodeError(f"{what} must be there once, and is there twice.")
    seen.add(id(found))
    return found


def _field(entry: Mapping[str, Any], name: str, kind: type) -> Any:
    value = entry.get(name)
    if type(value) is not kind:
        raise CodeError(f"{name} must be a {kind.__name__}, got {_kind(value)}.")
    return value


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__} {_size(value)}".rstrip()


def _size(value: Any) -> str:
    return f"of {len(value)}" if isinstance(value, (str, list, tuple, dict)) else ""
