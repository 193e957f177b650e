"""Joints of which a document tells whether they are marked, and not whether they are seen."""

from __future__ import annotations

from collections.abc import Sequence

from vtencode.sources.coco.annotated import Entry
from vtencode.sources.coco.joints import own_triplets
from vtencode.targets import Visibility


def marked_triplets(entry: Entry) -> Sequence[float]:
    """The joints of an annotation; 1 and 2 count as seen, what is neither stays to be refused.

    >>> marked_triplets({"keypoints": [5, 6, 1, 7, 8, 2, 0, 0, 0]})
    [5, 6, 2, 7, 8, 2, 0, 0, 0]
    """
    return [
        int(Visibility.VISIBLE) if at % 3 == 2 and value in (1, 2) else value
        for at, value in enumerate(own_triplets(entry))
    ]
