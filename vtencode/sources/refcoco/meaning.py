"""What phrases mean: the annotations of an image as masks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vtencode.errors import SampleError, TargetError
from vtencode.sources.coco.annotated import Annotated, Entry
from vtencode.sources.coco.segmentation import segmentation_mask
from vtencode.sources.files import decoded
from vtencode.targets import Expression, Expressions, InstanceMasks, Region

#: A phrase and what it means: `text`, `annotations` (ids) and `no_target` of a `Ref`.
Said = Mapping[str, Any]


def expressions_of(found: Annotated, said: Iterable[Said], *, crowds: bool) -> Expressions:
    """The phrases, and the objects that they mean, numbered from 1 in the document's order.

    Without `crowds`, groups are left out, as gRefCOCO's own reader does. A phrase without words
    is left out. Raises `SampleError` where none is left, and for one whose objects are not there.
    """
    meant = [(_words(each, found), _ids(each, found)) for each in said if each["text"].strip()]
    if not meant:
        raise SampleError("EMPTY", found.field, found.where, "has no words")
    wanted = {number for _, ids in meant for number in ids}
    entries = {e["id"]: e for e in found.annotations if e.get("id") in wanted}
    missing = sorted(wanted - entries.keys())
    if missing:
        message = f"the annotation {missing[0]} is not there, or of another image"
        raise SampleError("MISSING", found.field, found.where, message)
    kept = {n: e for n, e in entries.items() if crowds or not e.get("iscrowd")}
    masks = _masks(found, list(kept.values()))
    place = {number: at for at, number in enumerate(kept, start=1)}
    expressions = []
    for text, ids in meant:
        here = tuple(place[number] for number in ids if number in place)
        if ids and not here:
            raise SampleError("EMPTY", found.field, found.where, f"{text!r} means crowds alone")
        expressions.append(Expression(text, here))
    return Expressions(masks, tuple(expressions))


def _words(said: Said, found: Annotated) -> str:
    """The text on one line."""
    text = " ".join(said["text"].split())
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"must be Unicode text, got {text!a:.60}"
        raise SampleError("DECODE", found.field, found.where, message) from error
    return text


def _ids(said: Said, found: Annotated) -> list[int]:
    """The annotations that a phrase means; -1 stands for none, and only alone."""
    ids: list[int] = said["annotations"]
    if min(ids, default=0) < 0 or said["no_target"] not in (None, not ids):
        told = f"got {ids[:5]} with no_target {said['no_target']}"
        message = f"{said['text']!r} must mean annotations, or [-1] alone, {told}"
        raise SampleError("RANGE", found.field, found.where, message)
    return ids


def _masks(found: Annotated, entries: Sequence[Entry]) -> InstanceMasks:
    regions = (_region(found, entry, at) for at, entry in enumerate(entries, start=1))
    return decoded(
        lambda: InstanceMasks(found.shape, tuple(regions)), field=found.field, where=found.where
    )


def _region(found: Annotated, entry: Entry, number: int) -> Region:
    label, crowd = found.label(entry), bool(entry.get("iscrowd"))
    try:
        mask = segmentation_mask(entry.get("segmentation"), found.shape)
    except TargetError as error:
        raise found.fault("RANGE", entry, str(error)) from error
    if mask is None or not mask.any():
        raise found.fault("EMPTY", entry, "has no outline, or one without a pixel")
    return Region.from_mask(mask, id=number, label=label, crowd=crowd)
