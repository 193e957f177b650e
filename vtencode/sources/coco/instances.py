"""Annotations with outlines as instances."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from vtencode.errors import TargetError
from vtencode.sources.coco.annotated import Annotated, Entry
from vtencode.sources.coco.segmentation import segmentation_mask
from vtencode.sources.files import decoded
from vtencode.targets import InstanceMasks, Region
from vtencode.targets.instances import MAX_ID


def instances_of(
    found: Annotated,
    *,
    label: Callable[[Entry], str] | None = None,
    looked_for: Collection[str] | None = None,
) -> InstanceMasks:
    """The annotations of an image in the document's order, which is back to front.

    `label` names the class of an annotation, by default its category's name; `looked_for` are
    the classes that were looked for everywhere in the image, by default all categories. A class
    of which an object has no outline is not told at all, as if nobody had looked for it; neither
    is one of which no object has a pixel (COCO has outlines of no width). Ids are the document's;
    those that do not fit 31 bits, as those of COCO's crowds, are the next that are free.
    """
    label = label or found.label
    vocabulary = found.names if looked_for is None else looked_for
    regions: list[Region] = []
    untold: set[str] = set()
    unseen: set[str] = set()
    for entry, number in zip(found.annotations, numbers(found.annotations), strict=True):
        name = label(entry)
        try:
            mask = segmentation_mask(entry.get("segmentation"), found.shape)
            if mask is None:
                untold.add(name)
            elif not mask.any():
                unseen.add(name)
            else:
                crowd = bool(entry.get("iscrowd"))
                regions.append(Region.from_mask(mask, id=number, label=name, crowd=crowd))
        except TargetError as error:
            raise found.fault("RANGE", entry, str(error)) from error
    regions = [region for region in regions if region.label not in untold]
    unseen.difference_update(region.label for region in regions if region.label)
    sure = tuple(name for name in vocabulary if name not in untold | unseen)
    return decoded(
        lambda: InstanceMasks(found.shape, tuple(regions), sure),
        field=found.field,
        where=found.where,
    )


def numbers(annotations: Sequence[Entry]) -> Iterator[int]:
    """The id of each annotation, or, where that does not fit 31 bits, the next that is free.

    >>> list(numbers([{"id": 7}, {"id": 900100000139}, {}]))
    [7, 1, 2]
    """
    fit = {entry["id"] for entry in annotations if _fits(entry)}
    free = (number for number in range(1, MAX_ID) if number not in fit)
    for entry in annotations:
        yield entry["id"] if _fits(entry) else next(free)


def _fits(entry: Entry) -> bool:
    number = entry.get("id")
    return type(number) is int and 1 <= number <= MAX_ID
