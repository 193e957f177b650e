"""Keypoints in files: COCO's JSON, joints as x, y, visibility."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SourceError, TargetError
from vtencode.files.documents import Annotated, Entry, field, read_annotated
from vtencode.files.rasters import suffix_error
from vtencode.targets import Array, Keypoints


def read_keypoints(
    file: str, *, image: str | None = None, size: tuple[int, int] | None = None
) -> tuple[Keypoints, list[str]]:
    """Read the people of one image, in the document's order, and what was left out.

    Annotations without a joint are, and bones of joints that the category does not name
    (CrowdPose has some). Boxes are kept if everyone has one.

    Raises `SourceError` for what cannot be read; see `read_annotated` for `image` and `size`.
    """
    if not file.endswith(".json"):
        raise SourceError(f"{file} must be a .json in the form of COCO's person_keypoints.")
    read = read_annotated(file, image=image, size=size)
    people = [entry for entry in read.annotations if _has_joints(entry, file)]
    category = _category(read, people)
    names, skeleton, strange = _names(category, file)
    triplets = [_triplets(entry, len(names), file) for entry in people]
    joints = np.array(triplets, dtype=np.float64).reshape(len(people), len(names), 3)
    try:
        found = Keypoints(
            joints[..., :2],
            _visibility(joints[..., 2], file),
            names,
            skeleton,
            boxes=_boxes(people, file),
            shape=read.shape,
        )
    except TargetError as error:
        raise SourceError(f"{file}: {error}") from error
    left = len(read.annotations) - len(people)
    told = {"annotations without a joint left out": left, "bones of no joint left out": strange}
    return found, [f"{count} {what}" for what, count in told.items() if count]


def write_keypoints(out: Path, keypoints: Keypoints) -> list[str]:
    """Write people as the annotations of image 1 to a .json; returns what was changed."""
    if out.suffix != ".json":
        raise suffix_error(out, ".json")
    height, width = keypoints.shape
    document = {
        "images": [{"id": 1, "height": height, "width": width}],
        "annotations": [_annotation(keypoints, person) for person in range(len(keypoints.present))],
        "categories": [
            {
                "id": 1,
                "name": "person",
                "keypoints": list(keypoints.names),
                "skeleton": [[a + 1, b + 1] for a, b in keypoints.skeleton],
            }
        ],
    }
    write_whole(out, json.dumps(document).encode())
    return []


def _has_joints(entry: Entry, file: str) -> bool:
    return "keypoints" in entry and any(field(entry, "keypoints", list, file))


def _category(read: Annotated, people: list[Entry]) -> Entry:
    """The category that all these people are of."""
    used = {entry.get("category_id") for entry in people} or set(read.categories)
    found = [read.categories[number] for number in read.categories if number in used]
    if len(found) != 1 or len(used) != 1:
        raise SourceError(
            f"{read.file}: people must be of one category that names their joints, got {used}."
        )
    return found[0]


def _names(category: Entry, file: str) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...], int]:
    """Joints, bones by the joints' indices (COCO counts from 1), and how many had to go."""
    names = tuple(map(str, field(category, "keypoints", list, file)))
    bones = category.get("skeleton") or []
    try:
        pairs = [(int(a) - 1, int(b) - 1) for a, b in bones]
    except (TypeError, ValueError) as error:
        raise SourceError(f"{file}: skeleton must be pairs of joints: {error}") from error
    kept = tuple(pair for pair in pairs if pair[0] != pair[1] and set(pair) <= {*range(len(names))})
    return names, kept, len(pairs) - len(kept)


def _triplets(entry: Entry, joints: int, file: str) -> list[float]:
    values = field(entry, "keypoints", list, file)
    if len(values) != 3 * joints or not all(_is_number(value) for value in values):
        raise SourceError(
            f"{file}: keypoints must be {joints} times x, y, visibility, got {len(values)} values."
        )
    return values


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**31


def _visibility(values: Array, file: str) -> Array:
    known = np.isin(values, (0, 1, 2))
    if not known.all():
        raise SourceError(f"{file}: visibility must be 0, 1 or 2, got {values[~known][0]:g}.")
    return values.astype(np.uint8)


def _boxes(people: list[Entry], file: str) -> Array | None:
    boxes = [entry.get("bbox") for entry in people]
    if not boxes or None in boxes:
        return None
    if not all(
        isinstance(box, list) and len(box) == 4 and all(map(_is_number, box)) for box in boxes
    ):
        raise SourceError(f"{file}: bbox must be x, y, width, height.")
    corners = np.array(boxes, dtype=np.float64)
    corners[:, 2:] += corners[:, :2]
    return corners


def _annotation(keypoints: Keypoints, person: int) -> Entry:
    xy = np.nan_to_num(keypoints.xy_px[person]).astype(np.float64)
    seen = keypoints.visibility[person]
    entry: dict[str, Any] = {
        "id": person + 1,
        "image_id": 1,
        "category_id": 1,
        "iscrowd": 0,
        "num_keypoints": int((seen > 0).sum()),
        "keypoints": [
            value
            for (x, y), v in zip(xy.tolist(), seen.tolist(), strict=True)
            for value in (x, y, v)
        ],
    }
    if keypoints.boxes is not None:
        left, top, right, bottom = keypoints.boxes[person].astype(np.float64).tolist()
        entry["bbox"] = [left, top, right - left, bottom - top]
    return entry
