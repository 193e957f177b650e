"""Annotations with a picture of numbers as panoptic segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from vtencode.errors import SampleError
from vtencode.sources.coco.annotated import Annotated, Entry
from vtencode.sources.files import decoded
from vtencode.sources.pngs import colors_png
from vtencode.targets import Array, PanopticMap, Segment


def panoptic_of(found: Annotated, png: bytes, path: str) -> PanopticMap:
    """The segments of an image, whose numbers are the colors of a PNG at `path`.

    A number is red + 256 green + 65536 blue, 0 is void (panopticapi, rgb2id). The document must
    tell of every number, and every segment that it tells of have a pixel.
    """
    rgb = colors_png(png, found.shape, field=found.field, where=path).astype(np.int32)
    ids: Array = rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2]
    segments = list(_segments(found, path.rpartition("/")[2]))
    told, seen = {segment.id for segment in segments}, set(np.unique(ids).tolist()) - {0}
    if told != seen:
        some = min(told ^ seen)
        here, there = (path, found.where) if some in seen else (found.where, path)
        message = f"the segment {some} must be in both, and is in {here} and not in {there}"
        raise SampleError("RANGE", found.field, found.where, message)
    return decoded(
        lambda: PanopticMap(ids, tuple(segments), found.names),
        field=found.field,
        where=found.where,
    )


def _segments(found: Annotated, png: str) -> Iterator[Segment]:
    """What the document's one annotation of the image, which names its PNG, tells."""
    if [entry.get("file_name") for entry in found.annotations] != [png]:
        message = f"must have one annotation, of {png}, got {len(found.annotations)}"
        raise SampleError("RANGE", found.field, found.where, message)
    listed = found.annotations[0].get("segments_info")
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        raise found.fault("RANGE", found.annotations[0], "segments_info must be a list of segments")
    for segment in listed:
        category: Entry = found.category(segment)
        number = segment.get("id")
        if type(number) is not int or not 0 < number < 2**24:
            raise found.fault("RANGE", segment, "a segment's id must be a color other than black")
        yield Segment(
            number,
            found.label(segment),
            thing=bool(category.get("isthing")),
            crowd=bool(segment.get("iscrowd")),
        )
