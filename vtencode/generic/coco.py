"""Documents in the form of COCO, parsed once and asked about many images."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np

from vtencode.errors import SampleError, SourceError, TargetError
from vtencode.files.documents import Annotated, Entry, entries, field
from vtencode.polygons import mask_of_polygons
from vtencode.rle import mask_of_runs
from vtencode.targets import Array, InstanceMasks, Keypoints, Region

#: Values of a joint in a document: x, y, visibility.
_TRIPLET = 3
#: No image reaches so far, in pixels.
_FARTHEST = 2**31


class Document:
    """The images of a document by their file names, and the annotations of each.

    Raises `SourceError` for JSON of another form.
    """

    def __init__(self, data: bytes, *, where: str) -> None:
        self.where = where
        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{where} must be JSON: {error}") from error
        if not isinstance(document, Mapping):
            raise SourceError(f"{where} must be an object with images and annotations.")
        self._images = entries(document, "images", where)
        self._by_name = {str(image.get("file_name", "")): image for image in self._images}
        self._annotations: dict[Hashable, list[Entry]] = {}
        for entry in entries(document, "annotations", where):
            self._annotations.setdefault(_id(entry, "image_id", where), []).append(entry)
        self._categories = {
            field(category, "id", int, where): category
            for category in entries(document, "categories", where)
        }

    def of(self, name: str, shape: tuple[int, int], *, option: str) -> Annotated:
        """What it says of the image whose file is `name`, of that height and width.

        An image that it does not list, or lists with another size, is a reject.
        """
        image = self._image(name)
        if image is None:
            message = f"must list the image {name}, and lists {len(self._images)} others"
            raise SampleError("MISSING", option, self.where, message)
        told = image.get("height"), image.get("width")
        if told != shape:
            message = f"must give {name} its own height and width {shape}, got {told}"
            raise SampleError("SHAPE", option, self.where, message)
        own = self._annotations.get(_id(image, "id", self.where), [])
        return Annotated(self.where, shape, tuple(own), self._categories)

    def lists(self, name: str) -> bool:
        """Whether it lists the image whose file is `name`."""
        return self._image(name) is not None

    @property
    def has_masks(self) -> bool:
        """Whether some annotation has a mask."""
        return any(e.get("segmentation") for own in self._annotations.values() for e in own)

    @property
    def has_joints(self) -> bool:
        """Whether some category names joints."""
        return any(category.get("keypoints") for category in self._categories.values())

    def _image(self, name: str) -> Entry | None:
        """The image of that path, or of the longest end of it that is listed."""
        parts = name.split("/")
        ends = ("/".join(parts[at:]) for at in range(len(parts)))
        found = next((self._by_name[end] for end in ends if end in self._by_name), None)
        return self._images[0] if found is None and len(self._images) == 1 else found


def _id(entry: Entry, name: str, where: str) -> Hashable:
    """An id, which some documents write as text."""
    value = entry.get(name)
    if isinstance(value, int | str) or value is None:
        return value
    raise SourceError(f"{where}: {name} must be a number or text, got {value!r:.40}.")


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Whatever a value of another type leads to, told as a `TargetError`."""
    try:
        yield
    except TargetError:
        raise
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise TargetError(f"{what} must be as COCO writes them: {error}.") from error


def instances_in(read: Annotated) -> InstanceMasks:
    """The instances of an image in their order, numbered from 1; those without a pixel left out.

    Raises `TargetError` for annotations of another form.
    """
    regions = []
    with _told("instances"):
        for number, entry in enumerate(read.annotations, start=1):
            mask = _mask(entry.get("segmentation"), read.shape)
            if mask is not None and mask.any():
                category = read.categories.get(entry.get("category_id", 0), {})
                label = str(category["name"]) if "name" in category else None
                crowd = bool(entry.get("iscrowd"))
                regions.append(Region.from_mask(mask, id=number, label=label, crowd=crowd))
    return InstanceMasks(read.shape, tuple(regions))


def people_in(read: Annotated) -> Keypoints:
    """The joints of everybody in an image who has some.

    Raises `TargetError` for annotations of another form.
    """
    with _told("keypoints"):
        people = [entry for entry in read.annotations if any(entry.get("keypoints") or ())]
        names, skeleton = _joints(read, {entry.get("category_id") for entry in people})
        joints = np.array([entry["keypoints"] for entry in people], dtype=np.float64)
        joints = _in_range(joints.reshape(len(people), len(names), _TRIPLET))
        xy, visibility = joints[..., :2], joints[..., 2]
        if not np.isin(visibility, (0, 1, 2)).all():
            raise TargetError("visibility of keypoints must be 0, 1 or 2.")
        boxes = _boxes(people)
    seen = visibility.astype(np.uint8)
    return Keypoints(xy, seen, names, skeleton, boxes=boxes, shape=read.shape)


def _joints(read: Annotated, used: set[Any]) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """The joints of the one category that people are of, and its bones by the joints' indices.

    Bones of joints that the category does not name are left out (CrowdPose has some).
    """
    named = [c for c in read.categories.values() if c.get("keypoints")]
    chosen = [c for c in named if c["id"] in used] if used else named[:1]
    if len(chosen) != 1 or len(used) > 1:
        raise TargetError(f"people must be of one category that names its joints, got {used}.")
    names = tuple(map(str, chosen[0]["keypoints"]))
    bones = {(int(a) - 1, int(b) - 1) for a, b in chosen[0].get("skeleton") or ()}
    kept = sorted(b for b in bones if b[0] != b[1] and {*b} <= {*range(len(names))})
    return names, tuple(kept)


def _in_range(values: Array) -> Array:
    """Pixels that float32 holds; raises `TargetError` for others."""
    if not (np.abs(values) < _FARTHEST).all():
        raise TargetError(f"pixels must be less than {_FARTHEST} away, got {np.abs(values).max()}.")
    return values


def _mask(segmentation: Any, shape: tuple[int, int]) -> Array | None:
    if not segmentation:
        return None
    if isinstance(segmentation, list) and all(isinstance(each, list) for each in segmentation):
        return mask_of_polygons(segmentation, shape)
    if not isinstance(segmentation, Mapping) or segmentation.get("size") != list(shape):
        raise TargetError(
            f"a segmentation must be polygons, or run lengths of the image's size {list(shape)}."
        )
    counts = segmentation.get("counts")
    if not isinstance(counts, list | str):
        raise TargetError(f"run lengths must be a list or text, got {counts!r:.40}.")
    return mask_of_runs(counts, shape)


def _boxes(people: list[Entry]) -> Array | None:
    """Left, top, right, bottom of everybody, where everybody has a box."""
    given = [entry.get("bbox") for entry in people]
    if not given or None in given:
        return None
    boxes = _in_range(np.array(given, dtype=np.float64).reshape(len(people), 4))
    boxes[:, 2:] += boxes[:, :2]
    return boxes
