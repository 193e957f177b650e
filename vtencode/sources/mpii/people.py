"""What MPII's files say of the people in each image, brought into one form.

The form is plain JSON: a list of people, each null (nobody marked this one) or a list of marks
`[id, x, y, seen]` in the files' own numbers: pixels counted from 1, and `seen` 1, 0, or null where
the file does not tell. Whether they can be right is checked when a sample is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np

from vtencode.errors import CodeError, SourceError
from vtencode.formats.mat_tree import read_mat_tree
from vtencode.sources.coco.document import strict

Person = list[list[Any]] | None
#: What is said of the people of images, by the images' names.
People = dict[str, list[Person]]

JOINTS = 16


def of_release(data: bytes, where: str) -> People:
    """The people of the images that are to train, from the authors' own file.

    Those to test are left out: the authors keep their joints to themselves. A person without
    `annopoints` is there and unmarked. Raises `SourceError` for a file that is not whole.
    """
    try:
        tree = _structs(read_mat_tree(data, "RELEASE"))
    except CodeError as error:
        raise SourceError(f"{where}: {error} Fetch it again.") from error
    release = tree[0] if tree else {}
    images = _structs(release.get("annolist"))
    train = np.asarray(release.get("img_train", np.ones(len(images)))).reshape(-1)
    if not images or len(train) != len(images):
        raise SourceError(
            f"{where} must tell of each image in `annolist` in `img_train` whether it is to train, "
            f"got {len(images)} and {len(train)}."
        )
    people: People = {}
    for entry, to_train in zip(images, train.tolist(), strict=True):
        if to_train:
            named = _structs(entry.get("image")) or [{}]
            rects = _structs(entry.get("annorect"))
            people.setdefault(str(named[0].get("name", "")), []).extend(map(_marks, rects))
    return people


def of_list(data: bytes, where: str) -> People:
    """The people of a list as HRNet and mmpose have it, each entry of which is one person.

    Joints whose `joints_vis` is 0 are not marked, and are at -1, -1 there. Of others nobody can
    tell whether they are seen: it is 1 for each of them. Raises `SourceError` for another form.
    """
    try:
        entries = strict(data.decode("utf-8-sig"))
    except (CodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{where}: {error} Fetch it again.") from error
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("image"), str) for entry in entries
    ):
        raise SourceError(f"{where} must be a list of people with `image`, `joints`, `joints_vis`.")
    people: People = {}
    for entry in entries:
        people.setdefault(entry["image"], []).append(_listed(entry))
    return people


def _listed(entry: dict[str, Any]) -> Person:
    joints, told = (entry.get(name) for name in ("joints", "joints_vis"))
    if not isinstance(joints, list) or not isinstance(told, list):
        return [[]]  # no joint's mark, which makes the sample a reject
    if len(joints) != JOINTS or len(told) != JOINTS:
        return [[]]
    marks = []
    for at, (place, seen) in enumerate(zip(joints, told, strict=True)):
        if seen != 0:
            fits = isinstance(place, list) and len(place) == len("xy")
            marks.append([at, *place, None if seen == 1 else seen] if fits else [at])
    return marks or None


def _marks(rect: dict[str, Any]) -> Person:
    around = _structs(rect.get("annopoints"))
    points = _structs(around[0].get("point")) if around else []
    return [
        [*(_number(point.get(name)) for name in ("id", "x", "y")), _seen(point.get("is_visible"))]
        for point in points
    ] or None


def _seen(value: Any) -> Any:
    """1 or 0, or as text; null where it is empty or missing, as for many heads."""
    if isinstance(value, str):
        return {"0": 0, "1": 1, "": None}.get(value.strip(), value)
    if value is None or (isinstance(value, np.ndarray) and not value.size):
        return None
    return _number(value)


def _number(value: Any) -> Any:
    """A number or a text as it is; null for what is neither."""
    return value if isinstance(value, int | float | str) else None


def _structs(value: Any) -> list[dict[str, Any]]:
    """The structs of an array, or of the cells of one; none of what is empty."""
    if isinstance(value, tuple):
        return list(_unpacked(value))
    return value if isinstance(value, list) else []


def _unpacked(cells: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    return chain.from_iterable(map(_structs, cells))
