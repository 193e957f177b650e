"""The authors' own document of OCHuman, `ochuman.json`, as their API reads it.

Each image of its list has its annotations within it: everybody has a box (corners), most have
`keypoints` (19 times x, y, state), and fewer `segms`: polygons `outer`, less those of `inner`.
`keypoint_names` and `keypoint_visible` say what numbers mean (ochumanApi/ochuman.py, vis.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vtencode.errors import SourceError, TargetError
from vtencode.polygons import mask_of_polygons
from vtencode.rle import runs_of_mask
from vtencode.sources.coco.annotated import Annotated, Entry
from vtencode.sources.recast import box_of_corners
from vtencode.targets import Visibility

#: As `vis.py` of the authors has them.
NAMES = (
    "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "head", "neck",
    "right_ear", "left_ear", "nose", "right_eye", "left_eye",
)  # fmt: skip
#: The lines that `vis.py` draws, which counts joints from 1.
SKELETON = (
    (15, 18), (12, 16), (3, 4), (18, 16), (16, 13), (4, 5), (16, 17), (13, 3), (0, 1), (17, 14),
    (13, 0), (1, 2), (3, 9), (0, 6), (9, 6), (9, 10), (6, 7), (10, 11), (7, 8), (15, 3), (14, 0),
)  # fmt: skip
#: The states of a joint, by the names that `keypoint_visible` gives to their numbers.
STATES = {
    "missing": Visibility.ABSENT,
    "vis": Visibility.VISIBLE,
    "self_occluded": Visibility.OCCLUDED,
    "others_occluded": Visibility.OCCLUDED,
}
#: Images with both joints and outlines of somebody, in the order of their ids, are the authors'
#: subset; the first so many of them are to validate, the others to test (`toCocoFormart`).
VALIDATED = 2500


def recast(document: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """The authors' subset in COCO's form, in the order of its splits; see `STATES`."""
    order, states = _order(document, where), _states(document, where)
    listed = document.get("images")
    if not isinstance(listed, list) or not all(isinstance(image, dict) for image in listed):
        raise SourceError(f"{where} must have a list of `images`.")
    try:
        kept = sorted(filter(_both, listed), key=lambda image: image["image_id"])
    except (KeyError, TypeError) as error:
        raise SourceError(f"{where}: images must have an image_id of one kind each.") from error
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, image in enumerate(kept, 1):
        images.append({
            "id": number, "file_name": image.get("file_name"),
            "height": image.get("height"), "width": image.get("width"),
        })  # fmt: skip
        for person in image["annotations"]:
            told = _person(person, order, states)
            annotations.append({**told, "id": len(annotations) + 1, "image_id": number})
    categories = [{"id": 1, "name": "person", "supercategory": "person"}]
    return {"images": images, "annotations": annotations, "categories": categories}


def outlined(found: Annotated) -> Annotated:
    """The same with outlines in COCO's form, as runs."""
    return replace(found, annotations=tuple(_outlined(found)))


def _outlined(found: Annotated) -> Iterator[Entry]:
    for entry in found.annotations:
        segms = entry.get("segms")
        if not segms:
            yield entry
            continue
        try:
            mask = mask_of_polygons(segms["outer"], found.shape)
            mask &= ~mask_of_polygons(segms["inner"], found.shape)
        except TargetError as error:
            raise found.fault("RANGE", entry, str(error)) from error
        except (KeyError, TypeError) as error:
            message = "segms must have polygons, `outer` and `inner`"
            raise found.fault("RANGE", entry, message) from error
        yield {**entry, "segmentation": {"size": [*mask.shape], "counts": runs_of_mask(mask)}}


def _both(image: Mapping[str, Any]) -> bool:
    """Whether somebody in an image has joints and an outline."""
    people = image.get("annotations")
    if not isinstance(people, list) or not all(isinstance(each, dict) for each in people):
        return False
    return any(person.get("keypoints") and person.get("segms") for person in people)


def _person(
    person: Mapping[str, Any], order: list[int], states: Mapping[int, Visibility]
) -> dict[str, Any]:
    joints = person.get("keypoints") or []
    if isinstance(joints, list) and len(joints) == 3 * len(NAMES):
        triplets = [joints[3 * at : 3 * at + 3] for at in order]
        joints = [each for x, y, state in triplets for each in (x, y, _seen(state, states))]
    return {
        "category_id": 1,
        "iscrowd": 0,
        "bbox": box_of_corners(person.get("bbox")),
        "keypoints": joints,
        "segms": person.get("segms"),
    }


def _seen(state: Any, states: Mapping[int, Visibility]) -> Any:
    """A state as a visibility; another number becomes one that is refused."""
    known = isinstance(state, int | float) and state in states
    return int(states[int(state)]) if known else -1


def _order(document: Mapping[str, Any], where: str) -> list[int]:
    """Where in the document's order each of `NAMES` is."""
    names = document.get("keypoint_names")
    if not isinstance(names, list) or sorted(map(str, names)) != sorted(NAMES):
        raise SourceError(f"{where} must have the 19 keypoint_names {NAMES}, got {names!r:.400}.")
    return [names.index(name) for name in NAMES]


def _states(document: Mapping[str, Any], where: str) -> dict[int, Visibility]:
    """What the document's numbers of states mean."""
    told = document.get("keypoint_visible")
    if (
        not isinstance(told, dict)
        or sorted(told) != sorted(STATES)
        or not all(type(number) is int for number in told.values())
    ):
        raise SourceError(f"{where} must have keypoint_visible {[*STATES]}, got {told!r:.200}.")
    return {number: STATES[state] for state, number in told.items()}
