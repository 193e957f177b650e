"""A tiny SA-Co: pictures, phrases that mean things in them or nothing, and three answers each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.miniatures import ground_truth
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import in_turns, jpeg
from vtencode.rle import packed, runs_of_mask
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 480, 640
CAMERA = Camera(fx=520.0, fy=520.0, cx=319.5, cy=239.5)
ANNOTATORS = ("a", "b", "c")
#: The first number of a pair, as in the authors' documents.
FIRST = 10_000_000

Form = Literal["gold", "silver"]


class Pair(NamedTuple):
    """A phrase, and what one person answered: masks, each maybe a group's, and how complete."""

    phrase: str
    masks: tuple[Array, ...]
    group: bool = False
    instances: bool = True
    pixels: bool = True


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "gold") -> Path:
    """Write `count` images, and every kind of thing as a phrase about each; return `root`.

    Images take turns in the subsets `metaclip` and `sa1b` of Gold, or are all in `geode` of
    Silver. Differs from the official documents in what is shown, and in smaller pictures. The same
    arguments give the same bytes.
    """
    if count < 1:
        raise SpecError(f"count must be >= 1 (images), got {count}.")
    shots = [(index, shot(index, seed)) for index in range(count)]
    for subset, folder, mine in _subsets(shots, form):
        for index, found in mine:
            path = root / folder / file_name(subset, index)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, jpeg(found.rgb))
        names = {f"gold_{subset}_merged_{by}_release_test.json": by for by in ANNOTATORS}
        if form == "silver":
            names = {f"silver_{subset}_merged_test.json": "a"}
        for name, by in names.items():
            write_whole(root / name, json.dumps(_document(subset, mine, by), indent=1).encode())
    return root


def shot(index: int, seed: int = 0) -> Scene:
    """What an image shows; every other one is a street."""
    return scene(
        seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=in_turns(index), people=2
    )


def file_name(subset: str, index: int) -> str:
    """Where an image is in the folder of its kind, as the authors name them."""
    if subset == "sa1b":
        return f"sa_{index + 1}.jpg"
    if subset == "metaclip":
        digest = hashlib.sha256(str(index).encode()).hexdigest()[:24]
        return f"1/{1001 + index}/metaclip_1_{1001 + index}_{digest}.jpeg"
    return f"Africa_Nigeria_chair_{index}.jpg"


def answers(found: Scene, by: str) -> Iterator[Pair]:
    """What a person answers about each kind of thing, those that are not there among them.

    The second leaves out the right column of what reaches the middle; the third takes the largest
    of several for all of them, and says so, and has one group, which is no instance.
    """
    masks = {
        region.id: found.instance == region.id for region in ground_truth.instances(found).regions
    }
    kinds: dict[str, list[Array]] = {name: [] for name in ground_truth.THINGS}
    for region in ground_truth.instances(found).regions:
        kinds[str(region.label)].append(masks[region.id])
    for at, (kind, of) in enumerate(sorted(kinds.items())):
        phrase = kind if at % 2 else f"the {kind}"
        if by == "c" and len(of) > 2:
            yield Pair(phrase, (max(of, key=np.sum),), instances=False, pixels=False)
        elif by == "c" and len(of) == 2:
            yield Pair(phrase, (of[0] | of[1],), group=True, instances=False)
        else:
            yield Pair(phrase, tuple(_smaller(mask) if by == "b" else mask for mask in of))


def _smaller(mask: Array) -> Array:
    """A mask without its rightmost column, where it is wider than that."""
    columns = np.flatnonzero(mask.any(axis=0))
    kept = mask.copy()
    kept[:, columns[-1]] = len(columns) == 1
    return kept


def _subsets(
    shots: list[tuple[int, Scene]], form: Form
) -> Iterator[tuple[str, str, list[tuple[int, Scene]]]]:
    """Name, folder of images, and images of each subset."""
    if form == "silver":
        yield "geode", "geode", shots
        return
    for subset, folder, first in (("metaclip", "metaclip-images", 0), ("sa1b", "sa1b-images", 1)):
        if shots[first::2]:
            yield subset, folder, shots[first::2]


def _document(subset: str, mine: list[tuple[int, Scene]], by: str) -> Mapping[str, Any]:
    images: list[Mapping[str, Any]] = []
    annotations: list[Mapping[str, Any]] = []
    for index, found in mine:
        for at, pair in enumerate(answers(found, by)):
            number = FIRST + len(images)
            images.append(
                {
                    "id": number,
                    "file_name": file_name(subset, index),
                    "text_input": pair.phrase,
                    "width": WIDTH,
                    "height": HEIGHT,
                    "queried_category": str(at),
                    "is_instance_exhaustive": int(pair.instances),
                    "is_pixel_exhaustive": int(pair.pixels),
                }
            )
            annotations += [
                _annotation(len(annotations) + turn, number, mask, pair.group)
                for turn, mask in enumerate(pair.masks, 1)
            ]
    categories = [{"id": 1, "name": "object"}]
    return {"images": images, "annotations": annotations, "categories": categories}


def _annotation(number: int, pair: int, mask: Array, group: bool) -> Mapping[str, Any]:  # noqa: FBT001  # a fact, not a flag
    """A mask as the authors tell it: its box and area in shares of the image."""
    rows, columns = np.nonzero(mask)
    left, top = columns.min(), rows.min()
    box = (left / WIDTH, top / HEIGHT, (np.ptp(columns) + 1) / WIDTH, (np.ptp(rows) + 1) / HEIGHT)
    return {
        "id": number,
        "image_id": pair,
        "source": "manual",
        "area": len(rows) / (HEIGHT * WIDTH),
        "bbox": [float(np.float32(side)) for side in box],
        "segmentation": {"counts": packed(runs_of_mask(mask)), "size": [HEIGHT, WIDTH]},
        "category_id": 1,
        "iscrowd": int(group),
    }
