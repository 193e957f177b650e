"""The rows of the index: which phrases, of which image, and what its annotations say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vtencode.sources.base import sample_key
from vtencode.sources.coco.annotated import share_of
from vtencode.sources.coco.document import Document
from vtencode.sources.refcoco.refs import Ref, Sentence

if TYPE_CHECKING:
    import pyarrow as pa

#: A row: its split, its image, its name in keys, and what is said.
_Row = tuple[str, int, str, list[dict[str, Any]]]


class Rows:
    """Columns of the index, as lists: keys, splits, image ids, and JSON of what is said.

    `wanted` are, by image, the annotations that something is said of.
    """

    def __init__(self, refs: list[Ref], prefix: tuple[str, str], *, each: str) -> None:
        self.keys: list[str] = []
        self.splits: list[str] = []
        self.images: list[int] = []
        self.said: list[str] = []
        self.wanted: dict[int, set[int]] = {}
        named: Counter[str] = Counter()
        for split, image, name, said in (
            _by_sentence(refs) if each == "sentence" else _by_image(refs)
        ):
            key = sample_key(*prefix, name)
            named[key] += 1  # nobody promises that numbers of sentences are used once
            self.keys.append(key if named[key] == 1 else f"{key}-{named[key]}")
            self.splits.append(split)
            self.images.append(image)
            self.said.append(json.dumps(said))
        for ref in refs:
            self.wanted.setdefault(ref.image, set()).update(ref.annotations)


def _by_sentence(refs: list[Ref]) -> Iterator[_Row]:
    for ref in refs:
        for sentence in ref.sentences:
            name = f"{ref.number}-{sentence.number}"
            yield ref.split, ref.image, name, [_said(ref, sentence)]


def _by_image(refs: list[Ref]) -> Iterator[_Row]:
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for ref in refs:
        said = groups.setdefault((ref.split, ref.image), [])
        said.extend(_said(ref, sentence) for sentence in ref.sentences)
    for (split, image), said in groups.items():
        yield split, image, f"{split}-{image:012d}", said


def _said(ref: Ref, sentence: Sentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "annotations": ref.annotations,
        "no_target": ref.no_target,
        "ref": ref.number,
        "sentence": sentence.number,
    }


def texts_of(document: Document, wanted: Mapping[int, set[int]]) -> dict[int, str]:
    """Of each wanted image the JSON of its entry and of its wanted annotations."""
    own: dict[int, list[str]] = {image: [] for image in wanted}
    pieces, text = document.annotations, document.text
    for image, start, end in zip(pieces.image, pieces.start, pieces.end, strict=True):
        if wanted.get(image):
            number = json.loads(text[start:end]).get("id")
            if type(number) is int and number in wanted[image]:
                own[image].append(text[start:end])
    entries = document.images
    return {
        image: share_of(text[start:end], f"[{','.join(own[image])}]")
        for image, start, end in zip(entries.image, entries.start, entries.end, strict=True)
        if image in own
    }


def shared(at: list[int], texts: list[str]) -> pa.Array:
    """A column whose rows share texts, each kept once: row i has `texts[at[i]]`."""
    import pyarrow as pa

    places = pa.array(at, pa.int32())
    return pa.DictionaryArray.from_arrays(places, pa.array(texts, pa.large_string()))
